"""One request of a program that was let in, and what of its address the answers read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.model.errors import UsageError
from analysis.store.base import Filter
from analysis.track.results import Measures
from candor.options import when
from candor.serve.desk import PERIODS, AskedDays, Desk
from candor.serve.door.refused import NotAnswered
from candor.serve.door.visitors import Visitor
from candor.serve.look.asked import Asked, asked

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One request: who asks, the names in its path, and the fields of its address."""

    desk: Desk
    visitor: Visitor
    names: Mapping[str, str]
    given: Sequence[tuple[str, str]]

    def one(self, name: str) -> str:
        """Return the value of a field, or an empty text. Raises ``UsageError`` for several."""
        values = [value for own, value in self.given if own == name]
        if len(values) > 1:
            raise UsageError("is given more than once; give it once", about=(name,))
        return values[0] if values else ""

    def number(self, name: str, *, default: int, most: int) -> int:
        """Return a field's number from 1 to ``most``. Raises ``UsageError``."""
        text = self.one(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
            raise UsageError(f"{text!r} is not a number from 1 to {most}", about=(name,))
        return int(text)

    def asked(self, *own: str) -> tuple[Asked, Filter]:
        """Return the list that the address asks for, without its fields ``own``, and the filter as the token's role
        sees it. Raises ``UsageError``, and ``NotAnswered`` for what is shown to analysts.
        """
        wanted = asked([pair for pair in self.given if pair[0] not in own])
        if wanted.private == "only" and not self.visitor.may("analyst"):
            raise NotAnswered(
                403,
                place="private",
                problem="what was written to the team alone is shown to analysts",
                help="ask with a token of the role analyst",
            )
        return wanted, self.desk.where(self.visitor, wanted)

    def report(self) -> Measures:
        """Return the report of the period asked for. Raises ``UsageError``, and ``EmptyStoreError``."""
        days, now = self.one("days"), self.desk.now()
        since, until = (when(self.one(name), now=now, flag=name) for name in ("since", "until"))
        if days and (since or until):
            raise UsageError("stands beside since or until; a period is given in one way", about=("days",))
        if days and days not in map(str, PERIODS):
            raise UsageError(f"{days!r} is not one of {', '.join(map(str, PERIODS))}", about=("days",))
        span = AskedDays(days=int(days)) if days else AskedDays(since=since, until=until)
        return self.desk.report(self.visitor, span)
