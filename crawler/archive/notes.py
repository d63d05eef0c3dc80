"""What is noted beside each kept answer: how it is read again, and by what an erasure finds it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from analysis.model import Engagement, Post, post_id
from analysis.model.addresses import own_address, site
from analysis.model.pseudonym import pseudonym
from analysis.model.times import read_time
from crawler.kinds.base import Ask
from crawler.readers.feeds.sitemap import SitemapUrl

T = TypeVar("T")
ENTRY, ITEM = "entry", "item"
_TIMES = ("published_at", "fetched_at", "lastmod", "news_date")
_SECRET = re.compile(r"(?i)(?<=[?&])([^=&]*(?:key|token|secret|password|signature|auth|session)[^=&]*)=[^&]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Beside an answer: its source, the kind by which it was read, what was asked, what a list said of it (``told``).

    ``posts`` are the ids of the posts that were read from it, ``authors`` their authors' pseudonyms.
    """

    source: str
    kind: str
    ask: Ask
    told: Mapping[str, Any] = field(default_factory=dict)
    posts: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()

    def written(self) -> bytes:
        """Return the note as JSON. Nothing secret is in it: no header, no body of a request."""
        ask = {"url": without_secrets(self.ask.url), "step": self.ask.step, "carry": _plain(self.ask.carry)}
        body = {"source": self.source, "kind": self.kind, "ask": ask, "told": self.told}
        return json.dumps(body | {"posts": self.posts, "authors": self.authors}).encode()


def note_of(written: bytes) -> Note | None:
    """Return the note that was written; None for another's."""
    try:
        body = json.loads(written)
        ask = body["ask"]
        return Note(
            source=str(body["source"]),
            kind=str(body["kind"]),
            ask=Ask(url=str(ask["url"]), step=str(ask["step"]), carry=_tuples(ask["carry"])),
            told=dict(body["told"]),
            posts=tuple(map(str, body["posts"])),
            authors=tuple(map(str, body["authors"])),
        )
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def ids_of(posts: Sequence[Post]) -> tuple[str, ...]:
    """Return the ids of ``posts``, at the addresses that they have and at those under which they may be kept."""
    return tuple(dict.fromkeys(post_id(url) for post in posts for url in _addresses(post) if url))


def authors_of(posts: Sequence[Post], key: bytes) -> tuple[str, ...]:
    """Return the pseudonyms of the authors of ``posts``, each once."""
    return tuple(dict.fromkeys(pseudonym(key, site(post.url), post.author) for post in posts if post.author))


def post_of(row: Mapping[str, Any]) -> Post:
    """Return the post that was noted as a row. Raises ``ValueError`` or ``TypeError`` for what is none."""
    values = _known(row, Post)
    values["engagement"] = Engagement(**_known(row.get("engagement") or {}, Engagement))
    values["tags"] = tuple(row.get("tags") or ())
    return Post(**values)


def item_of(row: Mapping[str, Any]) -> SitemapUrl:
    """Return what a sitemap said of a page, from its row. Raises ``ValueError`` or ``TypeError`` for what is none."""
    return SitemapUrl(**_known(row, SitemapUrl))


def row_of(item: SitemapUrl) -> dict[str, Any]:
    """Return what a sitemap says of a page as a row."""
    values = {each.name: getattr(item, each.name) for each in fields(item)}
    return {name: value.isoformat() if name in _TIMES and value else value for name, value in values.items()}


def _addresses(post: Post) -> tuple[str, ...]:
    return post.url, own_address(post.url), post.nameless


def without_secrets(url: str) -> str:
    """Return ``url`` without a password, and with no value of a parameter that looks like a key."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return urlunsplit(parts._replace(query=_SECRET.sub(r"\1=-", f"?{parts.query}")[1:]))


def _known(row: Mapping[str, Any], made: type[Any]) -> dict[str, Any]:
    names = {each.name for each in fields(made)}
    return {
        name: read_time(value) if name in _TIMES and value else value for name, value in row.items() if name in names
    }


def _plain(carry: Any) -> Any:
    """Return what comes back with an answer where JSON can hold it, else nothing."""
    try:
        json.dumps(carry)
    except (TypeError, ValueError):
        return None
    return carry


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
