"""Did each fix of the ledger work? The days that are looked at, put into rows and judged, and the verdict in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from analysis.track.parts import Estimate, Evidence
from analysis.track.statistics.bins import DAY
from analysis.track.statistics.fix_effect import Control, Verdict, Word, judge_fix

BEFORE = 26 * 7  # days before shipping that are looked at
DAILY = 5.0  # mentions of our brand a day from which days are rows; with fewer, weeks are

Days = Mapping[date, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixResult:
    """A fix from the ledger and what became of the complaints that it was meant for.

    ``effect`` is the change of the complaint rate against the competitors' same theme (rate ratio minus 1: -0.4 is 40%
    fewer). ``needed`` says what more is needed where the verdict is too little data. ``turned`` is about the day since
    which what came back is up again.
    """

    key: str
    theme: str
    theme_name: str
    brand: str
    shipped: date
    version: str
    note: str
    status: str
    verdict: Word
    effect: Estimate | None
    needed: str
    before: int
    before_of: int
    after: int
    after_of: int
    evidence: Evidence
    turned: date | None = None


def window(fix_shipped: date, last: date) -> tuple[date, date]:
    """Return the first and the last day that a verdict looks at."""
    return fix_shipped - BEFORE * DAY, last


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
    judged = judge_fix(
        row(ours[0]),
        row(ours[1]),
        usable,
        shipped_row=rows_before,
        outages=outages,
        start=datetime(start.year, start.month, start.day, tzinfo=UTC),
        step_s=step * 86_400.0,
    )
    return judged, step


def needed(judged: Verdict, step: int) -> str:
    """Return what is missing and what was left out, in words."""
    unit = "day" if step == 1 else "week"
    parts = []
    if judged.needed is not None:
        parts.append(f"About {judged.needed} more {unit}{'' if judged.needed == 1 else 's'} like the last are needed")
    elif judged.word == "too little data":
        parts.append("The days before shipping hold too few complaints for any number of days to help")
    parts += [note.replace("row", unit)[:1].upper() + note.replace("row", unit)[1:] for note in judged.notes]
    return ". ".join(parts) + "." if parts else ""
