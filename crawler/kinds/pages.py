"""``pages``: a list of addresses, or a site crawled from them with allow and deny patterns, a depth and a cap."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import Field

from analysis.settings.values import Regex, WebAddress
from crawler.kinds.base import Ask, Drop, Kind, Knowledge, PageOptions, Step, Took

if TYPE_CHECKING:
    from crawler.readers.page import Page


class PagesOptions(PageOptions):
    """``urls``: more addresses; ``depth``: how many links away, to addresses that match ``allow`` and not ``deny``."""

    urls: tuple[WebAddress, ...] = ()
    allow: tuple[Regex, ...] = ()
    deny: tuple[Regex, ...] = ()
    depth: int = Field(default=0, ge=0, le=20)


def start(options: PagesOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the addresses given, each once."""
    for url in dict.fromkeys((options.url, *options.urls)):
        yield Ask(url=url)


def read(page: Page, ask: Ask, options: PageOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the posts of a page, and the addresses that it links to. Kinds that lead to pages read them by this too."""
    from crawler.readers import reading
    from crawler.readers.pages.scripted import NEEDS_SCRIPT, needs_script

    if not getattr(options, "render", False) and needs_script(page):
        yield Drop(NEEDS_SCRIPT)
        return
    seen = reading.read(options.read, page)
    yield Took(seen.posts)
    for link in seen.links:
        yield Ask(url=link)


def is_wanted(url: str, hosts: Collection[str], options: PagesOptions) -> bool:
    """Tell whether a link is to be followed: to one of ``hosts``, and of a chosen address."""
    if urlsplit(url).netloc.lower() not in hosts:
        return False
    if options.allow and not any(re.search(pattern, url) for pattern in options.allow):
        return False
    return not any(re.search(pattern, url) for pattern in options.deny)


KIND = Kind(name="pages", options=PagesOptions, driver="pages", own_addresses=False, start=start, read=read)
