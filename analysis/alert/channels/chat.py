"""A chat behind an Apprise plug-in, and what really became of each message.

Apprise answers only yes or no, so a retry could not be told from a dead address. Every plug-in for a chat sends through
``requests``; while a message is sent, the answers that pass through this thread are noted, and 429 and 5xx end the
plug-in's own attempts, because the outbox is the one that retries. A plug-in that does not use HTTP (e-mail) is tried
again until it says yes.

Text is declared as plain text, whatever the address asks for: in Markdown mode Apprise's Slack plug-in leaves
``<!channel>`` and masked links live.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from analysis.alert.channels.reply import outcome_of
from analysis.alert.outbox import Outcome, Outgoing

OVERRIDES = ("format", "overflow", "retry", "wait", "emojis", "template")


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


def plugin_of(address: str) -> Any:
    """Return Apprise's plug-in for an address. Raises ``ValueError`` without the address."""
    with _hushed():
        from apprise import Apprise

        plugin = Apprise.instantiate(_plain(address), asset=_asset(), suppress_exceptions=True)
    if plugin is None or not hasattr(plugin, "notify"):
        scheme, sign, _ = address.partition("://")
        if not sign:
            raise ValueError("this is no address; write one such as slack://... or mailto://..., see docs/alerts.md")
        if scheme in ("http", "https"):
            raise ValueError("this web address is no chat's own; a signed webhook needs secret_env or secret_file")
        raise ValueError(f"Apprise cannot use this {scheme}:// address; see docs/alerts.md for the forms")
    return plugin


def _plain(address: str) -> str:
    """The address without what would overrule plain text, the outbox's retries or the length."""
    front, _, query = address.partition("?")
    # Split by hand: a plus in front of a name is Apprise's sign for a header, and no space.
    own = [part for part in query.split("&") if part.split("=", 1)[0].lower() not in OVERRIDES]
    return f"{front}?{'&'.join(own)}" if any(own) else front


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
        refused = [outcome for outcome in seen if outcome.state != "sent"]
        if not refused:
            return Outcome(state="retry", cause="no answer")
        return next((outcome for outcome in refused if outcome.state == "retry"), refused[-1])


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

    def noted(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer = send(session, request, **options)
        if threading.get_ident() != thread:
            return answer
        outcome = outcome_of(answer.status_code, answer.headers, answer.content[:4096])
        seen.append(outcome)
        if outcome.state == "retry":
            raise requests.RequestException("later")
        return answer

    requests.Session.send = noted  # type: ignore[assignment, method-assign]
    try:
        yield seen
    finally:
        requests.Session.send = send  # type: ignore[method-assign]


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep Apprise and urllib3 from logging: their lines hold tokens and paths of webhooks."""
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        # Loading Apprise's plug-ins warns of what Python will drop; their users can do nothing about it.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
