"""Alerts and silences as the store's records keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from analysis.alert.lifecycle import Silence
from analysis.alert.model import Alert, alert_from, body_of
from analysis.store.base import Records

ALERT = "alert"
SILENCE = "silence"


def alerts_of(records: Records) -> list[Alert]:
    """Return every alert that is remembered, newest first."""
    found = [alert_from(record.body) for record in records.all(ALERT)]
    return sorted(found, key=lambda alert: (alert.opened_at, alert.id), reverse=True)


def stored_silences(records: Records) -> list[Silence]:
    """Return the silences that were made on the command line, expired ones too."""
    return [
        Silence(
            id=record.key,
            match=record.body["match"],
            until=datetime.fromisoformat(record.body["until"]),
            author=record.body["author"],
            reason=record.body["reason"],
        )
        for record in records.all(SILENCE)
    ]


def known(records: Records) -> tuple[list[Alert], dict[str, int]]:
    """Return every alert, and the version of each one's record."""
    found = list(records.all(ALERT))
    return [alert_from(record.body) for record in found], {record.key: record.version for record in found}


def remember(records: Records, alerts: Sequence[Alert], versions: Mapping[str, int]) -> None:
    """Write alerts by compare-and-set; where another pass was quicker, its word stands until the next pass."""
    for alert in alerts:
        records.put(ALERT, alert.id, body_of(alert), if_version=versions.get(alert.id, 0))
