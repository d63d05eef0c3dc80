"""The discussions of a sparse series: who wrote in each and with which words, for ``track.statistics.newness``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date

from analysis.enrich.data_files import load_words
from analysis.measure.scope import Scope, Terms
from analysis.model import Mention
from analysis.track.bursts.kinds import content_words
from analysis.track.parts import Period
from analysis.track.statistics.emergence import LATE_DAYS
from analysis.track.statistics.newness import Discussion

MOST = 600  # mentions of one series: a sparse one has fewer in half a year
_FUNCTION_WORDS = load_words("grammar", "english") | load_words("grammar", "common")


def discussions(scope: Scope, whole: Period, terms: Terms, first: date) -> list[Discussion]:
    """Return what ``terms`` select in ``whole`` as discussions; none where that is too much to read.

    Days are counted from ``first``.
    """
    hits = scope.store.search(scope.filter(whole, terms), limit=MOST, newest_first=True)
    if len(hits) == MOST:
        return []
    return grouped((hit.mention for hit in hits), first)


def grouped(mentions: Iterable[Mention], first: date) -> list[Discussion]:
    """Return mentions by their thread, or by their story where none is told; one began with its first mention.

    What a shop calls the thread of a review is the product that it is about, so that reviews stand by themselves.
    """
    groups: dict[str, list[Mention]] = {}
    for mention in mentions:
        thread = "" if mention.kind == "review" else mention.thread
        groups.setdefault(thread or mention.story or mention.id, []).append(mention)
    return [_discussion(group, first) for group in groups.values()]


def _discussion(group: list[Mention], first: date) -> Discussion:
    ordered = sorted(group, key=lambda mention: mention.published_at)
    began, came = ordered[0], dict[str, int]()
    for mention in ordered:
        came.setdefault(mention.author, (mention.published_at.astimezone(UTC).date() - first).days)
    joined = [day for author, day in came.items() if author not in ("", began.author)]
    published, collected = (at.astimezone(UTC).date() for at in (began.published_at, began.first_seen_at))
    return Discussion(
        day=(published - first).days,
        authors=frozenset(mention.author for mention in group) - {""},
        words=frozenset(word for mention in group for word in content_words(mention)) - _FUNCTION_WORDS,
        late=(collected - published).days > LATE_DAYS,
        joined=tuple(joined),
    )
