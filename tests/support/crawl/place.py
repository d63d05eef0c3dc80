"""Where people say things, as a stand-in of an API knows it: lists in pages, and all that may go wrong with them.

A list is what one address shows, newest first. Its pages are told by a cursor or a number (``page``), or by the time of
the oldest that was shown (``until``); what is wrong with it is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tests.support.crawl.documented_api import ApiAnswer

START = datetime(2026, 2, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A post or, under another, a comment. ``gone`` says that its author deleted it, ``changed`` when it was edited."""

    number: int
    at: datetime
    text: str
    under: int = 0
    gone: bool = False
    changed: datetime | None = None

    @property
    def touched(self) -> datetime:
        """When it was written or last changed."""
        return self.changed or self.at


@dataclass(slots=True, kw_only=True)
class Place:
    """What people said, by list. ``size`` posts are on a page.

    ``order`` are the numbers of the pages that are shown one after the other: one may come twice. ``stale`` are the
    pages, told by a time, in whose place the first is shown once more, one time. ``troubles`` are answers given
    instead, by list and page (or ``detail`` and number), each once. ``loop`` leads from the last page to the first: by
    the cursor that led there before (``same``), or by ever new ones. ``headers`` are sent with every answer.
    """

    size: int = 7
    lists: dict[str, list[Said]] = field(default_factory=dict)
    order: dict[str, list[int]] = field(default_factory=dict)
    stale: dict[str, int] = field(default_factory=dict)
    troubles: dict[tuple[str, int], list[ApiAnswer]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    loop: Literal["", "same", "new"] = ""

    def newest(self, name: str, *, touched: bool = False) -> list[Said]:
        """Return what a list has, the newest (or last changed) first."""
        said = self.lists.get(name, [])
        return sorted(said, key=lambda one: (one.touched if touched else one.at, one.number), reverse=True)

    def trouble(self, name: str, page: int) -> ApiAnswer | None:
        """Return the answer that is given in place of a page or a detail, the next time that it is asked for."""
        waiting = self.troubles.get((name, page))
        return waiting.pop(0) if waiting else None

    def page(
        self, name: str, cursor: str, rows: Sequence[Said] | None = None
    ) -> tuple[list[Said], str] | ApiAnswer | None:
        """Return a page of a list with the cursor of the next, an answer in its place, or None of no such list."""
        if name not in self.lists:
            return None
        asked = int(cursor or 0)
        if (instead := self.trouble(name, asked)) is not None:
            return instead
        rows = self.newest(name) if rows is None else rows
        pages = [list(rows[at : at + self.size]) for at in range(0, len(rows), self.size)]
        shown = [pages[number] for number in self.order.get(name, range(len(pages))) if number < len(pages)]
        at = asked % len(shown) if self.loop and shown else asked
        found = shown[at] if at < len(shown) else []
        following = str(asked + 1) if found and (at + 1 < len(shown) or self.loop == "new") else ""
        return found, "0" if found and not following and self.loop else following

    def until(self, name: str, rows: Sequence[Said], offset: int) -> tuple[list[Said], bool] | ApiAnswer:
        """Return the next page after ``offset`` of ``rows``, and whether there are more; or an answer in its place."""
        page, last = -(-offset // self.size), max(0, len(rows) - 1) // self.size
        if (instead := self.trouble(name, page)) is not None:
            return instead
        if self.stale.get(name) == page and page:
            del self.stale[name]
            return list(rows[: self.size]), True
        if self.loop and page > last:
            return list(rows[: self.size]), True
        return list(rows[offset : offset + self.size]), bool(self.loop) or offset + self.size < len(rows)

    def change(self, name: str, number: int, **values: Any) -> None:
        """Change what was said."""
        self.lists[name] = [replace(one, **values) if one.number == number else one for one in self.lists[name]]

    def answered(self, name: str, cursor: str, shape: Callable[[Sequence[Said], str], ApiAnswer]) -> ApiAnswer | None:
        """Return the page as its API writes it."""
        found = self.page(name, cursor)
        if found is None or isinstance(found, ApiAnswer):
            return found
        return self.told(shape(*found))

    def told(self, answer: ApiAnswer) -> ApiAnswer:
        """Return an answer with the headers that are sent with every one."""
        return replace(answer, headers={**self.headers, **answer.headers})


def talk(count: int, *, first: int = 1, under: int = 0, at: datetime = START, step: float = 3600) -> list[Said]:
    """Return so many posts that name the brand, each ``step`` seconds after the one before."""
    return [
        Said(number=number, at=at + timedelta(seconds=step * number), text=f"my kettle, number {number}", under=under)
        for number in range(first, first + count)
    ]


def iso(at: datetime) -> str:
    """Return a time as most APIs write it."""
    return at.isoformat().replace("+00:00", "Z")
