"""What a server's answer means for a message: sent, later, or never."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from analysis.alert.outbox import Outcome
from analysis.model.times import asked_wait

LATER = (408, 423, 425, 429)


def outcome_of(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Return the outcome of an HTTP answer: 2xx is sent; 408, 425, 429 and 5xx are tried again; the rest is broken."""
    if 200 <= status < 300:
        return Outcome(state="sent")
    cause = f"HTTP {status}"
    if status in LATER or status >= 500:
        return Outcome(state="retry", cause=cause, retry_after_s=retry_after(headers, body))
    return Outcome(state="broken", cause=f"{cause}: the address is wrong, was revoked, or refuses this message")


def retry_after(headers: Mapping[str, str], body: bytes = b"") -> float:
    """Return the seconds that a server asks to wait, from Retry-After (RFC 9110) or a chat's own JSON; 0 for none."""
    text = headers.get("Retry-After", "").strip()
    if text:
        return asked_wait(text, datetime.now(UTC)) or 0.0
    try:
        answer = json.loads(body) if body else {}
    except ValueError:
        return 0.0
    if not isinstance(answer, dict):
        return 0.0
    for name, unit in (("retry_after_ms", 0.001), ("retry_after", 1.0)):
        if isinstance(answer.get(name), int | float):
            return max(0.0, float(answer[name]) * unit)
    return 0.0
