"""Conditional requests: what a server said about the version that we hold, kept as small records of kind "validator".

The rule that keeps this safe: **a validator is stored only after everything that its answer led to is stored.** Else
a crash between the two would lose the change for good, because the next run is answered 304. So

* after a page's posts were acknowledged by the store, call ``remember(records, [validator_of(response)], now=...)``;
* for a listing (feed, sitemap, thread list), call it once every page that the listing led to was acknowledged or
  refused for good; when one of them failed for the moment (timed out, 503), do not: the next run reads it again.

An answer of 304 reaches the spider's callback with an empty body and ``response.status == 304``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scrapy.http import Response
from w3lib.url import canonicalize_url

from analysis.store.base import Document, Records

KIND = "validator"
META = "validator"
LONGEST_HEADER = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """An answer's version. ``key`` is the canonical address that was asked; either header may be empty."""

    key: str
    etag: str = ""
    last_modified: str = ""


def key_of(url: str) -> str:
    """Return the key under which an address's validator is kept."""
    return str(canonicalize_url(url))


def from_headers(url: str, headers: Mapping[Any, Any]) -> Validator | None:
    """Return the validator that an answer carries; None without one, or where it is absurdly long."""
    etag, modified = (_text(headers.get(name)) for name in ("ETag", "Last-Modified"))
    return Validator(key=key_of(url), etag=etag, last_modified=modified) if etag or modified else None


def validator_of(response: Response) -> Validator | None:
    """Return the validator to remember once this response's posts are stored, or None."""
    validator = response.meta.get(META) if response.request else None
    return validator if isinstance(validator, Validator) else None


def remember(records: Records, validators: Iterable[Validator | None], *, now: datetime) -> int:
    """Store validators, durable when the call returns, and return how many. See above for when it may be called."""
    bodies = {validator.key: body_of(validator, now) for validator in validators if validator is not None}
    if bodies:
        records.put_many(KIND, bodies)
    return len(bodies)


def body_of(validator: Validator, now: datetime) -> Document:
    """Return the body of the validator's record; its key is ``validator.key`` and its kind ``KIND``."""
    return {"etag": validator.etag, "last_modified": validator.last_modified, "checked_at": now.isoformat()}


def recall(records: Records, urls: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return, for each address, the request headers that ask only for a newer version than the one stored.

    They are empty for an address of which none is stored.
    """
    keys = {url: key_of(url) for url in urls}
    stored = records.get_many(KIND, list(set(keys.values())))
    return {url: _asking(stored[key].body) if key in stored else {} for url, key in keys.items()}


def _asking(body: Document) -> dict[str, str]:
    named = {"If-None-Match": body.get("etag"), "If-Modified-Since": body.get("last_modified")}
    return {name: value for name, value in named.items() if isinstance(value, str) and value}


def _text(value: bytes | None) -> str:
    text = (value or b"").decode("latin-1").strip()
    return text if len(text) <= LONGEST_HEADER else ""
