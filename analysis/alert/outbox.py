"""Messages wait here until their channel has taken them: at least once, in order within a group.

A message is written under its deterministic id before it is sent, so a second pass that comes to the same message finds
it there. Whoever sends it first takes a lease by compare-and-set; a lease that has run out was taken by a process that
died. A crash between the sending and the note that it was sent repeats that one message, with the same visible id.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from analysis.alert.channels.outgoing import CHANNEL_STATES, MESSAGES, ChannelState, Message
from analysis.alert.lifecycle import moment
from analysis.alert.model import stamp
from analysis.model.records.base import Records

LEASE = timedelta(seconds=120)
FIRST_PAUSE = 2.0  # seconds; doubles with each try
LONGEST_PAUSE = 3600.0
LONGEST_ASKED = 86_400.0  # a longer Retry-After is a mistake of the server's
KEEP_TRYING = timedelta(days=3)
PATIENCE = 15.0  # seconds that one pass waits for retries that are due soon


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


def enqueue(records: Records, message: Message, *, now: datetime) -> bool:
    """Write a message to be sent; return whether it is new."""
    fresh = replace(message, state="waiting", created_at=stamp(now), next_try_at=stamp(now))
    return MESSAGES.put(records, fresh, if_version=0) is not None


def newest_of_groups(records: Records) -> dict[tuple[str, str], Message]:
    """Return the last message of each (channel, group)."""
    # Keys end with the sequence and come in order, so the last one seen stays.
    return {(message.channel, message.group): message for message in MESSAGES.values(records)}


def visible_id(key: str) -> str:
    """Return the id under which a message shows itself to the receiver, the same at every try."""
    return f"msg_{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def never_quiet(_: datetime) -> bool:
    """Nobody asked for quiet hours."""
    return False


def deliver(
    records: Records,
    senders: Mapping[str, Sender],
    *,
    clock: Callable[[], datetime],
    holder: str,
    patience: float = PATIENCE,
    pause: Callable[[float], None] = time.sleep,
    is_quiet: Callable[[datetime], bool] = never_quiet,
) -> Iterator[Delivery]:
    """Send what is due and yield what became of each try; wait up to ``patience`` seconds for retries that are near.

    A message for a channel that is no longer configured stays where it is; in quiet hours all but urgent ones do, those
    too that were tried before.
    """
    left = patience
    while True:
        yield from _sweep(records, senders, clock, holder, is_quiet)
        soonest = _soonest(records, senders, clock(), is_quiet)
        if soonest is None or soonest > left:
            return
        left -= max(soonest, 0.05)
        pause(max(soonest, 0.05))


def _sweep(
    records: Records,
    senders: Mapping[str, Sender],
    clock: Callable[[], datetime],
    holder: str,
    is_quiet: Callable[[datetime], bool],
) -> Iterator[Delivery]:
    for head in _speaking(records, senders, clock(), is_quiet):
        message: Message | None = head
        while message is not None:
            delivery = _try(records, message.key, senders, clock, holder)
            if delivery is None:
                break
            yield delivery
            done = delivery.state in ("sent", "given up")
            message = replace(message, sequence=message.sequence + 1) if done else None


def _heads(records: Records, senders: Mapping[str, Sender]) -> Iterator[Message]:
    """The first message of each group that has not been sent: the ones behind it wait for it."""
    seen: set[tuple[str, str]] = set()
    for message in MESSAGES.values(records):
        group = (message.channel, message.group)
        if not message.is_done and message.channel in senders and group not in seen:
            seen.add(group)
            yield message


def _speaking(
    records: Records, senders: Mapping[str, Sender], now: datetime, is_quiet: Callable[[datetime], bool]
) -> list[Message]:
    """The heads that may be sent at this hour."""
    quiet = is_quiet(now)
    return [head for head in _heads(records, senders) if not quiet or head.severity == "urgent"]


def _soonest(
    records: Records, senders: Mapping[str, Sender], now: datetime, is_quiet: Callable[[datetime], bool]
) -> float | None:
    """Seconds until the next try of a message that failed before; None where nothing waits for that."""
    waits = []
    for message in _speaking(records, senders, now, is_quiet):
        held = _channel(records, message.channel)
        if message.state == "waiting" and held.state != "broken":
            due = max(moment(message.next_try_at), moment(held.wait_until or message.next_try_at))
            waits.append((due - now).total_seconds())
    return max(min(waits), 0.0) if waits else None


def _channel(records: Records, channel: str) -> ChannelState:
    held = CHANNEL_STATES.get(records, channel)
    return held.value if held else ChannelState(channel=channel)


def _try(
    records: Records, key: str, senders: Mapping[str, Sender], clock: Callable[[], datetime], holder: str
) -> Delivery | None:
    stored, now = MESSAGES.get(records, key), clock()
    if stored is None:
        return None
    message = stored.value
    sender = senders[message.channel]
    if not _due(message, _channel(records, message.channel), sender, now):
        return None
    leased = replace(message, state="leased", lease_until=stamp(now + LEASE), lease_by=holder)
    version = MESSAGES.put(records, leased, if_version=stored.version)
    if version is None:
        return None  # Another process was quicker.
    outcome = sender.send(_outgoing(message))
    return _note(records, leased, version, sender, outcome, clock())


def _due(message: Message, held: ChannelState, sender: Sender, now: datetime) -> bool:
    if held.state == "broken" and held.mark == sender.mark:
        return False
    if held.wait_until and now < moment(held.wait_until):
        return False
    if message.state == "leased":
        return now >= moment(message.lease_until)
    return message.state == "waiting" and now >= moment(message.next_try_at)


def _outgoing(message: Message) -> Outgoing:
    return Outgoing(
        id=visible_id(message.key),
        title=message.title,
        text=message.text,
        severity=message.severity,
        data=message.data,
    )


def _note(
    records: Records, message: Message, version: int, sender: Sender, outcome: Outcome, now: datetime
) -> Delivery:
    """Write down what became of a try: the message first, so that a crash between both only asks the channel again."""
    after = replace(message, attempts=message.attempts + 1, lease_until="", lease_by="", cause=outcome.cause)
    held = ChannelState(channel=message.channel, mark=sender.mark, since=stamp(now))
    if outcome.state == "sent":
        after = replace(after, state="sent", sent_at=stamp(now))
    elif outcome.state == "broken":
        after = replace(after, state="waiting", next_try_at=stamp(now))
        held = replace(held, state="broken", cause=outcome.cause)
    elif now - moment(message.created_at) > KEEP_TRYING:
        after = replace(after, state="given up")
    else:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(message.attempts, 20))
        asked = min(outcome.retry_after_s, LONGEST_ASKED)
        due = stamp(now + timedelta(seconds=max(pause, asked) + 0.999))
        after = replace(after, state="waiting", next_try_at=due)
        # A server that asks for patience means all messages to it.
        held = replace(held, wait_until=due if asked else "", cause=outcome.cause)
    MESSAGES.put(records, after, if_version=version)
    CHANNEL_STATES.put(records, held)
    return _delivery(after, broken=outcome.state == "broken")


def _delivery(message: Message, *, broken: bool = False) -> Delivery:
    state = "waiting" if message.state == "leased" else message.state
    return Delivery(
        message=visible_id(message.key),
        channel=message.channel,
        occasion=message.occasion,
        title=message.title,
        alerts=message.alerts,
        state="broken" if broken else state,
        attempts=message.attempts,
        cause=message.cause,
        next_try_at=message.next_try_at if state == "waiting" and not broken else "",
    )


def deliveries(records: Records) -> list[Delivery]:
    """Return every message that was ever written, with its state, in order of channel and group."""
    return [_delivery(message) for message in MESSAGES.values(records)]


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
    waiting: dict[str, list[Message]] = {}
    for message in MESSAGES.values(records):
        if not message.is_done:
            waiting.setdefault(message.channel, []).append(message)
    standing = {}
    for channel, mark in marks.items():
        held, left = _channel(records, channel), waiting.get(channel, [])
        broken = held.state == "broken" and held.mark == mark
        standing[channel] = ChannelStanding(
            broken=broken,
            cause=held.cause if broken else "",
            since=held.since if broken else "",
            waiting=len(left),
            failing=next((message.cause for message in left if message.attempts and message.cause), ""),
        )
    return standing


def mend(records: Records, channel: str) -> bool:
    """Let a broken channel be tried again; return whether it was broken."""
    held = _channel(records, channel)
    if held.state != "broken":
        return False
    CHANNEL_STATES.put(records, replace(held, state="ok", cause="", wait_until=""))
    return True
