"""Two crawl processes that both believe they have a host: one of them says how far it was read, on any store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from analysis.model.records.base import Record, Records
from analysis.model.records.crawl import BOOKMARKS, HOST_CURSORS, SEEN_PAGES, Bookmark, SeenPage, Validator
from analysis.store.base import Document
from analysis.store.elastic.server.client import AwayError
from crawler.keeping.intake import Notes
from crawler.keeping.tenure import HostTakenError, Tenures
from tests.support.elastic.servers import TESTED, records_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOST, SOURCE = "news.example", "news"
VALIDATOR = Validator(key="https://www.news.example/feed", etag="a")
OTHERS = Validator(key="https://elsewhere.example/", etag="b")


def notes(mark: str) -> Notes:
    """Return what is to be remembered of how far the source was read."""
    page = SeenPage(source=SOURCE, url=f"https://news.example/{mark}", mark=mark, read_at=NOW)
    return {BOOKMARKS: [Bookmark(source=SOURCE, marks={"newest": mark}, written_at=NOW)], SEEN_PAGES: [page]}


def written(tenures: Tenures, records: Records, mark: str) -> Sequence[Validator]:
    """Have ``tenures`` write how far the source was read; return the validators that may follow."""
    rest, validators = tenures.written(records, notes(mark), [VALIDATOR, OTHERS])
    assert bool(rest[SEEN_PAGES]) == (VALIDATOR in validators)
    return validators


def newest(records: Records) -> str:
    stored = BOOKMARKS.get(records, SOURCE)
    return stored.value.marks["newest"] if stored else ""


def tenures_of(name: str, lost: list[str]) -> Tenures:
    return Tenures(name, now=lambda: NOW, lost=lost.append)


@pytest.mark.parametrize("line", ["embedded", *TESTED])
def test_of_two_that_believe_they_have_a_host_one_moves_its_cursor(line: str, tmp_path: Path) -> None:
    lost: list[str] = []
    first, second = tenures_of("first", lost), tenures_of("second", lost)
    with records_of(line, tmp_path, name="tenure") as records:
        first.take(records, SOURCE, HOST, 1)
        assert written(first, records, "10") == [VALIDATOR, OTHERS]
        assert written(first, records, "11") == [VALIDATOR, OTHERS]
        second.take(records, SOURCE, HOST, 2)
        assert written(first, records, "12") == [OTHERS]
        assert (newest(records), lost) == ("11", [HOST])
        assert written(second, records, "13") == [VALIDATOR, OTHERS]
        with pytest.raises(HostTakenError, match="second has it by now"):
            first.take(records, SOURCE, HOST, 1)
        assert newest(records) == "13"
        first.take(records, SOURCE, HOST, 3)
        assert written(second, records, "14") == [OTHERS]
        assert written(first, records, "15") == [VALIDATOR, OTHERS]
        assert newest(records) == "15"
        cursor = HOST_CURSORS.get(records, HOST)
        assert cursor is not None
        assert (cursor.value.holder, cursor.value.term) == ("first", 3)


@pytest.mark.parametrize("line", ["embedded", *TESTED])
def test_of_two_that_write_at_once_one_is_refused(line: str, tmp_path: Path) -> None:
    lost: list[str] = []
    first, second = tenures_of("first", lost), tenures_of("second", lost)
    with records_of(line, tmp_path, name="tenure") as records:
        first.take(records, SOURCE, HOST, 1)

        class Meanwhile(Between):
            """Lets the second take the host and write, just before the first one's bookmark is written."""

            def put(self, kind: str, key: str, body: Document, *, if_version: int | None = None) -> int | None:
                if kind == BOOKMARKS.name and not newest(records):
                    second.take(records, SOURCE, HOST, 2)
                    assert written(second, records, "21") == [VALIDATOR, OTHERS]
                return records.put(kind, key, body, if_version=if_version)

        first.written(cast("Records", Meanwhile(records)), notes("20"), [])
        assert newest(records) == "21"


def test_sources_of_a_host_that_begin_out_of_turn_are_its_holders(tmp_path: Path) -> None:
    lost: list[str] = []
    tenures = tenures_of("first", lost)
    with records_of("embedded", tmp_path, name="tenure") as records:
        tenures.take(records, "later", HOST, 8)
        tenures.take(records, SOURCE, HOST, 7)
        assert written(tenures, records, "10") == [VALIDATOR, OTHERS]
        assert not lost


def test_what_cannot_be_asked_is_not_remembered_and_not_lost(tmp_path: Path) -> None:
    lost: list[str] = []
    tenures = tenures_of("first", lost)
    with records_of("embedded", tmp_path, name="tenure") as records:
        away = cast("Records", Away(records))
        tenures.take(away, SOURCE, HOST, 1)
        assert written(tenures, away, "10") == [OTHERS]
        assert written(tenures, records, "11") == [VALIDATOR, OTHERS]
        assert (newest(records), lost) == ("11", [])


class Between:
    """Records that pass on what is asked of them."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def get(self, kind: str, key: str) -> Record | None:
        """Return one record."""
        return self.records.get(kind, key)

    def __getattr__(self, name: str) -> object:
        return getattr(self.records, name)


class Away(Between):
    """Records of a server that cannot be reached: nothing is known, and nothing compared."""

    def get(self, kind: str, key: str) -> Record | None:
        """Find nothing."""
        return None

    def put(self, kind: str, key: str, body: Document, *, if_version: int | None = None) -> int | None:
        """Refuse: this needs the server."""
        raise AwayError("away")
