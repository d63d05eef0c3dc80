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
    keys = {seen_key(source_id, url): url for url, mark in marks.items() if mark}
    pages = await asyncio.to_thread(SEEN_PAGES.get_many, records, list(keys)) if keys else {}
    return {keys[key] for key, page in pages.items() if page.mark == marks[keys[key]]}
