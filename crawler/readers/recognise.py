"""Which kind reads an answer of which nothing is known: pages by a guess, JSON by the API that answers so."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from analysis.model import Post
from analysis.model.errors import CandorError, ReadError
from crawler.kinds import KINDS
from crawler.kinds.appstore import is_reviews
from crawler.kinds.base import ApiOptions, Ask, Drop, Kind, Knowledge, Took
from crawler.kinds.table import TableOptions
from crawler.readers.encoding import decode
from crawler.readers.feeds.feed import read_feed
from crawler.readers.guess import guess
from crawler.readers.page import Page
from crawler.readers.reading import ALIASES, READERS, as_published

_TABLE_TYPES = (
    "text/csv",
    "text/tab-separated-values",
    "application/x-ndjson",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_TABLE_ENDS = (".csv", ".tsv", ".xlsx", ".xlsm", ".jsonl", ".ndjson")
_FEW = 4
"""Keys of an answer that says what is wrong."""
_APIS = ", ".join(name for name, kind in KINDS.items() if issubclass(kind.options, ApiOptions))
_CURE = f"give its --kind if it is one of {_APIS}; rows are taken by `candor import FILE --map text=KEY`"
_ODD = (CandorError, ValueError, TypeError, LookupError, AttributeError)


def read_as(kind: str, page: Page) -> tuple[str, tuple[Post, ...]]:
    """Return the name of what read ``page`` and its posts; ``auto`` recognises it. Raises ``ReadError``."""
    if kind == "auto" and is_reviews(page):
        kind = "appstore"
    if kind == "auto" and is_json(page):
        return _api_posts(page)
    if kind == "auto" and is_table(page):
        kind = "table"
    if kind not in READERS and kind in KINDS and KINDS[kind].driver in ("api", "own", "news"):
        return kind, answered(KINDS[kind], page)
    name = ALIASES.get(kind, kind)
    name = guess(page) if name == "auto" else name
    # A feed's entries keep the links that the file holds; only a crawl looks through counters and redirects.
    return name, read_feed(page, resolve=False).posts if name == "feed" else as_published(name, page).posts


def is_table(page: Page) -> bool:
    """Tell whether this is a table, by its type or the end of its address: a text of rows may be anything."""
    type_ = page.content_type.partition(";")[0].strip().lower()
    return type_ in _TABLE_TYPES or urlsplit(page.url).path.lower().removesuffix(".gz").endswith(_TABLE_ENDS)


def is_json(page: Page) -> bool:
    """Tell whether this is JSON that is no feed: what an API answers, or a table."""
    head = decode(page.content[:4096], page.content_type).lstrip("\ufeff \t\r\n")
    return head.startswith(("{", "[")) and "jsonfeed.org" not in head.replace("\\", "")


def answered(kind: Kind[Any], page: Page) -> tuple[Post, ...]:
    """Return the posts of an API's saved answer, read as if nothing else were known of the source."""
    steps = kind.steps(page, Ask(url=page.url), kind.options.model_construct(), Knowledge(now=page.fetched_at))
    return tuple(post for step in steps if isinstance(step, Took) for post in step.posts)


def _api_posts(page: Page) -> tuple[str, tuple[Post, ...]]:
    """Return the API whose answer this is, by trial: that which finds the most posts with words of their own."""
    found: list[tuple[int, str, tuple[Post, ...]]] = []
    for name, kind in KINDS.items():
        if kind.driver not in ("api", "news"):
            continue
        try:
            posts = answered(kind, page)
        except _ODD:
            # The answer of another API has another shape: that is what is found out here.
            continue
        said = sum(bool(post.text or post.title) for post in posts)
        if said:
            found.append((said, name, posts))
    if found:
        _, name, posts = max(found, key=lambda one: one[0])
        return name, posts
    try:
        return "feed", read_feed(page, resolve=False).posts
    except CandorError:
        return "table", _rows(page)


def _rows(page: Page) -> tuple[Post, ...]:
    """Return the rows of JSON that no API answered. Raises ``ReadError`` that says what it is instead."""
    options = TableOptions.model_construct()
    try:
        steps = KINDS["table"].steps(page, Ask(url=page.url), options, Knowledge(now=page.fetched_at))
    except CandorError as error:
        why = error.fact.rpartition(": ")[2]
    else:
        if posts := tuple(post for step in steps if isinstance(step, Took) for post in step.posts):
            return posts
        why = next(
            (step.reason.removeprefix("wrong rows, ") for step in steps if isinstance(step, Drop)), "it holds no rows"
        )
    raise ReadError(f"{page.place}: {_said(page.text, why)}")


def _said(text: str, why: str) -> str:
    """Return in words what JSON is that is no API's answer, and for the reason ``why`` no table; and the cure."""
    try:
        value = json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        return f"this JSON is cut or damaged ({error.msg} in line {error.lineno}, column {error.colno}); save it whole"
    except (ValueError, RecursionError):
        return "this JSON cannot be read; save it again"
    if isinstance(value, dict) and (wrong := value.get("error") or value.get("errors")) and len(value) <= _FEW:
        return f"this is what an API answers where something is wrong: {' '.join(json.dumps(wrong).split())[:120]}"
    return f"this JSON is the answer of no API that is known, and no table ({why}); {_CURE}"
