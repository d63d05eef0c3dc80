"""Channels by Apprise address, and what really became of each message.

Apprise answers only yes or no, so a retry could not be told from a dead address. Every plug-in for a chat sends through
``requests``; while a message is sent, the answers that pass through this thread are noted, and 429 and 5xx end the
plug-in's own attempts, because the outbox is the one that retries. A plug-in that does not use HTTP (e-mail) is tried
again until it says yes.

Text is declared as plain text, whatever the address asks for: in Markdown mode Apprise's Slack plug-in leaves
``<!channel>`` and masked links live.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import requests

from analysis.alert.answers import outcome_of
from analysis.alert.grouping import Route
from analysis.alert.message import Limits
from analysis.alert.outbox import Outcome, Outgoing, Sender
from analysis.alert.webhook import Webhook
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
OVERRIDES = ("format", "overflow", "retry", "wait", "emojis", "template")
TEAMS_BODY = 25_000  # Apprise cuts at 1,000; Teams takes 28 KB


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a service wants a text. ``titled``: it shows a title apart. ``gap`` stands between lines.

    ``as_is``: the plug-in would write Markdown's escapes into it, which the service shows, and which break links.
    """

    titled: bool = True
    as_is: bool = False
    gap: str = "\n"


FORMS: Mapping[str, Form] = {
    "googlechat": Form(titled=False, as_is=True),
    # One line break alone is a blank to an Adaptive Card.
    "workflows": Form(as_is=True, gap="\n\n"),
    "matrix": Form(titled=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A configured channel that is ready to send. Its address is a secret and stands in no field that is shown."""

    id: str
    service: str
    route: Route
    limits: Limits
    sender: Sender = field(repr=False)
    digest: Rhythm | None = None


def channels_of(sections: Sequence[ChannelSection], *, environ: Mapping[str, str] | None = None) -> list[Channel]:
    """Return the configured channels. Raises ``ConfigError`` with every one that cannot be used, addresses left out."""
    found, problems = usable(sections, environ=environ)
    if problems:
        raise ConfigError(problems)
    return found


def usable(
    sections: Sequence[ChannelSection], *, environ: Mapping[str, str] | None = None
) -> tuple[list[Channel], list[str]]:
    """Return the channels that can be used, and why the others cannot."""
    env = os.environ if environ is None else environ
    found: list[Channel] = []
    problems = []
    for place, section in enumerate(sections, start=1):
        try:
            found.append(_channel(section, place, env))
        except ValueError as error:
            problems.append(f"channels[{place}]{f' ({section.id})' if section.id else ''}: {error}")
    seen: set[str] = set()
    for channel in found:
        if channel.id in seen:
            problems.append(f"channels: the id {channel.id!r} is taken; give each channel an id of its own")
        seen.add(channel.id)
    return found, problems


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
    plugin = _plugin(address)
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
    if "/" in id_:
        raise ValueError("an id of a channel may hold no /")
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


def _asset() -> Any:
    from apprise import AppriseAsset

    # No images: they are fetched from a third party's server by whoever reads the chat.
    return AppriseAsset(
        app_id="Candor",
        app_desc="Candor",
        app_url="",
        image_url_mask="",
        image_path_mask="",
        async_mode=False,
        secure_logging=True,
        interpret_emojis=False,
        interpret_escapes=False,
    )


def _plugin(address: str) -> Any:
    """Return Apprise's plug-in for an address. Raises ``ValueError`` without the address."""
    with _hushed():
        from apprise import Apprise

        found = Apprise.instantiate(_plain(address), asset=_asset(), suppress_exceptions=True)
    if found is None or not hasattr(found, "notify"):
        scheme = address.split(":", 1)[0] if ":" in address else "(none)"
        if scheme in ("http", "https"):
            raise ValueError("this web address is no chat's own; a signed webhook needs secret_env or secret_file")
        raise ValueError(f"Apprise cannot use this {scheme}:// address; see docs/alerts.md for the forms")
    return found


def _plain(address: str) -> str:
    """The address without what would overrule plain text, the outbox's retries or the length."""
    front, _, query = address.partition("?")
    # Split by hand: a plus in front of a name is Apprise's sign for a header, and no space.
    kept = [part for part in query.split("&") if part.split("=", 1)[0].lower() not in OVERRIDES]
    return f"{front}?{'&'.join(kept)}" if any(kept) else front


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat behind an Apprise plug-in; implements ``analysis.alert.outbox.Sender``. Sends one message at a time."""

    plugin: Any = field(repr=False)
    mark: str
    form: Form = field(default_factory=Form)

    def send(self, message: Outgoing) -> Outcome:
        """Send a message as plain text."""
        from apprise import NotifyFormat, NotifyType

        kind = {"urgent": NotifyType.FAILURE, "warning": NotifyType.WARNING}.get(message.severity, NotifyType.INFO)
        lines = message.text.split("\n") if self.form.titled else [message.title, *message.text.split("\n")]
        _name_transaction(self.plugin, message.id)
        with _hushed(), _answers() as seen:
            done = self.plugin.notify(
                body=self.form.gap.join(lines),
                title=message.title if self.form.titled else "",
                notify_type=kind,
                body_format=None if self.form.as_is else NotifyFormat.TEXT,
                body_passthrough=True if self.form.as_is else None,
            )
        if done:
            return Outcome(state="sent")
        refused = [one for one in seen if one.state != "sent"]
        if not refused:
            return Outcome(state="retry", cause="no answer")
        return next((one for one in refused if one.state == "retry"), refused[-1])


def _name_transaction(plugin: Any, message: str) -> None:
    """Give a message to Matrix under its own id: the server takes each id once, so a repetition adds nothing.

    With a token in the address Apprise sends every message of a process under one id, and the server drops all but
    the first and says that it took them.
    """
    if hasattr(plugin, "transaction_id") and plugin.password and not plugin.user:
        plugin.access_token, plugin.transaction_id = plugin.password, message


@contextmanager
def _answers() -> Iterator[list[Outcome]]:
    """Note what servers answer to requests of this thread; end an attempt that should be made later."""
    seen: list[Outcome] = []
    thread = threading.get_ident()
    send = requests.Session.send

    def noted(session: Any, request: Any, **options: Any) -> Any:
        answer = send(session, request, **options)
        if threading.get_ident() != thread:
            return answer
        outcome = outcome_of(answer.status_code, answer.headers, answer.content[:4096])
        seen.append(outcome)
        if outcome.state == "retry":
            raise requests.RequestException("later")
        return answer

    with patch.object(requests.Session, "send", noted):
        yield seen


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep Apprise and urllib3 from logging: their lines hold tokens and paths of webhooks."""
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3")]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL + 1)
    try:
        # Loading Apprise's plug-ins warns of what Python will drop; their users can do nothing about it.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
