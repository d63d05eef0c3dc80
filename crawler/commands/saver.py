"""One address, asked for as politely as in a crawl."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from twisted.python.failure import Failure

from analysis.model.errors import UsageError
from analysis.settings.file import Config
from analysis.settings.key import installation_key
from crawler.context import Context, new_run, utc_now
from crawler.politeness.causes import cause


class Saver(Spider):
    """Asks for one address and hands the answer over."""

    name = "saver"

    def __init__(self, *, url: str, answers: list[Response | Failure]) -> None:
        super().__init__()
        self._url = url
        self._answers = answers

    async def start(self) -> AsyncIterator[Any]:
        """Ask."""
        yield Request(self._url, self.parse, errback=self._answers.append, dont_filter=True)

    def parse(self, response: Response) -> None:
        """Hand the answer over."""
        self._answers.append(response)


def answer_of(process: AsyncCrawlerProcess, config: Config, url: str) -> Response:
    """Return what ``url`` answers. Blocks; once per process. Raises ``UsageError`` that says why nothing came."""
    answers: list[Response | Failure] = []
    crawler = process.create_crawler(Saver)
    key = installation_key(config.key_file, named=config.key_is_named)
    crawler.candor = Context(config, run=new_run(utc_now()), key=key, owner=crawler)  # type: ignore[attr-defined]
    process.crawl(crawler, url=url, answers=answers)
    process.start()
    if not answers or isinstance(answers[0], Failure):
        raise UsageError(f"{url}: {cause(answers[0]) if answers else 'was not asked'}")
    return answers[0]


def config_at(state: Path) -> Config:
    """Return a configuration without brands and sources that keeps what it must in the folder ``state``."""
    return Config(path=None, state=state, store=str(state / "store"), brands=(), sources=())
