"""Choosing and shortening the words that stand under a number."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from analysis.model import NO_VALUE, Claim, Mention, claims_of
from analysis.model.text import one_line, shorten
from analysis.track.parts import Condition, Evidence, Period, Quote

# A host without a name tells a reader nothing; the source's id is shown instead.
_NUMERIC = re.compile(r"[\d.]+|\[?[\da-f]*+:[\da-f:.]*+\]?")
NOWHERE: Mapping[str, Sequence[str]] = MappingProxyType({})
NAMED = 20  # How many ids stand under a number; the selection beside them finds the rest.
LONGEST = 220
SHORTEST = 25


# The fields by which mentions are selected, the kind of claim that each is made of, and what of a claim it holds.
_CLAIMED: Mapping[str, tuple[str, str]] = {
    "complaint_phrases": ("complaint", "phrase"),
    "wish_phrases": ("wish", "phrase"),
    "complaint_topics": ("complaint", "topic"),
    "praise_topics": ("praise", "topic"),
    "wish_topics": ("wish", "topic"),
    "moves": ("move", "value"),
    "severity.level": ("severity", "value"),
    "switching.origin": ("switching", ""),
    "switching.target": ("switching", ""),
}


def claimed(mention: Mention, where: Mapping[str, Sequence[str]]) -> Claim | None:
    """Return the claim for which ``where`` selects a mention, the surest; None where it asks for none or has none."""
    for field, (kind, part) in _CLAIMED.items():
        if field in where:
            claims = [
                one for one in claims_of(mention, kind) if not part or (_part(one, part) or NO_VALUE) in where[field]
            ]
            if claims:
                return claims[0]
    return None


def _part(claim: Claim, part: str) -> str:
    return f"{claim.topic}/{claim.value}" if part == "phrase" else str(getattr(claim, part))


def pick(
    mentions: Sequence[Mention],
    count: int,
    *,
    shown: Collection[str] = (),
    where: Mapping[str, Sequence[str]] = NOWHERE,
) -> tuple[Quote, ...]:
    """Return up to ``count`` quotes, telling ones first: no story or wording twice, authors and sources mixed.

    Those whose ids were ``shown`` already come last. Each is the sentence for which ``where`` selects its mention.
    """
    said = {mention.id: _said(mention, where) for mention in mentions}
    rest = sorted(mentions, key=lambda mention: (mention.id in shown, -_telling(mention, said[mention.id]), mention.id))
    chosen: list[Mention] = []
    while rest and len(chosen) < count:
        # The sort is stable: fewest repeats first, then the most telling.
        best = min(rest, key=lambda mention: (mention.id in shown, _repeats(mention, chosen)))
        chosen.append(best)
        words = said[best.id].casefold()
        rest = [mention for mention in rest if mention.story != best.story and said[mention.id].casefold() != words]
    return tuple(quote(mention, where) for mention in chosen)


def _said(mention: Mention, where: Mapping[str, Sequence[str]]) -> str:
    claim = claimed(mention, where)
    if claim is None:
        return shorten(one_line(mention.quote or mention.text or mention.title), LONGEST)
    return around(claim.sentence, claim.start, LONGEST)


def around(sentence: str, start: int, longest: int) -> str:
    """Return at most ``longest`` characters of a sentence, those around its character ``start`` among them."""
    words = one_line(sentence)
    if len(words) <= longest or start < longest * 2 // 3:
        return shorten(words, longest)
    low = words.find(" ", min(start, len(words)) - longest // 2) + 1
    return "…" + shorten(words[low:], longest - 1)


def _repeats(mention: Mention, chosen: Sequence[Mention]) -> int:
    same_author = any(mention.author and mention.author == one.author for one in chosen)
    same_source = any(mention.source.id == one.source.id for one in chosen)
    return 2 * same_author + same_source


def _telling(mention: Mention, words: str) -> float:
    readable = 1.0 if SHORTEST <= len(words) <= LONGEST else 0.0
    return readable + mention.severity.weight + mention.sentiment.confidence * 0.5


def quote(mention: Mention, where: Mapping[str, Sequence[str]] = NOWHERE) -> Quote:
    """Return the author's sentence for which ``where`` selects ``mention``; where it asks for nothing that is claimed,
    the clause that its sentiment rests on, or the start of its text where none is known.
    """
    claim = claimed(mention, where)
    return Quote(
        mention_id=mention.id,
        text=_said(mention, where),
        url=mention.url,
        domain="" if _NUMERIC.fullmatch(mention.domain) else mention.domain,
        source=mention.source.id,
        brand=mention.brand.id,
        published_at=mention.published_at,
        rating=mention.rating,
        label=mention.sentiment.label,
        claim=claim.kind if claim else "",
        score=claim.score if claim else mention.sentiment.confidence,
        private=mention.private,
    )


def evidence(total: int, mentions: Sequence[Mention], where: Mapping[str, Sequence[str]], period: Period) -> Evidence:
    """Return what a number rests on, from the newest mentions found by ``where``."""
    return Evidence(
        total=max(total, len(mentions)),
        ids=tuple(mention.id for mention in mentions[:NAMED]),
        where=tuple(Condition(field=field, values=tuple(values)) for field, values in where.items()),
        since=period.since,
        until=period.until,
    )
