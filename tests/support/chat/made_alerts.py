"""Alerts, findings and stores for the tests of alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from analysis.alert.channels.outgoing import Message
from analysis.alert.judging import Judged
from analysis.alert.model import Alert, Finding, stamp

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def finding(n: int = 1, **changes: Any) -> Finding:
    """Return a finding of a condition that fires."""
    values: dict[str, Any] = {
        "rule": "volume_spike",
        "labels": {"brand": "tessaro", "n": str(n)},
        "severity": "warning",
        "headline": f"Tessaro: far more is said than usual ({n})",
        "now": "40 stories in 24 hours, 4.4 expected.",
        "why": "negative-binomial baseline",
        "fires": True,
        "holds": True,
        "p": 0.0001,
    }
    return Finding(**{**values, **changes})


def judged(n: int = 1, *, fires: bool = True, holds: bool = True, inhibited: str = "", **changes: Any) -> Judged:
    """Return a finding as judged."""
    return Judged(finding=finding(n, fires=fires, holds=holds, **changes), q=0.001, fires=fires, inhibited=inhibited)


def alert(n: int = 1, **changes: Any) -> Alert:
    """Return an alert that fires since ``NOW``."""
    values: dict[str, Any] = {
        "id": f"{n:012x}-1",
        "fingerprint": f"{n:012x}",
        "episode": 1,
        "rule": "volume_spike",
        "labels": {"brand": "tessaro", "n": str(n)},
        "severity": "warning",
        "state": "firing",
        "opened_at": stamp(NOW),
        "last_true_at": stamp(NOW),
        "updated_at": stamp(NOW),
        "headline": f"Tessaro: far more is said than usual ({n})",
        "now": "40 stories in 24 hours, 4.4 expected.",
        "why": "negative-binomial baseline",
        "p": 0.0001,
        "q": 0.001,
        "q_limit": 0.01,
        "health": "4 of 4 sources are well",
        "context": ("Competitors do not have it.",),
        "quotes": tuple(
            {
                "id": f"m{k}",
                "text": f"It drains overnight, number {k}",
                "url": f"https://s{k}.example/p/{k}",
                "source": f"s{k}",
            }
            for k in range(4)
        ),
    }
    return Alert(**{**values, **changes})


def outgoing(group: str = "a", sequence: int = 1, *, channel: str = "team", **changes: Any) -> Message:
    """Return a message that waits since ``NOW``."""
    values: dict[str, Any] = {
        "occasion": "firing",
        "alerts": (f"{group}{sequence}",),
        "told": {},
        "title": f"{group}{sequence}",
        "text": "words",
        "severity": "warning",
        "data": {"title": f"{group}{sequence}"},
        "created_at": stamp(NOW),
        "next_try_at": stamp(NOW),
    }
    return Message(channel=channel, group=group, sequence=sequence, **{**values, **changes})


def hostile(n: int, words: str) -> Alert:
    """Return an alert whose every untrusted part says ``words``."""
    quote = {"id": "m", "text": words, "url": f"https://place.example/<b>@here[x](y)_{n}_?q={n}", "source": words[:50]}
    return alert(n, thing=words, quotes=(quote,) * 5)
