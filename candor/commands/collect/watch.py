"""``candor watch``: one long-running process that crawls on schedule, measures, judges and tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from candor.options import Actors, AsJson, ConfigPath, On, StoreAddress, config_of, write_json

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from candor.schedule.doing import StartCrawls

HealthPort = Annotated[
    int | None, typer.Option("--health-port", min=1, max=65535, help="Answer /healthz on this port of 127.0.0.1.")
]


def watch(
    config: ConfigPath = None,
    store: StoreAddress = None,
    once: Annotated[
        bool, typer.Option("--once", help="Crawl what is due now, tell, and end: for cron and systemd timers.")
    ] = False,
    alerts: Annotated[bool, typer.Option(help="Judge and tell after each crawl, and every minute.")] = True,
    health_port: HealthPort = None,
    metrics: Annotated[
        str, typer.Option("--metrics", help="Answer /metrics for Prometheus: a port of 127.0.0.1, or HOST:PORT.")
    ] = "",
    on: On = None,
    actors: Actors = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log one JSON object a line.")] = False,
    grace: Annotated[float, typer.Option("--grace", min=1, help="Seconds that a stop may take.")] = 60.0,
    check: Annotated[
        bool, typer.Option("--check", help="Say how the running one does, and exit 0 (well) or 1: for health checks.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Crawl each source at its own interval, and tell the channels what the rules find. Runs until it is stopped.

    SIGTERM and Ctrl-C stop it: what was read is stored. SIGHUP reads the configuration anew.
    Exit status 3: another one runs for this state folder.

    Examples:

      candor watch

      candor watch --log-json --health-port 8646

      candor watch --metrics 9464

      candor watch --on ray://head:10001

      candor watch --check
    """
    settings = config_of(config, store)
    if check:
        _check(settings, as_json=as_json)
        return
    from candor.schedule import lock, logs
    from candor.schedule.doing import Options
    from candor.schedule.watcher import Watcher

    _can_crawl(settings)
    with lock.or_exit(settings.state), _crawls_on(settings, on, actors) as start:
        logs.set_up(as_json=log_json)
        options = Options(once=once, alerts=alerts, health_port=health_port, metrics=metrics, grace_s=grace)
        reread = partial(_reread, config, store)
        status = Watcher(settings, reread=reread, options=options, start=start).run()
    if status:
        raise typer.Exit(status)


@contextmanager
def _crawls_on(settings: Config, on: str | None, actors: int | None) -> Iterator[StartCrawls | None]:
    """Give what starts the crawls on a cluster; None where they are to be a process of this machine."""
    if on is None:
        if actors is not None:
            raise UsageError("--actors: is for a cluster; say which with --on")
        yield None
        return
    from candor.cluster.spread import fleet_on, where

    with fleet_on(settings, where(settings, on, actors)) as start:
        yield start


def _reread(config: Path | None, store: str | None) -> Config:
    return _can_crawl(config_of(config, store))


def _can_crawl(settings: Config) -> Config:
    """Return ``settings``. Raises ``ConfigError`` for a mistake which would only show when a source is due."""
    from analysis.enrich.taxonomy import taxonomy_of
    from candor.crawl_progress import sources_to_crawl

    sources_to_crawl(settings, [])
    if settings.taxonomy or settings.topics:
        taxonomy_of(settings)
    return settings


def _check(settings: Config, *, as_json: bool) -> None:
    from candor.schedule import health

    words = health.read(settings.state, now=datetime.now(UTC))
    if as_json:
        write_json([words])
    else:
        _show(words)
    if not words["healthy"]:
        raise typer.Exit(1)


def _show(words: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from candor.streams import Terminal

    console = Terminal(highlight=False)
    console.print("well" if words["healthy"] else "not well", markup=False)
    for problem in words["problems"]:
        console.print(f"  {problem}", markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("Source", "State", "Every", "Last start", "Next"):
        table.add_column(name, overflow="fold")
    for row in words["sources"]:
        following = "now" if row["running"] else row["next_at"]
        cells = (
            row["source"],
            row["state"] or "-",
            f"{row['interval_s']:g} s",
            row["last_started_at"] or "-",
            following,
        )
        table.add_row(*(Text(str(cell)) for cell in cells))
    if words["sources"]:
        console.print(table)
