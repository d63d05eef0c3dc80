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
    """Return the alerts with the id of the silence that covers each, or none.

    One that is over keeps the silence under which it ended: what was silent to its end is never told of later.
    """
    return [replace(alert, silenced_by=by) if (by := _silence(alert, silences, now)) != alert.silenced_by else alert
            for alert in alerts]  # fmt: skip


def _silence(alert: Alert, silences: Sequence[Silence], now: datetime) -> str:
    if alert.state != "firing" and moment(alert.updated_at) < now:
        return alert.silenced_by
    return next((silence.id for silence in silences if silence.covers(alert, now)), "")


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
    fresh = [one for one in members if one.id not in told and one.state == "firing" and _speaks(one)]
    over = [one for one in members if one.state == "resolved" and _over(one, told.get(one.id), now)]
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


def _speaks(alert: Alert) -> bool:
    return not alert.silenced_by and alert.mark != "false"


def _over(alert: Alert, told: str | None, now: datetime) -> bool:
    """Whether the end of an alert is to be told: one rule for all.

    A channel that was told that it fires is told that it is over, under a silence too. One that was not (in quiet
    hours, say) is told once that it was, if it ended not long ago and was not silent; never that it fires.
    """
    if told is None:
        return _speaks(alert) and now - moment(alert.resolved_at) < STALE
    return told == "firing"


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
