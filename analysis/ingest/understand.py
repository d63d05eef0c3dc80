"""What follows from a post alone: its mentions, their near-copy bands, or the reason why there are none.

In a file of its own because the reader processes import it, and must not load the statistics that ``flow`` joins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from analysis.ingest import stories
from analysis.ingest.bounds import bounded
from analysis.ingest.personal import without_persons
from analysis.model import Mention, Post


class Understands(Protocol):
    """What ``understand`` needs of the enrichers."""

    def mentions(self, posts: Sequence[Post]) -> list[list[Mention]]:
        """Return the mentions of each post, in order; none where it names no tracked brand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What tells whether a post that is stored was edited since: when it was read, its title, a hash of its words.

    ``tracked`` are the ids of all brands that were looked for. ``is_sure`` says that what was read is the post itself:
    an article's page may have been a wall of consent that time.
    """

    seen_at: datetime
    title: str
    words: str
    tracked: tuple[str, ...]
    is_sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What became of one post: its mentions, or the reason why there are none. Small, and crosses processes.

    ``is_whole`` says that its mentions are complete already, as an export wrote them, and are kept as they are.
    """

    url: str
    mentions: tuple[Mention, ...] = ()
    reason: str = ""
    is_whole: bool = False
    reread: Reread | None = None


def understand(posts: Sequence[Post], enricher: Understands) -> list[Understood]:
    """Return each post's mentions with everything that follows from the post alone. Runs in worker processes too."""
    own = tuple(getattr(enricher, "named", ()))
    posts = [without_persons(bounded(post), own) for post in posts]
    understood = []
    for post, mentions in zip(posts, enricher.mentions(posts), strict=True):
        if post.kind == "topic" and not post.text:
            # A thread's line in a list: the thread's own page has the words, the date and the author.
            understood.append(Understood(url=post.url, reason="only a title in a list of threads"))
            continue
        reason = "" if mentions else ("names no tracked brand" if post.text or post.title else "no text")
        sketched = tuple(map(_sketched, mentions))
        reread = _reread(post, tuple(getattr(enricher, "tracked", ())))
        understood.append(Understood(url=post.url, mentions=sketched, reason=reason, reread=reread))
    return understood


def words_hash(title: str, text: str) -> str:
    """Return a hash of a post's words as published."""
    return sha256(f"{title}\n{text}".encode(errors="surrogatepass")).hexdigest()


def _reread(post: Post, tracked: tuple[str, ...]) -> Reread | None:
    if not post.text:
        return None
    return Reread(
        seen_at=post.fetched_at,
        title=post.title,
        words=words_hash(post.title, post.text),
        tracked=tracked,
        is_sure=post.kind != "article" or post.source_kind == "import",
    )


def whole(mention: Mention) -> Understood:
    """Return a mention that was understood before, by whoever exported it."""
    return Understood(url=mention.url, mentions=(mention,), is_whole=True)


def _sketched(mention: Mention) -> Mention:
    words = mention.tokens.split(" ")
    same = stories.content_hash(words)
    return replace(mention, bands=stories.bands(words) or stories.own_band(mention, same), content_hash=same)
