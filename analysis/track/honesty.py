"""What the data cannot say: days on which a source was silent, few mentions, unjudged languages, what hands changed.

A source's day is silent when the source is polled but no good run covers it: between two good runs that lie further
apart than twice its usual rhythm (and than a day), before its first good run, and after its last. Days before its
first run of all are not silent: a first crawl reads history back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from analysis.model.records.run import Run
from analysis.model.times import read_time
from analysis.track.quotes import NAMED
from analysis.track.reputation import shares
from analysis.track.results import Caveat, Evidence, Hands, Period, Reputation, SourceHealth, Stretch
from analysis.track.statistics.bins import DAY, day_of

Document = Mapping[str, Any]
Silent = Mapping[str, frozenset[date]]


def silent_days(runs: Sequence[Run], *, every_s: int, days: Sequence[date], now: datetime) -> frozenset[date]:
    """Return which of ``days`` the source was silent on. ``runs`` are its own, oldest first; none means unwatched."""
    if not runs:
        return frozenset()
    rhythm = _rhythm(runs, every_s)
    good = [run.started_at for run in runs if run.good]
    gaps: list[tuple[date, date]] = []  # first and last silent day
    if not good:
        gaps.append((day_of(runs[0].started_at), day_of(now)))
    else:
        if good[0] > runs[0].started_at:
            gaps.append((day_of(runs[0].started_at), day_of(good[0]) - DAY))
        gaps += [
            (day_of(one) + DAY, day_of(other) - DAY)
            for one, other in pairwise(good)
            if other - one > max(DAY, 2 * rhythm)
        ]
        if now - good[-1] > max(DAY, timedelta(seconds=every_s)):
            gaps.append((day_of(good[-1]) + DAY, day_of(now)))
    return frozenset(day for day in days if any(first <= day <= last for first, last in gaps))


def _rhythm(runs: Sequence[Run], every_s: int) -> timedelta:
    """The usual time between runs: a source that is run by hand once a week is not silent in between."""
    steps = [other.started_at - one.started_at for one, other in pairwise(runs)]
    usual = median(step.total_seconds() for step in steps) if steps else 0.0
    return timedelta(seconds=max(usual, every_s))


def runs_together(days: Collection[date]) -> tuple[Stretch, ...]:
    """Return neighbouring days as stretches, oldest first."""
    found: list[Stretch] = []
    for day in sorted(days):
        if found and day - found[-1].last == DAY:
            found[-1] = Stretch(first=found[-1].first, last=day)
        else:
            found.append(Stretch(first=day, last=day))
    return tuple(found)


def left_out(silent: Silent, now: Sequence[date], before: Sequence[date]) -> dict[str, frozenset[date]]:
    """Return source -> days that a comparison leaves out: silent in one period, and their counterparts in the other.

    The n-th day of one period is the counterpart of the n-th of the other, so both keep equally many days of a source.
    """
    result: dict[str, frozenset[date]] = {}
    for source, gone in silent.items():
        pairs = [pair for pair in zip(now, before, strict=False) if gone & set(pair)]
        if pairs:
            result[source] = frozenset(day for pair in pairs for day in pair)
    return result


def health(
    source: str,
    *,
    kind: str,
    mentions: int,
    runs: Sequence[Run],
    silent: frozenset[date],
    period: Period,
    evidence: Evidence,
) -> SourceHealth:
    """Return how one source did in the period; ``silent`` may hold days outside the period."""
    inside = [run for run in runs if period.since <= run.started_at < period.until]
    good = [run.started_at for run in runs if run.good]
    last = runs[-1] if runs else None
    gone = {day for day in silent if day_of(period.since) <= day <= day_of(period.until - timedelta(microseconds=1))}
    return SourceHealth(
        id=source,
        kind=kind,
        mentions=mentions,
        runs=len(inside),
        failed=sum(run.state == "failing" for run in inside),
        last_ok=good[-1] if good else None,
        cause=next((run.cause for run in reversed(runs) if not run.good), ""),
        state="unwatched" if last is None else last.state if not last.good else "silent" if gone else "ok",
        silent=runs_together(gone),
        silent_days=len(gone),
        evidence=evidence,
    )


def caveats(
    reputations: Iterable[Reputation],
    sources: Iterable[SourceHealth],
    *,
    languages: Mapping[str, int],
    judged: Collection[str],
    undated: int,
    late: int,
    mentions: int,
    evidence: Callable[[int, Mapping[str, Sequence[str]]], Evidence],
) -> tuple[Caveat, ...]:
    """Return the sentences that a reader must know before trusting the rest, most telling first.

    ``evidence`` opens so many mentions that have the given terms.
    """
    found: list[Caveat] = []
    for source in sources:
        if source.silent_days:
            spans = ", ".join(_span(stretch) for stretch in source.silent)
            text = f"{source.id} was silent on {_days(source.silent_days)} ({spans}); comparisons leave them out"
            proof = source.evidence
            found.append(Caveat(kind="silent_source", text=text, count=source.silent_days, of=0, evidence=proof))
    for brand in reputations:
        if brand.few:
            text = f"{brand.name}: only {brand.mentions} mentions; its figures are hints"
            proof = brand.evidence
            found.append(Caveat(kind="few_mentions", text=text, count=brand.mentions, of=mentions, evidence=proof))
    unsure = sum(brand.unsure for brand in reputations)
    if unsure:
        text = f"sentiment is unsure in {unsure} of {mentions} mentions; they count as mentions, not as opinions"
        proof = evidence(unsure, {"sentiment.label": ["unsure"]})
        found.append(Caveat(kind="unsure", text=text, count=unsure, of=mentions, evidence=proof))
    other = {lang: count for lang, count in languages.items() if lang not in judged}
    if other:
        names = ", ".join(sorted(other, key=lambda lang: (-other[lang], lang))[:8])
        text = f"{sum(other.values())} of {mentions} mentions are in languages that are not judged ({names})"
        proof = evidence(sum(other.values()), {"lang": sorted(other)})
        found.append(Caveat(kind="language", text=text, count=sum(other.values()), of=mentions, evidence=proof))
    if undated:
        text = f"{undated} of {mentions} mentions tell no date of their own; they stand at the time of collection"
        proof = evidence(undated, {"published_at_source": ["collected"]})
        found.append(Caveat(kind="undated", text=text, count=undated, of=mentions, evidence=proof))
    if late:
        text = (
            f"{late} of {mentions} mentions were read back more than three days after they were published; "
            "how many there are says how far the archives reach, so only shares of them are compared"
        )
        found.append(Caveat(kind="late", text=text, count=late, of=mentions))
    return tuple(found)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _span(stretch: Stretch) -> str:
    if stretch.first == stretch.last:
        return stretch.first.isoformat()
    return f"{stretch.first.isoformat()} to {stretch.last.isoformat()}"


def hands(erasures: Mapping[str, Document], corrections: Mapping[str, Document], period: Period) -> Hands:
    """Return what people erased and corrected in the period, from records by their number in the audit log.

    A record's time is its ``at``, its size its ``count``. What retention took has the target ``older``.
    """
    gone = {key: body for key, body in erasures.items() if _within(body, period)}
    expired = [body for body in gone.values() if body.get("target") == "older"]
    erased = [body for body in gone.values() if body.get("target") != "older"]
    corrected = {key: body for key, body in corrections.items() if _within(body, period)}
    ways = Counter(_way(body) for body in corrected.values())
    newest = sorted({*gone, *corrected}, reverse=True)[:NAMED]
    ids = dict.fromkeys(str(corrected[key].get("mention", "")) for key in sorted(corrected, reverse=True))
    return Hands(
        erasures=len(erased),
        erased_mentions=_size(erased),
        expiries=len(expired),
        expired_mentions=_size(expired),
        corrections=len(corrected),
        corrected=shares(ways, len(corrected), ""),
        entries=tuple(int(key) for key in newest if key.isdigit()),
        mentions=tuple(id_ for id_ in ids if id_)[:NAMED],
    )


def _size(bodies: Iterable[Document]) -> int:
    return sum(int(body.get("count") or 0) for body in bodies)


def _way(body: Document) -> str:
    """Return the direction of a correction in words."""
    was, to = str(body.get("from") or ""), str(body.get("to") or "")
    what = body.get("field", "sentiment")
    if what == "topic":
        return f"topic {was} to {to}" if was and to else f"topic {was} removed" if was else f"topic {to} added"
    if what == "complaint":
        return "no complaint to complaint" if to == "yes" else "complaint to no complaint"
    if what == "brand":
        return f"{was} the brand to {to} it"
    return f"{was or 'unsaid'} to {to or 'unsaid'}"


def _within(body: Document, period: Period) -> bool:
    return bool(body.get("at")) and period.since <= read_time(str(body["at"])) < period.until
