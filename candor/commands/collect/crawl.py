"""``candor crawl``: read the sources into the store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Annotated

import typer

from analysis.model import Source
from analysis.model.errors import UsageError
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, when, write_json
from candor.streams import say


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
    as_json: AsJson = False,
) -> None:
    """Crawl the configured sources, politely, and keep what names a brand. A second crawl adds only what is new.

    One source that fails never stops another; the table says why, and the exit status is then 1.

    Examples:

      candor crawl

      candor crawl news-feed support-forum --json

      candor crawl forum-search --since 180d
    """
    from candor.crawl_progress import (
        chosen_sources,
        crawl_shown,
        outcome_rows,
        raise_for_failures,
        retain_shown,
        stderr_console,
    )
    from candor.schedule.lock import or_exit

    settings = config_of(config, store)
    chosen = chosen_sources(settings, sources or [])
    if since is not None:
        chosen = _going_back(chosen, since, named=bool(sources))
    with or_exit(settings.state) if lock else nullcontext(), opened(settings, write=True) as target:
        outcome = crawl_shown(settings, target, chosen, console=stderr_console())
        retain_shown(settings, target, console=stderr_console())
    if as_json:
        write_json(outcome_rows(outcome))
    raise_for_failures(outcome)


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
