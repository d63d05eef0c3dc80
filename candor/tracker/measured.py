"""The report that an issue's numbers come from: of what was written in public."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from analysis.store.base import Filter
from candor.report_output import build_report

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from analysis.store.base import Store
    from analysis.track.results import Measures


def public_report(config: Config, store: Store, *, now: datetime, since: datetime | None = None) -> Measures:
    """Return the report of the configured period, or since a time, without what was written to the team alone."""
    until = now if since else None
    return build_report(config, store, now=now, since=since, until=until, where=Filter(private=False))
