"""Sessions and links that open one: kept in this process, so that they end with it.

A cookie holds 256 random bits and nothing else; what is kept of it here is its sha256.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from candor.serve.door.visitors import Visitor

IDLE_S = 12 * 3600.0
LONGEST_S = 7 * 86400.0
LINK_S = 24 * 3600.0
MOST = 10_000
"""Sessions at once: who comes then ends the one that was not used for the longest time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One visitor in one browser. ``csrf`` stands in each form of the session and nowhere else."""

    visitor: Visitor
    csrf: str
    opened_at: float
    used_at: float


class Sessions:
    """What is open now. ``clock`` tells seconds that only grow. Threads may share it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._open: dict[str, Session] = {}
        self._links: dict[str, tuple[Visitor, float]] = {}
        self._secret = secrets.token_bytes(32)

    def link(self, visitor: Visitor) -> str:
        """Return a key that lets ``visitor`` in once, within a day."""
        key = secrets.token_urlsafe(32)
        with self._turn:
            self._links[_kept(key)] = (visitor, self._clock() + LINK_S)
        return key

    def redeem(self, key: str) -> Visitor | None:
        """Return whom a key lets in, and let it open nothing again; None for one that is none, used or too old."""
        with self._turn:
            visitor, until = self._links.pop(_kept(key), (None, 0.0))
        return visitor if self._clock() < until else None

    def open(self, visitor: Visitor) -> str:
        """Begin a session and return the cookie's value: always a new one, whatever the browser sent."""
        cookie, now = secrets.token_urlsafe(32), self._clock()
        session = Session(visitor=visitor, csrf=secrets.token_urlsafe(32), opened_at=now, used_at=now)
        with self._turn:
            if len(self._open) >= MOST:
                self._open.pop(min(self._open, key=lambda name: self._open[name].used_at))
            self._open[_kept(cookie)] = session
        return cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session of a cookie, used just now; None where there is none or it has ended."""
        name, now = _kept(cookie), self._clock()
        with self._turn:
            session = self._open.get(name)
            if session is None:
                return None
            if now - session.used_at > IDLE_S or now - session.opened_at > LONGEST_S:
                del self._open[name]
                return None
            self._open[name] = replace(session, used_at=now)
            return session

    def end(self, cookie: str) -> None:
        """End the session of a cookie."""
        with self._turn:
            self._open.pop(_kept(cookie), None)

    def end_all_of(self, name: str) -> None:
        """End every session of a visitor: the account is gone, or has another password or role."""
        with self._turn:
            self._open = {key: one for key, one in self._open.items() if one.visitor.name != name}

    def vouched(self, visitor: Visitor) -> Session:
        """Return the session of somebody whom a trusted proxy names with each request: it needs no cookie."""
        csrf = hmac.new(self._secret, visitor.name.encode(errors="replace"), hashlib.sha256).hexdigest()
        now = self._clock()
        return Session(visitor=visitor, csrf=csrf, opened_at=now, used_at=now)


def _kept(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
