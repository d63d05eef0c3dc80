"""Old records go: alerts and messages past ``[alerts] keep``, runs past ``[crawl] keep_runs`` down to a few a day.

What may still have an effect stays, however old: alerts that fire or rest, the newest message of each group (it says
what its channel knows), the first run of a source, and of every day the runs from which silent days are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from analysis.alert.channels.outgoing import MESSAGES, Message
from analysis.alert.lifecycle import moment
from analysis.alert.model import Alert, stamp
from analysis.alert.outbox import newest_of_groups
from analysis.alert.remembered import ALERTS, PRUNINGS, SILENCES, Pruned
from analysis.alert.rules import RULES
from analysis.alert.watchlist import Watchlist
from analysis.model import Source
from analysis.model.records.base import RecordKind, Records, Stored
from analysis.model.records.run import RUNS, Run, first_run

LAST = "last"
EVERY = timedelta(days=1)
MOST = 500  # runs that one pass removes; each removal is durable, and costs milliseconds
RESTS_FALSE = 4  # an alert marked as false rests so many cooldowns


def prune(records: Records, watchlist: Watchlist, *, now: datetime) -> dict[str, int]:
    """Remove what is too old and return how many of each kind; at most once a day, else nothing is looked at."""
    last = PRUNINGS.get(records, LAST)
    if last is not None and moment(last.value.at) <= now < moment(last.value.at) + EVERY:
        return {}
    # Whoever notes it first does it; the others have nothing to do.
    if PRUNINGS.put(records, Pruned(of=LAST, at=stamp(now)), if_version=last.version if last else 0) is None:
        return {}
    before = now - timedelta(seconds=watchlist.options.keep)
    runs_before = (now - timedelta(seconds=watchlist.keep_runs_s)).date()
    removed = {
        ALERTS.name: _prune_alerts(records, watchlist, before, now),
        MESSAGES.name: _remove(records, MESSAGES, old_messages(list(MESSAGES.values(records)), before)),
        SILENCES.name: _remove(
            records, SILENCES, (silence.id for silence in SILENCES.values(records) if silence.until < before)
        ),
        RUNS.name: _thin_all(records, watchlist.sources, runs_before),
    }
    if removed[RUNS.name] >= MOST:
        # There is more: the next pass goes on.
        PRUNINGS.put(records, Pruned(of=LAST, at=stamp(now - EVERY)))
    return {kind: count for kind, count in removed.items() if count}


def _remove(records: Records, kind: RecordKind[Any], keys: Iterable[str]) -> int:
    return sum(kind.delete(records, key) for key in list(keys))


def _prune_alerts(records: Records, watchlist: Watchlist, before: datetime, now: datetime) -> int:
    alerts = list(ALERTS.values(records))
    rests = {rule.id: rule.cooldown_h for rule in (*RULES, *watchlist.rules)}
    gone = old_alerts(alerts, before, rests, now)
    if not gone:
        return 0
    # First what channels were told: were the alert to come again under its old id, it would count as told.
    for newest in newest_of_groups(records).values():
        stored = MESSAGES.get(records, newest.key) if gone & newest.told.keys() else None
        if stored is not None:
            told = {name: state for name, state in stored.value.told.items() if name not in gone}
            MESSAGES.put(records, replace(stored.value, told=told), if_version=stored.version)
    return _remove(records, ALERTS, sorted(gone))


def old_alerts(alerts: Sequence[Alert], before: datetime, rests_h: Mapping[str, float], now: datetime) -> set[str]:
    """Return the ids of alerts that ended ``before`` and have rested; ``rests_h`` is each rule's cooldown in hours."""
    found = set()
    for alert in alerts:
        ended = alert.resolved_at or alert.updated_at
        rest = timedelta(hours=rests_h.get(alert.rule, 0.0) * (RESTS_FALSE if alert.mark == "false" else 1))
        if alert.state != "firing" and moment(ended) < before and moment(alert.updated_at) + rest < now:
            found.add(alert.id)
    return found


def old_messages(messages: Sequence[Message], before: datetime) -> Iterator[str]:
    """Yield the keys of messages done ``before``, but never a group's newest: it says what its channel knows."""
    for _, group in groupby(messages, key=lambda message: (message.channel, message.group)):
        for message in list(group)[:-1]:
            if message.is_done and moment(message.created_at) < before:
                yield message.key


def _thin_all(records: Records, sources: Sequence[Source], before: date) -> int:
    removed = 0
    for source in sources:
        if removed < MOST:
            removed += _thin(records, source, before, MOST - removed)
    return removed


def _thin(records: Records, source: Source, before: date, most: int) -> int:
    """Thin the runs of the days up to ``before``, from where the last time ended; about ``most`` are removed."""
    of = f"runs/{source.id}"
    mark = PRUNINGS.get(records, of)
    until = mark.value.until if mark else None
    removed = 0
    for day, runs in _days(records, source.id, until, before):
        if removed >= most:
            PRUNINGS.put(records, Pruned(of=of, until=day))
            return removed
        removed += _remove(records, RUNS, spare_runs(runs))
    if until is None or until < before:
        PRUNINGS.put(records, Pruned(of=of, until=before))
    return removed


def _days(records: Records, source: str, since: date | None, before: date) -> Iterator[tuple[date, list[Stored[Run]]]]:
    """Yield each day's runs, oldest first. Keys are the source and the start, so a day is asked for by its prefix."""
    if since is None:
        first = first_run(records, source)
        since = first.started_at.date() if first else before
    while since < before:
        yield since, list(RUNS.all(records, prefix=f"{source}/{since.isoformat()}"))
        since += timedelta(days=1)


def spare_runs(day: Sequence[Stored[Run]]) -> list[str]:
    """Return the keys of the runs of one day, in order of time, that nothing needs any more.

    Silent days are told from the gaps between good runs, so the first and the last good one stay; from the usual step
    between runs, so two neighbours stay; and one that failed stays, because that it did is not forgotten.
    """
    good = [place for place, run in enumerate(day) if run.value.good]
    bad = [place for place, run in enumerate(day) if not run.value.good]
    kept = {0, 1, *good[:1], *good[-1:], *bad[:1]}
    return [run.key for place, run in enumerate(day) if place not in kept]
