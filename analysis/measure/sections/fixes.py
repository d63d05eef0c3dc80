"""Did each fix of the ledger work? Joins the store's counts with the pure verdicts of ``analysis.track``.

Only sources that were watched on both sides of the day of shipping are counted, in the complaints and in the mentions
that they are a part of: a source that was added with the fix, or was lost with it, would change the share of complaints
without anything having become better. Days on which silent sources took away much of what is usual are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from analysis.measure.answers import daily, fixes_written
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.scope import Scope, midnight, period
from analysis.model import Brand, Source
from analysis.model.records.base import Records
from analysis.model.records.ledger import Fix
from analysis.model.records.run import Run, runs_in_months
from analysis.store.base import Filter, Store
from analysis.track import questions, topics
from analysis.track.parts import Estimate
from analysis.track.sections import fixes
from analysis.track.sections.fixes import FixResult
from analysis.track.silence import silent_days
from analysis.track.statistics import bins
from analysis.track.statistics.bins import DAY, day_of

HOURLY = 3600
_NOTHING = Filter()


def section(asking: Asking) -> tuple[FixResult, ...]:
    """Return the verdict on every fix shipped before the end of the period, newest first."""
    scope = asking.scope
    return verdicts(
        scope.store,
        asking.of(fixes_written),
        scope.brands,
        scope.sources,
        scope.now,
        until=scope.period.until,
        names=asking.names,
        where=scope.where,
    )


def verdicts(
    store: Store,
    written: Sequence[Fix],
    brands: Sequence[Brand],
    sources: Sequence[Source],
    now: datetime,
    *,
    until: datetime | None = None,
    names: Mapping[str, str] | None = None,
    where: Filter = _NOTHING,
) -> tuple[FixResult, ...]:
    """Return the verdict on every fix shipped before ``until`` (by default ``now``), newest first, for each own brand.

    ``where`` narrows the mentions (its times are not used); ``names`` maps topic ids to names for people.
    """
    last = day_of((until or now) - timedelta(microseconds=1))
    own = {brand.id for brand in brands if brand.role == "own"}
    due = [
        (fix, fix.shipped, brand)
        for fix in written
        if fix.shipped and fix.shipped <= last
        for brand in sorted(own & {fix.brand} if fix.brand else own)
    ]
    due.sort(key=lambda row: (-row[1].toordinal(), row[0].key, row[2]))
    results = []
    for fix, shipped, brand in due:
        span = period(midnight(fixes.window(shipped, last)[0]), midnight(last) + DAY)
        scope = Scope(
            store=store,
            brands=tuple(brands),
            sources=tuple(sources),
            period=span,
            compared=None,
            now=now,
            where=where,
        )
        results.append(_judged(Asking(scope), fix, shipped, brand, names or {}))
    return tuple(results)


def _judged(asking: Asking, fix: Fix, shipped: date, brand: str, names: Mapping[str, str]) -> FixResult:
    scope = asking.scope
    terms = {"complaint_topics": [fix.theme]}
    wholes = daily(asking, scope.period, "brand.id", "source.id")
    parts = daily(asking, scope.period, "brand.id", "source.id", terms=terms)
    days = bins.days_in(scope.period.since, scope.period.until)
    runs = {source: read(scope.store.records, source, days) for source in sorted({source for _, source in wholes})}
    heard = alive(wholes, runs, shipped)
    ours, *rivals = (
        (_sum(parts, brand_id, heard), _sum(wholes, brand_id, heard))
        for brand_id in (brand, *(other.id for other in scope.brands if other.role == "competitor"))
    )
    judged, step = fixes.verdict(shipped, days[-1], ours, rivals, _silent(scope, wholes, runs, heard, days))
    effect = None
    if judged.effect is not None and judged.low is not None and judged.high is not None:
        effect = Estimate(value=judged.effect, low=judged.low, high=judged.high)
    selection = {"brand.id": [brand], **terms, "source.id": sorted(heard)}
    before, after = ({day: n for day, n in ours[0].items() if (day >= shipped) == late} for late in (False, True))
    proof, _ = look(scope, sum(ours[0].values()), selection)
    return FixResult(
        key=fix.key,
        theme=fix.theme,
        theme_name=topics.readable(fix.theme, names),
        brand=brand,
        shipped=shipped,
        version=fix.version,
        note=fix.note,
        status=fix.status,
        verdict=judged.word,
        effect=effect,
        needed=" ".join(
            filter(None, (fixes.needed(judged, step), _left_out({source for _, source in wholes} - heard)))
        ),
        before=sum(before.values()),
        before_of=sum(count for day, count in ours[1].items() if day < shipped),
        after=sum(after.values()),
        after_of=sum(count for day, count in ours[1].items() if day >= shipped),
        evidence=proof,
        turned=None if judged.turned is None else shipped + judged.turned * step * DAY,
    )


def alive(wholes: questions.Daily, runs: Mapping[str, Sequence[Run]], shipped: date) -> frozenset[str]:
    """Return the sources that were watched before and after shipping: that had a good run or a mention on each side.

    ``wholes`` are the mentions by (brand, source) and day. A mention dated before shipping counts as watched before,
    because the first crawl reads history back.
    """
    seen: dict[str, set[bool]] = {}
    for (_, source), days in wholes.items():
        seen.setdefault(source, set()).update(day >= shipped for day, count in days.items() if count)
    for source, own in runs.items():
        seen.setdefault(source, set()).update(day_of(run.started_at) >= shipped for run in own if run.good)
    return frozenset(source for source, sides in seen.items() if len(sides) == 2)


def read(records: Records, source: str, days: Sequence[date]) -> list[Run]:
    """Return the runs of a source in the months of ``days``, oldest first."""
    return runs_in_months(records, source, {f"{day:%Y-%m}" for day in days})


def _silent(
    scope: Scope,
    wholes: questions.Daily,
    runs: Mapping[str, Sequence[Run]],
    heard: Collection[str],
    days: Sequence[date],
) -> list[date]:
    """Return the days on which silent sources took away so much that they would read as an improvement."""
    every = {source.id: source.every_s for source in scope.sources}
    silent = {
        source: silent_days(runs.get(source, ()), every_s=every.get(source, HOURLY), days=days, now=scope.now)
        for source in heard
    }
    weights: dict[str, int] = {}
    for (_, source), series in wholes.items():
        if source in heard:
            weights[source] = weights.get(source, 0) + sum(series.values())
    return [day for day in days if bins.silent_share(day, 1, silent, weights) >= bins.GAP]


def _sum(series: questions.Daily, brand: str, sources: Collection[str]) -> dict[date, int]:
    result: dict[date, int] = {}
    for (name, source), days in series.items():
        if name == brand and source in sources:
            for day, count in days.items():
                result[day] = result.get(day, 0) + count
    return result


def _left_out(sources: Collection[str]) -> str:
    if not sources:
        return ""
    names = ", ".join(sorted(sources)[:4]) + (" and others" if len(sources) > 4 else "")
    return f"Left out, not watched both before and after: {names}."
