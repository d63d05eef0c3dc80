"""A post from a row of an import, whatever file it stood in, or all that is wrong with the row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from analysis.ingest.plain import plain
from analysis.ingest.told import told_rating, told_time
from analysis.model import POST_KINDS, Engagement, Mention, Post, PostKind
from analysis.model.addresses import post_address
from analysis.model.written.origin import Origin, origin_at

_TEXTS = ("author", "thread", "product_version", "lang")
_COUNTS = ("likes", "replies", "shares", "views")
_MOST = 2**63 - 1
"""What both stores can hold as a count."""
_YES = ("true", "1", "yes")
NEEDS_ADDRESS = "every row needs one, it makes the id"
FORM_ERRORS = (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A row that cannot be imported: its line from 1, what is wrong with it, and in which part of which file."""

    line: int
    reason: str
    place: str = ""


Row = Post | Mention | Wrong


def post_from(row: Mapping[str, Any], *, now: datetime, wordless: bool = False, day_first: bool | None = None) -> Post:
    """Return the post that an import row describes. Raises ``ValueError`` with all that is wrong.

    ``wordless`` says that it may have no words, as a rating may; ``day_first`` what other dates tell of 05/11.
    """
    wrong: list[str] = []
    url = _told(wrong, _address, row.get("url"), "")
    title, text = (_told(wrong, _words, row, "", key) for key in ("title", "text"))
    if not wrong and not wordless and not (text.strip() or title.strip()):
        wrong.append("text: is missing; every row needs a text or a title")
    texts = {key: _told(wrong, _text, row, "", key) for key in _TEXTS}
    origin = origin_at(url, lang=texts["lang"], day_first=day_first)
    published = _told(wrong, _time, row, None, "published_at", now, origin)
    rating = _told(wrong, told_rating, row.get("rating"), None)
    engagement = _told(wrong, _engagement, row, Engagement())
    source = _told(wrong, _text, row, "", "source")
    fetched = _told(wrong, _time, row, None, "fetched_at", now, origin)
    if wrong:
        raise ValueError("; ".join(wrong))
    return Post(
        url=url,
        title=title,
        text=text,
        fetched_at=min(fetched or now, now),
        published_at=published,
        published_at_source="import" if published else "",
        source=source or "import",
        source_kind="import",
        kind=_kind(_text(row, "kind")),
        rating=rating,
        engagement=engagement,
        tags=_tags(row.get("tags")),
        private=str(row.get("private") or "").strip().lower() in _YES,
        **texts,
    )


Read = TypeVar("Read")


def _told(wrong: list[str], read: Any, value: Any, otherwise: Read, *more: Any) -> Read:
    """Return what ``read`` makes of a value; where it raises, note why, so that a row names all its mistakes."""
    try:
        result: Read = read(value, *more)
    except FORM_ERRORS as error:
        wrong.append(said(error))
        return otherwise
    return result


def _address(url: Any) -> str:
    parts = None
    with suppress(ValueError):
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is not None and parts.scheme in ("http", "https") and parts.hostname and _is_text(url):
            return post_address(url)
    raise ValueError(f"url: {_short(url)} is not a web address; {NEEDS_ADDRESS}")


def _is_text(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _short(value: Any) -> str:
    shown = ascii(value) if isinstance(value, str) and not _is_text(value) else repr(value)
    return shown if len(shown) <= 80 else f"{shown[:79]}…"


def _words(row: Mapping[str, Any], key: str) -> str:
    return plain(_text(row, key))


def said(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "not JSON: it is nested too deep"
    return f"{error}" if isinstance(error, ValueError) else f"the row does not have the form of a post: {error!r}"


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise ValueError(f"{key}: {type(value).__name__} is not text")
    return str(value)


def _kind(text: str) -> PostKind:
    # What another program calls it is no mistake of the row: it is a post all the same.
    return next((kind for kind in POST_KINDS if kind == text), "post")


def _time(row: Mapping[str, Any], name: str, now: datetime, origin: Origin) -> datetime | None:
    return told_time(row.get(name), name=name, now=now, origin=origin)


def _engagement(row: Mapping[str, Any]) -> Engagement:
    given = row.get("engagement") or {}
    if isinstance(given, str):
        given = json.loads(given)
    if not isinstance(given, dict):
        raise ValueError('engagement: must be an object such as {"likes": 3}')
    counts = {key: given.get(key, row.get(f"engagement.{key}")) or 0 for key in _COUNTS}
    return Engagement(**{key: _count(key, value) for key, value in counts.items()})


def _count(key: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"engagement: {key} {_short(value)} is not a count") from None
    if number > _MOST:
        raise ValueError(f"engagement: {key} {_short(value)} is more than anything was ever liked")
    return max(0, number)


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    return tuple(str(tag).strip() for tag in value) if isinstance(value, list | tuple) else ()
