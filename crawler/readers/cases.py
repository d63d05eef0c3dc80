"""A saved case of a kind of source or a reader, read again: what ``scrapy savecase`` writes and the tests compare.

``case.json`` has kind, url, fetched_at and answer; options, headers and what is known (before, brands) where the kind
looks at them; and, to be compared too, the addresses that are asked for next (asks) and the marks (marks).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from analysis.model.errors import UsageError
from analysis.settings.mistakes import in_words
from crawler.kinds import KINDS
from crawler.kinds.base import Ask, Knowledge, Mark, ThreadGone, Took
from crawler.readers.page import Page
from crawler.readers.reading import as_published
from crawler.readers.saved import post_row


@dataclass(frozen=True, slots=True)
class CaseReading:
    """What is read from a case's answer: the posts as rows, what is asked for next, the marks, and discussions that
    are gone."""

    rows: tuple[dict[str, Any], ...]
    asks: tuple[str, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()


def read_case(said: Mapping[str, Any], content: bytes) -> CaseReading:
    """Return what the answer ``content`` of a case becomes; ``said`` is its ``case.json``.

    Raises ``ReadError`` where it cannot be read, and ``UsageError`` for options that the kind does not take.
    """
    now = datetime.fromisoformat(said["fetched_at"])
    page = Page(content, said["url"], now, headers=said.get("headers", {}))
    if said["kind"] not in KINDS:
        return CaseReading(tuple(map(post_row, as_published(said["kind"], page).posts)))
    kind = KINDS[said["kind"]]
    given = {"url": said["url"]} if "url" in kind.options.model_fields else {}
    try:
        options = kind.options.model_validate(given | said.get("options", {}))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "its options"
        problem = in_words(first, (name,))
        raise UsageError(f"a case of {kind.name}: {name}: {problem}; give it by -a {name}=VALUE") from None
    known = Knowledge(now=now, marks=said.get("before", {}), brands=tuple(said.get("brands", ())))
    # The answer is that to the request which the kind begins with, unless another address is named.
    ask = next((ask for ask in kind.start(options, known) if ask.url == said["url"]), Ask(url=said["url"]))
    steps = kind.steps(page, ask, options, known)
    return CaseReading(
        rows=tuple(post_row(post) for step in steps if isinstance(step, Took) for post in step.posts),
        asks=tuple(step.url for step in steps if isinstance(step, Ask)),
        marks={step.name: step.value for step in steps if isinstance(step, Mark)},
        gone=tuple(step.thread for step in steps if isinstance(step, ThreadGone)),
    )
