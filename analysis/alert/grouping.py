"""Which alerts make which message now: routing, groups, waiting, repeating, quiet hours. Pure.

Alerts of one rule and brand form a group; a channel is told of a group in one message. What a channel was told of a
group stands in the group's last message (``told``), so that there is one truth and one write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from analysis.alert.channels.outgoing import Message
from analysis.alert.lifecycle import Silence, moment
from analysis.alert.message import Occasion
from analysis.alert.model import SEVERITIES, Alert
from analysis.settings.tables import AlertOptions, QuietSection

STALE = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which alerts a channel takes: empty ``rules`` and ``brands`` mean all."""

    channel: str
    rules: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    severity: str = "info"

    def takes(self, alert: Alert) -> bool:
        """Whether this channel wants the alert. What concerns no brand goes to every channel that takes its rule."""
        return (
            (not self.rules or alert.rule in self.rules)
            and (not self.brands or not alert.brand or alert.brand in self.brands)
            and SEVERITIES.index(alert.severity) >= SEVERITIES.index(self.severity)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be: its place in the group's order, what it tells of, and what the channel then knows."""

    channel: str
    group: str
    sequence: int
    occasion: Occasion
    alerts: tuple[Alert, ...]
    told: Mapping[str, str]


def group_of(alert: Alert) -> str:
    """Return the id of the group of an alert's rule and brand."""
    return hashlib.sha256(f"{alert.rule}\n{alert.brand}".encode()).hexdigest()[:10]


def silenced(alerts: Iterable[Alert], silences: Sequence[Silence], now: datetime) -> list[Alert]:
    """Return the alerts with the id of the silence that covers each, or none."""
    result = []
    for alert in alerts:
        by = next((one.id for one in silences if alert.state == "firing" and one.covers(alert, now)), "")
        result.append(replace(alert, silenced_by=by) if by != alert.silenced_by else alert)
    return result


def drafts(
    alerts: Sequence[Alert],
    routes: Sequence[Route],
    last: Mapping[tuple[str, str], Message],
    *,
    options: AlertOptions,
    events: frozenset[str],
    now: datetime,
) -> list[Draft]:
    """Return the messages that are due. ``last``: the newest message of each (channel, group); ``events``: rule ids."""
    found = []
    for route in routes:
        groups: dict[str, list[Alert]] = {}
        for alert in alerts:
            if route.takes(alert):
                groups.setdefault(group_of(alert), []).append(alert)
        for group, members in sorted(groups.items()):
            before = last.get((route.channel, group))
            found += _of_group(route.channel, group, members, before, options, events, now)
    return found


def _of_group(
    channel: str,
    group: str,
    members: Sequence[Alert],
    before: Message | None,
    options: AlertOptions,
    events: frozenset[str],
    now: datetime,
) -> list[Draft]:
    if before is not None and not before.is_done:
        return []  # What waits is sent first; what is new then goes into one message.
    told: dict[str, str] = dict(before.told) if before else {}
    over = [one for one in members if told.get(one.id) == "firing" and one.state == "resolved"]
    fresh = [one for one in members if one.id not in told and _news(one, now) and not one.silenced_by]
    repeat = [one for one in members if told.get(one.id) == "firing" and _repeats(one, events)]
    since = now - moment(before.created_at) if before else timedelta.max
    urgent = any(one.severity == "urgent" for one in fresh)
    if is_quiet(options.quiet, now) and not urgent:
        return []
    if not urgent and (fresh or over):
        if since < timedelta(seconds=options.group_interval):
            return []
        if fresh and now - min(moment(one.opened_at) for one in fresh) < timedelta(seconds=options.group_wait):
            fresh = []
    sequence = before.sequence + 1 if before else 1
    kept = {one.id: told[one.id] for one in members if one.id in told and not _forgotten(one, told[one.id], now)}
    result = []
    if over:
        kept |= {one.id: "resolved" for one in over}
        result.append(
            Draft(
                channel=channel,
                group=group,
                sequence=sequence,
                occasion="resolved",
                alerts=tuple(over),
                told=dict(kept),
            )
        )
    if fresh:
        kept |= {one.id: one.state for one in fresh}
        place = sequence + len(result)
        result.append(
            Draft(channel=channel, group=group, sequence=place, occasion="firing", alerts=tuple(fresh), told=dict(kept))
        )
    if not result and repeat and since >= timedelta(seconds=options.repeat_interval):
        result.append(
            Draft(channel=channel, group=group, sequence=sequence, occasion="still", alerts=tuple(repeat), told=kept)
        )
    return result


def _news(alert: Alert, now: datetime) -> bool:
    """Firing; or over before anybody was told of it (in quiet hours, say), and not long ago."""
    if alert.mark == "false":
        return False
    return alert.state == "firing" or (alert.state == "resolved" and now - moment(alert.resolved_at) < STALE)


def _forgotten(alert: Alert, told: str, now: datetime) -> bool:
    """Whether nothing can follow any more from what was told: it is over, was said to be, and is no news."""
    if alert.state == "resolved":
        return told == "resolved" and now - moment(alert.resolved_at) >= STALE
    return alert.state == "closed"


def _repeats(alert: Alert, events: frozenset[str]) -> bool:
    return alert.state == "firing" and alert.rule not in events and not alert.silenced_by and not alert.mark


def is_quiet(quiet: QuietSection | None, now: datetime) -> bool:
    """Whether ``now`` lies in the quiet hours, which may reach over midnight; the same start and end mean none."""
    if quiet is None or quiet.start == quiet.end:
        return False
    clock = now.astimezone(ZoneInfo(quiet.timezone)).time()
    if quiet.start < quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end
