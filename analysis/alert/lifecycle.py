"""From findings to alerts that are remembered: opening, holding, ending, cooling down. Pure.

An alert opens where its finding fires, stays while the finding holds (a lower threshold, so that it does not flap), and
ends when it has not held for the rule's hold time. After its end the same labels stay quiet for the cooldown. An event
(a recall, a verdict) is told once and closed without a word when its cooldown is over. One that ``recurs`` has rested
then, and is told anew in the very pass that closes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from analysis.alert.judging import Judged
from analysis.alert.model import Alert, Finding, Rule, stamp, told_where
from analysis.model.times import read_time
from analysis.settings.tables import SilenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What is not sent: labels (``rule`` and ``id`` count as labels) that must all agree, until a time."""

    id: str
    match: Mapping[str, str]
    until: datetime
    author: str
    reason: str
    created_at: datetime | None = None

    def covers(self, alert: Alert, now: datetime) -> bool:
        """Whether the alert is silenced at ``now``."""
        labels = {**alert.labels, "rule": alert.rule, "id": alert.id, "severity": alert.severity}
        return now < self.until and all(labels.get(name) == value for name, value in self.match.items())


def written_silences(sections: Sequence[SilenceSection]) -> list[Silence]:
    """Return the silences that the configuration file holds; a time without a zone is UTC."""
    return [
        Silence(
            id=f"file-{place}",
            match=section.match,
            until=section.until.replace(tzinfo=UTC) if section.until.tzinfo is None else section.until,
            author=section.author,
            reason=section.reason,
        )
        for place, section in enumerate(sections, start=1)
    ]


def moment(text: str) -> datetime:
    """Return the time that ``stamp`` wrote."""
    return read_time(text)


def newest(alerts: Sequence[Alert]) -> dict[str, Alert]:
    """Return each fingerprint's last episode."""
    last: dict[str, Alert] = {}
    for alert in alerts:
        if alert.fingerprint not in last or alert.episode > last[alert.fingerprint].episode:
            last[alert.fingerprint] = alert
    return last


def advance(
    known: Mapping[str, Alert],
    judged: Sequence[Judged],
    rules: Mapping[str, Rule],
    *,
    now: datetime,
    q_limit: float,
) -> list[Alert]:
    """Return the alerts that are new or have changed; ``known`` is each fingerprint's last episode."""
    seen = {verdict.finding.fingerprint: verdict for verdict in judged if verdict.finding.rule in rules}
    changed = []
    for fingerprint, verdict in seen.items():
        before = known.get(fingerprint)
        rule = rules[verdict.finding.rule]
        if before is None or before.state != "firing" or (rule.recurs and _over(before, rule, now)):
            if verdict.fires and _rested(before, rule, now):
                changed.append(_opened(verdict, before, now, q_limit))
        elif not rule.event and not verdict.inhibited and (verdict.fires or verdict.finding.holds):
            changed.append(_updated(before, verdict, now))
    for fingerprint, alert in known.items():
        rule_of = rules.get(alert.rule)
        if alert.state == "firing" and rule_of is not None:
            ended = _ended(alert, seen.get(fingerprint), rule_of, now)
            changed += [ended] if ended else []
    return changed


def _rested(before: Alert | None, rule: Rule, now: datetime) -> bool:
    if before is None:
        return True
    if before.mark == "false":
        # Whoever marks an alert as false asks not to hear of it soon again.
        return now - moment(before.updated_at) >= 4 * timedelta(hours=rule.cooldown_h)
    if rule.recurs:
        return _over(before, rule, now)
    return now - moment(before.resolved_at or before.opened_at) >= timedelta(hours=rule.cooldown_h)


def _over(event: Alert, rule: Rule, now: datetime) -> bool:
    return now - moment(event.opened_at) >= timedelta(hours=rule.cooldown_h)


def _opened(verdict: Judged, before: Alert | None, now: datetime, q_limit: float) -> Alert:
    finding = verdict.finding
    episode = before.episode + 1 if before else 1
    blank = Alert(
        id=f"{finding.fingerprint}-{episode}",
        fingerprint=finding.fingerprint,
        episode=episode,
        rule=finding.rule,
        labels=dict(finding.labels),
        severity=finding.severity,
        state="firing",
        opened_at=stamp(now),
        last_true_at=stamp(now),
        updated_at=stamp(now),
        q_limit=q_limit if verdict.q is not None else None,
    )
    return _told(blank, finding, verdict.q, now)


def _updated(alert: Alert, verdict: Judged, now: datetime) -> Alert:
    return replace(_told(alert, verdict.finding, verdict.q, now), last_true_at=stamp(now))


def _told(alert: Alert, finding: Finding, q: float | None, now: datetime) -> Alert:
    return replace(
        alert,
        severity=finding.severity,
        headline=finding.headline,
        now=finding.now,
        why=finding.why,
        thing=finding.thing,
        context=finding.context,
        numbers=dict(finding.numbers),
        where=told_where(finding.where),
        p=finding.p,
        q=q,
        updated_at=stamp(now),
    )


def _ended(alert: Alert, verdict: Judged | None, rule: Rule, now: datetime) -> Alert | None:
    if rule.event:
        closed = replace(alert, state="closed", resolved_at=stamp(now), updated_at=stamp(now))
        return closed if _over(alert, rule, now) else None
    if verdict is not None and (verdict.fires or verdict.finding.holds or verdict.inhibited):
        return None
    if now - moment(alert.last_true_at) < timedelta(hours=rule.hold_h):
        return None
    return replace(alert, state="resolved", resolved_at=stamp(now), updated_at=stamp(now))
