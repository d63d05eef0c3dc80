"""A signed JSON webhook for everything that is no chat, by the Standard Webhooks specification.

Headers: ``webhook-id`` (the message's id, the same at every try: drop what you have seen), ``webhook-timestamp``
(seconds since 1970) and ``webhook-signature`` (``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``). A
receiver should refuse a timestamp that is more than five minutes off.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass

import requests

from analysis.alert.channels.reply import outcome_of
from analysis.alert.outbox import Outcome, Outgoing

TIMEOUT = (5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A receiver of signed JSON; implements ``analysis.alert.outbox.Sender``."""

    url: str
    secret: str
    mark: str

    def __repr__(self) -> str:
        return f"Webhook(mark={self.mark!r})"

    def send(self, message: Outgoing) -> Outcome:
        """Post the message; a redirect is refused, because it would carry the signature elsewhere."""
        body = json.dumps({"id": message.id, **message.data}, ensure_ascii=False).encode()
        now = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Candor",
            "webhook-id": message.id,
            "webhook-timestamp": str(now),
            "webhook-signature": f"v1,{signature(self.secret, message.id, now, body)}",
        }
        try:
            with requests.post(
                self.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
            ) as answer:
                return outcome_of(answer.status_code, answer.headers, b"")
        except requests.RequestException as error:
            return Outcome(state="retry", cause=f"no answer ({type(error).__name__})")


def signature(secret: str, id_: str, at: int, body: bytes) -> str:
    """Return the signature of a message; ``secret`` is text, or ``whsec_`` and base64."""
    return base64.b64encode(hmac.new(_key(secret), f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret[6:], validate=True)
        except binascii.Error:
            pass
    return secret.encode()
