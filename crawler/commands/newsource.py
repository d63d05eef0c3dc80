"""``scrapy newsource NAME``: begin a kind of source: its file, list line, documentation, and a case that fails.

It searches, unless ``--list`` is given: then it reads what there is, newest first or all, without a query.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from scrapy import exceptions
from scrapy.commands import ScrapyCommand
from scrapy.utils.conf import closest_scrapy_cfg

from analysis.model.errors import UsageError
from crawler.commands.addition import Addition, checked_name, class_name, filled, with_before, with_import, with_last

LIST = Path("crawler/kinds/__init__.py")
DOCS = Path("docs/configuration.md")
BEHIND_KINDS = "\n## [crawl]\n"
SECTION = """
### {name}

Say here what it reads, and what it promises.

| key | default | meaning |
| --- | --- | --- |
{query}| `api` | `https://{name}.example` | the host that is asked |
| `since` | none | leave out what was written longer ago, such as `30d` |
| `max_pages` | `1000` | at most so many requests in one run |
"""
QUERY_ROW = """\
| `query` | `{query}` | what is searched for; `{query}` stands for each brand's name and aliases, one search each |
"""
EMPTY = '{"items": []}\n'
WANTED = [{"url": "the address of the first post", "text": "its text", "author": "", "published_at": ""}]
NEXT = """Next:
  1. crawler/kinds/{name}.py: the requests, and what an answer becomes
  2. .venv/bin/scrapy savecase {name} ADDRESS --case first: a real answer in place of the empty one (or write it by
     hand in its true shape), then check tests/data/{name}/first/expected.json by eye. Without a candor.toml add
     --contact mailto:you@example.org, whom the site may write to
  3. docs/configuration.md: the section {name}
  4. tests/support/crawl/stand_ins/: how its API answers, and its row in plays.py: it then meets all troubles
  5. .venv/bin/pytest tests/gate/test_kinds.py tests/crawler/kinds tests/crawler/spiders/test_troubles.py
"""


class NewSource(ScrapyCommand):
    """Writes files, and nothing else; never over a file that is there."""

    requires_crawler_process = False  # Nothing is crawled, so Scrapy need not say that it started.

    def syntax(self) -> str:
        """Say which arguments it takes."""
        return "[options] NAME"

    def short_desc(self) -> str:
        """Say in a line what it does."""
        return "Begin a new kind of source: its file, its list line, its documentation and a failing case"

    def add_options(self, parser: ArgumentParser) -> None:
        """Add the option that is its own."""
        super().add_options(parser)
        parser.add_argument("--list", dest="is_list", action="store_true", help="it lists what there is; no search")

    def run(self, args: list[str], opts: Namespace) -> None:
        """Begin the kind and print what to do next."""
        if len(args) != 1:
            raise exceptions.UsageError
        try:
            written = new_source(Path(closest_scrapy_cfg()).parent, args[0], is_list=opts.is_list)
        except UsageError as error:
            raise exceptions.UsageError(str(error)) from None
        for path in written:
            print(f"wrote {path}")
        print(NEXT.format(name=args[0]), end="")


def new_source(root: Path, name: str, *, is_list: bool = False) -> list[Path]:
    """Begin the kind ``name``, a search or a list, in the tree at ``root`` and return what was written or changed.

    Raises ``UsageError`` for a name that cannot be a module's or is taken.
    """
    checked_name(name, "a kind", "hackernews", words=False)
    addition = Addition(root)
    options = class_name(f"{name}_options")
    template = "kind_list.py.txt" if is_list else "kind.py.txt"
    module = filled("crawler.commands", template, name=name, class_name=options)
    addition.add(Path("crawler/kinds") / f"{name}.py", module)
    addition.claim(options)
    for file, text in _case(name, is_list=is_list).items():
        addition.add(Path("tests/data") / name / "first" / file, text)
    addition.change(LIST, lambda text: with_import(text, "crawler.kinds", name))
    addition.change(LIST, lambda text: with_last(text, "    for kind in (", f"{name}.KIND,"))
    section = SECTION.format(name=name, query="" if is_list else QUERY_ROW)
    addition.change(DOCS, lambda text: with_before(text, BEHIND_KINDS, section))
    return addition.write()


def is_begun(folder: Path) -> bool:
    """Return whether the case in ``folder`` is as it was begun: an empty answer, and rows that nobody filled in."""
    begun = {"answer.json": EMPTY, "expected.json": _json(WANTED)}
    files = {path.name: path for path in folder.iterdir()}
    return files.keys() == {*begun, "case.json"} and all(
        files[name].read_text(encoding="utf-8") == text for name, text in begun.items()
    )


def _case(name: str, *, is_list: bool) -> dict[str, str]:
    url = f"https://{name}.example/" + ("items" if is_list else "search?q=kettle")
    said: dict[str, Any] = {"kind": name, "url": url, "fetched_at": "2026-03-10T12:00:00Z", "answer": "answer.json"}
    said |= {"options": {} if is_list else {"query": "kettle"}, "asks": [], "marks": {}}
    return {"answer.json": EMPTY, "case.json": _json(said), "expected.json": _json(WANTED)}


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
