"""What one ``candor watch`` was asked for, and what goes on in it now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from candor.schedule.telling import Told
from crawler.crawl_process import CrawlProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to watch. ``grace_s`` is how long a stop may take before the crawl process is killed."""

    once: bool = False
    alerts: bool = True
    health_port: int | None = None
    grace_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Signalled:
    """SIGTERM, SIGINT or SIGHUP came."""

    number: int


@dataclass(slots=True, kw_only=True)
class Doing:
    """What goes on now, and what went wrong last."""

    crawls: CrawlProcess | None = None
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
