"""``watch``: one pass of measure, judge and deliver. A second pass on the same store sends nothing new."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from analysis.alert import lifecycle, outbox
from analysis.alert.channels import Channel
from analysis.alert.digests import digest_bodies
from analysis.alert.facts import Gatherer
from analysis.alert.grouping import Draft, drafts, silenced
from analysis.alert.judging import Judged, Verdict, judge
from analysis.alert.message import as_object, message
from analysis.alert.model import SEVERITIES, Alert, Facts, Finding, Rule, quoted
from analysis.alert.outbox import Delivery, deliver, enqueue, newest_of_groups
from analysis.alert.prune import prune
from analysis.alert.remembered import alerts_of, known, remember, stored_silences
from analysis.alert.rules import RULES
from analysis.alert.watched import Watched
from analysis.model import Mention
from analysis.model.query import parse
from analysis.store.base import Filter, Records, Store
from analysis.track.quotes import pick

EVIDENCE = 30
CANDIDATES = 100
QUOTES = 5
IN_DATA = 20  # alerts that are written out whole in a message for programs

Change = Literal["opened", "updated", "ended", "same"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one pass did. ``alerts`` are those that fire or have changed, each with its change.

    ``held`` are findings that were held back, with the reason; ``tested`` is over how many tests the rate holds;
    ``pruned`` counts the old records that were removed, by kind.
    """

    alerts: tuple[tuple[Change, Alert], ...]
    held: tuple[Judged, ...]
    deliveries: tuple[Delivery, ...]
    tested: int
    pruned: Mapping[str, int]


def watch(
    store: Store,
    watched: Watched,
    channels: Sequence[Channel],
    *,
    now: datetime,
    dry_run: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> Pass:
    """Judge the store as of ``now``, remember what was found, and deliver it; with ``dry_run`` only say what would be.

    Each step is written before the next begins, so a crash at any point loses nothing: an alert that was not yet put
    into a message is put there by the next pass, a message that was not yet sent is sent by it.
    """
    verdict, facts = judged(store, watched, now=now)
    stored, versions = known(store.records)
    changed = lifecycle.advance(
        lifecycle.newest(stored), verdict.judged, {rule.id: rule for rule in watched.rules},
        now=now, q_limit=verdict.error_rate,
    )  # fmt: skip
    by_print = {one.finding.fingerprint: one.finding for one in verdict.judged}
    changed = [_with_evidence(store, alert, by_print.get(alert.fingerprint), facts) for alert in changed]
    everything = {alert.id: alert for alert in [*stored, *changed]}
    silences = [*lifecycle.written_silences(watched.options.silences), *stored_silences(store.records)]
    current = silenced(everything.values(), silences, now)
    if not dry_run:
        before = {alert.id: alert for alert in stored}
        remember(store.records, [one for one in current if before.get(one.id) != one], versions)
    bodies = _messages(store, watched, channels, current, now)
    sent = _sent(store.records, channels, bodies, now=now, dry_run=dry_run, pause=pause)
    return Pass(
        alerts=tuple(_changes(current, {alert.id for alert in stored}, {alert.id for alert in changed})),
        held=tuple(one for one in verdict.judged if one.inhibited and one.finding.fires),
        deliveries=sent,
        tested=verdict.tested,
        pruned={} if dry_run else prune(store.records, watched, now=now),
    )


def send_digests(
    store: Store,
    watched: Watched,
    channels: Sequence[Channel],
    *,
    now: datetime,
    pause: Callable[[float], None] = time.sleep,
) -> tuple[Delivery, ...]:
    """Send the digests that are due, and what waits, without judging. Each channel is told of a period once."""
    last = newest_of_groups(store.records)
    bodies = digest_bodies(store, watched, channels, alerts_of(store.records), last, now=now)
    return _sent(store.records, channels, bodies, now=now, dry_run=False, pause=pause)


def _messages(
    store: Store, watched: Watched, channels: Sequence[Channel], alerts: Sequence[Alert], now: datetime
) -> dict[str, dict[str, Any]]:
    """Return the messages that are due now, by key: about alerts, and digests."""
    last = newest_of_groups(store.records)
    due = drafts(
        alerts,
        [channel.route for channel in channels],
        last,
        options=watched.options,
        events=frozenset(rule.id for rule in RULES if rule.event),
        now=now,
    )
    return {
        **{draft.key: _body(draft, channels, watched) for draft in due},
        **digest_bodies(store, watched, channels, alerts, last, now=now),
    }


def _sent(
    records: Records,
    channels: Sequence[Channel],
    bodies: Mapping[str, Mapping[str, Any]],
    *,
    now: datetime,
    dry_run: bool,
    pause: Callable[[float], None],
) -> tuple[Delivery, ...]:
    if dry_run:
        return tuple(_would(key, body) for key, body in bodies.items())
    for key, body in bodies.items():
        enqueue(records, key, body, now=now)
    return tuple(_deliver(records, channels, now, pause))


def judged(
    store: Store, watched: Watched, *, now: datetime, rules: Sequence[Rule] | None = None
) -> tuple[Verdict, Facts]:
    """Return what the rules say of the store as of ``now``; nothing is written."""
    chosen = watched.rules if rules is None else tuple(rules)
    gatherer = Gatherer(
        store,
        brands=watched.brands,
        sources=watched.sources,
        options=watched.options,
        names=watched.names,
        weights=watched.weights,
        now=now,
    )
    facts = gatherer.facts(part for rule in chosen for part in rule.needs)
    return judge(facts, chosen), facts


def replay(
    store: Store, watched: Watched, rule: Rule, *, since: datetime, until: datetime, step: timedelta
) -> Iterator[Alert]:
    """Yield what ``rule`` alone would have opened on the stored history, with its evidence; nothing is written.

    The history is what is stored now: what was collected later than published is seen earlier than it was.
    """
    known: dict[str, Alert] = {}
    at = since
    while at <= until:
        verdict, facts = judged(store, watched, now=at, rules=[rule])
        found = {one.finding.fingerprint: one.finding for one in verdict.judged}
        for alert in lifecycle.advance(known, verdict.judged, {rule.id: rule}, now=at, q_limit=verdict.error_rate):
            if alert.fingerprint not in known or known[alert.fingerprint].episode < alert.episode:
                yield _with_evidence(store, alert, found.get(alert.fingerprint), facts)
            known[alert.fingerprint] = alert
        at += step


def _with_evidence(store: Store, alert: Alert, finding: Finding | None, facts: Facts) -> Alert:
    if finding is None or alert.state != "firing":
        return alert
    mentions, total = _evidence(store, finding)
    return replace(
        alert,
        evidence=tuple(mention.id for mention in mentions[:EVIDENCE]),
        evidence_total=total,
        quotes=tuple(quoted(quote) for quote in pick(mentions, QUOTES)),
        health=_health(facts),
    )


def _evidence(store: Store, finding: Finding) -> tuple[list[Mention], int]:
    if finding.ids:
        kept = store.get(list(finding.ids[:CANDIDATES]))
        found = sorted(kept.values(), key=lambda one: (one.published_at, one.id), reverse=True)
        if finding.where is None:
            return found, len(finding.ids)
    if finding.where is None:
        return [], 0
    told = finding.where
    where = Filter(
        terms=told.terms, since=told.since, until=told.until, query=parse(told.query) if told.query else None
    )
    found = [hit.mention for hit in store.search(where, limit=CANDIDATES, newest_first=True)]
    return found, store.count(where)


def _health(facts: Facts) -> str:
    """Say how complete the data are, from the sources' last runs."""
    if not facts.sources:
        return ""
    bad = [name for name, runs in facts.runs.items() if not runs[-1].good]
    unseen = len(facts.sources) - len(facts.runs)
    parts = [f"{len(facts.runs) - len(bad)} of {len(facts.sources)} sources are well"]
    parts += [f"not well: {', '.join(sorted(bad)[:3])}"] if bad else []
    parts += [f"{unseen} never crawled"] if unseen else []
    return "; ".join(parts)


def _body(draft: Draft, channels: Sequence[Channel], watched: Watched) -> dict[str, Any]:
    channel = next(one for one in channels if one.id == draft.channel)
    names = {brand.id: brand.name for brand in watched.brands}
    brand = names.get(draft.alerts[0].brand, draft.alerts[0].brand)
    worst = sorted(draft.alerts, key=lambda one: (-SEVERITIES.index(one.severity), one.q or 0.0, one.id))
    text = message(draft.alerts, draft.occasion, brand=brand, limits=channel.limits, link=watched.link(worst[0]))
    severity = worst[0].severity if draft.occasion != "resolved" else "info"
    return {
        "channel": draft.channel,
        "group": draft.group,
        "sequence": draft.sequence,
        "occasion": draft.occasion,
        "alerts": [one.id for one in draft.alerts],
        "told": dict(draft.told),
        "title": text.title,
        "text": text.body,
        "severity": severity,
        "data": {**as_object(worst[:IN_DATA], draft.occasion, text), "total": len(draft.alerts)},
    }


def _would(key: str, body: Mapping[str, Any]) -> Delivery:
    return Delivery(
        message=outbox.visible_id(key),
        channel=body["channel"],
        occasion=body["occasion"],
        title=body["title"],
        alerts=tuple(body["alerts"]),
        state="waiting",
        attempts=0,
        cause="dry run: neither written nor sent",
    )


def _deliver(
    records: Records, channels: Sequence[Channel], now: datetime, pause: Callable[[float], None]
) -> Iterator[Delivery]:
    began = time.monotonic()
    yield from deliver(
        records,
        {channel.id: channel.sender for channel in channels},
        clock=lambda: now + timedelta(seconds=time.monotonic() - began),
        holder=f"{os.uname().nodename}:{os.getpid()}",
        pause=pause,
    )


def _changes(current: Sequence[Alert], known: set[str], changed: set[str]) -> Iterator[tuple[Change, Alert]]:
    for alert in current:
        if alert.id not in known:
            yield "opened", alert
        elif alert.id in changed:
            yield ("updated" if alert.state == "firing" else "ended"), alert
        elif alert.state == "firing":
            yield "same", alert
