"""What the messages of alerts and digests say to do next: commands to type.

``call`` are the words that choose the configuration and the store (``--config FILE``), so that each works as it stands.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.alert.model import Alert
    from analysis.alert.watchlist import NextSteps


def next_steps(call: Sequence[str] = ()) -> NextSteps:
    """Return the steps of the command line."""
    from analysis.alert.watchlist import NextSteps

    return NextSteps(
        alert=partial(about_alert, call=call),
        period=partial(about_period, call=call),
        alerts=f"{typed('candor alerts', call)} lists them",
    )


def typed(command: str, call: Sequence[str]) -> str:
    """Return ``command`` with the words that choose the configuration and the store."""
    return f"{command} {shlex.join(call)}" if call else command


def about_alert(alert: Alert, linked: bool, *, call: Sequence[str] = ()) -> str:
    """Return the commands about an alert; showing it is left out where its evidence is ``linked``."""
    steps = [] if linked else [f"candor alerts show {alert.id}"]
    steps += [f"candor alerts silence {alert.id}", f"candor alerts mark {alert.id} --false"]
    return " | ".join(typed(step, call) for step in steps)


def about_period(since: datetime, until: datetime, *, call: Sequence[str] = ()) -> str:
    """Return the command that makes the report of a period."""
    days = f"--since {since:%Y-%m-%dT%H:%M} --until {until:%Y-%m-%dT%H:%M}".replace("T00:00", "")
    return typed(f"candor report {days}", call)
