"""Imported posts that share an address, as reviews do that give their app's: each is known by an address of its own.

The first keeps the address as it is, also when it comes again. Another's gets an anchor made of its author, or without
one of its words. So a second import of the same file changes nothing, and an author who edits a review changes that
one. Opinions without authors are told apart within one import only: in the next, other words are an edit.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from analysis.ingest.understand import words_hash
from analysis.model import Post, post_id
from analysis.store.base import Filter, Store

Pseudonym = Callable[[str, str], str]
"""What is kept of a name: of an address and the name there."""
REMEMBERED = 100_000
"""Addresses of an import whose first post is remembered."""
_OPINIONS = frozenset({"review", "comment", "answer"})
_ONE_EACH = frozenset({"article", "topic"})
_SIGNS = 12


@dataclass(slots=True)
class Apart:
    """Tells the posts of one import apart, from each other and by their authors from those that are stored."""

    store: Store
    pseudonym: Pseudonym
    _first: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def placed(self, posts: Sequence[Post]) -> list[Post]:
        """Return ``posts``, each with the address that is its own."""
        self._recall([post for post in posts if post_id(post.url) not in self._first])
        placed = [self._placed(post) for post in posts]
        while len(self._first) > REMEMBERED:
            self._first.popitem(last=False)
        return placed

    def _placed(self, post: Post) -> Post:
        own = self._identity(post)
        first = self._first.setdefault(post_id(post.url), own)
        if own == first or not _different(own, first):
            return post
        mark = hashlib.sha256(own.encode(errors="replace")).hexdigest()[:_SIGNS]
        return replace(post, url=f"{post.url.partition('#')[0]}#post-1{mark}")

    def _recall(self, posts: Sequence[Post]) -> None:
        """Remember whose posts are stored at these addresses."""
        ids = list(dict.fromkeys(post_id(post.url) for post in posts))
        where = Filter(terms={"post_id": ids})
        for hit in self.store.search(where, limit=10 * len(ids), optional=True) if ids else ():
            if hit.mention.author:
                self._first.setdefault(hit.mention.post_id, f"author {hit.mention.author}")

    def _identity(self, post: Post) -> str:
        """Return what tells a post from another at its address: its author, else its words where it is an opinion."""
        if post.kind in _ONE_EACH:
            return ""
        if post.author:
            return f"author {self.pseudonym(post.url, post.author)}"
        if post.rating is None and post.kind not in _OPINIONS:
            return ""
        return f"words {words_hash(post.title, post.text)}"


def _different(own: str, first: str) -> bool:
    """Whether two are by different people, or different opinions of nobody in particular.

    Where one has an author and the other none, a source has changed what it tells: that is one post.
    """
    return bool(own and first) and own.partition(" ")[0] == first.partition(" ")[0]
