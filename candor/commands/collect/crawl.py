"""``candor crawl``: read the sources into the store."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

import typer

from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json


def crawl(
    sources: Annotated[list[str] | None, typer.Argument(help="Ids of sources; all of them by default.")] = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
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
    with or_exit(settings.state) if lock else nullcontext(), opened(settings, write=True) as target:
        outcome = crawl_shown(settings, target, chosen, console=stderr_console())
        retain_shown(settings, target, console=stderr_console())
    if as_json:
        write_json(outcome_rows(outcome))
    raise_for_failures(outcome)
