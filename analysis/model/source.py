"""A ``Source`` is something to read, of a kind, with what it promises."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.model.fields import about


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something to read: its kind, its address, how often, and what it promises.

    ``options`` is a frozen value of the class that the kind's own file defines. ``fastest_s`` and ``slowest_s`` bound
    an interval that adapts. What a ``private`` source gives is judged and counted, and never quoted in chat.
    One that is ``paused`` is crawled only where somebody names it.
    ``afresh`` asks for all of it once more, whatever earlier runs remembered.
    ``accounts`` are the names and passwords that its addresses held, by host and port: kept apart, so that no id, cause
    or message shows them.
    """

    id: str
    kind: str
    url: str
    every_s: int = 3600
    promise_posts: int = 0
    promise_dated: float = 0.0
    promise_author: float = 0.0
    fastest_s: float | None = None
    slowest_s: float | None = None
    private: bool = False
    paused: bool = False
    afresh: bool = False
    options: object = None
    accounts: tuple[tuple[str, tuple[str, str]], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """Where a mention was collected."""

    id: str = about("id of the source in the configuration", "keyword")
    kind: str = about("kind of the source", "keyword", values="feed, sitemap, pages, import, ...")
