"""``scrapy savecase NAME ADDRESS``: keep an answer as a case of a kind or a reader, with what is read from it now.

The address is asked for as politely as in a crawl. What is saved must be checked by a person: ``expected.json`` says
what is read today, not what is right.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.http import Response
from scrapy.utils.conf import arglist_to_dict, closest_scrapy_cfg
from twisted.python.failure import Failure

from analysis.model.errors import CandorError
from crawler.kinds import KINDS
from crawler.politeness.causes import cause
from crawler.readers.cases import CaseReading, read_case
from crawler.readers.reading import READERS

ENDINGS = {b"{": "json", b"[": "json", b"<?": "xml", b"<r": "xml", b"<f": "xml", b"<u": "xml", b"<s": "xml"}


class SaveCase(ScrapyCommand):
    """Makes ``tests/data/NAME/CASE`` with the answer, ``case.json`` and ``expected.json``; never over another."""

    default_settings = {"LOG_LEVEL": "WARNING", "ITEM_PIPELINES": {}}  # noqa: RUF012 - as Scrapy documents it

    def syntax(self) -> str:
        """Say which arguments it takes."""
        return "[options] NAME ADDRESS-or-FILE"

    def short_desc(self) -> str:
        """Say in a line what it does."""
        return "Save an answer as a case of a kind of source or a reader, with what is read from it"

    def add_options(self, parser: ArgumentParser) -> None:
        """Add the options that are its own."""
        super().add_options(parser)
        parser.add_argument("--case", default="", help="the case's name (default: made of the time)")
        parser.add_argument("--url", default="", help="where a file came from")
        parser.add_argument("-a", dest="given", action="append", default=[], metavar="KEY=VALUE", help="an option")

    def run(self, args: list[str], opts: Namespace) -> None:
        """Save the case and say what to check."""
        if len(args) != 2 or args[0] not in {*KINDS, *READERS}:
            raise UsageError(f"give a kind or a reader ({', '.join({**KINDS, **READERS})}) and an address or a file")
        name, place = args
        if place.startswith(("http://", "https://")):
            url, content, headers = self._asked(place)
        else:
            url, content, headers = opts.url, Path(place).read_bytes(), {}
        now = datetime.now(UTC)
        folder = Path(closest_scrapy_cfg()).parent / "tests" / "data" / name / (opts.case or f"{now:%Y%m%d_%H%M%S}")
        said: dict[str, Any] = {"kind": name, "url": url, "fetched_at": f"{now:%Y-%m-%dT%H:%M:%SZ}", "answer": ""}
        said |= {"options": arglist_to_dict(opts.given)} if opts.given else {}
        said |= {"headers": headers} if headers else {}
        try:
            rows = save(folder, said, content)
        except CandorError as error:
            raise UsageError(str(error)) from None
        print(f"{folder}: {len(rows)} posts as read now; check expected.json by eye before you commit it.")
        print("What others wrote is not committed: write the words anew, in the same shape.")

    def _asked(self, url: str) -> tuple[str, bytes, dict[str, str]]:
        answers: list[Response | Failure] = []
        assert self.crawler_process
        self.crawler_process.crawl(Saver, url=url, answers=answers)
        self.crawler_process.start()
        if not answers or isinstance(answers[0], Failure):
            raise UsageError(f"{url}: {cause(answers[0]) if answers else 'was not asked'}")
        # What tells an API's client how to go on; the rest would only change from day to day.
        telling = {"link", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"}
        headers = {name.decode().lower(): values[-1].decode("latin-1") for name, values in answers[0].headers.items()}
        return answers[0].url, answers[0].body, {name: text for name, text in headers.items() if name in telling}


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


def save(folder: Path, said: Mapping[str, Any], content: bytes) -> list[dict[str, Any]]:
    """Write the case and return the posts that it holds. Raises ``CandorError`` where it cannot be read."""
    start = content.lstrip()
    ending = ENDINGS.get(start[:1]) or ENDINGS.get(start[:2].lower()) or "html"
    said = {**said, "answer": f"answer.{ending}"}
    reading: CaseReading = read_case(said, content)
    if said["kind"] in KINDS:
        said |= {"asks": list(reading.asks), "marks": dict(reading.marks)}
    folder.mkdir(parents=True)
    (folder / said["answer"]).write_bytes(content)
    (folder / "case.json").write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    rows = list(reading.rows)
    (folder / "expected.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return rows
