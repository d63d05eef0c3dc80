"""The fix ledger read for the report: what it says of a theme, and a fix's verdict put into words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from analysis.model.records.ledger import Fix
from analysis.track.fixes import Control, Verdict, judge_fix
from analysis.track.statistics.bins import DAY

BEFORE = 26 * 7  # days before shipping that are looked at
DAILY = 5.0  # mentions of our brand a day from which days are rows; with fewer, weeks are


def status(theme: str, brand: str, fixes: Iterable[Fix]) -> str:
    """Return what the ledger says of a theme, in a few words; empty where it says nothing. The newest entry speaks."""
    own = [fix for fix in fixes if fix.theme == theme and fix.brand in ("", brand)]
    if not own:
        return ""
    newest = max(own, key=lambda fix: (fix.shipped or date.min, fix.key))
    if newest.shipped:
        version = f" in {newest.version}" if newest.version else ""
        return f"fix shipped {newest.shipped.isoformat()}{version}"
    return f"{newest.status}: {newest.reason}" if newest.reason else newest.status


def window(fix_shipped: date, last: date) -> tuple[date, date]:
    """Return the first and the last day that a verdict looks at."""
    return fix_shipped - BEFORE * DAY, last


Days = Mapping[date, int]


def verdict(
    shipped: date,
    last: date,
    ours: tuple[Days, Days],
    controls: Sequence[tuple[Days, Days]],
    silent: Iterable[date],
) -> tuple[Verdict, int]:
    """Return the verdict and how many days a row has. Each series is (complaints by day, mentions by day).

    Days before our first mention are not looked at. A competitor without mentions in one of ten rows is no control,
    because each row without them is lost for all.
    """
    first = min([day for day in ours[1] if ours[1][day]], default=shipped)
    first = max(first, shipped - BEFORE * DAY)
    span = max((last - first).days + 1, 1)
    step = 1 if sum(ours[1].values()) / span >= DAILY else 7
    rows_before = max((shipped - first).days // step, 1)
    rows_after = max(((last - shipped).days + 1) // step, 1)
    start = shipped - rows_before * step * DAY
    rows = rows_before + rows_after
    gone = set(silent)

    def row(series: Days) -> list[int]:
        return [sum(series.get(start + (at * step + day) * DAY, 0) for day in range(step)) for at in range(rows)]

    usable = [Control(counts=row(part), exposure=row(whole)) for part, whole in controls]
    usable = [one for one in usable if sum(not seen for seen in one.exposure) <= rows / 10]
    outages = [(at, at) for at in range(rows) if any(start + (at * step + day) * DAY in gone for day in range(step))]
    found = judge_fix(
        row(ours[0]),
        row(ours[1]),
        usable,
        shipped_row=rows_before,
        outages=outages,
        start=datetime(start.year, start.month, start.day, tzinfo=UTC),
        step_s=step * 86_400.0,
    )
    return found, step


def needed(found: Verdict, step: int) -> str:
    """Return what is missing and what was left out, in words."""
    unit = "day" if step == 1 else "week"
    parts = []
    if found.needed is not None:
        parts.append(f"About {found.needed} more {unit}{'' if found.needed == 1 else 's'} like the last are needed")
    elif found.word == "too little data":
        parts.append("The days before shipping hold too few complaints for any number of days to help")
    parts += [
        note.replace("rows", f"{unit}s")[:1].upper() + note.replace("rows", f"{unit}s")[1:] for note in found.notes
    ]
    return ". ".join(parts) + "." if parts else ""
