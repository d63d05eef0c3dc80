"""What is asked about: the store, the brands, the period, the one it is compared with, further conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args

from analysis.model import Brand, Source, mention_fields
from analysis.model.errors import UsageError
from analysis.store.base import Filter, Store
from analysis.track.parts import BrandName, Period
from analysis.track.statistics.bins import days_in

Terms = Mapping[str, Sequence[str]]
Compare = Literal["previous", "year", "none"]

MANY = frozenset(info.path for info in mention_fields() if info.many)
BESIDE: Terms = {"relevance.level": ("list", "not")}
"""Mentions that say nothing of a brand: lists, offers and addresses, and other things of its name."""
NOTHING = "(nothing)"  # a value that no field has
YEAR = timedelta(days=364)  # 52 weeks, so that weekdays stand against the same weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is asked about. ``compared`` is None where nothing is compared; ``where`` are the filters in force.

    ``moved``: the period is where the mentions are, because the last days hold next to nothing.
    """

    store: Store
    brands: tuple[Brand, ...]
    sources: tuple[Source, ...]
    period: Period
    compared: Period | None
    now: datetime
    where: Filter
    moved: bool = False
    call: tuple[str, ...] = ()

    @property
    def own(self) -> list[str]:
        """The ids of our brands."""
        return [brand.id for brand in self.brands if brand.role == "own"]

    @property
    def days(self) -> list[date]:
        """The UTC days of the period."""
        return days_in(self.period.since, self.period.until)

    @property
    def days_before(self) -> list[date]:
        """The UTC days of the period compared with; none where nothing is compared."""
        return days_in(self.compared.since, self.compared.until) if self.compared else []

    def filter(self, period: Period, terms: Terms | None = None) -> Filter:
        """Return the mentions of the tracked brands in ``period`` that also have ``terms``."""
        given = {"brand.id": [brand.id for brand in self.brands], **self.where.terms}
        return replace(
            self.where,
            terms=narrowed(given, terms or {}),
            exclude=self.exclude,
            since=period.since,
            until=period.until,
        )

    def reach(self, period: Period) -> Filter:
        """Return what holds all that ``filter`` can select in ``period``, whatever its terms are."""
        # Terms of a field of many values stand in place of those in force: see ``narrowed``.
        whole = self.filter(period)
        return replace(whole, terms={field: values for field, values in whole.terms.items() if field not in MANY})

    @property
    def exclude(self) -> Terms:
        """What no figure counts: what the filters in force exclude, and what is not about a brand (``BESIDE``)."""
        asked = {*self.where.terms, *self.where.exclude}
        return dict(self.where.exclude) if asked & BESIDE.keys() else {**self.where.exclude, **BESIDE}

    def names(self, role: str = "") -> tuple[BrandName, ...]:
        """Return the brands of a role, or all."""
        return tuple(
            BrandName(id=brand.id, name=brand.name, role=brand.role)
            for brand in self.brands
            if role in ("", brand.role)
        )


def narrowed(given: Terms, terms: Terms) -> dict[str, Sequence[str]]:
    """Return the conditions ``given`` narrowed by ``terms``.

    Where both name the same field, both hold; a field of many values keeps ``terms`` alone.
    """
    return {**given, **{field: _both(field, given.get(field), values) for field, values in terms.items()}}


def _both(field: str, given: Sequence[str] | None, values: Sequence[str]) -> Sequence[str]:
    if given is None or field in MANY:
        return values
    return [value for value in values if value in given] or [NOTHING]


def period(since: datetime, until: datetime) -> Period:
    """Return [since, until) with its length in days."""
    return Period(since=since, until=until, days=(until - since) / timedelta(days=1))


def last_days(now: datetime, days: int = 30) -> tuple[datetime, datetime]:
    """Return the period of whole UTC days that ends with the day of ``now``."""
    until = midnight(now.date()) + timedelta(days=1)
    return until - timedelta(days=days), until


def midnight(day: date) -> datetime:
    """Return the moment at which a UTC day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def compared_with(since: datetime, until: datetime, compare: Compare) -> Period | None:
    """Return the period to compare with: as long and just before, or 52 weeks before, or none."""
    if compare == "none":
        return None
    back = YEAR if compare == "year" else until - since
    return period(since - back, until - back)


def scope_of(
    store: Store,
    *,
    brands: Sequence[Brand],
    sources: Sequence[Source] = (),
    since: datetime,
    until: datetime,
    now: datetime,
    compare: Compare = "previous",
    where: Filter | None = None,
    moved: bool = False,
    call: tuple[str, ...] = (),
) -> Scope:
    """Return what is asked about. Raises ``UsageError`` where the period is empty or the comparison not known."""
    if until <= since:
        raise UsageError(f"the period ends ({until:%Y-%m-%d}) before it begins ({since:%Y-%m-%d}); swap its two ends")
    if compare not in get_args(Compare):
        raise UsageError(f"{compare} is no period to compare with; say {', '.join(get_args(Compare)[:-1])} or none")
    return Scope(
        store=store,
        brands=tuple(brands),
        sources=tuple(sources),
        period=period(since, until),
        compared=compared_with(since, until, compare),
        now=now,
        where=where or Filter(),
        moved=moved,
        call=call,
    )
