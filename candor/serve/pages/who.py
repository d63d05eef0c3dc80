"""Who and where: authors, by pseudonym, and outlets by reach and tone; stories by how far they spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import Response

from analysis.model import Mention
from analysis.model.errors import UsageError
from analysis.store.base import Filter
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


def who(visit: PageVisit) -> Response:
    """Show outlets, authors and stories of the list that the address asks for, by default of 30 days."""
    order = visit.one("order", "mentions")
    if order not in ORDERS:
        raise UsageError(f"order: {order[:40]!r} is not one of {', '.join(ORDERS)}")
    wanted = asked([pair for pair in visit.given if pair[0] != "order"])
    wanted = replace(wanted, since=wanted.since or SINCE, sort="newest", after="")
    where = visit.desk.where(visit.visitor, wanted)
    store = visit.desk.fresh()
    answer = store.aggregate(where, {OUTLET: _voices(OUTLET, order), AUTHOR: _voices(AUTHOR, order), STORY: _stories()})
    return visit.show(
        "who.html.j2",
        here="who",
        wanted=wanted,
        order=order,
        orders=[(name, title, _address(wanted, name)) for name, (title, _) in ORDERS.items()],
        brands=[(name, _address(wanted.with_value("brand.id", key), order), key in wanted.terms.get("brand.id", ()))
                for key, name in visit.desk.brands.items()],
        days=[(days, _address(wanted.but(since=f"{days}d"), order)) for days in (1, 7, 30, 90, 365)],
        total=store.count(where),
        fewest=FEWEST,
        outlets=[_voice(value, bucket, OUTLET, wanted) for value, bucket in _buckets(answer, OUTLET)],
        authors=[_voice(value, bucket, AUTHOR, wanted) for value, bucket in _buckets(answer, AUTHOR)],
        stories=_told(visit, where, wanted, answer),
    )  # fmt: skip


def _address(wanted: Asked, order: str) -> str:
    address = wanted.address("/who")
    return address if order == "mentions" else f"{address}{'&' if '?' in address else '?'}order={order}"


def _voices(path: str, order: str) -> dict[str, Any]:
    inside: dict[str, Any] = {
        "views": {"sum": {"field": "engagement.views"}},
        "likes": {"sum": {"field": "engagement.likes"}},
        "replies": {"sum": {"field": "engagement.replies"}},
        "tone": {"avg": {"field": "sentiment.score"}},
        "labels": questions.top("sentiment.label", 10),
    }
    if path == AUTHOR:
        inside["where"] = questions.top(OUTLET, 1)
    least = FEWEST if order == "tone" else 1
    return {
        "terms": {"field": path, "size": MOST, "min_doc_count": least, "order": dict(ORDERS[order][1])},
        "aggs": inside,
    }


def _stories() -> dict[str, Any]:
    inside = {"views": {"sum": {"field": "engagement.views"}}, "outlets": {"cardinality": {"field": OUTLET}}}
    return {"terms": {"field": STORY, "size": MOST, "min_doc_count": 2}, "aggs": inside}


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


def _told(visit: PageVisit, where: Filter, wanted: Asked, answer: Any) -> Sequence[SpreadStory]:
    found = []
    for value, bucket in _buckets(answer, STORY):
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
