"""From a store's answers to a learnt layer, and from its mentions to what people are asked next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

from analysis.ingest.rejudge import post_of
from analysis.ledger.learning import confirmations, doubts
from analysis.ledger.learning.confirmations import LOT
from analysis.ledger.learning.doubts import ASKED, Chances, Doubt, known_chances
from analysis.model import Mention, Post
from analysis.model.records.audit import CorrectedField
from analysis.store.base import Filter, Order, Store
from analysis.track.questions import cells, count_by

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from analysis.enrich.learnt.refit import Taught

OTHERS = 300
"""How many mentions that nobody answered about say what learning must not change."""
DRAWN, UNSURE = 5_000, 400
"""How many mentions are looked at: drawn by their ids, which are hashes; and least sure by the stored judgement."""
_PAGE = 500
_BATCH = 64
Told = TypeVar("Told")
Item = TypeVar("Item")


class Tells(Protocol):
    """What judging afresh needs of the enrichers."""

    def told(self, posts: Sequence[Post], say: Callable[[Mention, Doc | None], Told]) -> list[list[Told]]:
        """Return for each post what ``say`` makes of its mentions and what was read of them."""


def taught(store: Store) -> list[Taught]:
    """Return the mentions about which people have answered, with the right labels; those that are gone are left out."""
    from analysis.enrich.learnt.refit import Taught

    labels: dict[str, dict[str, str]] = {}
    for (mention, task), label in confirmations.truths(store.records).items():
        labels.setdefault(mention, {})[task] = label
    lots: dict[str, set[str]] = {}
    for mention, task, _, drawn in confirmations.asked_already(store.records):
        if drawn == LOT:
            lots.setdefault(mention, set()).add(task)
    return [
        Taught(
            post=post_of(mention),
            mention=mention.id,
            story=mention.story or mention.id,
            truths=labels[mention.id],
            by_lot=frozenset(lots.get(mention.id, ())),
        )
        for some in _batches(sorted(labels), _PAGE)
        for mention in store.get(some).values()
    ]


def others(store: Store) -> list[Post]:
    """Return posts about which nobody answered, drawn by lot: ids are hashes."""
    answered = {mention for mention, *_ in confirmations.asked_already(store.records)}
    unasked = (mention for mention in store.scan(Filter()) if mention.id not in answered and mention.relevance.level)
    return [post_of(mention) for mention in islice(unasked, OTHERS)]


def next_questions(
    store: Store,
    where: Filter,
    *,
    tasks: Sequence[CorrectedField] = ASKED,
    topics: Sequence[str] = (),
    limit: int = 20,
    enricher: Tells | None = None,
) -> list[Doubt]:
    """Return what people are asked next about the mentions of ``where``: see ``doubts.queue``.

    With an ``enricher`` the least sure are judged afresh, so that what the judges nearly said is known too; without,
    only what is stored. Nobody is asked about what nobody has judged.
    """
    answered = list(confirmations.asked_already(store.records))
    found: dict[str, tuple[Mention, Chances]] = {
        mention.id: (mention, known_chances(mention)) for mention in islice(store.scan(where), DRAWN)
    }
    least_sure = list(islice(_least_sure(store, where, {mention for mention, *_ in answered}), UNSURE))
    found |= {mention.id: (mention, known_chances(mention)) for mention in least_sure}
    if enricher is not None:
        for id_, chances in _afresh(enricher, least_sure):
            found[id_] = found[id_][0], chances
    judged = (pair for pair in found.values() if pair[0].relevance.level)
    common = _common(store) if "topic" in tasks else {}
    return doubts.queue(judged, answered=answered, tasks=tasks, topics=topics, common=common, limit=limit)


def _common(store: Store) -> dict[str, list[str]]:
    """Return for each brand the topics that it has most complaints about, most first."""
    found: dict[str, list[str]] = {}
    answer = store.aggregate(Filter(), count_by("brand.id", "complaint_topics"))
    for (brand, topic), _ in cells(answer, "brand.id", "complaint_topics"):
        found.setdefault(brand, []).append(topic)
    return found


def _least_sure(store: Store, where: Filter, answered: set[str]) -> Iterator[Mention]:
    after = None
    order = (Order(path="sentiment.confidence", falling=False),)
    while True:
        some = store.page(where, order=order, limit=_PAGE, after=after)
        yield from (mention for mention in some.mentions if mention.id not in answered and mention.relevance.level)
        after = some.after
        if after is None:
            return


def _afresh(enricher: Tells, mentions: Sequence[Mention]) -> Iterator[tuple[str, Mapping[str, Mapping[str, float]]]]:
    from analysis.enrich.learnt.shipped import examined

    wanted = {mention.id for mention in mentions}
    for some in _batches(list({mention.url: post_of(mention) for mention in mentions}.values()), _BATCH):
        told = enricher.told(some, lambda mention, doc: (mention.id, examined(doc, mention.brand.id).chances))
        yield from (pair for each in told for pair in each if pair[0] in wanted and pair[1])


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[first : first + size] for first in range(0, len(items), size))
