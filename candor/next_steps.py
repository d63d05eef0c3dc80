"""What the messages of alerts and digests say to do next: commands to type."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.alert.model import Alert
    from analysis.alert.watchlist import NextSteps


def next_steps() -> NextSteps:
    """Return the steps of the command line."""
    from analysis.alert.watchlist import NextSteps

    return NextSteps(alert=about_alert, period=about_period, alerts="candor alerts lists them")


def about_alert(alert: Alert, linked: bool) -> str:
    """Return the commands about an alert; showing it is left out where its evidence is ``linked``."""
    show = "" if linked else f"candor alerts show {alert.id} | "
    return f"{show}candor alerts silence {alert.id} | candor alerts mark {alert.id} --false"


def about_period(since: datetime, until: datetime) -> str:
    """Return the command that makes the report of a period."""
    days = f"--since {since:%Y-%m-%dT%H:%M} --until {until:%Y-%m-%dT%H:%M}".replace("T00:00", "")
    return f"candor report {days}"
