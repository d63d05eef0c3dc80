"""What was read before, by the mark that its feed or sitemap gives it (a lastmod, an updated date, a hash).

An entry whose mark is the one that was stored with its article is not fetched again. The record is written only after
the store has acknowledged the article.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from analysis.model.records.base import Records
from analysis.model.records.crawl import SEEN_PAGES, seen_key


async def unchanged(records: Records, source_id: str, marks: Mapping[str, str]) -> set[str]:
    """Return those addresses of ``marks`` whose mark is the one stored; an empty mark is never unchanged."""
    # In a thread with the question: the keys of 50,000 addresses take a second.
    return await asyncio.to_thread(_unchanged, records, source_id, marks)


def _unchanged(records: Records, source_id: str, marks: Mapping[str, str]) -> set[str]:
    keys = {url: seen_key(source_id, url) for url, mark in marks.items() if mark}
    pages = SEEN_PAGES.get_many(records, list(set(keys.values()))) if keys else {}
    return {url for url, key in keys.items() if key in pages and pages[key].mark == marks[url]}
