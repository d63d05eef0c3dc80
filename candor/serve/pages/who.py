"""Who and where: authors, by pseudonym, and outlets by reach and tone; stories by how far they spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from analysis.model import Mention
from analysis.model.errors import UsageError
from analysis.store.base import Filter, Store
from analysis.track import questions
from candor.serve.look.asked import SORTS, Asked, asked
from candor.serve.visit import PageVisit

MOST = 20
SINCE = "30d"
FEWEST = 3
"""A tone is told of so many mentions at least: fewer are first by chance alone."""
OUTLET, AUTHOR, STORY = "domain", "author", "story"
ORDERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "mentions": ("Most mentions", {"_count": "desc"}),
    "reach": ("Most seen", {"views": "desc"}),
    "talk": ("Most answered", {"replies": "desc"}),
    "tone": ("Most negative", {"tone": "asc"}),
}
METRICS: Mapping[str, Any] = {
    "views": {"sum": {"field": "engagement.views"}},
    "likes": {"sum": {"field": "engagement.likes"}},
    "replies": {"sum": {"field": "engagement.replies"}},
    "tone": {"avg": {"field": "sentiment.score"}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """An outlet or an author: how many mentions, with their list; how often seen, liked and answered, and the tone.

    ``tone`` is the share of positive less that of negative ones among those that are judged; None where none is.
    ``where`` is an author's outlet.
    """

    value: str
    count: int
    address: str
    negative: int
    negative_address: str
    views: int
    likes: int
    replies: int
    tone: float | None
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadStory:
    """A text that several published: its first mention, how many copies in how many outlets, how often seen."""

    first: Mention
    count: int
    address: str
    outlets: int
    views: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Who speaks in a list of ``total`` mentions, and what is told on."""

    total: int
    outlets: Sequence[Speaker]
    authors: Sequence[Speaker]
    stories: Sequence[SpreadStory]


def who(visit: PageVisit) -> Response:
    """Show outlets, authors and stories of the list that the address asks for, by default of 30 days."""
    order = visit.one("order", "mentions")
    if order not in ORDERS:
        raise UsageError(f"order: {order[:40]!r} is not one of {', '.join(ORDERS)}")
    wanted = asked([pair for pair in visit.given if pair[0] != "order"])
    wanted = replace(wanted, since=wanted.since or SINCE, sort="newest", after="")
    where = visit.desk.where(visit.visitor, wanted)
    store = visit.desk.fresh()

    def make() -> Spoken:
        found = _found(store, where, order)
        return Spoken(
            total=store.count(where),
            outlets=[_voice(value, bucket, OUTLET, wanted) for value, bucket in found[OUTLET]],
            authors=[_voice(value, bucket, AUTHOR, wanted) for value, bucket in found[AUTHOR]],
            stories=_told(visit, where, wanted, found[STORY]),
        )

    # What the team entered stands in the filter, and so in the key: a new entry asks anew.
    spoken: Spoken = visit.desk.walks.brief((repr(replace(where, since=None)), wanted.address(), order), make)
    return visit.show(
        "who.html.j2",
        here="who",
        wanted=wanted,
        order=order,
        orders=[(name, title, _address(wanted, name)) for name, (title, _) in ORDERS.items()],
        brands=[(name, _address(wanted.with_value("brand.id", key), order), key in wanted.terms.get("brand.id", ()))
                for key, name in visit.desk.brands.items()],
        days=[(days, _address(wanted.but(since=f"{days}d"), order)) for days in (1, 7, 30, 90, 365)],
        fewest=FEWEST,
        total=spoken.total,
        outlets=spoken.outlets,
        authors=spoken.authors,
        stories=spoken.stories,
    )  # fmt: skip


def _address(wanted: Asked, order: str) -> str:
    address = wanted.address("/who")
    return address if order == "mentions" else f"{address}{'&' if '?' in address else '?'}order={order}"


def _found(store: Store, where: Filter, order: str) -> dict[str, list[tuple[str, Any]]]:
    """Return outlets, authors and stories, each with its numbers, in order.

    Who comes first is asked before what is told of them: of every author of a month the numbers are ten times the work.
    """
    body = {OUTLET: _first(OUTLET, order), AUTHOR: _first(AUTHOR, order), STORY: _first(STORY)}
    answer, found = store.aggregate(where, body), {}
    for path in body:
        names = [value for value, _ in _buckets(answer, path)]
        narrowed = replace(where, terms={**where.terms, path: names})
        told = {path: {"terms": {"field": path, "size": MOST}, "aggs": _numbers(path)}}
        known = dict(_buckets(store.aggregate(narrowed, told), path)) if names else {}
        found[path] = [(value, known[value]) for value in names if value in known]
    return found


def _first(path: str, order: str = "mentions") -> dict[str, Any]:
    """Return the question which values of a field come first."""
    by = ORDERS[order][1]
    least = 2 if path == STORY else FEWEST if order == "tone" else 1
    asked_for: dict[str, Any] = {
        "terms": {"field": path, "size": MOST, "min_doc_count": least, "order": dict(by)},
    }
    metrics = {name: METRICS[name] for name in by if name in METRICS}
    return {**asked_for, "aggs": metrics} if metrics else asked_for


def _numbers(path: str) -> dict[str, Any]:
    """Return what is asked of each that is shown."""
    if path == STORY:
        return {"views": METRICS["views"], "outlets": {"cardinality": {"field": OUTLET}}}
    inside = {**METRICS, "labels": questions.top("sentiment.label", 10)}
    return {**inside, "where": questions.top(OUTLET, 1)} if path == AUTHOR else inside


def _buckets(answer: Any, name: str) -> list[tuple[str, Any]]:
    """Return the buckets in the order of the answer, without the empty value."""
    return [(str(one["key"]), one) for one in answer.get(name, {}).get("buckets", ()) if one["key"] != ""]


def _voice(value: str, bucket: Any, path: str, wanted: Asked) -> Speaker:
    labels = questions.counts(bucket, "labels")
    judged = sum(count for label, count in labels.items() if label != "unsure")
    one = wanted.only(path, value)
    return Speaker(
        value=value,
        count=int(bucket["doc_count"]),
        address=one.address(),
        negative=labels.get("negative", 0),
        negative_address=one.only("sentiment.label", "negative").address(),
        views=_sum(bucket, "views"),
        likes=_sum(bucket, "likes"),
        replies=_sum(bucket, "replies"),
        tone=(labels.get("positive", 0) - labels.get("negative", 0)) / judged if judged else None,
        where=next(iter(questions.counts(bucket, "where")), "") if path == AUTHOR else "",
    )


def _sum(bucket: Any, name: str) -> int:
    return round(bucket[name].get("value") or 0)


def _told(visit: PageVisit, where: Filter, wanted: Asked, stories: Sequence[tuple[str, Any]]) -> Sequence[SpreadStory]:
    found = []
    for value, bucket in stories:
        copies = replace(where, terms={**where.terms, STORY: [value]})
        first = visit.desk.store.page(copies, order=SORTS["oldest"][1], limit=1).mentions
        if first:
            found.append(
                SpreadStory(
                    first=first[0],
                    count=int(bucket["doc_count"]),
                    address=wanted.only(STORY, value).address(),
                    outlets=questions.value(bucket, "outlets"),
                    views=_sum(bucket, "views"),
                )
            )
    return sorted(found, key=lambda story: (-story.outlets, -story.count, story.first.id))
