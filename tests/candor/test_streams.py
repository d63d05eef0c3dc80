"""Whatever standard output is, and wherever a file should go: a line says what is wrong, and no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = '[[brands]]\nname = "Tessaro"\nrole = "own"\n'
ROWS = [
    {"url": f"https://a.example/{n}", "text": f"Tessaro läuft aus, № {n}", "published_at": "2026-03-01"}
    for n in range(3)
]
REPORT = "candor report --since 2026-02-20 --until 2026-03-05"
ASCII = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("streams")
    (place / "candor.toml").write_text(CONFIG)
    (place / "posts.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    assert run(place, "import posts.jsonl").returncode == 0
    return place


def run(folder: Path, line: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which ``candor`` stands for ours."""
    candor = f"{sys.executable} -m candor"
    words = [
        "bash",
        "-c",
        f"set -o pipefail; {line.replace('candor ', f'{candor} ') if 'candor ' in line else f'{candor} {line}'}",
    ]
    return subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=180, check=False,
        env={**os.environ, "XDG_STATE_HOME": str(folder), **environ},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("candor export > /dev/full", 1, "standard output: cannot be written (No space left on device)"),
        ("candor search Tessaro > /dev/full", 1, "standard output: cannot be written (No space left on device)"),
        ("candor export -o /dev/full", 1, "/dev/full: cannot be written (No space left on device)"),
        ("candor export -o missing/posts.jsonl", 1, "missing/posts.jsonl: cannot be written (No such file"),
        ("candor export -o .", 1, ".: cannot be written (Is a directory)"),
        (f"{REPORT} --csv posts.jsonl", 1, "posts.jsonl: cannot be written (File exists)"),
        (f"{REPORT} --html missing/r.html", 1, "missing/r.html: cannot be written (No such"),
        ("candor report --until 5840-05-31", 2, "--until: 5840-05-31 lies more than a year ahead"),
        ("candor report --since 1990-01-01", 2, "--since: a report covers ten years at most, day by day; 1990-01-01"),
        ("candor report --since 0001-01-01", 2, "--since: '0001-01-01' lies before 1900"),
        ("candor init /dev/null/candor.toml --brand A", 1, "cannot be written (File exists)"),
        ("candor rules replay --rule volume_spike --step 0s", 2, "--step: the time between passes must be more"),
        ("echo '{\"text\":\"a\",\"targets\":3}' | candor judge -", 2, "row 1: targets is 3; give a list"),
        ("echo '{\"text\":\"a\",\"targets\":[3]}' | candor judge -", 2, "row 1: target 1 is 3; give an object"),
        ("candor judge .", 2, "cannot be read (Is a directory)"),
        ("candor export >&-", 0, ""),
        ("candor export | head -c 5", 0, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_written_or_read_is_said_in_a_line(folder: Path, line: str, status: int, said: str) -> None:
    done = run(folder, line)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "mistake of Candor itself" not in done.stderr
    assert done.returncode in (status, 141 if "|" in line else status)


def test_a_terminal_in_ascii_shows_what_it_can_and_json_stays_json(folder: Path) -> None:
    shown = run(folder, "search Tessaro", **ASCII)
    assert (shown.returncode, "l\\xe4uft" in shown.stdout) == (0, True)
    written = run(folder, "search --json Tessaro", **ASCII)
    assert {json.loads(line)["url"] for line in written.stdout.splitlines()} == {row["url"] for row in ROWS}
    assert "läuft" in json.loads(written.stdout.splitlines()[0])["snippet"]


def test_init_makes_the_folder(folder: Path) -> None:
    assert run(folder, "init new/place/candor.toml --brand A --contact mailto:a@b.example").returncode == 0
    assert (folder / "new" / "place" / "candor.toml").exists()


def test_a_renamed_brand_is_told_with_the_way_to_carry_it_over(folder: Path) -> None:
    (folder / "renamed.toml").write_text('[[brands]]\nname = "Tessaro GmbH"\nquery = "Tessaro"\nrole = "own"\n')
    words = "3 mentions of brand id tessaro are stored and no longer tracked"
    cure = "give the brand 'Tessaro GmbH' the line id = \"tessaro\""
    for line in ("report -c renamed.toml", "doctor --offline -c renamed.toml"):
        done = run(folder, line)
        assert words in done.stderr + done.stdout
        assert cure in done.stderr + done.stdout
    kept = (folder / "renamed.toml").read_text() + 'id = "tessaro"\n'
    (folder / "kept.toml").write_text(kept)
    assert "no longer tracked" not in run(folder, "doctor --offline -c kept.toml").stdout
