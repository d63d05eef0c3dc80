"""What an alert pass remembers: alerts, silences, and how far old records were removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analysis.alert.lifecycle import Silence
from analysis.alert.model import Alert, alert_from, body_of
from analysis.model.records.base import Document, RecordKind, Records
from analysis.model.times import read_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """When old records were last removed (``of`` is "last"), or until which day a source's runs were thinned."""

    of: str
    at: str = ""
    until: date | None = None


def alerts_of(records: Records) -> list[Alert]:
    """Return every alert that is remembered, newest first."""
    return sorted(ALERTS.values(records), key=lambda alert: (alert.opened_at, alert.id), reverse=True)


def known(records: Records) -> tuple[list[Alert], dict[str, int]]:
    """Return every alert, and the version of each one's record."""
    stored = list(ALERTS.all(records))
    return [alert.value for alert in stored], {alert.key: alert.version for alert in stored}


def remember(records: Records, alerts: Sequence[Alert], versions: Mapping[str, int]) -> None:
    """Write alerts by compare-and-set; where another pass was quicker, its word stands until the next pass."""
    for alert in alerts:
        ALERTS.put(records, alert, if_version=versions.get(alert.id, 0))


def _silence_to_body(silence: Silence) -> Document:
    return {
        "match": dict(silence.match),
        "until": silence.until.isoformat(),
        "author": silence.author,
        "reason": silence.reason,
        "created_at": silence.created_at.isoformat() if silence.created_at else None,
    }


def _silence_from_body(key: str, body: Document) -> Silence:
    created = body.get("created_at")
    return Silence(
        id=key,
        match=body["match"],
        until=read_time(body["until"]),
        author=body["author"],
        reason=body["reason"],
        created_at=read_time(created) if created else None,
    )


def _pruned_from_body(key: str, body: Document) -> Pruned:
    until = body.get("until")
    return Pruned(of=key, at=body.get("at", ""), until=date.fromisoformat(until) if until else None)


ALERTS: RecordKind[Alert] = RecordKind(
    name="alert",
    key=lambda alert: alert.id,
    to_body=body_of,
    from_body=lambda _, body: alert_from(body),
)
SILENCES: RecordKind[Silence] = RecordKind(
    name="silence",
    key=lambda silence: silence.id,
    to_body=_silence_to_body,
    from_body=_silence_from_body,
)
PRUNINGS: RecordKind[Pruned] = RecordKind(
    name="pruned",
    key=lambda pruned: pruned.of,
    to_body=lambda pruned: {"until": pruned.until.isoformat()} if pruned.until else {"at": pruned.at},
    from_body=_pruned_from_body,
)
