"""``commoncrawl``: news of the past from WARC files, such as those of CC-NEWS, without touching the sites.

Common Crawl publishes what its news crawl fetched (https://commoncrawl.org/blog/news-dataset-available), about fifteen
files of 1 GB a day, listed month by month in ``warc.paths.gz``; they need no key. Its terms of use
(https://commoncrawl.org/terms-of-use) ask not to break the law with them, and the words stay their authors'. Whoever
wants more than a few files is asked to take them from the mirror in the cloud and name a ``path``.

A record that holds a page becomes what that page, fetched today, would become: its posts stand on the page's own site.
The time of collecting is ours, that of the fetch the record's. It promises nothing: most news names
nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from analysis.settings.sources import SourceSection
from analysis.settings.values import Regex, Seconds, WebAddress
from crawler.kinds.base import Ask, Drop, Kind, Knowledge, PageKind, Step, Took

if TYPE_CHECKING:
    from crawler.readers.page import Page
    from crawler.warc.records import Kept

RECORD = "record"
"""The step of an answer that is one page out of a file."""
LISTS = (".paths", ".paths.gz", ".txt", ".txt.gz")
UNWANTED = "left out by allow, deny or since"


class CommoncrawlOptions(SourceSection):
    """``path`` (relative to the configuration, with ``*``) or ``url``: WARC files, or a list of them.

    A list's lines are addresses, files beside it, or paths below ``api``. ``since`` leaves out what was fetched longer
    ago, ``allow`` and ``deny`` choose addresses.
    """

    path: str = ""
    url: WebAddress | None = None
    api: WebAddress = "https://data.commoncrawl.org"
    read: PageKind = "auto"
    allow: tuple[Regex, ...] = ()
    deny: tuple[Regex, ...] = ()
    since: Seconds | None = None
    max_pages: int = Field(default=100_000, ge=1)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.path.strip()) == bool(self.url):
            raise ValueError("give either path (WARC files, * for several, or a list) or url (the address of one)")
        return self

    def address(self) -> str:
        """Return the address, or the path as it was written."""
        return self.url or self.path


def start(options: CommoncrawlOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the address, where it has one."""
    if options.url:
        yield Ask(url=options.url)


def read(page: Page, ask: Ask, options: CommoncrawlOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the posts of a record's page; or of all records, where ``page`` is a whole WARC file."""
    from crawler.readers import reading

    if ask.step == RECORD:
        yield Took(reading.read(options.read, page).posts)
        return
    from crawler.warc.records import records_in

    for kept in records_in(page.content, name=page.place):
        why = left_out(kept, options, known.now)
        if why:
            yield Drop(why)
        elif kept.page is not None:
            yield Took(reading.read(options.read, kept.page).posts)


def left_out(kept: Kept, options: CommoncrawlOptions, now: datetime) -> str:
    """Return why a record is not read; empty where it is to be, or is none that could be."""
    if kept.page is None:
        return kept.dropped
    url = kept.page.url
    if options.since and kept.page.fetched_at < now - timedelta(seconds=options.since):
        return UNWANTED
    if options.allow and not any(re.search(pattern, url) for pattern in options.allow):
        return UNWANTED
    return UNWANTED if any(re.search(pattern, url) for pattern in options.deny) else ""


def is_list(name: str) -> bool:
    """Tell whether a file or an address is a list of WARC files, by its name."""
    return name.partition("?")[0].lower().endswith(LISTS)


def listed(text: str) -> list[str]:
    """Return the lines of a list that name a file, each once."""
    lines = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


KIND = Kind(
    name="commoncrawl",
    options=CommoncrawlOptions,
    driver="warc",
    # A file keeps what others published; each page's posts stand on that page's own site.
    own_addresses=True,
    start=start,
    read=read,
)
