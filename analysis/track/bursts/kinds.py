"""What kind of burst: people or copies, complaint or praise or news, ours or the whole market's, and what carries it.

Pure: the mentions of the burst against those of the weeks before. What carries it is tested as versions are (Fisher's
exact test, corrected for the number of values: ``analysis.track.statistics.enrichment``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.model import Mention
from analysis.track.statistics.emergence import Market
from analysis.track.statistics.enrichment import VersionCount, concentrated

Who = Literal["people", "one author", "new accounts", "copies", "articles"]
What = Literal["complaints", "praise", "wishes", "questions", "news", "talk"]
Carrier = Literal["version", "source", "word"]

MOST = 0.5  # share of a burst that gives it its name
ALIKE = 0.6  # resemblance (Jaccard) of two texts' words from which they are the same words
FEWEST_ACCOUNTS = 3
KNOWN = 0.2  # share of accounts that may have written before, for them to count as new
CARRIED = 0.3  # share of a burst that something must have to be said to carry it
WORDS, SHORTEST = 3, 3
INTENT_WORDS: tuple[tuple[str, What], ...] = (
    ("complaint", "complaints"),
    ("praise", "praise"),
    ("wish", "wishes"),
    ("question", "questions"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A value that the burst has more of than the time before: ``count`` of its mentions, ``lift`` times the share."""

    by: Carrier
    value: str
    count: int
    lift: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstKind:
    """What a burst is made of. ``of`` mentions were looked at, by ``authors`` (0 where none is told).

    ``who``: "new accounts" are many that never wrote before, with the same words; "copies" are one text over and over
    (``alike`` of them); "articles" have no authors to count. ``market`` says whether other brands have it too.
    """

    who: Who
    what: What
    market: Market
    of: int
    authors: int
    busiest: int
    alike: int
    fresh: int
    carried: tuple[Carried, ...]


def kind_of(
    burst: Sequence[Mention],
    before: Sequence[Mention],
    *,
    known: Collection[str] = (),
    market: Market = "nothing to compare with",
    common: Collection[str] = (),
) -> BurstKind:
    """Return the kind of a burst of one mention or more.

    ``before`` are mentions of the brand in the weeks before it, ``known`` those of the burst's authors who wrote
    earlier, ``common`` the words that tell nothing: the brand's own and those of grammar.
    """
    authors = Counter(mention.author for mention in burst if mention.author)
    same = same_words(burst)
    writers = {burst[at].author for at in same} - {""}
    fresh = len(writers - set(known))
    return BurstKind(
        who=_who(burst, authors, len(same), writers, fresh),
        what=_what(burst),
        market=market,
        of=len(burst),
        authors=len(authors),
        busiest=max(authors.values(), default=0),
        alike=len(same),
        fresh=fresh,
        carried=carried(burst, before, common=common),
    )


def _who(burst: Sequence[Mention], authors: Counter[str], alike: int, writers: set[str], fresh: int) -> Who:
    enough = len(burst) * MOST
    if len(burst) >= FEWEST_ACCOUNTS and max(authors.values(), default=0) >= enough:
        return "one author"
    if alike >= max(enough, FEWEST_ACCOUNTS):
        strangers = len(writers) >= max(FEWEST_ACCOUNTS, MOST * alike) and fresh >= (1.0 - KNOWN) * len(writers)
        return "new accounts" if strangers else "copies"
    return "people" if sum(authors.values()) >= enough else "articles"


def _what(burst: Sequence[Mention]) -> What:
    for intent, word in INTENT_WORDS:
        if sum(intent in mention.intents for mention in burst) >= MOST * len(burst):
            return word
    return "news" if sum(mention.kind == "article" for mention in burst) >= MOST * len(burst) else "talk"


def same_words(burst: Sequence[Mention]) -> list[int]:
    """Return the places of the largest group of mentions with the same words: one story, or texts that resemble it."""
    words = [frozenset(mention.tokens.split()) for mention in burst]
    best: list[int] = []
    for first, mention in enumerate(burst):
        group = [
            at
            for at, other in enumerate(burst)
            if (mention.story and other.story == mention.story) or _resemblance(words[first], words[at]) >= ALIKE
        ]
        best = group if len(group) > len(best) else best
    return best if len(best) > 1 else []


def _resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


def carried(
    burst: Sequence[Mention], before: Sequence[Mention], *, common: Collection[str] = ()
) -> tuple[Carried, ...]:
    """Return the versions, sources and words that the burst has more of than the time before, surest of each first."""
    looks: tuple[tuple[Carrier, Callable[[Mention], Iterable[str]], int], ...] = (
        ("version", lambda mention: {mention.product_version} - {""}, 1),
        ("source", lambda mention: {mention.source.id} - {""}, 1),
        ("word", lambda mention: content_words(mention) - set(common), WORDS),
    )
    return tuple(one for by, values, most in looks for one in _enriched(by, burst, before, values)[:most])


def content_words(mention: Mention) -> set[str]:
    """Return the words of a mention that may carry something: three letters and more, no numbers."""
    return {word for word in mention.tokens.split() if len(word) >= SHORTEST and not word.isdigit()}


def _enriched(
    by: Carrier, burst: Sequence[Mention], before: Sequence[Mention], values: Callable[[Mention], Iterable[str]]
) -> list[Carried]:
    now = Counter(value for mention in burst for value in values(mention))
    past = Counter(value for mention in before for value in values(mention))
    if not before:
        return []
    # One table a value: with it or without it, in the burst or before. All values pay for their number together.
    found = []
    for value, count in now.items():
        if count < CARRIED * len(burst) or count < FEWEST_ACCOUNTS:
            continue
        rest = VersionCount(
            version="", complaint=len(burst) - count, all=len(burst) + len(before) - count - past[value]
        )
        own = VersionCount(version=value, complaint=count, all=count + past[value])
        found += [
            (one.p * len(now), Carried(by=by, value=value, count=count, lift=one.lift))
            for one in concentrated([own, rest])
            if one.version == value and one.p * len(now) <= 0.05
        ]
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], -pair[1].count, pair[1].value))]
