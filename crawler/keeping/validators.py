"""Conditional requests: what a server said about the version that we hold, kept as ``Validator`` records.

The rule that keeps this safe: **a validator is stored only after everything that its answer led to is stored.** Else
a crash between the two would lose the change for good, because the next run is answered 304. So

* after a page's posts were acknowledged by the store, call ``remember(records, [validator_of(response)], now=...)``;
* for a listing (feed, sitemap, thread list), call it once every page that the listing led to was acknowledged or
  refused for good; when one of them failed for the moment (timed out, 503), do not: the next run reads it again.

An answer of 304 reaches the spider's callback with an empty body and ``response.status == 304``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from scrapy.http import Response
from w3lib.url import canonicalize_url

from analysis.model.records.base import Records
from analysis.model.records.crawl import VALIDATORS, Validator

META = "validator"
LONGEST_HEADER = 1024
_CLOCKS = timedelta(minutes=10)
"""What a server's clock may be ahead of ours."""


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
    checked = {one.key: replace(one, checked_at=now) for one in validators if one is not None}
    if checked:
        VALIDATORS.put_many(records, checked.values())
    return len(checked)


def recall(records: Records, urls: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return, for each address, the request headers that ask only for a newer version than the one stored.

    They are empty for an address of which none is stored.
    """
    keys = {url: key_of(url) for url in urls}
    stored = VALIDATORS.get_many(records, list(set(keys.values())))
    return {url: _asking(stored[key]) if key in stored else {} for url, key in keys.items()}


def _asking(validator: Validator) -> dict[str, str]:
    modified = validator.last_modified
    if modified and validator.checked_at and _is_later(modified, validator.checked_at):
        # A server's clock, or a mistake: "not modified since 2041" is true of everything.
        modified = ""
    headers = {"If-None-Match": validator.etag, "If-Modified-Since": modified}
    return {name: value for name, value in headers.items() if value}


def _is_later(modified: str, than: datetime) -> bool:
    try:
        at = parsedate_to_datetime(modified)
    except (TypeError, ValueError, IndexError, OverflowError):
        # What is no date is at most compared as a text, which is safe.
        return False
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) > than + _CLOCKS


def _text(value: bytes | None) -> str:
    text = (value or b"").decode("latin-1").strip()
    return text if len(text) <= LONGEST_HEADER else ""
