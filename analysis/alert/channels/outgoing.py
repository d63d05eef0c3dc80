"""Messages on their way to channels, and how each channel stands: what the outbox keeps.

Times are texts as ``analysis.alert.model.stamp`` writes them; an empty one means never.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from analysis.model.records.base import Document, RecordKind

MessageState = Literal["waiting", "leased", "sent", "given up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one channel: its words, the same for programs (``data``), and what became of it so far.

    ``told`` is what the channel knows with this message: alert id -> the state that it was told of. ``sequence`` is
    the place in the group's order. A lease belongs to ``lease_by`` until ``lease_until``.
    """

    channel: str
    group: str
    sequence: int
    occasion: str
    alerts: tuple[str, ...]
    told: Mapping[str, str]
    title: str
    text: str
    severity: str
    data: Mapping[str, Any]
    state: MessageState = "waiting"
    created_at: str = ""
    attempts: int = 0
    next_try_at: str = ""
    lease_until: str = ""
    lease_by: str = ""
    cause: str = ""
    sent_at: str = ""

    @property
    def key(self) -> str:
        """Its id: deterministic, and in the order in which a group's messages are sent."""
        return message_key(self.channel, self.group, self.sequence)

    @property
    def is_done(self) -> bool:
        """Whether nothing more is tried with it."""
        return self.state in ("sent", "given up")


def message_key(channel: str, group: str, sequence: int) -> str:
    """Return the key of a group's message."""
    return f"{channel}/{group}/{sequence:06d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """What the last try said of a channel. ``broken``: it refused for good, at the address that ``mark`` stands for.

    Nothing is sent before ``wait_until``.
    """

    channel: str
    state: Literal["ok", "broken"] = "ok"
    mark: str = ""
    cause: str = ""
    since: str = ""
    wait_until: str = ""


def _message_to_body(message: Message) -> Document:
    body = {item.name: getattr(message, item.name) for item in fields(message)}
    return {**body, "alerts": list(message.alerts), "told": dict(message.told), "data": dict(message.data)}


def _message_from_body(_: str, body: Document) -> Message:
    return Message(**{**body, "alerts": tuple(body["alerts"])})


def _channel_to_body(held: ChannelState) -> Document:
    return {
        "state": held.state,
        "mark": held.mark,
        "cause": held.cause,
        "since": held.since,
        "wait_until": held.wait_until,
    }


MESSAGES: RecordKind[Message] = RecordKind(
    name="outbox",
    key=lambda message: message.key,
    to_body=_message_to_body,
    from_body=_message_from_body,
)
CHANNEL_STATES: RecordKind[ChannelState] = RecordKind(
    name="channel",
    key=lambda held: held.channel,
    to_body=_channel_to_body,
    from_body=lambda key, body: ChannelState(channel=key, **body),
)
