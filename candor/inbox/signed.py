"""Whether a pushed body is signed, by the Standard Webhooks specification. Pure.

``webhook-signature`` may hold several signatures, parted by blanks, while a secret is changed.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from analysis.alert.channels.webhook import signature

WINDOW_S = 300
"""A time that is farther off than this is a replay, or a clock that is wrong."""


def refusal(headers: Mapping[str, str], body: bytes, *, secret: str, now: float) -> str:
    """Return why a body is not taken for signed; empty where it is. ``headers`` are by names in lower case."""
    name, at, signed = (headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (name and at and signed):
        return "webhook-id, webhook-timestamp or webhook-signature is missing"
    if not (at.isascii() and at.isdigit() and len(at) < 16) or abs(now - int(at)) > WINDOW_S:
        return f"webhook-timestamp is more than {WINDOW_S} seconds off"
    wanted = f"v1,{signature(secret, name, int(at), body)}".encode()
    some = signed.split()[:8]
    if not any(hmac.compare_digest(wanted, each.encode()) for each in some):
        return "webhook-signature is not that of this body"
    return ""
