"""Which mentions an address asks for. The address holds every filter, so that a link to it shows the same to others.

``q`` are words in the language of brand queries, ``since`` and ``until`` times as the command line takes them, ``sort``
an order, ``private`` is ``only`` or ``none``; with ``time=collected`` the times are those of the collection. Any other
name is the path of a field, such as ``brand.id``, or one of what the team entered, such as ``triage.status``; with
``not.`` in front its values are excluded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isfinite
from urllib.parse import urlencode

from analysis.model import mention_fields
from analysis.model.errors import UsageError
from analysis.model.query import parse
from analysis.store.base import Filter, Order, Place
from candor.options import when

TIME = Order(path="published_at")
SORTS: Mapping[str, tuple[str, tuple[Order, ...]]] = {
    "newest": ("Newest first", (TIME,)),
    "oldest": ("Oldest first", (replace(TIME, falling=False),)),
    "harm": ("Most harmful first", (Order(path="severity.weight"), TIME)),
    "reach": ("Most seen first", (Order(path="engagement.views"), Order(path="engagement.likes"), TIME)),
    "talk": ("Most answered first", (Order(path="engagement.replies"), TIME)),
    "unsure": ("Unsure first", (Order(path="sentiment.confidence", falling=False), TIME)),
}
FIELDS = frozenset(info.path for info in mention_fields() if info.kind == "keyword")
TRIAGE = ("triage.status", "triage.assignee", "triage.tag")
"""What the team entered of mentions: no fields of theirs, but asked for like them."""
COLLECTED = "collected"
MOST_VALUES = 500
_OWN = ("q", "since", "until", "time", "sort", "private", "after")
_NOT = "not."
_SEPARATOR = "~"

Terms = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an address asks for, in the words of the address."""

    words: str = ""
    terms: Terms = field(default_factory=dict)
    exclude: Terms = field(default_factory=dict)
    since: str = ""
    until: str = ""
    sort: str = "newest"
    private: str = ""
    time: str = ""
    after: str = ""

    @property
    def order(self) -> tuple[Order, ...]:
        """By which keys the list is sorted."""
        return SORTS[self.sort][1]

    @property
    def narrowed(self) -> bool:
        """Whether it is not all that there is."""
        return bool(self.words or self.terms or self.exclude or self.since or self.until or self.private)

    def where(self, now: datetime) -> Filter:
        """Return the filter, but for what the team entered, which is no part of a mention (``look.triaged``).

        Raises ``UsageError`` (``QueryError`` with the column) for words that mean none.
        """
        return Filter(
            terms={path: values for path, values in self.terms.items() if path not in TRIAGE},
            exclude={path: values for path, values in self.exclude.items() if path not in TRIAGE},
            time_field="first_seen_at" if self.time == COLLECTED else "published_at",
            since=when(self.since, now=now, flag="since"),
            until=when(self.until, now=now, flag="until"),
            query=parse(self.words) if self.words.strip() else None,
            private={"only": True, "none": False}.get(self.private),
        )

    def place(self) -> Place | None:
        """Return the place that the list goes on from, if any."""
        if not self.after:
            return None
        *values, name = self.after.split(_SEPARATOR)
        try:
            numbers = [float(value) if "." in value or "e" in value else int(value) for value in values]
        except ValueError:
            numbers = []
        if len(numbers) != len(self.order) or not all(map(isfinite, numbers)):
            raise UsageError("is no place in this list; begin at its first page", about=("after",))
        return (*numbers, name)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the fields of the address, always in one order."""
        own = {"q": self.words, "since": self.since, "until": self.until, "time": self.time}
        own |= {"private": self.private, "after": self.after}
        given = [(name, value) for name, value in own.items() if value]
        given += [("sort", self.sort)] if self.sort != "newest" else []
        given += [(path, value) for path, values in sorted(self.terms.items()) for value in values]
        return given + [(_NOT + path, value) for path, values in sorted(self.exclude.items()) for value in values]

    def address(self, path: str = "/mentions") -> str:
        """Return the address that asks for this."""
        given = urlencode(self.pairs())
        return f"{path}?{given}" if given else path

    def then(self, place: Place) -> Asked:
        """Return the same list from a place on."""
        return replace(self, after=_SEPARATOR.join(map(str, place)))

    def with_value(self, path: str, value: str) -> Asked:
        """Return it narrowed to a value too, from the first page on; without it where it is chosen already."""
        values = self.terms.get(path, ())
        chosen = tuple(one for one in values if one != value) if value in values else (*values, value)
        return self._with(terms={**self.terms, path: chosen})

    def only(self, path: str, *values: str) -> Asked:
        """Return it narrowed to these values of a field, whatever of it was chosen before."""
        return self._with(terms={**self.terms, path: values})

    def without(self, path: str, value: str) -> Asked:
        """Return it without an exclusion."""
        left = tuple(one for one in self.exclude.get(path, ()) if one != value)
        return self._with(exclude={**self.exclude, path: left})

    def but(self, **changes: str) -> Asked:
        """Return it with other words, times, privacy or order, from the first page on."""
        return replace(self, **{"after": "", **changes})  # type: ignore[arg-type]

    def _with(self, *, terms: Terms | None = None, exclude: Terms | None = None) -> Asked:
        kept = {path: values for path, values in (self.terms if terms is None else terms).items() if values}
        barred = {path: values for path, values in (self.exclude if exclude is None else exclude).items() if values}
        return replace(self, terms=kept, exclude=barred, after="")


def asked(given: Sequence[tuple[str, str]]) -> Asked:
    """Return what the fields of an address ask for. Raises ``UsageError`` for a field that mentions do not have."""
    if len(given) > MOST_VALUES:
        raise UsageError(f"an address may hold {MOST_VALUES} conditions at most")
    own = dict.fromkeys(_OWN, "")
    terms: dict[str, tuple[str, ...]] = {}
    exclude: dict[str, tuple[str, ...]] = {}
    for name, value in given:
        if name in own:
            own[name] = value.strip()
            continue
        path = name.removeprefix(_NOT)
        if path not in FIELDS and path not in TRIAGE:
            raise UsageError(f"{name!r} is no field of mentions; docs/fields.md lists them")
        into = exclude if name != path else terms
        if value and value not in into.get(path, ()):
            into[path] = (*into.get(path, ()), value)
    if own["sort"] not in ("", *SORTS):
        raise UsageError(f"{own['sort']!r} is not one of {', '.join(SORTS)}", about=("sort",))
    if own["private"] not in ("", "only", "none"):
        raise UsageError(f"{own['private']!r} is not one of only, none", about=("private",))
    if own["time"] not in ("", COLLECTED):
        raise UsageError(
            f"{own['time']!r} is not {COLLECTED}; without it the times are those of the posts", about=("time",)
        )
    return Asked(
        words=own["q"],
        terms=terms,
        exclude=exclude,
        since=own["since"],
        until=own["until"],
        sort=own["sort"] or "newest",
        private=own["private"],
        time=own["time"],
        after=own["after"],
    )
