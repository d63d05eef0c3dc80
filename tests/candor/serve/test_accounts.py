"""Accounts: made by the command, asked for at the door, slow to guess, out at once when they are gone."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.model.errors import CandorError, UsageError
from candor.serve.door.accounts import AccountBook
from candor.serve.door.attempts import FREE, LONGEST_S, Attempts
from candor.serve.door.tokens import TokenBook
from tests.support import seeded
from tests.support.serving import Browser, Serving, serving

RIGHT = "a long sentence"


@pytest.fixture
def accounts(tmp_path: Path) -> AccountBook:
    made = AccountBook(tmp_path)
    made.put("bob", "analyst", RIGHT)
    return made


@pytest.fixture
def page(tmp_path: Path, accounts: AccountBook) -> Iterator[Serving]:
    with seeded.seeded_store(tmp_path / "store") as store, serving(store, tmp_path, accounts=accounts) as served:
        yield served


def sign_in(page: Serving, name: str = "bob", password: str = RIGHT, **more: str) -> tuple[Browser, int]:
    browser = Browser(port=page.port)
    return browser, browser.post("/login", {"name": name, "password": password, **more}, csrf="").status


def test_a_password_is_kept_as_a_hash_in_a_file_of_ones_own(accounts: AccountBook, tmp_path: Path) -> None:
    text = accounts.path.read_text()
    assert "$argon2id$" in text
    assert RIGHT not in text
    assert stat.S_IMODE(accounts.path.stat().st_mode) == 0o600
    bob = accounts.let_in("bob", RIGHT)
    assert bob
    assert (bob.name, bob.role) == ("bob", "analyst")
    assert accounts.let_in("bob", RIGHT + "x") is None
    assert accounts.let_in("eve", RIGHT) is None
    for wrong in (("", "viewer", RIGHT), ("a b", "viewer", RIGHT), ("eve", "owner", RIGHT), ("eve", "viewer", "short")):
        with pytest.raises(UsageError):
            accounts.put(*wrong)
    accounts.path.write_text("{}")
    with pytest.raises(CandorError, match="accounts cannot be read"):
        accounts.all()


def test_whoever_knows_the_password_comes_in_with_their_role(page: Serving) -> None:
    bob, status = sign_in(page, next="/fixes")
    assert status == 303
    shown = bob.get("/mentions")
    assert "analyst" in shown.text
    assert bob.get("/healthz").status == 200
    assert sign_in(page, password="wrong")[1] == 401
    assert (
        "/evil"
        not in Browser(port=page.port)
        .post("/login", {"name": "bob", "password": RIGHT, "next": "//evil"}, csrf="")
        .headers["location"]
    )
    form = Browser(port=page.port).get("/login?next=/fixes")
    assert 'type="password"' in form.text
    assert 'value="/fixes"' in form.text
    cross = Browser(port=page.port).post(
        "/login", {"name": "bob", "password": RIGHT}, csrf="", Origin="https://evil.example"
    )
    assert cross.status == 403


def test_an_account_that_changed_is_out_at_once(page: Serving, accounts: AccountBook) -> None:
    bob, _ = sign_in(page)
    assert bob.get("/mentions").status == 200
    AccountBook(accounts.path.parent).put("bob", "viewer", RIGHT)
    assert bob.get("/mentions").status == 303
    again, _ = sign_in(page)
    assert "viewer" in again.get("/mentions").text
    AccountBook(accounts.path.parent).remove("bob")
    assert again.get("/mentions").status == 303
    assert sign_in(page)[1] == 401


def test_guessing_is_slow(page: Serving) -> None:
    statuses = [sign_in(page, password=f"guess number {n}")[1] for n in range(FREE + 1)]
    assert statuses == [401] * FREE + [429]
    # The right one waits too, or a guess would be told from it.
    assert sign_in(page)[1] == 429
    answer = Browser(port=page.port).post("/login", {"name": "bob", "password": RIGHT}, csrf="")
    assert int(answer.headers["retry-after"]) >= 1


def test_waits_double_and_end() -> None:
    now = [100.0]
    attempts = Attempts(lambda: now[0])
    waits = []
    for _ in range(20):
        attempts.failed(["name bob"])
        waits.append(attempts.wait_s(["name bob", "address x"]))
    assert waits[: FREE - 1] == [0.0] * (FREE - 1)
    assert waits[FREE - 1 : FREE + 2] == [2.0, 4.0, 8.0]
    assert waits[-1] == LONGEST_S
    assert attempts.wait_s(["name eve"]) <= 0
    now[0] += LONGEST_S
    assert attempts.wait_s(["name bob"]) <= 0
    attempts.succeeded(["name bob"])
    attempts.failed(["name bob"])
    assert attempts.wait_s(["name bob"]) <= 0


def test_the_command_makes_lists_and_removes(tmp_path: Path) -> None:
    def run(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-m", "candor", "account", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, input=given)

    assert run("add", "ann", "--role", "admin", "--stdin", given=RIGHT + "\n").returncode == 0
    short = run("add", "eve", "--stdin", given="short\n")
    assert (short.returncode, "12 signs" in short.stderr) == (2, True)
    assert run("add", "eve").returncode == 2
    assert run("list").stdout == "ann  admin\n"
    assert '"role":"admin"' in run("list", "--json").stdout
    assert AccountBook(tmp_path / ".candor").let_in("ann", RIGHT)
    assert run("remove", "eve").returncode == 2
    assert run("remove", "ann").returncode == 0
    assert "No accounts" in run("list").stdout


def test_the_command_makes_lists_and_ends_tokens(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-m", "candor", "account", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    made = run("token", "dashboard", "--role", "analyst", "--days", "30")
    assert made.returncode == 0
    secret = made.stdout.strip()
    book = TokenBook(tmp_path / ".candor")
    token = book.of(secret)
    assert token
    assert (token.name, token.role) == ("dashboard", "analyst")
    assert secret not in book.path.read_text()
    assert stat.S_IMODE(book.path.stat().st_mode) == 0o600
    assert run("tokens").stdout.startswith("dashboard  analyst  until ")
    assert '"name":"dashboard"' in run("tokens", "--json").stdout
    for wrong in (("x", "--days", "0"), ("x", "--days", "999"), ("x", "--role", "owner"), ("a b",)):
        refused = run("token", *wrong)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
    assert run("revoke", "eve").returncode == 2
    assert run("revoke", "dashboard").returncode == 0
    assert book.of(secret) is None
    assert "No tokens" in run("tokens").stdout
    book.path.write_text("{}")
    assert run("tokens").returncode == 1
