"""Who comes in: links that open once, hosts, sessions, forms of others, sizes, paths, roles, a proxy that vouches."""

from __future__ import annotations

import ipaddress
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.model.errors import UsageError
from analysis.store.embedded.store import EmbeddedStore
from candor.commands.look.serve import GIVES_WAY
from candor.serve.app import WAYS
from candor.serve.door.binding import allowed, host_names
from candor.serve.door.guard import MOST_BODY, Vouching
from candor.serve.door.sessions import IDLE_S, LINK_S, LONGEST_S, Sessions
from candor.serve.door.visitors import Visitor
from candor.serve.visit import local
from tests.support import seeded
from tests.support.serving import Browser, Serving, serving

ROOT = Path(__file__).resolve().parents[3]
ANN = Visitor(name="ann", role="admin")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("door")
    with seeded.seeded_store(folder / "store") as store, serving(store, folder) as served:
        yield served


def test_a_link_opens_once_and_nothing_opens_without(page: Serving) -> None:
    stranger = Browser(port=page.port)
    for path in ("/", "/mentions", "/mention/x", "/nothing"):
        answer = stranger.get(path)
        assert (answer.status, answer.headers["location"].split("?")[0]) == (303, "/login")
    assert stranger.get("/login").status == 401
    link = page.link()
    assert stranger.get(link).status == 200
    assert stranger.get("/mentions").status == 200
    assert Browser(port=page.port).get(link).status == 403


def test_a_session_is_always_a_new_one_and_its_cookie_is_seen_by_nobody_else(page: Serving) -> None:
    fixed = Browser(port=page.port, cookie=f"candor-{page.port}=chosen-by-somebody-else")
    told = fixed.get(page.link()).headers["set-cookie"]
    assert "HttpOnly" in told
    assert "SameSite=strict" in told
    assert "chosen-by" not in told
    assert fixed.get("/mentions").status == 303
    # Whoever is let in anew leaves the session that they had.
    first = page.visitor()
    second = Browser(port=page.port, cookie=first.cookie)
    second.get(page.link())
    assert first.get("/mentions").status == 303


def test_a_session_ends(page: Serving) -> None:
    ann = page.visitor()
    assert ann.post("/logout", {}).status == 303
    assert ann.get("/mentions").status == 303


def test_sessions_and_links_grow_old() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    cookie, key = sessions.open(ANN), sessions.link(ANN)
    now[0] = IDLE_S - 1
    assert sessions.find(cookie)
    now[0] += IDLE_S + 1
    assert sessions.find(cookie) is None
    now[0] = LINK_S + 1
    assert sessions.redeem(key) is None
    used = sessions.open(ANN)
    until = now[0] + LONGEST_S
    while now[0] <= until:
        assert sessions.find(used)
        now[0] += IDLE_S / 2
    assert sessions.find(used) is None
    gone = sessions.open(ANN)
    sessions.end_all_of("ann")
    assert sessions.find(gone) is None


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "", "127.0.0.1.evil.example"])
def test_another_name_for_this_machine_is_refused(page: Serving, host: str) -> None:
    ann = page.visitor()
    assert ann.get("/mentions", Host=host.format(port=page.port)).status == 421
    assert ann.get("/healthz", Host="localhost:" + str(page.port)).status == 200


def test_a_form_of_another_site_or_session_is_refused(page: Serving) -> None:
    ann, bob = page.visitor(), page.visitor(name="bob")
    token = ann.get("/mentions").csrf
    assert ann.post("/logout", {}, csrf="").status == 403
    assert ann.post("/logout", {}, csrf=bob.get("/mentions").csrf).status == 403
    assert ann.post("/logout", {}, csrf=token, Origin="https://evil.example").status == 403
    assert ann.post("/logout", {}, csrf=token, Origin="null").status == 403
    assert ann.post("/logout", {}, csrf=token, Sec_Fetch_Site="cross-site").status == 403
    assert ann.post("/logout", {}, csrf=token, Content_Type="text/plain").status == 415
    assert ann.post("/logout", {}, csrf="é" * 40).status == 403
    assert ann.get("/logout").status == 404
    assert ann.ask("DELETE", "/mentions").status == 405
    assert ann.get("/mentions").status == 200
    assert ann.post("/logout", {}, csrf=token, Origin=page.url).status == 303


def test_every_answer_tells_the_browser_to_run_nothing_of_others(page: Serving) -> None:
    ann = page.visitor()
    for path in ("/", "/mentions", "/nothing", "/login", "/static/candor.js", "/healthz", "/mentions?nofield=1"):
        headers = ann.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert path.startswith("/static/") or headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fcli.py",
        "/static//etc/passwd",
        "/static/%00",
        "/../../etc/passwd",
    ],
)
def test_a_path_leads_to_no_other_file(page: Serving, path: str) -> None:
    answer = page.visitor().get(path)
    assert answer.status in (400, 404)
    assert "import" not in answer.text
    assert "root:" not in answer.text


def test_what_is_too_large_is_refused(page: Serving) -> None:
    ann = page.visitor()
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    assert ann.ask("POST", "/logout", b"a=" + b"x" * MOST_BODY, **form).status == 413
    assert ann.ask("POST", "/logout", b"&".join(b"a=1" for _ in range(3000)), **form).status == 400
    assert ann.get("/mentions?q=" + "x" * 17_000).status == 414
    assert ann.get("/mentions?" + "&".join(f"tags={n}" for n in range(501))).status == 400
    assert ann.get("/mentions").status == 200


def test_every_way_asks_for_a_session_and_a_role(page: Serving) -> None:
    stranger, viewer = Browser(port=page.port), page.visitor("viewer")
    token = viewer.get("/mentions?q=zzzz").csrf
    analyst = page.visitor("analyst")
    theirs = analyst.get("/mentions?q=zzzz").csrf
    for way in WAYS:
        path = re.sub(r"\{\w+\}", "x", way.path)
        if way.acts:
            assert stranger.post(path, {}, csrf="").status == 401, path
        else:
            assert stranger.get(path).status == 303, path
        if way.role != "viewer":
            answer = viewer.post(path, {}, csrf=token) if way.acts else viewer.get(path)
            assert answer.status == 403, path
        elif way.acts:
            raise AssertionError(f"{path} changes something and any viewer may ask for it")
        if way.role == "admin":
            assert analyst.post(path, {}, csrf=theirs).status == 403, path
    assert stranger.get("/crawl/live").status == 303


def test_no_act_is_done_for_a_form_of_another_site_or_session(page: Serving) -> None:
    admin = page.visitor("admin")
    other = page.visitor("admin", "bob").get("/mentions?q=zzzz").csrf
    token = admin.get("/mentions?q=zzzz").csrf
    for way in WAYS:
        if way.acts:
            path = re.sub(r"\{\w+\}", "x", way.path)
            assert admin.post(path, {}, csrf=other).status == 403, path
            assert admin.post(path, {}, csrf=token, Origin="https://evil.example").status == 403, path
            assert admin.get(path).status in (200, 400, 404, 405), path


def test_a_proxy_vouches_from_its_own_address_only(tmp_path: Path) -> None:
    here = Vouching(
        networks=(ipaddress.ip_network("127.0.0.0/8"),),
        header="X-User",
        analysts=frozenset({"bob"}),
        admins=frozenset(),
    )
    away = Vouching(networks=(ipaddress.ip_network("10.0.0.0/8"),), header="X-User")
    with seeded.seeded_store(tmp_path / "store") as store:
        with serving(store, tmp_path, vouching=here) as served:
            bob = Browser(port=served.port, headers={"X-User": "bob"})
            page = bob.get("/mentions")
            assert page.status == 200
            assert "analyst" in page.text
            assert bob.post("/logout", {}, csrf="wrong").status == 403
            assert Browser(port=served.port).get("/mentions").status == 403
            assert Browser(port=served.port).get(served.link()).status == 200
            assert "viewer" in Browser(port=served.port, headers={"X-User": "eve"}).get("/mentions").text
        with serving(store, tmp_path, vouching=away) as served:
            assert Browser(port=served.port, headers={"X-User": "bob"}).get("/mentions").status == 403


def test_it_is_not_opened_to_a_network_where_nobody_is_asked_who_they_are() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        allowed(host, accounts=False, proxied=False, hosts=())
    with pytest.raises(UsageError, match="make accounts"):
        allowed("0.0.0.0", accounts=False, proxied=False, hosts=())
    with pytest.raises(UsageError, match="hosts"):
        allowed("0.0.0.0", accounts=True, proxied=False, hosts=())
    allowed("0.0.0.0", accounts=False, proxied=True, hosts=("candor.example",))
    assert host_names("0.0.0.0", 80, named=("Candor.example",)) == {"candor.example", "candor.example:80"}
    assert "localhost:8765" in host_names("127.0.0.1", 8765, named=())


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("/mentions?q=a", "/mentions?q=a"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_led_away(address: str, kept: str) -> None:
    assert local(address) == kept


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "candor", "serve", *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=env, timeout=120)


def test_the_command_prints_a_link_that_opens_the_page(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text('store = "store"\n[[brands]]\nname = "Tessaro"\nrole = "own"\n')
    EmbeddedStore(tmp_path / "store", write=True).close()
    refused = run("--host", "0.0.0.0", folder=tmp_path)
    assert refused.returncode == 2
    assert "make accounts" in refused.stderr
    assert "Traceback" not in refused.stderr
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "candor",
        "serve",
        "--port",
        "0",
        "-c",
        str(tmp_path / "candor.toml"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            process.stderr.readline()
            line = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)(/open\?key=\S+)", line)
            assert found, line
            ann = Browser(port=int(found[1]))
            assert ann.get(found[2]).status == 200
            assert ann.get("/mentions").status == 200
            assert ann.get("/healthz").text == "ok"
            own = os.getpriority(os.PRIO_PROCESS, 0)
            assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(19, own + GIVES_WAY), "a crawl goes first"
            taken = run("--port", found[1], folder=tmp_path)
            assert taken.returncode == 2
            assert "choose another" in taken.stderr
        finally:
            process.terminate()
            process.wait(30)
    assert process.returncode == -signal.SIGTERM, "it ended, and said by which signal"
