"""The terminal obeys us, not posts; and no spreadsheet runs what a stranger wrote."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from analysis.ledger import audit
from analysis.ledger.entries import Stamp
from analysis.model.text import obedient, obedient_json
from analysis.report.csv import defused, write_csv
from analysis.report.json import write_jsonl
from analysis.store.open import open_store
from candor.schedule.logs import JsonLines, PlainLines
from candor.streams import Obedient, Terminal
from tests.candor.commands.test_commands import candor
from tests.support.mentions import NOW, make_mention

EVIL = "\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b2J\x1b]8;;https://evil.example\x1b\\ \u202egnp.exe\u2066 \r\x00\x7f\u2028"
COMMANDS = ("\x1b", "\x07", "\x9b", "\r", "\x00", "\x7f", "\u202e", "\u2066", "\u2028")


def commanding(text: str) -> list[str]:
    return [sign for sign in COMMANDS if sign in text]


def test_untrusted_text_prints_and_commands_nothing() -> None:
    assert commanding(obedient(EVIL)) == []
    assert obedient("naïve – «text»\n\tok 👍🏽 ‌می‌خواهم") == "naïve – «text»\n\tok 👍🏽 ‌می‌خواهم"
    line = json.dumps({"text": EVIL}, ensure_ascii=False)
    assert commanding(obedient_json(line)) == []
    assert json.loads(obedient_json(line)) == {"text": EVIL}


@pytest.mark.parametrize("tty", [False, True])
def test_the_console_shows_posts_in_text_tables_and_styles(tty: bool) -> None:
    out = io.StringIO()
    table = Table("what", EVIL)
    table.add_row(Text(EVIL, style="red"), EVIL)
    console = Terminal(file=out, force_terminal=tty, width=200, color_system="standard" if tty else None)
    for shown in (EVIL, Text(EVIL), table):
        console.print(shown, markup=False)
    written = out.getvalue()
    assert written.count("\ufffd[31m") >= 4
    assert commanding(re.sub(r"\x1b\[[\d;]*m", "", written)) == []


def test_commands_show_what_people_wrote_and_obey_nothing(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text('store = "store"\n[[brands]]\nname = "Tessaro"\nrole = "own"\n')
    with open_store(str(tmp_path / "store"), write=True) as store:
        store.write([make_mention(1, text=f"Tessaro {EVIL} leaks", title=EVIL, url=f"https://forum.example/{EVIL}")])
        audit.append(store.records, action="note", reason=EVIL, details={"brand": EVIL}, stamp=Stamp(at=NOW, who=EVIL))
    for words in (
        ("search", "tessaro"), ("search", "--json", "tessaro"), ("export",), ("export", "--csv"), ("audit", "show"),
        ("audit", "show", "--json"), ("fix", "add", "--theme", "battery", "--note", EVIL, "--by", EVIL),
        ("fix", "list"), ("wish", "list"), ("report", "--since", "2026-05-01", "--until", "2026-07-01"),
    ):  # fmt: skip
        done = candor(tmp_path, *words)
        assert commanding(done.stdout.replace("\r\n", "\n") + done.stderr) == [], words


@pytest.mark.parametrize("formatter", [PlainLines(), JsonLines(), Obedient()])
def test_logs_obey_nothing(formatter: logging.Formatter) -> None:
    record = logging.LogRecord("a", logging.INFO, "", 1, "cause %s", (EVIL,), None)
    record.candor = {"source": EVIL}
    assert commanding(formatter.format(record)) == []


@pytest.mark.parametrize(
    "start",
    ["", " ", "\t", "\u200b", "\ufeff", "\u00a0", "\u2060", "\u00ad",
     "\u202e", "\x00", "\u3000\u200d",
     "\u034f", "\ufe0f", "\u0301", "\U000e0020", "\u180e", "\u115f", "\u3164"],
)  # fmt: skip
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "−"])
def test_a_cell_that_a_sheet_would_run_is_defused_behind_signs_that_nobody_sees(start: str, sign: str) -> None:
    assert defused(f"{start}{sign}HYPERLINK(1)").startswith("'")


def test_other_cells_stay_as_they_are() -> None:
    assert [defused(value) for value in ("a=b", "ok", 5, -3.5, None, True, "é=1")] == [
        "a=b", "ok", "5", "-3.5", "", "true", "é=1"
    ]  # fmt: skip


def test_exports_of_hostile_words_come_back_whole() -> None:
    mention = make_mention(1, text=EVIL)
    out = io.StringIO()
    write_jsonl([mention], out)
    assert json.loads(out.getvalue())["text"] == EVIL
    assert len(out.getvalue().splitlines()) == 1
    sheet = io.StringIO(newline="")
    write_csv([mention], sheet)
    assert len(list(csv.reader(io.StringIO(sheet.getvalue(), newline="")))) == 2
