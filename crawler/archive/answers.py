"""Kept answers as they come out of an archive: each with its note, and where both stand in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler.archive.notes import Note, note_of
from crawler.readers.page import Page
from crawler.warc.reading import records_of
from crawler.warc.records import Kept

RECORD, BESIDE = "warc-record-id", "warc-concurrent-to"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """A piece of a file from ``start`` to ``end``: an answer with its note, or what is neither (no page).

    ``lost`` says why a damaged piece holds neither; ``end`` is -1 where nothing sound follows.
    """

    start: int
    end: int
    page: Page | None = None
    note: Note | None = None
    lost: str = ""


def answers_in(path: Path) -> Iterator[KeptAnswer]:
    """Yield the pieces of a file, in order, without a gap. Raises ``ReadError`` where it is no WARC file."""
    start = begun = 0
    waiting: Kept | None = None
    for kept in records_of(path):
        if waiting is not None and waiting.headers.get(RECORD) == kept.headers.get(BESIDE, "none"):
            yield KeptAnswer(start=begun, end=kept.end, page=waiting.page, note=note_of(kept.note))
            waiting = None
        else:
            if waiting is not None:
                yield KeptAnswer(start=begun, end=start, page=waiting.page)
                waiting = None
            if kept.page is not None:
                waiting, begun = kept, start
            else:
                yield KeptAnswer(start=start, end=kept.end, lost=kept.dropped if not kept.headers else "")
        start = kept.end
    if waiting is not None:
        yield KeptAnswer(start=begun, end=start, page=waiting.page)
