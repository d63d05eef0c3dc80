"""Every case folder under tests/data: the saved answer read again, field by field against what a person checked."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.readers.guess import guess
from crawler.readers.page import Page
from crawler.readers.reading import READERS, as_published
from crawler.readers.saved import post_row

DATA = Path(__file__).resolve().parents[2] / "data"
CASES = sorted(path.parent for kind in READERS for path in (DATA / kind).glob("*/case.json"))


def case_page(folder: Path) -> tuple[dict[str, Any], Page]:
    case = json.loads((folder / "case.json").read_text())
    content = (folder / case["answer"]).read_bytes()
    return case, Page(content, case["url"], datetime.fromisoformat(case["fetched_at"]))


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_saved_answer_gives_the_posts_a_person_checked(folder: Path) -> None:
    case, page = case_page(folder)
    found = [post_row(post) for post in as_published(case["kind"], page).posts]
    expected = json.loads((folder / "expected.json").read_text())
    assert len(found) == len(expected)
    for number, (row, wanted) in enumerate(zip(found, expected, strict=True)):
        differing = {name: (row[name], value) for name, value in wanted.items() if row[name] != value}
        assert not differing, f"post {number}: (read, expected) {differing}"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_the_kind_of_a_saved_answer_is_guessed_from_its_content(folder: Path) -> None:
    case, page = case_page(folder)
    if not folder.name.startswith("unknown_make"):
        assert guess(page) == case["kind"]


def test_every_reader_has_a_case() -> None:
    assert {folder.parent.name for folder in CASES} == set(READERS)
