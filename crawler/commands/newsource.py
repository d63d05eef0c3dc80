"""``scrapy newsource NAME``: begin a kind of source: its file, list line, documentation, and a case that fails."""

from __future__ import annotations

import json
from argparse import Namespace
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
| `query` | `{{query}}` | what is searched for; `{{query}}` stands for each brand's name and aliases, one search each |
| `api` | `https://{name}.example` | the host that is asked |
| `since` | none | leave out what was written longer ago, such as `30d` |
| `max_pages` | `1000` | at most so many requests in one run |
"""
NEXT = """Next:
  1. crawler/kinds/{name}.py: the requests, and what an answer becomes
  2. scrapy savecase {name} ADDRESS --case first: a real answer in place of the empty one (or write it by hand in its
     true shape), then check tests/data/{name}/first/expected.json by eye
  3. docs/configuration.md: the section {name}
  4. pytest tests/gate/test_kinds.py tests/crawler/kinds
"""


class NewSource(ScrapyCommand):
    """Writes files, and nothing else; never over a file that is there."""

    def syntax(self) -> str:
        """Say which arguments it takes."""
        return "NAME"

    def short_desc(self) -> str:
        """Say in a line what it does."""
        return "Begin a new kind of source: its file, its list line, its documentation and a failing case"

    def run(self, args: list[str], opts: Namespace) -> None:  # noqa: ARG002 - as Scrapy calls it
        """Begin the kind and print what to do next."""
        if len(args) != 1:
            raise exceptions.UsageError
        try:
            written = new_source(Path(closest_scrapy_cfg()).parent, args[0])
        except UsageError as error:
            raise exceptions.UsageError(str(error)) from None
        for path in written:
            print(f"wrote {path}")
        print(NEXT.format(name=args[0]), end="")


def new_source(root: Path, name: str) -> list[Path]:
    """Begin the kind ``name`` in the tree at ``root`` and return what was written or changed.

    Raises ``UsageError`` for a name that cannot be a module's or is taken.
    """
    checked_name(name, "a kind", "hackernews", words=False)
    addition = Addition(root)
    options = class_name(f"{name}_options")
    module = filled("crawler.commands", "kind.py.txt", name=name, class_name=options)
    addition.add(Path("crawler/kinds") / f"{name}.py", module)
    addition.claim(options)
    for file, text in _case(name).items():
        addition.add(Path("tests/data") / name / "first" / file, text)
    addition.change(LIST, lambda text: with_import(text, "crawler.kinds", name))
    addition.change(LIST, lambda text: with_last(text, "    for kind in (", f"{name}.KIND,"))
    addition.change(DOCS, lambda text: with_before(text, BEHIND_KINDS, SECTION.format(name=name)))
    return addition.write()


def _case(name: str) -> dict[str, str]:
    url = f"https://{name}.example/search?q=kettle"
    said: dict[str, Any] = {"kind": name, "url": url, "fetched_at": "2026-03-10T12:00:00Z", "answer": "answer.json"}
    said |= {"options": {"query": "kettle"}, "asks": [], "marks": {}}
    wanted = [{"url": "the address of the first post", "text": "its text", "author": "", "published_at": ""}]
    return {
        "answer.json": '{"items": []}\n',
        "case.json": json.dumps(said, indent=2) + "\n",
        "expected.json": json.dumps(wanted, indent=2) + "\n",
    }
