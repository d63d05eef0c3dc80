"""Saved cases of the kinds of source: a folder with the answer, ``case.json`` and the posts that a person checked.

``case.json`` has kind, url, fetched_at and answer; options, headers and what is known (before, brands) where the kind
looks at them; and, to be compared too, the addresses that are asked for next (asks) and the marks (marks).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.kinds import KINDS
from crawler.kinds.base import Ask, Known, Mark, Step, Took
from crawler.readers.page import Page
from crawler.readers.saved import post_row

DATA = Path(__file__).resolve().parents[2] / "data"


@dataclass(frozen=True, slots=True)
class SavedCase:
    """What a case says, what the kind makes of its answer, and what a person expects."""

    said: dict[str, Any]
    steps: tuple[Step, ...]
    expected: list[dict[str, Any]]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The posts, as rows."""
        return [post_row(post) for step in self.steps if isinstance(step, Took) for post in step.posts]

    @property
    def asks(self) -> list[str]:
        """The addresses that are asked for next."""
        return [step.url for step in self.steps if isinstance(step, Ask)]

    @property
    def marks(self) -> dict[str, str]:
        """What the next run is to know."""
        return {step.name: step.value for step in self.steps if isinstance(step, Mark)}


def folders(data: Path = DATA) -> list[Path]:
    """Return the case folders of every kind."""
    return sorted(path.parent for kind in KINDS for path in (data / kind).glob("*/case.json"))


def read_case(folder: Path) -> SavedCase:
    """Read the answer of a case."""
    said = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    kind = KINDS[said["kind"]]
    now = datetime.fromisoformat(said["fetched_at"])
    page = Page((folder / said["answer"]).read_bytes(), said["url"], now, headers=said.get("headers", {}))
    given = {"url": said["url"]} if "url" in kind.options.model_fields else {}
    options = kind.options.model_validate(given | said.get("options", {}))
    known = Known(now=now, marks=said.get("before", {}), brands=tuple(said.get("brands", ())))
    # The answer is that to the request which the kind begins with, unless another address is told.
    ask = next((ask for ask in kind.start(options, known) if ask.url == said["url"]), Ask(url=said["url"]))
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return SavedCase(said, kind.steps(page, ask, options, known), expected)
