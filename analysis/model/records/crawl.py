"""What a crawl remembers from run to run: versions of answers, pages and their links, hosts that asked to wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from analysis.model.post import post_id
from analysis.model.records.base import Document, RecordKind
from analysis.model.times import read_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """An answer's version. ``key`` is the canonical address that was asked; either header may be empty.

    ``checked_at`` is None until it is stored.
    """

    key: str
    etag: str = ""
    last_modified: str = ""
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPage:
    """A page was read, in the version that the feed or sitemap of ``source`` gives the ``mark``."""

    source: str
    url: str
    mark: str
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """What a page linked to when it was last read whole."""

    url: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostWait:
    """A host's wish (Retry-After): nothing before ``until``. ``why`` is the answer that it came with, in words."""

    host: str
    until: datetime
    why: str

    @property
    def words(self) -> str:
        """The wish as the cause of a source that was not asked."""
        return f"asked us to wait until {self.until:%Y-%m-%d %H:%M} UTC ({self.why})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """How far a source was read: the marks that its kind wants to know in the next run, and when they were written."""

    source: str
    marks: Mapping[str, str]
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCursor:
    """Who may say how far a host was read: ``holder`` is a crawl process, ``term`` when the host was given to it.

    Terms only grow. It is written by compare-and-set alone, so that of two that both believe they have the host one
    sees that it has not.
    """

    host: str
    holder: str
    term: int
    moved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLease:
    """Who may ask a host until when, where several processes crawl. Written by compare-and-set alone.

    ``is_owner``: its sources are given to the holder. ``wanted_by`` waits for it. ``why`` is the answer by which the
    host asked to be left alone ``until`` then; empty where it did not.
    """

    host: str
    holder: str
    until: datetime
    is_owner: bool = False
    wanted_by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsRead:
    """What the robots.txt of an ``origin`` (scheme, host, port) said when it was read; empty where there was none."""

    origin: str
    text: str
    read_at: datetime


def seen_key(source: str, url: str) -> str:
    """Return the key of the record about ``url`` as ``source`` lists it."""
    return f"{source}/{post_id(url)}"


def _validator_to_body(validator: Validator) -> Document:
    checked = validator.checked_at
    return {
        "etag": validator.etag,
        "last_modified": validator.last_modified,
        "checked_at": checked.isoformat() if checked else None,
    }


def _validator_from_body(key: str, body: Document) -> Validator:
    checked = body.get("checked_at")
    return Validator(
        key=key,
        etag=body["etag"],
        last_modified=body["last_modified"],
        checked_at=read_time(checked) if checked else None,
    )


def _seen_from_body(key: str, body: Document) -> SeenPage:
    source = key.rpartition("/")[0]
    return SeenPage(source=source, url=body["url"], mark=body["mark"], read_at=read_time(body["read_at"]))


VALIDATORS: RecordKind[Validator] = RecordKind(
    name="validator",
    key=lambda validator: validator.key,
    to_body=_validator_to_body,
    from_body=_validator_from_body,
)
SEEN_PAGES: RecordKind[SeenPage] = RecordKind(
    name="seen",
    key=lambda page: seen_key(page.source, page.url),
    to_body=lambda page: {
        "url": page.url,
        "mark": page.mark,
        "read_at": page.read_at.isoformat(timespec="seconds"),
    },
    from_body=_seen_from_body,
)
PAGE_LINKS: RecordKind[PageLinks] = RecordKind(
    name="page_links",
    key=lambda page: post_id(page.url),
    to_body=lambda page: {"url": page.url, "links": list(page.links)},
    from_body=lambda _, body: PageLinks(url=body["url"], links=tuple(body["links"])),
)
HOST_WAITS: RecordKind[HostWait] = RecordKind(
    name="host_wait",
    key=lambda wait: wait.host,
    to_body=lambda wait: {"until": wait.until.isoformat(), "why": wait.why},
    from_body=lambda key, body: HostWait(host=key, until=read_time(body["until"]), why=body["why"]),
)
BOOKMARKS: RecordKind[Bookmark] = RecordKind(
    name="bookmark",
    key=lambda bookmark: bookmark.source,
    to_body=lambda bookmark: {
        "marks": dict(bookmark.marks),
        "written_at": bookmark.written_at.isoformat(timespec="seconds"),
    },
    from_body=lambda key, body: Bookmark(source=key, marks=body["marks"], written_at=read_time(body["written_at"])),
)
HOST_CURSORS: RecordKind[HostCursor] = RecordKind(
    name="host_cursor",
    key=lambda cursor: cursor.host,
    to_body=lambda cursor: {
        "holder": cursor.holder,
        "term": cursor.term,
        "moved_at": cursor.moved_at.isoformat(timespec="seconds"),
    },
    from_body=lambda key, body: HostCursor(
        host=key, holder=body["holder"], term=body["term"], moved_at=read_time(body["moved_at"])
    ),
)
HOST_LEASES: RecordKind[HostLease] = RecordKind(
    name="host_lease",
    key=lambda lease: lease.host,
    to_body=lambda lease: {
        "holder": lease.holder,
        "until": lease.until.isoformat(),
        "is_owner": lease.is_owner,
        "wanted_by": lease.wanted_by,
        "why": lease.why,
    },
    from_body=lambda key, body: HostLease(
        host=key,
        holder=body["holder"],
        until=read_time(body["until"]),
        is_owner=body["is_owner"],
        wanted_by=body["wanted_by"],
        why=body["why"],
    ),
)
ROBOTS_READ: RecordKind[RobotsRead] = RecordKind(
    name="robots",
    key=lambda robots: robots.origin,
    to_body=lambda robots: {"text": robots.text, "read_at": robots.read_at.isoformat(timespec="seconds")},
    from_body=lambda key, body: RobotsRead(origin=key, text=body["text"], read_at=read_time(body["read_at"])),
)
