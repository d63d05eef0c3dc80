"""One source's crawl in this run: what it gave so far, and why the rest was dropped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from analysis.flow import Ingested
from analysis.model import Post, Source
from analysis.model.records.run import Run, RunState
from crawler.keeping.receipts import Receipt

MOST_GONE = 10_000
"""Pages of one run that are gone; of more a site has moved, and its old addresses tell nothing."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """The live counts of one source. Only the reactor's thread changes it.

    ``answers`` counts answers, ``pages`` those that were read, ``unchanged`` what the server or the lastmod called
    known; ``dropped`` gives each post or page that was not kept a reason; ``entry_causes`` says why the addresses that
    the source starts from could not be read, ``entries_waiting`` how many of them because their host asked us to wait;
    ``unread`` counts pages that came, and lists that were named, and could not be read; ``wait_until`` is until when
    the source's own host asked us to wait; ``kept_short`` why only the feed's own text of an article was kept; ``gone``
    are pages of which the site says that they are there no more, ``gone_threads`` discussions that are deleted.
    """

    source: Source
    run: str
    started_at: datetime
    ended_at: datetime | None = None
    requests: int = 0
    answers: int = 0
    pages: int = 0
    unchanged: int = 0
    posts: int = 0
    dated: int = 0
    authored: int = 0
    mentions_new: int = 0
    mentions_updated: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    entry_causes: Counter[str] = field(default_factory=Counter)
    entries_read: int = 0
    entries_waiting: int = 0
    unread: int = 0
    wait_until: datetime | None = None
    kept_short: Counter[str] = field(default_factory=Counter)
    gone: set[str] = field(default_factory=set)
    gone_threads: set[str] = field(default_factory=set)
    error: str = ""
    stopped: bool = False
    receipts: dict[int, tuple[Post, Receipt, Post | None]] = field(default_factory=dict)

    def expect(self, post: Post, receipt: Receipt, *, instead: Post | None = None) -> Post:
        """Return ``post``, noted as a part of ``receipt``: items carry nothing but themselves through Scrapy.

        ``instead`` is what its feed says of it; see ``Waiting``.
        """
        receipt.hold()
        self.receipts[id(post)] = (post, receipt, instead)
        return post

    def noted_of(self, post: Post) -> tuple[Receipt | None, Post | None]:
        """Return the receipt that ``post`` is a part of, and what its feed says of it; once."""
        noted = self.receipts.pop(id(post), None)
        return (noted[1], noted[2]) if noted else (None, None)

    def drop(self, reason: str, count: int = 1) -> None:
        """Count what was not kept under its reason."""
        self.dropped[reason] += count

    def lost(self, url: str) -> None:
        """Note that the page at ``url``, if any is named, is there no more."""
        if url and len(self.gone) < MOST_GONE:
            self.gone.add(url)

    def saw(self, post: Post) -> None:
        """Count a post and whether it carries a date and an author, as the source promises."""
        self.posts += 1
        self.dated += post.published_at is not None
        self.authored += bool(post.author)

    def add(self, became: Ingested) -> None:
        """Add what became of posts that were stored."""
        self.mentions_new += became.mentions_new
        self.mentions_updated += became.mentions_updated
        self.dropped.update(became.dropped)


def run_of(visit: Visit, *, state: RunState, cause: str) -> Run:
    """Return the visit as the run that is kept of it."""
    return Run(
        source=visit.source.id,
        started_at=visit.started_at,
        state=state,
        run=visit.run,
        kind=visit.source.kind,
        url=visit.source.url,
        ended_at=visit.ended_at,
        cause=cause,
        wait_until=visit.wait_until,
        requests=visit.requests,
        pages=visit.pages,
        unchanged=visit.unchanged,
        posts=visit.posts,
        dated=visit.dated,
        authored=visit.authored,
        mentions_new=visit.mentions_new,
        mentions_updated=visit.mentions_updated,
        kept_short=dict(visit.kept_short),
        dropped=dict(visit.dropped),
    )
