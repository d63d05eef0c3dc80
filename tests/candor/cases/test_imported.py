"""Files that public bug reports describe, imported by the command: each row comes in, or is named with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.candor.commands.test_commands import Done, candor, rows
from tests.support.shared import SHARED, needs_shared

pytestmark = [needs_shared("cases/reading"), needs_shared("cases/using"), pytest.mark.shared]

READING, USING = SHARED / "cases" / "reading", SHARED / "cases" / "using"
CONFIG = """store = "store"
[[brands]]
name = "Tessaro"
role = "own"
[[brands]]
name = "Kettlo"
role = "competitor"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "candor.toml").write_text(CONFIG)
    return tmp_path


def imported(folder: Path, file: Path) -> tuple[Done, dict[str, Any], list[dict[str, Any]]]:
    """Import a saved file; return how it ended, its summary, and what is stored, in the order of the addresses."""
    done = candor(folder, "import", str(file))
    assert "Traceback" not in done.stderr
    (summary,) = rows(done)
    return done, summary, sorted(rows(candor(folder, "export", "--jsonl")), key=lambda row: _number(row["url"]))


def _number(url: str) -> tuple[int, str]:
    tail = url.rpartition("/")[2]
    return (int(tail) if tail.isdigit() else 0, url)


@pytest.mark.parametrize("name", ["cp1252", "semicolon", "sep_line", "space_head", "tab", "upper_head", "utf16_tab"])
def test_a_table_as_a_spreadsheet_saves_it_is_read(name: str, folder: Path) -> None:
    done, _, (kept,) = imported(folder, READING / "import_excel_csv" / f"{name}.csv")
    assert done.returncode == 0
    assert kept["text"] in {"My Tessaro", "Der Tessaro-Kocher ist für Möller zu groß"}


def test_dates_in_every_form_are_read_and_no_date_is_none(folder: Path) -> None:
    done, summary, kept = imported(folder, READING / "import_dates_and_ratings" / "dates.jsonl")
    assert (done.returncode, summary["failed"]) == (0, 0)
    said = {_number(row["url"])[0]: row["published_at"] for row in kept if row["published_at_source"] == "import"}
    assert set(range(28)) - set(said) == {24, 25, 26, 27}
    assert {at[:10] for at in said.values()} == {"2026-11-24"}
    timed = {0, 1, 3, 5, 6, 7, 9, 11, 16, 17, 18, 19, 20, 21}
    assert {number for number, at in said.items() if at[11:19] == "10:00:00"} == timed


def test_numbers_that_tell_a_time_are_read_by_their_size(folder: Path) -> None:
    done, summary, kept = imported(folder, READING / "import_dates_and_ratings" / "nums.jsonl")
    said = {_number(row["url"])[0]: row["published_at"][:16] for row in kept if row["published_at_source"] == "import"}
    assert said == dict.fromkeys(range(4), "2026-11-24T10:00") | {4: "2026-11-24T00:00"}
    assert done.returncode == 1
    assert [each["line"] for each in summary["reasons"]] == [8]


def test_ratings_in_every_form_are_stars(folder: Path) -> None:
    _, summary, kept = imported(folder, READING / "import_dates_and_ratings" / "ratings.jsonl")
    said = {_number(row["url"])[0]: row["rating"] for row in kept}
    assert said == {1: 4.5, 2: 4.0, 3: 4.0, 4: 4.0, 6: 4.5, 7: 4.5, 8: None, 10: 5.0}
    assert [each["line"] for each in summary["reasons"]] == [5, 9, 11]


def test_entities_are_opened(folder: Path) -> None:
    _, _, (kept,) = imported(folder, READING / "import_entities_and_languages" / "entities.jsonl")
    assert kept["text"].split() == ["Tessaro", "&", "co.", "don't", "care", "really"]


def test_a_language_is_known_by_whatever_it_is_called(folder: Path) -> None:
    _, _, kept = imported(folder, READING / "import_entities_and_languages" / "langs.jsonl")
    assert len(kept) == 13
    assert [row["url"] for row in kept if row["lang"] != "en" or "complaint" not in row["intents"]] == []


@pytest.mark.parametrize(
    ("file", "stored", "lines"),
    [
        (READING / "import_one_date_ends_it" / "rows.csv", 1, [3]),
        (READING / "import_one_date_ends_it" / "rows.jsonl", 3, []),
        (READING / "import_one_date_ends_it" / "likes.jsonl", 1, [1]),
        (USING / "import-overflow" / "likes.jsonl", 0, [1]),
        (USING / "import-overflow" / "time.jsonl", 0, [1]),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else None,
)
def test_one_bad_value_costs_one_row(file: Path, stored: int, lines: list[int], folder: Path) -> None:
    done, summary, kept = imported(folder, file)
    assert len(kept) == stored
    assert [each["line"] for each in summary["reasons"]] == lines
    assert done.returncode == bool(lines)
    assert all(row["published_at_source"] == "collected" for row in kept)


def test_reviews_that_share_an_address_are_each_kept(folder: Path) -> None:
    _, _, kept = imported(folder, READING / "import_reviews_share_app_url" / "reviews.jsonl")
    assert len({row["id"] for row in kept}) == len({row["text"] for row in kept}) == 6


def test_a_file_that_is_cut_is_told(folder: Path) -> None:
    done = candor(folder, "import", str(USING / "import-truncated-gz" / "trunc.gz"))
    assert done.returncode == 2
    assert "cannot be read: the gzip file is cut" in done.stderr
    assert rows(done)[0]["read"] == 0


def test_forms_of_one_address_are_one_story(folder: Path) -> None:
    _, _, kept = imported(folder, USING / "http-https-copies" / "in.jsonl")
    forum = [row for row in kept if "forum.example" in row["url"]]
    assert len({row["story"] for row in forum}) == 1
    assert len(forum) <= 2


def the_posts_change_their_mind(folder: Path) -> None:
    for name in ("s.jsonl", "s2.jsonl"):
        imported(folder, USING / "edited-away" / name)


def the_post_speaks_of_another(folder: Path) -> None:
    for name in ("a.jsonl", "c.jsonl"):
        imported(folder, USING / "edited-away" / name)


@pytest.mark.parametrize("edit", [the_posts_change_their_mind, the_post_speaks_of_another])
def test_a_post_that_no_longer_names_the_brand_is_not_counted(edit: Callable[[Path], None], folder: Path) -> None:
    edit(folder)
    left = rows(candor(folder, "export", "--jsonl"))
    assert [row["url"] for row in left if row["brand"]["id"] == "tessaro"] == []
    assert {row["url"][-1] for row in left} <= {"1", "4"}
    report = candor(folder, "report", "--json", "--since", "2026-11-01", "--until", "2026-11-28")
    assert "leaks and the support" not in json.dumps(report.stdout)


def test_every_saved_import_is_tried_here() -> None:
    tried = {"import_dates_and_ratings", "import_entities_and_languages", "import_excel_csv", "import_one_date_ends_it"}
    assert {path.name for path in READING.glob("import_*")} == tried | {"import_reviews_share_app_url"}
    assert {path.name for path in USING.glob("import-*")} == {"import-overflow", "import-truncated-gz"}
