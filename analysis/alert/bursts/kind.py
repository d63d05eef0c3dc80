"""Says in an alert's first line what kind of burst it is; asks the store for what that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from analysis.alert.defuse import dead
from analysis.alert.model import Where
from analysis.enrich.data_files import load_words
from analysis.model import Brand, Mention
from analysis.model.text import token_words
from analysis.store.base import Filter, Store
from analysis.track import questions
from analysis.track.bursts.kinds import BurstKind, Carried, kind_of
from analysis.track.statistics.emergence import FEWEST_STORIES, Market
from analysis.track.statistics.intervals import rate_ratio

LOOKED_AT = 100
BEFORE, BEFORE_MOST = timedelta(days=56), 300
VALUE = 24
_FUNCTION_WORDS = load_words("grammar", "english") | load_words("grammar", "common") | load_words("grammar", "asking")


def burst_kind(
    store: Store, where: Where, burst: Sequence[Mention], *, brand: str, brands: Sequence[Brand], said: str = ""
) -> BurstKind | None:
    """Return the kind of the burst that ``where`` selects and whose newest mentions are given; None for no mention.

    ``said``: what the alert says already, whose words are not told again as what carries the burst.
    """
    if not burst:
        return None
    past = Filter(terms={"brand.id": [brand]}, since=where.since - BEFORE, until=where.since)
    before = [hit.mention for hit in store.search(past, limit=BEFORE_MOST, newest_first=True)]
    name = next((one.name for one in brands if one.id == brand), brand)
    return kind_of(
        burst[:LOOKED_AT],
        before,
        known=_known(store, where, {mention.author for mention in burst} - {""}),
        market=_market(store, where, brand, [one.id for one in brands if one.id != brand]),
        common={*token_words(f"{name} {said}"), brand, *_FUNCTION_WORDS},
    )


def _known(store: Store, where: Where, authors: set[str]) -> set[str]:
    """Return which of the authors wrote about any brand before the burst."""
    if not authors:
        return set()
    earlier = Filter(terms={"author": sorted(authors)}, until=where.since)
    return set(questions.counts(store.aggregate(earlier, questions.count_by("author")), "author"))


def _market(store: Store, where: Where, brand: str, others: Sequence[str]) -> Market:
    """Return whether the same rises with the other brands, by the rule that new complaints have."""
    swapped = {path: list(others) if list(values) == [brand] else values for path, values in where.terms.items()}
    if not others or swapped == dict(where.terms):
        return "nothing to compare with"
    days, past_days = (where.until - where.since) / timedelta(days=1), BEFORE / timedelta(days=1)

    def counts(terms: Mapping[str, Sequence[str]]) -> tuple[int, int]:
        return (
            store.count(Filter(terms=terms, since=where.since, until=where.until)),
            store.count(Filter(terms=terms, since=where.since - BEFORE, until=where.since)),
        )

    (now, past), (our_now, our_past) = counts(swapped), counts(where.terms)
    if now + past < FEWEST_STORIES:
        return "nothing to compare with"
    theirs, ours = rate_ratio(now, days, past, past_days), rate_ratio(our_now, days, our_past, past_days)
    return "whole market" if theirs.low > 1.0 and theirs.value**2 >= max(ours.value, 1.0) else "ours only"


def kind_words(kind: BurstKind) -> str:
    """Return the kind in one phrase for the first line; a stranger's words are made harmless."""
    parts = [_made_of(kind)]
    parts += [market_words(kind.market)] if market_words(kind.market) else []
    words = [one for one in kind.carried if one.by == "word"]
    parts += [f"{one.by} {_harmless(one)}" for one in kind.carried if one.by != "word"]
    parts += [f"words: {', '.join(map(_harmless, words))}"] if words else []
    return "; ".join(parts)


def market_words(market: Market) -> str:
    """Return who has it, for the first line; empty where there is nothing to compare with."""
    return {"ours only": "this brand only", "whole market": "the whole market has it"}.get(market, "")


def fall_kind(market: Market) -> dict[str, Any]:
    """Return what is known of a fall as an alert keeps it."""
    return {"words": words, "market": market} if (words := market_words(market)) else {}


def _made_of(kind: BurstKind) -> str:
    # Where there are more mentions than were looked at, the number of people is only known to be that or more.
    many = f"{kind.authors} people" if kind.of < LOOKED_AT else f"{kind.authors} people and more"
    return {
        "people": f"{kind.what} by {many}" if kind.authors > 1 else kind.what,
        "articles": f"{kind.what} in different places",
        "one author": f"{kind.what}, {kind.busiest} of {kind.of} by one author",
        "copies": f"{kind.what}, {kind.alike} of {kind.of} are copies of one text",
        "new accounts": f"{kind.what} in the same words by {kind.fresh} new accounts",
    }[kind.who]


def kind_body(kind: BurstKind) -> dict[str, Any]:
    """Return the kind as an alert keeps and gives it, with strangers' values made harmless."""
    body = asdict(kind)
    body["carried"] = [_carried(one) for one in kind.carried]
    return {"words": kind_words(kind), **body}


def _harmless(one: Carried) -> str:
    # Behind a word, because a number that begins a line (a version: 2.3) is taken for the mark of a list and dropped.
    return dead(f"{one.by} {one.value}", VALUE).removeprefix(f"{one.by} ")


def _carried(one: Carried) -> dict[str, Any]:
    return {"by": one.by, "value": _harmless(one), "count": one.count, "lift": round(one.lift, 2)}
