"""What tells the entries of a feed apart: their guid. Each gets an address of its own, whatever its link is."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from analysis.model import Post
from analysis.model.addresses import is_web, own_address, route_of

_DIGITS = 12


def told_apart(entries: Sequence[tuple[str, Post]], *, feed: str, home: str = "") -> tuple[tuple[Post, ...], int]:
    """Return the posts of ``entries`` (each with its guid, or an empty text), and how many said the same again.

    Entries are one where guid and link are. Who has no link, or shares it with others or with the front page, gets an
    address with an anchor made of its guid (or of its words): on that link, on ``feed``, or on ``home`` where the
    feed's own address is not known.
    """
    different: dict[tuple[str, ...], Post] = {}
    guids: list[str] = []
    for guid, post in entries:
        key = (guid, post.url) if guid else (post.url, post.title, post.text)
        if key not in different:
            different[key] = post
            guids.append(guid)
    shared = Counter(post.url for post in different.values())
    placed = tuple(
        replace(post, url=_anchored(post.url or feed or home, guid, post))
        if not post.url or ((shared[post.url] > 1 or is_front(post.url)) and _is_bare(post.url))
        else post
        for guid, post in zip(guids, different.values(), strict=True)
    )
    return placed, len(entries) - len(placed)


def is_front(url: str) -> bool:
    """Tell whether ``url`` is the front page of a site."""
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _is_bare(url: str) -> bool:
    """Tell whether no anchor of ``url`` names one post already."""
    return is_web(url) and "#" not in own_address(url) and not route_of(url)


def _anchored(url: str, guid: str, post: Post) -> str:
    said = guid or f"{post.url}\n{post.title}\n{post.text}"
    mark = int.from_bytes(hashlib.sha256(said.encode(errors="replace")).digest()[:8]) % 10**_DIGITS
    return f"{url.partition('#')[0]}#entry-{mark:0{_DIGITS}d}"
