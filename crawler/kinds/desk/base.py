"""What help desks share: whose words are read, how a message becomes a post, and where a run begins.

Tickets are read in the order of their changes. The first answer says that all until the run's start is read, which is
written once everything that came of it is stored. Where ``max_pages`` ends a run before, its last page says where the
next one goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from analysis.model import Post
from analysis.model.text import one_line
from analysis.model.written.dates import parse_date
from crawler.kinds.base import ApiOptions, Drop, Knowledge, Mark, plain

if TYPE_CHECKING:
    from crawler.readers.page import Page

LATE = timedelta(hours=1)
READ, FROM = "read until", "goes on from"
GONE = "[deleted]"
"""The words of a message that is gone: as after any edit, its mentions are withdrawn."""
OURS, NOTE = "a reply of our own", "an internal note"


class DeskOptions(ApiOptions):
    """``about``: a brand's name, put before each subject, since who writes seldom names it. Private unless told."""

    about: str = ""
    private: bool = True
    max_pages: int = Field(default=10_000, ge=1)


def begin(options: DeskOptions, known: Knowledge) -> int:
    """Return the second (since 1970) from which changes are read: where the last run ended, less an hour, or
    ``since``; 0 for all."""
    wanted = int((known.now - timedelta(seconds=options.since)).timestamp()) if options.since else 0
    if known.marks.get(FROM):
        return max(wanted, int(known.marks[FROM]))
    mark = known.marks.get(READ, "")
    return max(wanted, int(mark) - int(LATE.total_seconds())) if mark else wanted


def read_until(known: Knowledge) -> Mark:
    """Return the mark of the first answer: everything until this run's start is read."""
    return Mark(READ, str(int(known.now.timestamp())))


def ending(*, cut_at: int | None = None) -> Iterator[Mark | Drop]:
    """Yield the mark of the last page: that nothing is left, or from which second the next run goes on."""
    yield Mark(FROM, str(cut_at) if cut_at else "")
    if cut_at:
        yield Drop("left for the next run by max_pages: a page of tickets")


def message(
    options: DeskOptions, *, url: str, thread: str, subject: str, html: str, text: str, author: str, at: str, page: Page
) -> Post | Drop:
    """Return the post that a customer's message is: its own words, without quoted mail, signature and footer.

    ``text`` is read where it is given, else ``html``. ``at`` is a time as the API writes it.
    """
    # Here, because a configuration is read without any need of what reads mail.
    from crawler.readers.mail import own_part, own_words
    from crawler.readers.tables import told_about

    words = own_words(text) if text.strip() else own_words(own_part(html))
    if not words:
        return Drop("a message without words of its own")
    date = _time(at, page)
    post = Post(
        url=url,
        text=words,
        title=one_line(plain(subject)),
        author=author,
        published_at=date,
        published_at_source="api" if date else "",
        fetched_at=page.fetched_at,
        kind="post" if url == thread else "comment",
        thread=thread,
        private=True,
    )
    return told_about(post, getattr(options, "about", ""))


def gone(url: str, *, author: str, at: str, page: Page) -> Post:
    """Return what a message that was deleted is read as."""
    date = _time(at, page)
    return Post(
        url=url,
        text=GONE,
        author=author,
        published_at=date,
        published_at_source="api" if date else "",
        fetched_at=page.fetched_at,
        kind="post",
        thread=url,
        private=True,
    )


def left_in(page: Page, limit: str, remaining: str, period: str) -> str:
    """Return in words what the headers of an answer say of the requests that are left; empty where they say nothing."""
    told = page.headers.get(remaining, "")
    return f"{told} of {page.headers.get(limit, 'all')} requests of {period} are left" if told else ""


def _time(text: str, page: Page) -> datetime | None:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    at = parse_date(text, now=page.fetched_at)
    return at.astimezone(UTC) if at else None
