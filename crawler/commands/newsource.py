"""``scrapy newsource NAME``: begin a kind of source: its file, list line, documentation, and a case that fails."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.utils.conf import closest_scrapy_cfg

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
            raise UsageError
        for path in new_source(Path(closest_scrapy_cfg()).parent, args[0]):
            print(f"wrote {path}")
        print(NEXT.format(name=args[0]), end="")


def new_source(root: Path, name: str) -> list[Path]:
    """Begin the kind ``name`` in the tree at ``root`` and return what was written or changed.

    Raises ``UsageError`` for a name that cannot be a module's or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]{1,30}", name):
        raise UsageError(f"{name!r} cannot name a kind: use lower-case letters and digits, such as hackernews")
    module = Path("crawler/kinds") / f"{name}.py"
    if (root / module).exists():
        raise UsageError(f"{module} is there already; choose another name")
    template = files("crawler.commands").joinpath("kind.py.txt").read_text(encoding="utf-8")
    _write(root / module, template.replace("CLASS", name.capitalize()).replace("NAME", name))
    _change(root / LIST, listed, name)
    _change(root / DOCS, documented, name)
    case = Path("tests/data") / name / "first"
    for file, text in _case(name).items():
        _write(root / case / file, text)
    return [module, LIST, DOCS, case]


def listed(text: str, name: str) -> str:
    """Return the list of kinds with ``name`` at its end."""
    start = re.compile(r"from crawler\.kinds import ([^\n]+)\n")
    names = sorted([*(start.search(text) or [""])[1].split(", "), name])
    text = start.sub(f"from crawler.kinds import {', '.join(names)}\n", text, count=1)
    return text.replace(".KIND,\n    )\n", f".KIND,\n        {name}.KIND,\n    )\n", 1)


def documented(text: str, name: str) -> str:
    """Return the page with an empty section for ``name`` behind those of the other kinds."""
    return text.replace(BEHIND_KINDS, f"{SECTION.format(name=name)}{BEHIND_KINDS}", 1)


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


def _change(path: Path, change: Callable[[str, str], str], name: str) -> None:
    text = path.read_text(encoding="utf-8")
    changed = change(text, name)
    if changed == text:
        raise UsageError(f"{path}: found no place for {name}; was the file reshaped?")
    path.write_text(changed, encoding="utf-8")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as stream:
        stream.write(text)
