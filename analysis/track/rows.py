"""Series from outside the store, judged by the functions that the report uses: JSON rows in, JSON rows out.

A row that cannot be judged gives ``{"id", "error"}`` in its place, so that one bad row does not cost the rest; the
command then ends with status 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from analysis.model.errors import UsageError
from analysis.track.bursts.falls import falls
from analysis.track.bursts.spikes import score
from analysis.track.statistics.fix_effect import Control, judge_fix

Row = Mapping[str, Any]


def spike_rows(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Yield ``{"id", "scores", "alerts"}`` for each ``{"id", "start", "step_s", "values"}``, one at a time."""
    return _each(rows, _spikes)


def fall_rows(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Yield ``{"id", "falls"}`` for each ``{"id", "start", "step_s", "values"}``, one at a time.

    A fall is ``{"row", "window", "seen", "expected", "p"}``: in the ``window`` rows that end with ``row``.
    """
    return _each(rows, _falls)


def fix_rows(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Yield ``{"id", "verdict", "effect", "low", "high", "needed"}`` for each row of counts around a shipped fix.

    A row is ``{"id", "start", "step_s", "shipped_row", "ours"}`` with, where known, ``ours_exposure``, ``controls``
    (each ``{"counts", "exposure"}``) and ``outages`` (pairs of first and last row). ``effect`` is the rate ratio minus
    1 and ``low`` to ``high`` its 95% interval, null where there are too little data for any; ``needed`` is how many
    more rows would show a halving.
    """
    return _each(rows, _fix)


def _each(rows: Iterable[Row], judge: Callable[[Row], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows, start=1):
        name = row.get("id", number) if isinstance(row, Mapping) else number
        try:
            answer = judge(row)
        except (UsageError, ValueError) as error:
            answer = {"error": f"row {number}: {error}"}
        yield {"id": name, **answer}


def _spikes(row: Row) -> dict[str, Any]:
    spikes = score(_numbers(row, "values"), start=_start(row), step_s=_step(row))
    return {"scores": [round(value, 6) for value in spikes.scores], "alerts": list(spikes.alerts)}


def _falls(row: Row) -> dict[str, Any]:
    told = falls(_numbers(row, "values"), start=_start(row), step_s=_step(row))
    return {"falls": [asdict(one) for one in told]}


def _fix(row: Row) -> dict[str, Any]:
    verdict = judge_fix(
        _numbers(row, "ours"),
        _numbers(row, "ours_exposure", needed=False),
        [_control(one, at) for at, one in enumerate(_list(row, "controls", needed=False))],
        shipped_row=_whole(_field(row, "shipped_row"), "shipped_row"),
        outages=[_outage(pair, at) for at, pair in enumerate(_list(row, "outages", needed=False))],
        start=_start(row),
        step_s=_step(row),
    )
    return {
        "verdict": verdict.word,
        "effect": verdict.effect,
        "low": verdict.low,
        "high": verdict.high,
        "needed": verdict.needed,
    }


def _field(row: Row, name: str) -> Any:
    if not isinstance(row, Mapping):
        raise UsageError("not a JSON object")
    if name not in row:
        raise UsageError(f'"{name}" is missing')
    return row[name]


def _list(row: Row, name: str, *, needed: bool = True) -> list[Any]:
    value = _field(row, name) if needed else row.get(name)
    if value is None and not needed:
        return []
    if not isinstance(value, list):
        raise UsageError(f'"{name}" must be a list')
    return value


def _numbers(row: Row, name: str, *, needed: bool = True) -> list[float | None]:
    values = _list(row, name, needed=needed)
    for at, value in enumerate(values):
        if value is not None and not _is_count(value):
            raise UsageError(f'"{name}"[{at}] is {value!r}: give numbers of 0 or more, and null where nothing is known')
    return values


def _is_count(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f'"{name}" is {value!r}: give a row number')
    return value


def _start(row: Row) -> datetime:
    value = _field(row, "start")
    if not isinstance(value, str):
        raise UsageError(f'"start" is {value!r}: give a time such as "2026-10-01T00:00:00Z"')
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise UsageError(f'"start" is {value!r}: give a time such as "2026-10-01T00:00:00Z"') from error


def _step(row: Row) -> float:
    value = _field(row, "step_s")
    if not _is_count(value) or value == 0:
        raise UsageError(f'"step_s" is {value!r}: give the seconds from one row to the next, more than 0')
    return float(value)


def _control(value: Any, at: int) -> Control:
    if not isinstance(value, Mapping):
        raise UsageError(f'"controls"[{at}] must be an object with "counts" and "exposure"')
    return Control(counts=_numbers(value, "counts"), exposure=_numbers(value, "exposure", needed=False))


def _outage(value: Any, at: int) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise UsageError(f'"outages"[{at}] is {value!r}: give the first and the last row of the outage')
    first, last = (_whole(one, f"outages[{at}]") for one in value)
    if first > last:
        raise UsageError(f'"outages"[{at}] ends before it begins')
    return first, last
