"""Asks for some addresses in a real crawl, in a process of its own: Twisted's reactor runs once per process.

``ask`` starts this module, hands it a job as JSON, and returns what became of each address.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Self

import scrapy
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response
from scrapy.utils.project import get_project_settings
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.configuration import load
from crawler.context import Context
from crawler.keeping.validators import remember, validator_of
from crawler.politeness.causes import cause

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Became:
    """What became of one address: a status and the body's length, or the cause. ``at`` is monotonic seconds."""

    url: str
    at: float
    status: int = 0
    length: int = 0
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Crawled:
    """A finished crawl: outcomes by the address that was asked for, the spiders' statistics, errors, the log."""

    became: Mapping[str, Became]
    stats: Mapping[str, Any]
    error: str
    log: str

    def causes(self) -> dict[str, str]:
        """Return the cause of each address; an empty one was read."""
        return {url: one.cause for url, one in self.became.items()}


@dataclass(slots=True)
class Job:
    """What to ask. ``spiders`` are lists of addresses; ``names`` gives each host name its answers in turn."""

    folder: str
    spiders: Sequence[Sequence[str]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    remember: bool = False


def ask(
    folder: Path,
    urls: Sequence[str],
    *more: Sequence[str],
    crawl: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    **job: Any,
) -> Crawled:
    """Ask for ``urls`` (and ``more``, each with a spider of its own beside it) with the project's settings.

    ``crawl`` are keys of the ``[crawl]`` table; the rest goes into the ``Job``.
    """
    options = {"contact": "mailto:web@tessaro.example", "allow_networks": ["127.0.0.0/8"], "delay": 0.001}
    options |= {"timeout": 5.0, "retries": 0} | dict(crawl or {})
    lines = [f"{name} = {json.dumps(value)}" for name, value in options.items()]
    brand = '[[brands]]\nname = "Tessaro"\nrole = "own"\nquery = "Tessaro"\n'
    (folder / "candor.toml").write_text("\n".join([brand, "[crawl]", *lines]) + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.crawl.asking"],
        input=json.dumps({"folder": str(folder), "spiders": [urls, *more], **job}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
    )
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)
    became = {one["url"]: Became(**one) for one in said["became"]}
    return Crawled(became, said["stats"], said["error"], done.stderr)


class Asker(scrapy.Spider):
    """Asks for each address once and notes what became of it."""

    name = "asker"
    handle_httpstatus_list = [304]  # noqa: RUF012 - as Scrapy documents it

    def __init__(self, *, urls: Sequence[str], job: Job, found: list[dict[str, Any]], context: Context) -> None:
        super().__init__()
        self._urls = urls
        self._job = job
        self._found = found
        self._context = context

    async def start(self) -> AsyncIterator[Any]:
        for url in self._urls:
            kept = {"asked": url}
            meta = dict(self._job.meta)
            yield scrapy.Request(url, self.read, errback=self.fail, cb_kwargs=kept, meta=meta, dont_filter=True)

    def read(self, response: Response, asked: str) -> None:
        self._note(asked, status=response.status, length=len(response.body))
        if self._job.remember:
            remember(self._context.records, [validator_of(response)], now=datetime.now(UTC))

    def fail(self, failure: Failure) -> None:
        self._note(failure.request.cb_kwargs["asked"], cause=cause(failure))  # type: ignore[attr-defined]

    def _note(self, url: str, **what: Any) -> None:
        self._found.append({"url": url, "at": monotonic(), **what})


@implementer(IHostnameResolver)
class ScriptedNames:
    """A resolver whose answers for some names are written in the setting ``NAMES``, one after the other."""

    def __init__(self, reactor: Any, names: Mapping[str, Sequence[str]]) -> None:
        self._reactor = reactor
        self._real = reactor.nameResolver
        self._names = {name: list(answers) for name, answers in names.items()}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        return cls(reactor, crawler.settings["NAMES"])

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(
        self, receiver: Any, hostName: str, portNumber: int = 0, *args: Any, **kwargs: Any
    ) -> IHostResolution | None:
        answers = self._names.get(hostName)
        if answers is None:
            found: IHostResolution = self._real.resolveHostName(receiver, hostName, portNumber, *args, **kwargs)
            return found
        receiver.resolutionBegan(None)
        for text in (answers.pop(0) if len(answers) > 1 else answers[0]).split():
            made = IPv6Address if ":" in text else IPv4Address
            receiver.addressResolved(made("TCP", text, portNumber))
        receiver.resolutionComplete()
        return None


def main() -> None:
    """Run the job on standard input; write what became of it as JSON to standard output."""
    job = Job(**json.load(sys.stdin))
    settings = get_project_settings()
    settings.setdict({"LOG_LEVEL": "INFO", "STATS_DUMP": False, **job.settings}, priority="cmdline")
    if job.names:
        named = {"TWISTED_DNS_RESOLVER": "tests.support.crawl.asking.ScriptedNames", "NAMES": dict(job.names)}
        settings.setdict(named, priority="cmdline")
    context = Context(load(Path(job.folder) / "candor.toml"), run="run", key=b"key" * 11)
    process = AsyncCrawlerProcess(settings)
    found: list[dict[str, Any]] = []
    errors: list[str] = []
    crawlers = [process.create_crawler(Asker) for _ in job.spiders]
    for crawler, urls in zip(crawlers, job.spiders, strict=True):
        crawler.candor = context  # type: ignore[attr-defined]
        task = process.crawl(crawler, urls=urls, job=job, found=found, context=context)
        task.add_done_callback(lambda done: errors.append(str(done.exception())) if done.exception() else None)
    process.start()
    stats: dict[str, Any] = {}
    for crawler in crawlers:
        stats.update({} if errors else crawler.stats.get_stats())
    json.dump({"became": found, "stats": stats, "error": "\n".join(errors)}, sys.stdout, default=str)


if __name__ == "__main__":
    main()
