"""The steps of a pass: judge, advance what is remembered, put into messages, deliver (``analysis.flow.watch``).

A rule's replay on history and the digest by itself take some of them too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from analysis.alert import lifecycle, outbox
from analysis.alert.bursts.chance import ChanceAlerts, chance
from analysis.alert.bursts.kind import burst_kind, kind_body
from analysis.alert.channels.configured import Channel
from analysis.alert.channels.outgoing import Message
from analysis.alert.digest import digest_messages
from analysis.alert.facts import Gatherer
from analysis.alert.grouping import Draft, drafts, is_quiet, silenced
from analysis.alert.judging import Judged, Judgements, judge
from analysis.alert.message import as_object, message
from analysis.alert.model import SEVERITIES, Alert, Facts, Finding, Part, Rule, quoted
from analysis.alert.outbox import Delivery, deliver, enqueue, newest_of_groups
from analysis.alert.remembered import SILENCES, alerts_of
from analysis.alert.rules import RULES
from analysis.alert.watched.views import WatchedView, replayed
from analysis.alert.watchlist import Watchlist
from analysis.model import Mention
from analysis.model.query import parse
from analysis.model.records.base import Records
from analysis.settings.tables import QuietSection
from analysis.store.base import Filter, Store
from analysis.track.quotes import pick

EVIDENCE = 30
CANDIDATES = 100
QUOTES = 5
IN_DATA = 20  # alerts that are written out whole in a message for programs

NULL_PARTS = ("arrivals", "opinions", "stars", "departures")  # of which chance makes something
BURSTS = frozenset(rule.id for rule in RULES if rule.burst)

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


def advanced(
    store: Store, watchlist: Watchlist, before: Sequence[Alert], verdict: Judgements, facts: Facts, *, now: datetime
) -> list[Alert]:
    """Return the alerts that are new or have changed since ``before``, those that fire with their evidence."""
    rules = {rule.id: rule for rule in watchlist.rules}
    changed = lifecycle.advance(lifecycle.newest(before), verdict.judged, rules, now=now, q_limit=verdict.error_rate)
    findings = {judged.finding.fingerprint: judged.finding for judged in verdict.judged}
    return [_with_evidence(store, alert, findings.get(alert.fingerprint), facts) for alert in changed]


def current(
    records: Records, watchlist: Watchlist, before: Sequence[Alert], changed: Sequence[Alert], *, now: datetime
) -> list[Alert]:
    """Return every alert as it is now, with the silence that covers it."""
    alerts = {alert.id: alert for alert in [*before, *changed]}
    silences = [*lifecycle.written_silences(watchlist.options.silences), *SILENCES.values(records)]
    return silenced(alerts.values(), silences, now)


def news(now: Sequence[Alert], before: Sequence[Alert]) -> list[Alert]:
    """Return the alerts that are not as they were before."""
    old = {alert.id: alert for alert in before}
    return [alert for alert in now if old.get(alert.id) != alert]


def told(
    verdict: Judgements,
    before: Sequence[Alert],
    changed: Sequence[Alert],
    now: Sequence[Alert],
    deliveries: tuple[Delivery, ...],
    pruned: Mapping[str, int],
) -> Pass:
    """Return what a pass did."""
    return Pass(
        alerts=tuple(_changes(now, {alert.id for alert in before}, {alert.id for alert in changed})),
        held=tuple(judged for judged in verdict.judged if judged.inhibited and judged.finding.fires),
        deliveries=deliveries,
        tested=verdict.tested,
        pruned=pruned,
    )


def send_digests(
    store: Store,
    watchlist: Watchlist,
    channels: Sequence[Channel],
    *,
    now: datetime,
    pause: Callable[[float], None] = time.sleep,
) -> tuple[Delivery, ...]:
    """Send the digests that are due, and what waits, without judging. Each channel is told of a period once."""
    last = newest_of_groups(store.records)
    digests = digest_messages(store, watchlist, channels, alerts_of(store.records), last, now=now)
    quiet = watchlist.options.quiet
    return sent(store.records, channels, digests, now=now, dry_run=False, pause=pause, quiet=quiet)


def messages(
    store: Store, watchlist: Watchlist, channels: Sequence[Channel], alerts: Sequence[Alert], *, now: datetime
) -> list[Message]:
    """Return the messages that are due now: about alerts, and digests."""
    last = newest_of_groups(store.records)
    due = drafts(
        alerts,
        [channel.route for channel in channels],
        last,
        options=watchlist.options,
        events=frozenset(rule.id for rule in RULES if rule.event),
        now=now,
    )
    return [
        *(_message(draft, channels, watchlist) for draft in due),
        *digest_messages(store, watchlist, channels, alerts, last, now=now),
    ]


def sent(
    records: Records,
    channels: Sequence[Channel],
    messages: Sequence[Message],
    *,
    now: datetime,
    dry_run: bool,
    pause: Callable[[float], None],
    quiet: QuietSection | None,
) -> tuple[Delivery, ...]:
    """Put the messages into the outbox, send what waits there and is not held by the quiet hours; return each try."""
    if dry_run:
        return tuple(map(_would, messages))
    for due in messages:
        enqueue(records, due, now=now)
    return tuple(_deliver(records, channels, now, pause, quiet))


def judged(
    store: Store,
    watchlist: Watchlist,
    *,
    now: datetime,
    rules: Sequence[Rule] | None = None,
    before: Sequence[Alert] = (),
) -> tuple[Judgements, Facts]:
    """Return what the rules say of the store as of ``now``; nothing is written. ``before``: what was told."""
    chosen = watchlist.rules if rules is None else tuple(rules)
    asked = gatherer(store, watchlist, now=now, before=before)
    facts = asked.facts(part for rule in chosen for part in rule.needs)
    return judge(facts, chosen), facts


def gatherer(store: Store, watchlist: Watchlist, *, now: datetime, before: Sequence[Alert] = ()) -> Gatherer:
    """Return who asks the store for the facts that the rules of the watchlist judge."""
    return Gatherer(
        store,
        brands=watchlist.brands,
        sources=watchlist.sources,
        options=watchlist.options,
        names=watchlist.names,
        weights=watchlist.weights,
        now=now,
        views=partial(watchlist.views, store.records, now),
        before=before,
    )


def by_chance(store: Store, watchlist: Watchlist, *, now: datetime) -> ChanceAlerts:
    """Return how many false alerts a week the watchlist's tested rules make of the store's own series by chance."""
    tested = [rule for rule in watchlist.rules if rule.null is not None]
    parts: list[Part] = [part for rule in tested for part in rule.needs if part in NULL_PARTS]
    if any("emerging" in rule.needs for rule in tested):
        parts.append("complaints")
    if any("stopped" in rule.needs for rule in tested):
        parts.append("talk")
    return chance(gatherer(store, watchlist, now=now).facts(parts), tested)


def replay(
    store: Store, watchlist: Watchlist, rule: Rule, *, since: datetime, until: datetime, step: timedelta
) -> Iterator[Alert]:
    """Yield what ``rule`` alone would have opened on the stored history, with its evidence; nothing is written.

    The history is what is stored now: what was collected later than published is seen earlier than it was.
    """
    known: dict[str, Alert] = {}
    watchlist = replace(watchlist, views=partial(_replayed, watchlist, since))
    at = since
    while at <= until:
        verdict, facts = judged(store, watchlist, now=at, rules=[rule], before=list(known.values()))
        findings = {judged.finding.fingerprint: judged.finding for judged in verdict.judged}
        for alert in lifecycle.advance(known, verdict.judged, {rule.id: rule}, now=at, q_limit=verdict.error_rate):
            if alert.fingerprint not in known or known[alert.fingerprint].episode < alert.episode:
                alert = _with_evidence(store, alert, findings.get(alert.fingerprint), facts)
                yield alert
            known[alert.fingerprint] = alert
        at += step


def _replayed(watchlist: Watchlist, since: datetime, records: Records, now: datetime) -> list[WatchedView]:
    return replayed(watchlist.views(records, now), since)


def _with_evidence(store: Store, alert: Alert, finding: Finding | None, facts: Facts) -> Alert:
    if finding is None or alert.state != "firing":
        return alert
    mentions, total = _evidence(store, finding)
    # What was written to the team alone is counted, and is evidence; its words stay out of chats.
    open_ones = [mention for mention in mentions if not mention.private]
    return replace(
        alert,
        kind=_kind(store, alert, finding, mentions, facts),
        # What is told by ids alone is found again by them alone: all are kept.
        evidence=tuple(mention.id for mention in (mentions[:EVIDENCE] if finding.where else mentions)),
        evidence_total=total,
        quotes=tuple(quoted(quote) for quote in pick(open_ones, QUOTES, where=_told_by(finding))),
        health=_health(facts),
    )


def _told_by(finding: Finding) -> Mapping[str, Sequence[str]]:
    """Return the selection that says which claim of each mention the finding rests on."""
    if finding.where is not None:
        return finding.where.terms
    return {"severity.level": [finding.labels["harm"]]} if "harm" in finding.labels else {}


def _kind(store: Store, alert: Alert, finding: Finding, mentions: Sequence[Mention], facts: Facts) -> Mapping[str, Any]:
    if finding.where is None or alert.rule not in BURSTS:
        return finding.kind
    kind = burst_kind(
        store,
        finding.where,
        mentions,
        brand=alert.brand,
        brands=facts.brands,
        said=f"{alert.headline} {finding.thing}",
    )
    return kind_body(kind) if kind else {}


def _evidence(store: Store, finding: Finding) -> tuple[list[Mention], int]:
    if finding.where is None:
        named = store.get(list(finding.ids[:CANDIDATES])).values() if finding.ids else ()
        newest = sorted(named, key=lambda mention: (mention.published_at, mention.id), reverse=True)
        return newest, len(finding.ids)
    chosen = finding.where
    where = Filter(
        terms=chosen.terms, since=chosen.since, until=chosen.until, query=parse(chosen.query) if chosen.query else None
    )
    mentions = [hit.mention for hit in store.search(where, limit=CANDIDATES, newest_first=True)]
    return mentions, store.count(where)


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


def _message(draft: Draft, channels: Sequence[Channel], watchlist: Watchlist) -> Message:
    channel = next(channel for channel in channels if channel.id == draft.channel)
    names = {brand.id: brand.name for brand in watchlist.brands}
    brand = names.get(draft.alerts[0].brand, draft.alerts[0].brand)
    steps = watchlist.next_steps
    worst = sorted(draft.alerts, key=lambda alert: (-SEVERITIES.index(alert.severity), alert.q or 0.0, alert.id))
    text = message(
        draft.alerts,
        draft.occasion,
        brand=brand,
        limits=channel.limits,
        link=watchlist.link(worst[0]),
        next_step=steps.alert if steps else None,
    )
    return Message(
        channel=draft.channel,
        group=draft.group,
        sequence=draft.sequence,
        occasion=draft.occasion,
        alerts=tuple(alert.id for alert in draft.alerts),
        told=draft.told,
        title=text.title,
        text=text.body,
        severity=worst[0].severity if draft.occasion != "resolved" else "info",
        data={**as_object(worst[:IN_DATA], draft.occasion, text), "total": len(draft.alerts)},
    )


def _would(message: Message) -> Delivery:
    return Delivery(
        message=outbox.visible_id(message.key),
        channel=message.channel,
        occasion=message.occasion,
        title=message.title,
        alerts=message.alerts,
        state="waiting",
        attempts=0,
        cause="dry run: neither written nor sent",
    )


def _deliver(
    records: Records,
    channels: Sequence[Channel],
    now: datetime,
    pause: Callable[[float], None],
    quiet: QuietSection | None,
) -> Iterator[Delivery]:
    began = time.monotonic()
    yield from deliver(
        records,
        {channel.id: channel.sender for channel in channels},
        clock=lambda: now + timedelta(seconds=time.monotonic() - began),
        holder=f"{os.uname().nodename}:{os.getpid()}",
        pause=pause,
        is_quiet=lambda at: is_quiet(quiet, at),
    )


def _changes(current: Sequence[Alert], known: set[str], changed: set[str]) -> Iterator[tuple[Change, Alert]]:
    for alert in current:
        if alert.id not in known:
            yield "opened", alert
        elif alert.id in changed:
            yield ("updated" if alert.state == "firing" else "ended"), alert
        elif alert.state == "firing":
            yield "same", alert
