"""What was read before, by the mark that its feed or sitemap gives it (a lastmod, an updated date, a hash).

An entry whose mark is the one that was stored with its article is not fetched again. The record is written only after
the store has acknowledged the article.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from analysis.model import post_id
from analysis.store.base import Records

SEEN = "seen"


def seen_key(source_id: str, url: str) -> str:
    """Return the key of the record about ``url`` as ``source_id`` lists it."""
    return f"{source_id}/{post_id(url)}"


def seen_body(url: str, mark: str, now: datetime) -> dict[str, str]:
    """Return the record: the address, the mark and when it was read."""
    return {"url": url, "mark": mark, "read_at": now.isoformat(timespec="seconds")}


async def unchanged(records: Records, source_id: str, marks: Mapping[str, str]) -> set[str]:
    """Return those addresses of ``marks`` whose mark is the one stored; an empty mark is never unchanged."""
    keys = {seen_key(source_id, url): url for url, mark in marks.items() if mark}
    stored = await asyncio.to_thread(records.get_many, SEEN, list(keys)) if keys else {}
    return {keys[key] for key, record in stored.items() if record.body.get("mark") == marks[keys[key]]}
