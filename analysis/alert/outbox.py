"""Messages wait here until their channel has taken them: at least once, in order within a group.

A message is written under its deterministic id before it is sent, so a second pass that comes to the same message finds
it there. Whoever sends it first takes a lease by compare-and-set; a lease that has run out was taken by a process that
died. A crash between the sending and the note that it was sent repeats that one message, with the same visible id.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from analysis.alert.lifecycle import moment
from analysis.alert.model import stamp
from analysis.store.base import Record, Records

OUTBOX = "outbox"
CHANNEL = "channel"
LEASE = timedelta(seconds=120)
FIRST_PAUSE = 2.0  # seconds; doubles with each try
LONGEST_PAUSE = 3600.0
LONGEST_ASKED = 86_400.0  # a longer Retry-After is a mistake of the server's
KEEP_TRYING = timedelta(days=3)
PATIENCE = 15.0  # seconds that one pass waits for retries that are due soon

State = Literal["waiting", "leased", "sent", "given up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What a channel is handed: the message's id, its words, and the same for programs."""

    id: str
    title: str
    text: str
    severity: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a try. ``broken``: the channel itself is wrong and will not be tried again unchanged."""

    state: Literal["sent", "retry", "broken"]
    cause: str = ""
    retry_after_s: float = 0.0


class Sender(Protocol):
    """A channel that is ready to send. ``mark`` changes with its address and tells nothing of it."""

    @property
    def mark(self) -> str: ...

    def send(self, message: Outgoing) -> Outcome:
        """Send one message; never raises for what the network or the server does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What happened to one message in this pass."""

    message: str
    channel: str
    occasion: str
    title: str
    alerts: tuple[str, ...]
    state: Literal["sent", "waiting", "broken", "given up"]
    attempts: int
    cause: str = ""
    next_try_at: str = ""


def enqueue(records: Records, key: str, body: Mapping[str, Any], *, now: datetime) -> bool:
    """Write a message to be sent; return whether it is new. ``body`` has what ``Outgoing`` needs, and its place."""
    whole = {
        **body,
        "state": "waiting",
        "created_at": stamp(now),
        "attempts": 0,
        "next_try_at": stamp(now),
        "lease_until": "",
        "lease_by": "",
        "cause": "",
        "sent_at": "",
    }
    return records.put(OUTBOX, key, whole, if_version=0) is not None


def newest_of_groups(records: Records) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the last message of each (channel, group)."""
    # Keys end with the sequence and come in order, so the last one seen stays.
    return {(str(one.body["channel"]), str(one.body["group"])): one.body for one in records.all(OUTBOX)}


def visible_id(key: str) -> str:
    """Return the id under which a message shows itself to the receiver, the same at every try."""
    return f"msg_{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def deliver(
    records: Records,
    senders: Mapping[str, Sender],
    *,
    clock: Callable[[], datetime],
    holder: str,
    patience: float = PATIENCE,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Delivery]:
    """Send what is due and yield what became of each try; wait up to ``patience`` seconds for retries that are near.

    A message for a channel that is no longer configured stays where it is.
    """
    left = patience
    while True:
        yield from _sweep(records, senders, clock, holder)
        soonest = _soonest(records, senders, clock())
        if soonest is None or soonest > left:
            return
        left -= max(soonest, 0.05)
        pause(max(soonest, 0.05))


def _sweep(
    records: Records, senders: Mapping[str, Sender], clock: Callable[[], datetime], holder: str
) -> Iterator[Delivery]:
    for record in list(_heads(records, senders)):
        key: str | None = record.key
        while key is not None:
            found = _try(records, key, senders, clock, holder)
            if found is None:
                break
            yield found
            key = _following(key) if found.state in ("sent", "given up") else None


def _following(key: str) -> str:
    group, _, sequence = key.rpartition("/")
    return f"{group}/{int(sequence) + 1:06d}"


def _heads(records: Records, senders: Mapping[str, Sender]) -> Iterator[Record]:
    """The first message of each group that has not been sent: the ones behind it wait for it."""
    seen: set[str] = set()
    for record in records.all(OUTBOX):
        group = record.key.rpartition("/")[0]
        if record.body["state"] in ("waiting", "leased") and record.body["channel"] in senders and group not in seen:
            seen.add(group)
            yield record


def _soonest(records: Records, senders: Mapping[str, Sender], now: datetime) -> float | None:
    """Seconds until the next try of a message that failed before; None where nothing waits for that."""
    waits = []
    for record in _heads(records, senders):
        body, held = record.body, _channel(records, str(record.body["channel"]))
        if body["state"] == "waiting" and held.get("state") != "broken":
            due = max(moment(body["next_try_at"]), moment(held.get("wait_until") or body["next_try_at"]))
            waits.append((due - now).total_seconds())
    return max(min(waits), 0.0) if waits else None


def _channel(records: Records, channel: str) -> Mapping[str, Any]:
    found = records.get(CHANNEL, channel)
    return found.body if found else {}


def _try(
    records: Records, key: str, senders: Mapping[str, Sender], clock: Callable[[], datetime], holder: str
) -> Delivery | None:
    record, now = records.get(OUTBOX, key), clock()
    if record is None:
        return None
    channel = str(record.body["channel"])
    sender = senders[channel]
    if not _due(record.body, _channel(records, channel), sender, now):
        return None
    leased = {**record.body, "state": "leased", "lease_until": stamp(now + LEASE), "lease_by": holder}
    version = records.put(OUTBOX, key, leased, if_version=record.version)
    if version is None:
        return None  # Another process was quicker.
    outcome = sender.send(_outgoing(key, record.body))
    return _note(records, key, version, leased, sender, outcome, clock())


def _due(body: Mapping[str, Any], held: Mapping[str, Any], sender: Sender, now: datetime) -> bool:
    if held.get("state") == "broken" and held.get("mark") == sender.mark:
        return False
    if held.get("wait_until") and now < moment(held["wait_until"]):
        return False
    if body["state"] == "leased":
        return now >= moment(body["lease_until"])
    return body["state"] == "waiting" and now >= moment(body["next_try_at"])


def _outgoing(key: str, body: Mapping[str, Any]) -> Outgoing:
    return Outgoing(
        id=visible_id(key), title=body["title"], text=body["text"], severity=body["severity"], data=body["data"]
    )


def _note(
    records: Records,
    key: str,
    version: int,
    body: Mapping[str, Any],
    sender: Sender,
    outcome: Outcome,
    now: datetime,
) -> Delivery:
    """Write down what became of a try: the message first, so that a crash between both only asks the channel again."""
    attempts, channel = int(body["attempts"]) + 1, str(body["channel"])
    after = {**body, "attempts": attempts, "lease_until": "", "lease_by": "", "cause": outcome.cause}
    held: dict[str, Any] = {"state": "ok", "mark": sender.mark, "cause": "", "since": stamp(now), "wait_until": ""}
    if outcome.state == "sent":
        after |= {"state": "sent", "sent_at": stamp(now)}
    elif outcome.state == "broken":
        after |= {"state": "waiting", "next_try_at": stamp(now)}
        held |= {"state": "broken", "cause": outcome.cause}
    elif now - moment(body["created_at"]) > KEEP_TRYING:
        after |= {"state": "given up"}
    else:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 20))
        asked = min(outcome.retry_after_s, LONGEST_ASKED)
        due = stamp(now + timedelta(seconds=max(pause, asked) + 0.999))
        after |= {"state": "waiting", "next_try_at": due}
        # A server that asks for patience means all messages to it.
        held |= {"wait_until": due if asked else "", "cause": outcome.cause}
    records.put(OUTBOX, key, after, if_version=version)
    records.put(CHANNEL, channel, held)
    return _delivery(key, after, broken=outcome.state == "broken")


def _delivery(key: str, body: Mapping[str, Any], *, broken: bool = False) -> Delivery:
    state: Any = "waiting" if body["state"] == "leased" else body["state"]
    return Delivery(
        message=visible_id(key),
        channel=body["channel"],
        occasion=body["occasion"],
        title=body["title"],
        alerts=tuple(body["alerts"]),
        state="broken" if broken else state,
        attempts=body["attempts"],
        cause=body["cause"],
        next_try_at=body["next_try_at"] if state == "waiting" and not broken else "",
    )


def deliveries(records: Records) -> list[Delivery]:
    """Return every message that was ever written, with its state, in order of channel and group."""
    return [_delivery(record.key, record.body) for record in records.all(OUTBOX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStanding:
    """How a channel stands: ``broken`` where it refused for good, with the cause and since when.

    ``waiting`` messages have not been sent; ``failing`` is why the last of them that was tried was not.
    """

    broken: bool
    cause: str
    since: str
    waiting: int
    failing: str


def standings(records: Records, marks: Mapping[str, str]) -> dict[str, ChannelStanding]:
    """Return how each channel stands; one whose address (``marks``) has changed since it refused is not broken."""
    waiting: dict[str, list[Mapping[str, Any]]] = {}
    for record in records.all(OUTBOX):
        if record.body["state"] in ("waiting", "leased"):
            waiting.setdefault(str(record.body["channel"]), []).append(record.body)
    found = {}
    for channel, mark in marks.items():
        held, left = _channel(records, channel), waiting.get(channel, [])
        broken = held.get("state") == "broken" and held.get("mark") == mark
        found[channel] = ChannelStanding(
            broken=broken,
            cause=str(held.get("cause", "")) if broken else "",
            since=str(held.get("since", "")) if broken else "",
            waiting=len(left),
            failing=next((str(body["cause"]) for body in left if body["attempts"] and body["cause"]), ""),
        )
    return found


def mend(records: Records, channel: str) -> bool:
    """Let a broken channel be tried again; return whether it was broken."""
    held = _channel(records, channel)
    if held.get("state") != "broken":
        return False
    records.put(CHANNEL, channel, {**held, "state": "ok", "cause": "", "wait_until": ""})
    return True
