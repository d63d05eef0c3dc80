"""The channels of the configuration: their addresses, what each takes, and which cannot be used."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.alert.channels.chat import FORMS, Chat, Form, plugin_of
from analysis.alert.channels.webhook import Webhook
from analysis.alert.grouping import Route
from analysis.alert.message import Limits
from analysis.alert.outbox import Outcome, Outgoing, Sender
from analysis.model.errors import ConfigError
from analysis.settings.tables import ChannelSection, Rhythm

# What the services document for one message, less room for what the plug-in adds. Sources: docs/alerts.md.
LIMITS: Mapping[str, Limits] = {
    "slack": Limits(characters=3500, title=150),
    "discord": Limits(characters=1900, title=200),
    "workflows": Limits(characters=5000, title=200, json_bytes=18_000),
    "mattermost": Limits(characters=3800),
    "matrix": Limits(characters=12_000, json_bytes=30_000),
    "zulip": Limits(characters=9000, title=60),
    "googlechat": Limits(characters=3000, json_bytes=20_000),
    "telegram": Limits(characters=3500),
    "json": Limits(characters=8000),
    "webhook": Limits(characters=8000),
    "email": Limits(characters=20_000, json_bytes=100_000),
}
TEAMS_BODY = 25_000  # Apprise cuts at 1,000; Teams takes 28 KB


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A configured channel that is ready to send. Its address is a secret and stands in no field that is shown."""

    id: str
    service: str
    route: Route
    limits: Limits
    sender: Sender = field(repr=False)
    digest: Rhythm | None = None


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands for a channel that cannot be used: what it is handed waits, and the cause is told at each pass."""

    cause: str

    @property
    def mark(self) -> str:
        """Another cause, or a channel that was mended, is tried anew."""
        return hashlib.sha256(self.cause.encode()).hexdigest()[:12]

    def send(self, _: Outgoing) -> Outcome:
        """Refuse, with the cause."""
        return Outcome(state="broken", cause=self.cause)


def channels_of(sections: Sequence[ChannelSection], *, environ: Mapping[str, str] | None = None) -> list[Channel]:
    """Return the configured channels; one that cannot be used lets its messages wait and holds up no other.

    Raises ``ConfigError`` where two have one id: nobody could say who was told of what.
    """
    env = os.environ if environ is None else environ
    channels = [_channel_or_cause(section, place, env) for place, section in enumerate(sections, start=1)]
    if clashes := _clashes(channels):
        raise ConfigError(clashes)
    return channels


def _channel_or_cause(section: ChannelSection, place: int, env: Mapping[str, str]) -> Channel:
    try:
        return _channel(section, place, env)
    except ValueError as error:
        return _ready(section, f"channel-{place}", "unusable", Limits(), Unusable(str(error)))


def usable(
    sections: Sequence[ChannelSection], *, environ: Mapping[str, str] | None = None
) -> tuple[list[Channel], list[str]]:
    """Return the channels that can be used, and why the others cannot."""
    env = os.environ if environ is None else environ
    channels: list[Channel] = []
    problems = []
    for place, section in enumerate(sections, start=1):
        try:
            channels.append(_channel(section, place, env))
        except ValueError as error:
            problems.append(f"channels[{place}]{f' ({section.id})' if section.id else ''}: {error}")
    return channels, problems + _clashes(channels)


def _clashes(channels: Sequence[Channel]) -> list[str]:
    counts = Counter(channel.id for channel in channels)
    return [
        f"channels: the id {name!r} is taken; give each channel an id of its own"
        for name, count in counts.items()
        if count > 1
    ]


def _channel(section: ChannelSection, place: int, env: Mapping[str, str]) -> Channel:
    address = _secret("url", section.url, section.url_env, section.url_file, env)
    if ".webhook.office.com" in address:
        raise ValueError("Microsoft has retired Office 365 connector addresses; make a Workflows webhook in Teams")
    mark = hashlib.sha256(address.encode()).hexdigest()[:12]
    if address.startswith(("http://", "https://")) and (section.secret_env or section.secret_file):
        secret = _secret("secret", "", section.secret_env, section.secret_file, env)
        return _ready(
            section, f"webhook-{place}", "webhook", LIMITS["webhook"], Webhook(url=address, secret=secret, mark=mark)
        )
    plugin = plugin_of(address)
    service = type(plugin).__name__.removeprefix("Notify").lower()
    limits = LIMITS.get(service, Limits())
    if service == "matrix" and "hsreq=" not in address:
        # Rooms of version 12 have ids without a server; Apprise would add ours, and the room would not be found.
        plugin.hsreq = False
    if service == "workflows":
        plugin.body_maxlen = TEAMS_BODY
    else:
        room = int(plugin.body_maxlen * 0.9)
        limits = Limits(characters=min(limits.characters, room), title=limits.title, json_bytes=limits.json_bytes)
    chat = Chat(plugin=plugin, mark=mark, form=FORMS.get(service, Form()))
    return _ready(section, f"{service}-{place}", service, limits, chat)


def _ready(section: ChannelSection, name: str, service: str, limits: Limits, sender: Sender) -> Channel:
    id_ = section.id or name
    route = Route(channel=id_, rules=section.rules, brands=section.brands, severity=section.severity)
    return Channel(id=id_, service=service, route=route, limits=limits, sender=sender, digest=section.digest)


def _secret(name: str, plain: str, variable: str, file: str, env: Mapping[str, str]) -> str:
    if plain:
        return plain
    if variable:
        if not env.get(variable):
            raise ValueError(f"the variable {variable} ({name}_env) is not set")
        return env[variable].strip()
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} ({name}_file) cannot be read: {type(error).__name__}") from None
