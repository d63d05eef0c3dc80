"""What was read before, by the mark that its feed or sitemap gives it (a lastmod, an updated date, a hash).

An entry whose mark is the one that was stored with its article is not fetched again. The record is written only after
the store has acknowledged the article. A mark that is only a day says nothing of what changed later that day: it counts
once the page was read after that day was over everywhere. An empty mark says that the page was asked for, no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from analysis.model.records.base import Records
from analysis.model.records.crawl import SEEN_PAGES, SeenPage, seen_key

_DAY_LENGTH = len("2026-11-24")
_OVER_EVERYWHERE = timedelta(hours=36)
"""From midnight in UTC to the end of that day in the zone that is farthest behind."""


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """Addresses that are ``unchanged`` by their marks, and when each that was asked for before was: ``read_at``."""

    unchanged: frozenset[str] = frozenset()
    read_at: Mapping[str, datetime] = field(default_factory=dict)
    marked: frozenset[str] = frozenset()

    def asked_last(self, url: str) -> str:
        """Return what puts pages that were asked for without a mark behind all others, the longest ago first."""
        return self.read_at[url].isoformat() if url in self.read_at and url not in self.marked else ""


async def seen_before(records: Records, source_id: str, marks: Mapping[str, str]) -> SeenBefore:
    """Return what is known of the addresses of ``marks``."""
    # In a thread with the question: the keys of 50,000 addresses take a second.
    return await asyncio.to_thread(_seen, records, source_id, marks)


def _seen(records: Records, source_id: str, marks: Mapping[str, str]) -> SeenBefore:
    keys = {url: seen_key(source_id, url) for url in marks}
    found = SEEN_PAGES.get_many(records, list(set(keys.values()))) if keys else {}
    pages = {url: found[key] for url, key in keys.items() if key in found}
    return SeenBefore(
        unchanged=frozenset(url for url, page in pages.items() if is_unchanged(page, marks[url])),
        read_at={url: page.read_at for url, page in pages.items()},
        marked=frozenset(url for url, page in pages.items() if page.mark),
    )


def is_unchanged(page: SeenPage, mark: str) -> bool:
    """Tell whether the page that was read is the one that ``mark`` names now."""
    if not mark or page.mark != mark:
        return False
    if len(mark) != _DAY_LENGTH:
        return True
    return page.read_at >= datetime.fromisoformat(mark).replace(tzinfo=UTC) + _OVER_EVERYWHERE
