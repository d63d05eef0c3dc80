"""What one ``candor watch`` was asked for, and what goes on in it now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from analysis.settings.file import Config
from candor.schedule.telling import Told
from crawler.cluster.fleet import Fleet
from crawler.crawl_process import CrawlProcess, Hand

Crawls = CrawlProcess | Fleet
StartCrawls = Callable[[Config, Hand], Crawls]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to watch. ``grace_s`` is how long a stop may take before the crawl process is killed.

    ``metrics`` is the port, or the host and port, at which Prometheus may ask.
    """

    once: bool = False
    alerts: bool = True
    health_port: int | None = None
    metrics: str = ""
    grace_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Signalled:
    """SIGTERM, SIGINT or SIGHUP came."""

    number: int


@dataclass(slots=True, kw_only=True)
class Doing:
    """What goes on now, and what went wrong last."""

    crawls: Crawls | None = None
    asked: int = 0
    retiring: bool = False
    warm_ahead: bool = True
    stopping: bool = False
    stop_by: float = 0.0
    rereading: bool = False
    telling: bool = False
    tell_wanted: bool = False
    told: Told = field(default_factory=Told)
    told_at: datetime | None = None
    tell_failures: int = 0
    failed: bool = False
