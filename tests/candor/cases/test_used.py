"""What people meet in the first week, as public reports tell it: queries, names, times, alerts, boards, containers."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.candor.commands.test_commands import Done, candor, rows
from tests.support.crawl.crawling import crawl
from tests.support.shared import SHARED, needs_shared

pytestmark = [needs_shared("cases/using"), pytest.mark.shared]

CASES = SHARED / "cases" / "using"
ROOT = Path(__file__).resolve().parents[3]
ELSEWHERE = {"accents", "edited-away", "http-https-copies", "import-overflow", "import-truncated-gz"}
"""Cases that the other files of this room try."""


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of the case that the test's mark names."""
    mark = request.node.get_closest_marker("parametrize")
    assert mark
    shutil.copytree(CASES / request.getfixturevalue("case"), tmp_path / "case")
    return tmp_path / "case"


of = pytest.mark.parametrize


@of("case", ["query-silent"])
def test_a_pasted_query_is_never_read_as_other_words(case: str, folder: Path) -> None:
    said = candor(folder, "doctor", "--offline")
    assert said.returncode == 0
    assert 'found by ("Tessaro" or "Tesaro") near ("kettle" or "app")' in said.stdout
    candor(folder, "import", "in.jsonl")
    found = {(row["url"][-1], row["brand"]["id"]) for row in rows(candor(folder, "export", "--jsonl"))}
    assert found == {("1", "tessaro"), ("2", "bt"), ("3", "kettlo"), ("5", "bee"), ("6", "sail")}


@of("case", ["rename-brand"])
def test_a_renamed_brand_says_what_is_no_longer_tracked(case: str, folder: Path) -> None:
    candor(folder, "import", "in.jsonl")
    for command in ("report", "doctor"):
        done = candor(folder, command, "-c", "after.toml")
        assert "16 mentions of brand id tessaro are stored and no longer tracked" in done.stderr + done.stdout
        assert 'id = "tessaro"' in done.stderr + done.stdout


@of("case", ["timezone-ignored"])
def test_times_that_people_read_are_in_the_reports_timezone(case: str, folder: Path) -> None:
    candor(folder, "import", "in.jsonl")
    report = candor(folder, "report", "--since", "2026-11-20", "--until", "2026-11-28")
    assert "The Tessaro kettle is dreadful and broke.” b.example, 22 Nov 2026" in " ".join(report.stdout.split())
    text = (folder / "candor.toml").read_text()
    (folder / "candor.toml").write_text(text.replace("America/Los_Angeles", "UTC"))
    report = candor(folder, "report", "--since", "2026-11-20", "--until", "2026-11-28")
    assert "The Tessaro kettle is dreadful and broke.” b.example, 23 Nov 2026" in " ".join(report.stdout.split())


@of("case", ["dead-letters-surrogate"])
def test_a_dead_letter_is_printed_whatever_it_holds(case: str, folder: Path) -> None:
    assert candor(folder, "import", "in.jsonl").returncode == 1
    command = [sys.executable, "-c", "from candor.cli import main; main()", "store", "dead-letters"]
    for coding in ("utf-8", "ascii"):
        done = subprocess.run(
            command, cwd=folder, capture_output=True, check=True, env=os.environ | {"PYTHONIOENCODING": coding}
        )
        (letter,) = map(json.loads, done.stdout.splitlines())
        assert letter["mention"]["url"] == "https://x.example/nul"


@of("case", ["compose-relative"])
def test_files_beside_the_configuration_are_found_from_anywhere(
    case: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANDOR_STATE", str(tmp_path / "state"))
    (tmp_path / "elsewhere").mkdir()
    started = (ROOT / "docker" / "watch.sh").read_text()
    assert "candor watch --config /config/candor.toml" in started, "the configuration is read where its files lie"
    done = candor(tmp_path / "elsewhere", "doctor", "--offline", "-c", str(folder / "config" / "candor.toml"))
    assert done.returncode == 0, done.stdout
    (folder / "config" / "topics.yaml").unlink()
    done = candor(tmp_path / "elsewhere", "doctor", "--offline", "-c", str(folder / "config" / "candor.toml"))
    assert done.returncode != 0
    assert "topics.yaml" in done.stdout + done.stderr


@of("case", ["kibana-lastvalue-order", "kibana-missing-bucket"])
def test_no_panel_drops_rows_or_asks_for_an_order_that_is_refused(case: str, folder: Path) -> None:
    assert _said(folder / "check.py") == ""


@of("case", ["kibana-panelrefname"])
def test_every_board_finds_the_lists_that_it_refers_to(case: str, folder: Path) -> None:
    assert _said(folder / "load.py") == "broken by-reference panels: 0\n"


def _said(script: Path) -> str:
    done = subprocess.run([sys.executable, str(script)], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


@of("case", ["kibana-second-space"])
def test_ids_that_kibana_gives_anew_are_never_passed_over(case: str, folder: Path) -> None:
    (folder / "candor.toml").write_text('[[brands]]\nname = "Tessaro"\nrole = "own"\n')
    with served(folder, "kbnfake.py", {"18474": str(_free())}) as ports:
        done = candor(folder, "kibana", "setup", "--url", f"http://127.0.0.1:{ports['18474']}", "--space", "brands")
    assert done.returncode == 1
    assert "another space" in done.stderr


@of("case", ["silenced-resolved"])
def test_an_alert_that_comes_and_goes_under_a_silence_says_nothing(case: str, folder: Path) -> None:
    ports = {"18471": str(_free()), "18472": str(_free())}
    for name in ("candor.toml", "c.silent.toml"):
        text = (folder / name).read_text().replace("2027-01-01", "2099-01-01").replace('"1s"', '"0.01s"')
        for port, free in ports.items():
            text = text.replace(port, free)
        (folder / name).write_text('store = ".candor/store"\n' + text)
    with served(folder, "srv.py", ports):
        crawl(folder / "candor.toml")
        (folder / "down").touch()
        states = [crawl(folder / "candor.toml").sources["news"]["state"] for _ in range(3)]
        assert states == ["failing"] * 3
        assert "source_failing" in _alerted(folder)
        (folder / "down").unlink()
        crawl(folder / "candor.toml")
        _alerted(folder)
    assert not (folder / "got.log").exists() or (folder / "got.log").read_text() == ""
    assert '"resolved"' in candor(folder, "alerts", "--json").stdout


def _alerted(folder: Path) -> str:
    done: Done = candor(folder, "alert", "--json", "-c", "c.silent.toml")
    assert done.returncode == 0, done.stderr
    return done.stdout


def _free() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def served(folder: Path, script: str, ports: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Run a case's own server while the block runs, its ports replaced by free ones."""
    text = (folder / script).read_text("utf-8")
    for port, free in ports.items():
        text = text.replace(port, free)
    process = subprocess.Popen([sys.executable, "-c", text], cwd=folder, stdout=subprocess.DEVNULL)
    try:
        for port in ports.values():
            _answers(int(port))
        yield ports
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the case's server did not start")


def test_every_case_of_using_is_tried_here() -> None:
    tried = {
        name
        for function in globals().values()
        for mark in getattr(function, "pytestmark", [])
        if mark.name == "parametrize" and mark.args[0] == "case"
        for name in mark.args[1]
    }
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == tried | ELSEWHERE
