"""The small values that findings are made of: estimates, evidence, quotes, periods, parts of a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value and the 95% interval around it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of the selection of mentions: the field's path and the values of which one must be present."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The mentions that a number rests on: how many, the ids of the newest, and the selection that finds all.

    The selection is ``where`` with published_at in [since, until), within the report's brands and filters in force.
    """

    total: int
    ids: tuple[str, ...]
    where: tuple[Condition, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The author's own words, shortened; ``mention_id`` leads to the whole. ``url`` is as collected: untrusted.

    ``claim`` is the kind of claim that rests on just these words, empty where they stand for the mention as a whole;
    ``score`` is the probability of that claim, or of the sentiment; ``private`` words never go into a chat.
    """

    mention_id: str
    text: str
    url: str
    domain: str
    source: str
    brand: str
    published_at: datetime
    rating: float | None
    label: str
    claim: str = ""
    score: float = 0.0
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """[since, until) and its length in days."""

    since: datetime
    until: datetime
    days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One part of a whole: a source kind, a language, a version.

    ``field`` is the path of the model that has ``value`` in the mentions of this part: with the evidence of the whole
    it selects them. Empty where the part is no field's value.
    """

    name: str
    count: int
    of: int
    field: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandName:
    """A tracked brand."""

    id: str
    name: str
    role: str


def shares(counts: Mapping[str, int], of: int, field: str, *, before: str = "") -> tuple[Share, ...]:
    """Return the parts, largest first, ties by name; ``field`` has the name with ``before`` in front as its value."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Share(name=name, count=count, of=of, field=field, value=before + name) for name, count in ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topicless:
    """Mentions of a brand with complaints, or with praise, none of which a topic names: ``count`` of ``mentions``."""

    brand: str
    count: int
    mentions: int
    quotes: tuple[Quote, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Untracked:
    """A brand id of which mentions are stored, and that no configured brand has; ``heir`` may be its new name."""

    brand: str
    count: int
    heir: str = ""

    @property
    def words(self) -> str:
        """What is not counted, and how to carry it over."""
        who = f"the brand {self.heir!r}" if self.heir else "the brand that it is now"
        some = "1 mention" if self.count == 1 else f"{self.count} mentions"
        return (
            f"{some} of brand id {self.brand} {'is' if self.count == 1 else 'are'} stored and no longer tracked, so "
            f'counted nowhere; if it was only renamed, give {who} the line id = "{self.brand}" to carry '
            f"{'it' if self.count == 1 else 'them'} over"
        )
