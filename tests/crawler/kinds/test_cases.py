"""Every saved case of every kind of source: read again, field by field against what a person checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.model.addresses import same_site
from crawler.kinds import KINDS
from tests.support.crawl.cases import folders, read_case


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_saved_answer_becomes_what_a_person_checked(folder: Path) -> None:
    case = read_case(folder)
    assert len(case.rows) == len(case.expected)
    for number, (row, wanted) in enumerate(zip(case.rows, case.expected, strict=True)):
        differing = {name: (row[name], value) for name, value in wanted.items() if row[name] != value}
        assert not differing, f"post {number}: (read, expected) {differing}"
    assert case.asks == case.said.get("asks", [])
    assert case.marks == case.said.get("marks", {})


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_posts_stand_on_their_own_site_or_on_that_of_the_page(folder: Path) -> None:
    case = read_case(folder)
    if not KINDS[case.said["kind"]].own_addresses:
        assert all(same_site(row["url"], case.said["url"]) for row in case.rows)
