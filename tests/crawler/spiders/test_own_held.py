"""Files of one's own and archives are read no further ahead of the store than some batches, however long they are."""

from __future__ import annotations

import mailbox
from pathlib import Path
from typing import Any

import pytest

from crawler.spiders.own import AHEAD
from tests.support.crawl.crawl_server import UNSETTLED
from tests.support.crawl.crawling import configure, handed_in
from tests.support.crawl.warc_files import story, warc

ROWS = 250
"""Rows of a table, or mails, in a batch."""
BATCH = 8
COUNT = 2500


def table(folder: Path) -> dict[str, Any]:
    (folder / "a.csv").write_text("id,text\n" + "".join(f"{n},The kettle {n} leaks.\n" for n in range(COUNT)))
    return {"kind": "table", "path": "a.csv"}


def mail(folder: Path) -> dict[str, Any]:
    box = mailbox.mbox(str(folder / "a.mbox"))
    for number in range(COUNT):
        box.add(f"From: a@a.example\nSubject: Kettle\nMessage-ID: <{number}@a.example>\n\nIt leaks, number {number}.\n")
    box.close()
    return {"kind": "mailbox", "path": "a.mbox"}


def news(folder: Path) -> dict[str, Any]:
    (folder / "a.warc.gz").write_bytes(warc(story(number) for number in range(COUNT // 10)))
    return {"kind": "commoncrawl", "path": "a.warc.gz"}


@pytest.mark.parametrize(
    ("made", "most"),
    [
        (table, (AHEAD + 2) * ROWS),
        (mail, (AHEAD + 2) * ROWS),
        # A story is two records: what was asked and what was answered.
        (news, UNSETTLED // 2 * BATCH + 1),
    ],
)
def test_no_file_is_read_further_than_some_batches_beyond_what_the_store_takes(
    made: Any, most: int, tmp_path: Path
) -> None:
    config = configure(tmp_path, {"own": made(tmp_path)})
    read = handed_in(config, {}, hold=BATCH)
    assert 3 * BATCH <= read["own"] <= most


def test_a_crawl_that_is_stopped_while_posts_wait_for_the_store_ends(tmp_path: Path) -> None:
    config = configure(tmp_path, {"own": table(tmp_path)})
    assert handed_in(config, {}, hold=BATCH, stop=True)["own"] >= 3 * BATCH
