"""Asking a tracker's API: one request, and its refusals in words with the cure.

Whether an answer is a refusal or whether nobody knows what became of a request is told apart, because an issue that may
be there must not be sent a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from analysis.model.errors import CandorError
from analysis.model.records.issue import RemoteState

KEY, USER = "CANDOR_TRACKER_KEY", "CANDOR_TRACKER_USER"
TIMEOUT_S = 30.0
MOST_BYTES = 2_000_000
_LONGEST = 300


class TrackerError(CandorError):
    """A tracker refused, or did not answer: raised by trackers. ``unknown`` where it may have done what was asked."""

    def __init__(self, fact: str, *, unknown: bool = False) -> None:
        super().__init__(fact)
        self.unknown = unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedIssue:
    """What a tracker calls a new issue, and where a person reads it."""

    number: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteIssue:
    """How an issue stands in the tracker, and when it was closed."""

    state: RemoteState
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPlace:
    """An API: its address, what goes into each request's head, and what is asked there, for messages."""

    api: str
    project: str
    headers: Mapping[str, str] = field(repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the answer's JSON. Follows no redirect: the key is for this host. Raises ``TrackerError``."""
        url = f"{self.api}{path}"
        try:
            answer = requests.request(
                method,
                url,
                json=body,
                headers={"Accept": "application/json", "User-Agent": "Candor", **self.headers},
                auth=self.auth,
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.ConnectTimeout as error:
            raise TrackerError(f"{self.api}: cannot be reached ({_cause(error)}); check api under [tracker]") from None
        except requests.ConnectionError as error:
            began = "Connection aborted" in str(error) or "Remote end closed" in str(error)
            raise TrackerError(
                f"{self.api}: cannot be reached ({_cause(error)}); check api under [tracker]", unknown=began
            ) from None
        except requests.RequestException as error:
            raise TrackerError(f"{self.api}: gave no whole answer ({_cause(error)})", unknown=True) from None
        if answer.status_code >= 300:
            raise self._refusal(answer)
        return self._json(answer)

    def told(self) -> str:
        """Say that the key and the project are right."""
        return f"{self.api} takes the key and knows {self.project}"

    def refused(self, why: str) -> TrackerError:
        """Return a refusal in words."""
        return TrackerError(f"{self.api}: {why}")

    def _json(self, answer: requests.Response) -> Any:
        try:
            return answer.json() if len(answer.content) <= MOST_BYTES else None
        except ValueError:
            raise TrackerError(
                f"{self.api}: answered with something that is no JSON; is it the API's address?", unknown=True
            ) from None

    def _refusal(self, answer: requests.Response) -> TrackerError:
        status, said = answer.status_code, _said(answer)
        told = f" ({said})" if said else ""
        wait = waits(answer.headers)
        if status == 429 or (status == 403 and wait):
            until = f" until {wait:%Y-%m-%d %H:%M} UTC" if wait else ""
            return TrackerError(f"{self.api}: asks us to wait{until}{told}; send it again then")
        if status >= 500:
            return TrackerError(f"{self.api}: has a trouble of its own: {status}{told}", unknown=True)
        cure = {
            401: f"refused the key{told}; check {KEY}",
            403: f"does not let this key do that{told}; give it the right to read and write issues",
            404: f"knows no {self.project!r} that this key may see{told}; check project under [tracker]",
            410: f"issues are switched off in {self.project}{told}",
        }.get(status)
        if cure is None and status < 400:
            cure = f"sends us elsewhere ({status}); write the address that it names as api under [tracker]"
        return TrackerError(f"{self.api}: {cure or f'refused it: {status}{told}'}")


def waits(headers: Mapping[str, str]) -> datetime | None:
    """Return until when a tracker wants to be left alone, by Retry-After or what is left of its rate limit."""
    now = datetime.now(UTC)
    after, left = (
        headers.get("Retry-After", ""),
        headers.get("X-RateLimit-Remaining", headers.get("RateLimit-Remaining")),
    )
    reset = headers.get("X-RateLimit-Reset", headers.get("RateLimit-Reset", ""))
    if after.isdigit():
        return datetime.fromtimestamp(now.timestamp() + min(int(after), 86400), UTC)
    if left == "0" and reset.isdigit():
        return datetime.fromtimestamp(min(int(reset), now.timestamp() + 86400), UTC)
    return None


def moment_of(text: object) -> datetime | None:
    """Return the time that an API wrote, or None where it wrote none."""
    if not isinstance(text, str) or not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def text_of(answer: Any, *path: str) -> str:
    """Return a text or number inside an answer, as text. Raises ``TrackerError`` where the answer has none."""
    value = answer
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, str | int) or value == "":
        raise TrackerError(f"the tracker's answer has no {'.'.join(path)}; is api its address?", unknown=True)
    return str(value)


def _said(answer: requests.Response) -> str:
    """Return an API's own words about a refusal, shortened."""
    try:
        body = answer.json() if len(answer.content) <= MOST_BYTES else {}
    except ValueError:
        return ""
    if not isinstance(body, Mapping):
        return ""
    parts = [body.get("message"), body.get("error"), body.get("error_description"), body.get("errorMessages")]
    parts += [body.get("errors")]
    return " ".join(" ".join(_flat(part) for part in parts if part).split())[:_LONGEST]


def _flat(part: Any) -> str:
    if isinstance(part, Mapping):
        return ", ".join(f"{name}: {_flat(one)}" for name, one in part.items() if isinstance(one, str | list | dict))
    return "; ".join(map(_flat, part)) if isinstance(part, list) else str(part)


def _cause(error: Exception) -> str:
    return type(getattr(error.args[0], "reason", error) if error.args else error).__name__
