"""Choosing and shortening the words that stand under a number."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from analysis.model import Mention
from analysis.model.text import one_line, shorten
from analysis.track.parts import Condition, Evidence, Period, Quote

# A host without a name tells a reader nothing; the source's id is shown instead.
_NUMERIC = re.compile(r"[\d.]+|\[?[\da-f]*+:[\da-f:.]*+\]?")
NAMED = 20  # How many ids stand under a number; the selection beside them finds the rest.
LONGEST = 220
SHORTEST = 25


def pick(mentions: Sequence[Mention], count: int, *, shown: Collection[str] = ()) -> tuple[Quote, ...]:
    """Return up to ``count`` quotes, telling ones first: no story or wording twice, authors and sources mixed.

    Those whose ids were ``shown`` already come last.
    """
    rest = sorted(mentions, key=lambda mention: (mention.id in shown, -_telling(mention), mention.id))
    chosen: list[Mention] = []
    while rest and len(chosen) < count:
        # The sort is stable: fewest repeats first, then the most telling.
        best = min(rest, key=lambda mention: (mention.id in shown, _repeats(mention, chosen)))
        chosen.append(best)
        rest = [mention for mention in rest if mention.story != best.story and _words(mention) != _words(best)]
    return tuple(quote(mention) for mention in chosen)


def _words(mention: Mention) -> str:
    return shorten(one_line(mention.quote or mention.text or mention.title), LONGEST).casefold()


def _repeats(mention: Mention, chosen: Sequence[Mention]) -> int:
    same_author = any(mention.author and mention.author == one.author for one in chosen)
    same_source = any(mention.source.id == one.source.id for one in chosen)
    return 2 * same_author + same_source


def _telling(mention: Mention) -> float:
    words = mention.quote or mention.text
    readable = 1.0 if SHORTEST <= len(words) <= LONGEST else 0.0
    return readable + mention.severity.weight + mention.sentiment.confidence * 0.5


def quote(mention: Mention) -> Quote:
    """Return the clause that the judgement of ``mention`` rests on, or the start of its text where none is known."""
    return Quote(
        mention_id=mention.id,
        text=shorten(one_line(mention.quote or mention.text or mention.title), LONGEST),
        url=mention.url,
        domain="" if _NUMERIC.fullmatch(mention.domain) else mention.domain,
        source=mention.source.id,
        brand=mention.brand.id,
        published_at=mention.published_at,
        rating=mention.rating,
        label=mention.sentiment.label,
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
