"""``candor sources``: how each source does, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from candor.options import AsJson, ConfigPath, StoreAddress, config_of, write_json

if TYPE_CHECKING:
    from analysis.model import Source
    from analysis.model.records.run import Run

_DAY_S = 86400.0
_COLUMNS = ("source", "kind", "state", "last success", "posts a day", "mentions a day", "promise", "next visit",
            "requests a day", "cause")  # fmt: skip
_TELLING = ("source", "state", "last success", "cause", "mentions a day", "next visit", "promise", "kind",
            "posts a day", "requests a day")  # fmt: skip
_CAUSE = 24  # a cause may be a long sentence
_KEPT = {True: "kept", False: "broken", None: ""}


def sources(config: ConfigPath = None, store: StoreAddress = None, as_json: AsJson = False) -> None:
    """List the sources: state, last success, posts and mentions a day, whether the promise was kept, the next visit,
    what it costs in requests a day, and what failed.

    A day's posts, mentions and requests are means over the runs that are remembered, since the first of them.

    Examples:

      candor sources

      candor sources --json | jq 'select(.state == "failing")'
    """
    from candor.schedule.history import stored_runs

    settings = config_of(config, store)
    now = datetime.now(UTC)
    runs = stored_runs(settings.store, {source.id: source for source in settings.sources}, now=now)
    rows = [row_of(source, runs[source.id], now=now) for source in settings.sources]
    if as_json:
        write_json(rows)
    else:
        _show(rows)


def row_of(source: Source, runs: Sequence[Run], *, now: datetime) -> dict[str, Any]:
    """Return what is told of a source with its last ``runs`` in order of time; its state is ``new`` without any,
    and ``paused`` where the configuration says so.
    """
    from candor.schedule.health import utc
    from candor.schedule.interval import interval_s

    last = runs[-1] if runs else None
    good = next((run for run in reversed(runs) if run.good), None)
    going = last if not source.paused else None
    following = going.started_at + timedelta(seconds=interval_s(source, runs)) if going else None
    if last and following and last.wait_until:
        following = max(following, last.wait_until)
    return {
        "id": source.id,
        "kind": source.kind,
        "state": "paused" if source.paused else last.state if last else "new",
        "last_success": utc(good.started_at) if good else None,
        "posts_a_day": _a_day([run.posts for run in runs], runs, now),
        "mentions_a_day": _a_day([run.mentions_new for run in runs], runs, now),
        "promise": _promise(source, last),
        "next_visit": utc(following),
        "requests_a_day": _a_day([run.requests for run in runs], runs, now),
        "cause": last.cause if last else "",
        "url": source.url,
    }


def _a_day(counts: Sequence[int], runs: Sequence[Run], now: datetime) -> float:
    """Return the mean of a day since the first run, which counts as a day at least."""
    if not runs:
        return 0.0
    return round(sum(counts) / max(1.0, (now - runs[0].started_at).total_seconds() / _DAY_S), 2)


def _promise(source: Source, last: Run | None) -> dict[str, Any]:
    """Return what is promised, and whether the last run kept it: null where it says nothing of that."""
    kept = None if last is None or not last.judged else last.state != "failing"
    return {
        "posts": source.promise_posts,
        "dated": source.promise_dated,
        "author": source.promise_author,
        "kept": kept,
    }


def _show(rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not rows:
        print("No [[sources]] are configured; docs/configuration.md shows the kinds.")
        return
    told = [
        (row["id"], row["kind"], row["state"], _minute(row["last_success"]), f"{row['posts_a_day']:g}",
         f"{row['mentions_a_day']:g}", _KEPT[row["promise"]["kept"]], _minute(row["next_visit"]),
         f"{row['requests_a_day']:g}", row["cause"])
        for row in rows
    ]  # fmt: skip
    console = Console(highlight=False, markup=False)
    widths = {name: _width(name, [row[at] for row in told]) for at, name in enumerate(_COLUMNS)}
    shown = _fitting(widths, console.width)
    table = Table()
    for name in shown:
        # A name is never cut, or two sources look like one: it goes on in a second line where it is that long.
        width = None if name == "cause" else min(widths[name], console.width - 4)
        table.add_column(name, width=width, overflow="fold")
    for row in told:
        table.add_row(*(cell for name, cell in zip(_COLUMNS, row, strict=True) if name in shown))
    console.print(table)
    left = [name for name in _COLUMNS if name not in shown]
    if left:
        console.print(f"A wider terminal shows more, --json all: {', '.join(left)}.")


def _width(name: str, cells: Sequence[str]) -> int:
    """Return how wide a column has to be: its heading goes on in further lines, and so does a cause."""
    from rich.cells import cell_len

    least = max(map(cell_len, name.split()))
    most = max(map(cell_len, cells), default=0)
    return max(least, min(most, _CAUSE) if name == "cause" else most)


def _fitting(widths: Mapping[str, int], room: int) -> list[str]:
    """Return the columns that a terminal of that width has room for, in their order: the most telling ones."""
    taken = 1
    chosen: list[str] = []
    for name in _TELLING:
        taken += widths[name] + 3  # its border and the space on both sides
        if chosen and taken > room:
            break
        chosen.append(name)
    return [name for name in _COLUMNS if name in chosen]


def _minute(at: str | None) -> str:
    return at[:16].replace("T", " ") if at else "never"
