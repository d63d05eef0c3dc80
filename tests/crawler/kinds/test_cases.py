"""Every saved case of every kind of source: read again, field by field against what a person checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.model.addresses import same_site
from crawler.kinds import KINDS
from crawler.readers.cases import CaseReading, read_case

DATA = Path(__file__).resolve().parents[2] / "data"
FOLDERS = sorted(path.parent for kind in KINDS for path in (DATA / kind).glob("*/case.json"))


def read(folder: Path) -> tuple[dict[str, Any], CaseReading]:
    said = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    return said, read_case(said, (folder / said["answer"]).read_bytes())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_saved_answer_becomes_what_a_person_checked(folder: Path) -> None:
    said, reading = read(folder)
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert len(reading.rows) == len(expected)
    for number, (row, wanted) in enumerate(zip(reading.rows, expected, strict=True)):
        differing = {name: (row[name], value) for name, value in wanted.items() if row[name] != value}
        assert not differing, f"post {number}: (read, expected) {differing}"
    assert list(reading.asks) == said.get("asks", [])
    assert reading.marks == said.get("marks", {})
    assert list(reading.gone) == said.get("gone", [])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_posts_stand_on_their_own_site_or_on_that_of_the_page(folder: Path) -> None:
    said, reading = read(folder)
    if not KINDS[said["kind"]].own_addresses:
        assert all(same_site(row["url"], said["url"]) for row in reading.rows)
