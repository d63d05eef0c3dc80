"""What follows from a post alone: its mentions, their near-copy bands, or the reason why there are none.

In a file of its own because the reader processes import it, and must not load the statistics that ``flow`` joins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from analysis.ingest import stories as dedupe
from analysis.model import Mention, Post


class Understands(Protocol):
    """What ``understand`` needs of the enrichers."""

    def mentions(self, posts: Sequence[Post]) -> list[list[Mention]]:
        """Return the mentions of each post, in order; none where it names no tracked brand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What became of one post: its mentions, or the reason why there are none."""

    url: str
    mentions: tuple[Mention, ...] = ()
    reason: str = ""


def understand(posts: Sequence[Post], enricher: Understands) -> list[Understood]:
    """Return each post's mentions with everything that follows from the post alone. Runs in worker processes too."""
    found = []
    for post, mentions in zip(posts, enricher.mentions(posts), strict=True):
        if post.kind == "topic" and not post.text:
            # A thread's line in a list: the thread's own page has the words, the date and the author.
            found.append(Understood(url=post.url, reason="only a title in a list of threads"))
            continue
        reason = "" if mentions else ("names no tracked brand" if post.text or post.title else "no text")
        found.append(Understood(url=post.url, mentions=tuple(map(_sketched, mentions)), reason=reason))
    return found


def _sketched(mention: Mention) -> Mention:
    words = mention.tokens.split(" ")
    return replace(mention, bands=dedupe.bands(words), content_hash=dedupe.content_hash(words))
