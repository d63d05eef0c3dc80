"""The answers that a WARC file keeps: each as what readers take, with the time at which it was fetched.

By warcio, which parses records, undoes the transfer's chunks and unpacks bodies.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from analysis.model.addresses import is_web
from analysis.model.times import read_time
from crawler.readers.page import MAX_BYTES, Page
from crawler.warc.members import DAMAGED, Member, Members

MOST = MAX_BYTES + (1 << 16)
"""Bytes of a record that is read: a page's, and its headers'."""
_ODD = (ArchiveLoadFailed, EOFError, ValueError, LookupError, AttributeError, TypeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a record of a WARC file gives. ``end`` is where the next record begins in the file; -1 where none does.

    ``page`` is the answer, where it is one that can be read; else ``dropped`` says why not, and is empty for records
    that are none (requests, notes). ``headers`` are the record's own, by names in lower case; ``note`` is the text of a
    ``metadata`` record.
    """

    end: int
    page: Page | None = None
    dropped: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    note: bytes = b""


def kept_of(member: Member) -> Kept:
    """Return what the record in ``member`` gives."""
    if member.lost:
        return Kept(end=member.end, dropped=member.lost)
    try:
        return _kept(member)
    except _ODD:
        return Kept(end=member.end, dropped=DAMAGED)


def _kept(member: Member) -> Kept:
    record = next(iter(ArchiveIterator(io.BytesIO(member.content))))
    own = {name.lower(): value for name, value in record.rec_headers.headers}
    if record.rec_type == "metadata":
        return Kept(end=member.end, headers=own, note=record.raw_stream.read())
    if record.rec_type != "response" or record.http_headers is None:
        return Kept(end=member.end, headers=own)
    url, status = own.get("warc-target-uri", ""), record.http_headers.get_statuscode()
    if not is_web(url):
        return Kept(end=member.end, headers=own, dropped="no web address")
    if status != "200":
        return Kept(end=member.end, headers=own, dropped=f"answered {status}"[:30])
    said = {name.lower(): value for name, value in record.http_headers.headers}
    page = Page(
        record.content_stream().read(MAX_BYTES + 1),
        url,
        read_time(own["warc-date"]).astimezone(UTC),
        said.get("content-type", ""),
        follow=False,
        headers=said,
    )
    return Kept(end=member.end, headers=own, page=page)


def records_in(content: bytes, *, name: str) -> Iterator[Kept]:
    """Yield the records of a WARC file that is held whole. Raises ``ReadError`` for what is none."""
    members = Members(name=name, limit=MOST)
    for member in (*members.feed(content), *members.finish()):
        yield kept_of(member)
