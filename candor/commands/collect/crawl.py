"""``candor crawl``: read the sources into the store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model import Source
from analysis.model.errors import UsageError
from candor.options import Actors, AsJson, ConfigPath, On, StoreAddress, config_of, opened, when, write_json
from candor.streams import say

if TYPE_CHECKING:
    from analysis.model.records.run import Run
    from analysis.settings.file import Config


def crawl(
    sources: Annotated[list[str] | None, typer.Argument(help="Ids of sources; all of them by default.")] = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="Go back: read what is there from this time on, 2026-03-01 or 90d, once more."),
    ] = None,
    lock: Annotated[
        bool, typer.Option("--lock", help="Exit 3 where `candor run` or `watch` runs; keep them out meanwhile.")
    ] = False,
    on: On = None,
    actors: Actors = None,
    as_json: AsJson = False,
) -> None:
    """Crawl the configured sources, politely, and keep what names a brand. A second crawl adds only what is new.

    One source that fails never stops another; the table says why, and the exit status is then 1.

    Examples:

      candor crawl

      candor crawl news-feed support-forum --json

      candor crawl forum-search --since 180d

      candor crawl --on ray://head:10001
    """
    from candor.crawl_progress import outcome_rows, raise_for_failures, sources_to_crawl
    from candor.schedule.lock import or_exit

    settings = config_of(config, store)
    chosen = sources_to_crawl(settings, sources or [])
    if not chosen:
        raise UsageError(f"{settings.path}: every source is paused; name one, or take `paused` out")
    if on is not None and since is not None:
        raise UsageError("--since: goes back on one machine; leave out --on")
    if on is None and actors is not None:
        raise UsageError("--actors: is for a cluster; say which with --on")
    if since is not None:
        chosen = _going_back(chosen, since, named=bool(sources))
    with or_exit(settings.state) if lock else nullcontext():
        runs, stopped = _crawled_on(settings, chosen, on, actors) if on else _crawled(settings, chosen)
    if as_json:
        write_json(outcome_rows(runs))
    raise_for_failures(runs, stopped=stopped)


def _crawled(settings: Config, chosen: Sequence[Source]) -> tuple[list[Run], bool]:
    from candor.crawl_progress import crawl_shown, retain_shown, runs_of, stderr_console

    with opened(settings, write=True) as target:
        outcome = crawl_shown(settings, target, chosen, console=stderr_console())
        retain_shown(settings, target, console=stderr_console())
    return runs_of(outcome), outcome.stopped


def _crawled_on(settings: Config, chosen: Sequence[Source], on: str, actors: int | None) -> tuple[list[Run], bool]:
    from candor.cluster.spread import crawl_on, where
    from candor.crawl_progress import counted_shown, outcome_table, stderr_console

    console = stderr_console()
    place = where(settings, on, actors)
    with counted_shown(len(chosen), console=console) as count:
        runs, stopped = crawl_on(settings, chosen, place, on_done=lambda _: count())
    console.print(outcome_table(runs))
    if len(runs) < len(chosen):
        console.print(
            f"{len(chosen) - len(runs)} sources were not started, because the crawl was stopped", markup=False
        )
    return runs, stopped


def _going_back(sources: Sequence[Source], since: str, *, named: bool) -> list[Source]:
    """Return the sources that can go back. Raises ``UsageError`` for a named one that cannot, and where none can."""
    from crawler.afresh import can_go_back, going_back

    now = datetime.now(UTC)
    start = when(since, now=now, flag="--since") or now
    if start >= now:
        raise UsageError(f"--since: {since!r} is not in the past")
    fixed = [source for source in sources if not can_go_back(source)]
    if fixed and (named or len(fixed) == len(sources)):
        raise UsageError(
            f"{fixed[0].id}: a source of the kind {fixed[0].kind} cannot go back: it reads what is there now; "
            "leave out --since"
        )
    if fixed:
        say(f"left out, because they read what is there now: {', '.join(source.id for source in fixed)}")
    return going_back(sources, (now - start).total_seconds())
