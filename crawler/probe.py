"""One request to each source, as politely as a crawl, to see whether it can be read at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings
from twisted.python.failure import Failure

from analysis.model import Source
from analysis.model.errors import CandorError, ReadError
from analysis.settings.file import Config
from analysis.settings.key import installation_key
from analysis.store.base import Store
from crawler.context import Context, new_run, utc_now
from crawler.keys import keys_of
from crawler.kinds import KINDS
from crawler.kinds.base import TOKEN, ApiOptions, Ask, Kind, Knowledge, addresses
from crawler.looking import page_of
from crawler.own.kinds import CHECKS
from crawler.politeness.causes import cause
from crawler.politeness.robots import meta_of

REFUSED = (400, 401, 403)
"""What APIs answer to a key that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a source answered: ``words`` say it plainly."""

    source: Source
    ok: bool
    words: str


class ProbeSpider(Spider):
    """Asks each source's address once and keeps what came back in ``probes``."""

    name = "probe"
    handle_httpstatus_list = (304,)

    def __init__(self, sources: Sequence[Source], probes: dict[str, Probe], config: Config) -> None:
        super().__init__()
        self._folder = config.path.parent if config.path else Path.cwd()
        self._brands = tuple(brand.name for brand in config.brands)
        self._sources = sources
        self._probes = probes

    async def start(self) -> AsyncIterator[Any]:
        """Ask every source."""
        for source in self._sources:
            if not source.url.startswith(("http://", "https://")):
                self._probes[source.id] = await asyncio.to_thread(looked_at, source, self._folder)
                continue
            kind = KINDS[source.kind]
            if kind.check is not None:
                for request in self._checked(kind, source):
                    yield request
                continue
            known = {"source": source}
            # A search is asked for the first brand alone.
            url = next(iter(addresses(source.url, Knowledge(now=utc_now(), brands=self._brands))), source.url)
            # An archive of 1 GB need not be fetched to see that it is there.
            part = {"Range": "bytes=0-1023"} if source.kind == "commoncrawl" else {}
            yield Request(
                url,
                self.parse,
                headers=part,
                errback=self.failed,
                cb_kwargs=known,
                dont_filter=True,
                meta={"probe": source},
            )

    def parse(self, response: Response, source: Source) -> None:
        """Note an answer."""
        size = f"{len(response.body):,} bytes" if response.status != 304 else "unchanged since the last crawl"
        self._probes[source.id] = Probe(source=source, ok=True, words=f"answered {response.status}, {size}")

    def _checked(self, kind: Kind[Any], source: Source) -> Iterator[Request]:
        """Ask what shows whether the key works; without a key that it needs nothing is asked, and that is noted."""
        try:
            keys = keys_of(kind.options_of(source.options))
            known = Knowledge(now=utc_now(), brands=self._brands, keys=keys)
            assert kind.check is not None
            ask = kind.check(kind.options_of(source.options), known)
        except ReadError as error:
            self._probes[source.id] = Probe(source=source, ok=False, words=error.fact)
            return
        yield self._request(source, known, ask)

    def _request(self, source: Source, known: Knowledge, ask: Ask) -> Request:
        return Request(
            ask.url,
            self.told,
            method="POST" if ask.body else "GET",
            headers=dict(ask.headers),
            body=ask.body,
            errback=self.failed,
            cb_kwargs={"source": source, "known": known, "ask": ask},
            dont_filter=True,
            meta={**meta_of(ask), "probe": source, "whole": True, "handle_httpstatus_list": list(REFUSED)},
        )

    def told(self, response: Response, source: Source, known: Knowledge, ask: Ask) -> Request | None:
        """Note whether the key works and what is left; after the answer with a token, ask with it."""
        kind: Kind[Any] = KINDS[source.kind]
        name = " and ".join(source.options.secrets()) if isinstance(source.options, ApiOptions) else ""
        if response.status in REFUSED and known.key:
            words = f"the key in {name} was refused: {response.status}; see that it is whole and may read this"
            self._probes[source.id] = Probe(source=source, ok=False, words=words)
            return None
        if response.status in REFUSED:
            self._probes[source.id] = Probe(source=source, ok=False, words=cause(response))
            return None
        page = page_of(response)
        try:
            if ask.step == TOKEN:
                steps = kind.steps(page, ask, source.options, known)
                return next(self._request(source, known, step) for step in steps if isinstance(step, Ask))
            left = kind.left(page) if kind.left is not None else ""
        except CandorError as error:
            self._probes[source.id] = Probe(source=source, ok=False, words=error.fact)
            return None
        has = "" if not name else f"the key in {name} works" if known.key else f"no key ({name} is not set)"
        words = "; ".join(part for part in (f"answered {response.status}", has, left) if part)
        self._probes[source.id] = Probe(source=source, ok=True, words=words)
        return None

    def failed(self, failure: Failure) -> None:
        """Note a refusal, with its cause."""
        source = failure.request.meta["probe"]  # type: ignore[attr-defined]
        self._probes[source.id] = Probe(source=source, ok=False, words=cause(failure))


def looked_at(source: Source, folder: Path) -> Probe:
    """Return what is there of a source that is one's own and not at a web address. Blocks."""
    try:
        return Probe(source=source, ok=True, words=CHECKS[source.kind](source.options, folder))
    except CandorError as error:
        return Probe(source=source, ok=False, words=error.fact)


def probe(config: Config, store: Store, sources: Sequence[Source]) -> list[Probe]:
    """Return what each source answered, in order. Blocks; once per process (a reactor runs once)."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.set("ITEM_PIPELINES", {}, priority="cmdline")
    settings.set("LOG_ENABLED", False, priority="cmdline")
    settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    probes: dict[str, Probe] = {}
    context = Context(
        config, run=new_run(utc_now()), key=installation_key(config.key_file, named=config.key_is_named), store=store
    )
    crawler = process.create_crawler(ProbeSpider)
    crawler.candor = context  # type: ignore[attr-defined]
    process.crawl(crawler, sources=sources, probes=probes, config=config)
    process.start()
    missing = "was not asked, because the check was stopped"
    return [probes.get(source.id) or Probe(source=source, ok=False, words=missing) for source in sources]
