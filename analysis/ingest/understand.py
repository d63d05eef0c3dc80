"""What follows from a post alone: its mentions, their near-copy bands, or the reason why there are none.

In a file of its own because the reader processes import it, and must not load the statistics that ``flow`` joins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from analysis.ingest import stories
from analysis.ingest.bounds import bounded
from analysis.model import Mention, Post


class Understands(Protocol):
    """What ``understand`` needs of the enrichers."""

    def mentions(self, posts: Sequence[Post]) -> list[list[Mention]]:
        """Return the mentions of each post, in order; none where it names no tracked brand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What became of one post: its mentions, or the reason why there are none. Small, and crosses processes.

    ``is_whole`` says that its mentions are complete already, as an export wrote them, and are kept as they are.
    """

    url: str
    mentions: tuple[Mention, ...] = ()
    reason: str = ""
    is_whole: bool = False


def understand(posts: Sequence[Post], enricher: Understands) -> list[Understood]:
    """Return each post's mentions with everything that follows from the post alone. Runs in worker processes too."""
    posts = [bounded(post) for post in posts]
    understood = []
    for post, mentions in zip(posts, enricher.mentions(posts), strict=True):
        if post.kind == "topic" and not post.text:
            # A thread's line in a list: the thread's own page has the words, the date and the author.
            understood.append(Understood(url=post.url, reason="only a title in a list of threads"))
            continue
        reason = "" if mentions else ("names no tracked brand" if post.text or post.title else "no text")
        understood.append(Understood(url=post.url, mentions=tuple(map(_sketched, mentions)), reason=reason))
    return understood


def whole(mention: Mention) -> Understood:
    """Return a mention that was understood before, by whoever exported it."""
    return Understood(url=mention.url, mentions=(mention,), is_whole=True)


def _sketched(mention: Mention) -> Mention:
    words = mention.tokens.split(" ")
    same = stories.content_hash(words)
    return replace(mention, bands=stories.bands(words) or stories.own_band(mention, same), content_hash=same)
