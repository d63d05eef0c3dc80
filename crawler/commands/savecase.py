"""``scrapy savecase NAME ADDRESS``: keep an answer as a case of a kind or a reader, with what is read from it now.

The address is asked for as politely as in a crawl. What is saved must be checked by a person: ``expected.json`` says
what is read today, not what is right.
"""

from __future__ import annotations

import json
import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scrapy import exceptions
from scrapy.commands import ScrapyCommand
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.conf import arglist_to_dict, closest_scrapy_cfg

from analysis.model.errors import CandorError, UsageError
from analysis.settings.file import DEFAULT_NAME, Config
from crawler.addon import user_agent
from crawler.commands.configured import NAMED, configured
from crawler.commands.newsource import is_begun
from crawler.commands.saver import answer_of, config_at
from crawler.kinds import KINDS
from crawler.readers.cases import CaseReading, read_case
from crawler.readers.reading import READERS

ENDINGS = {b"{": "json", b"[": "json", b"<?": "xml", b"<r": "xml", b"<f": "xml", b"<u": "xml", b"<s": "xml"}
TELLING = {"link", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"}
"""What tells an API's client how to go on; the other headers would only change from day to day."""


class SaveCase(ScrapyCommand):
    """Makes ``tests/data/NAME/CASE`` with the answer, ``case.json`` and ``expected.json``; never over a real case."""

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
        parser.add_argument("--contact", default="", help="whom the site may write to (default: [crawl] contact)")
        parser.add_argument("-a", dest="given", action="append", default=[], metavar="KEY=VALUE", help="an option")

    def run(self, args: list[str], opts: Namespace) -> None:
        """Save the case and say what to check."""
        if len(args) != 2 or args[0] not in {*KINDS, *READERS}:
            raise exceptions.UsageError(
                f"give a kind or a reader ({', '.join({**KINDS, **READERS})}) and an address or a file"
            )
        name, place = args
        now = datetime.now(UTC)
        folder = Path(closest_scrapy_cfg()).parent / "tests" / "data" / name / (opts.case or f"{now:%Y%m%d_%H%M%S}")
        try:
            refuse_another(folder)
            url, content, headers = self._answer(place, opts)
            said: dict[str, Any] = {"kind": name, "url": url, "fetched_at": f"{now:%Y-%m-%dT%H:%M:%SZ}", "answer": ""}
            said |= {"options": arglist_to_dict(opts.given)} if opts.given else {}
            said |= {"headers": headers} if headers else {}
            rows = save(folder, said, content)
        except CandorError as error:
            raise exceptions.UsageError(str(error)) from None
        print(f"{folder}: {len(rows)} posts as read now; check expected.json by eye before you commit it.")
        print("What others wrote is not committed: write the words anew, in the same shape.")

    def _answer(self, place: str, opts: Namespace) -> tuple[str, bytes, dict[str, str]]:
        """Return where an answer came from, the answer, and those of its headers that tell how to go on."""
        if not place.startswith(("http://", "https://")):
            return _saved(Path(place), opts.url)
        assert isinstance(self.crawler_process, AsyncCrawlerProcess)
        with self._config(opts.contact) as config:
            response = answer_of(self.crawler_process, config, place)
        headers = {name.decode().lower(): values[-1].decode("latin-1") for name, values in response.headers.items()}
        return response.url, response.body, {name: text for name, text in headers.items() if name in TELLING}

    @contextmanager
    def _config(self, contact: str) -> Iterator[Config]:
        """Give the person's configuration, or where there is none one that only knows ``contact``."""
        with TemporaryDirectory() as folder:
            is_there = bool(self.settings and self.settings.get(NAMED)) or Path(DEFAULT_NAME).exists()
            if not is_there and not contact:
                raise UsageError(
                    f"there is no {DEFAULT_NAME} here that says whom a site may write to: add --contact "
                    "mailto:you@example.org (or a web page)"
                )
            config = configured(self.settings) if is_there else config_at(Path(folder))
            if contact:
                user_agent(contact)
                config = replace(config, crawl=config.crawl.model_copy(update={"contact": contact}))
            yield config


def _saved(file: Path, url: str) -> tuple[str, bytes, dict[str, str]]:
    if not url:
        raise UsageError(f"say by --url ADDRESS where {file} came from: what is read depends on it")
    try:
        return url, file.read_bytes(), {}
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}; give an http(s) address or a file") from None


def refuse_another(folder: Path) -> None:
    """Raise ``UsageError`` where a real case is in ``folder``; one that was only begun may be replaced."""
    if folder.exists() and not is_begun(folder):
        raise UsageError(f"{folder} is a case already; give another name by --case, or delete it")


def save(folder: Path, said: Mapping[str, Any], content: bytes) -> list[dict[str, Any]]:
    """Write the case, in place of one that was only begun, and return the posts that it holds.

    Raises ``CandorError`` where it cannot be read, or another case is there; then nothing is written.
    """
    start = content.lstrip()
    ending = ENDINGS.get(start[:1]) or ENDINGS.get(start[:2].lower()) or "html"
    said = {**said, "answer": f"answer.{ending}"}
    reading: CaseReading = read_case(said, content)
    if said["kind"] in KINDS:
        said |= {"asks": list(reading.asks), "marks": dict(reading.marks)}
        said |= {"gone": list(reading.gone)} if reading.gone else {}
    refuse_another(folder)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / said["answer"]).write_bytes(content)
    (folder / "case.json").write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    rows = list(reading.rows)
    (folder / "expected.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return rows
