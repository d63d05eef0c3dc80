"""How often somebody may try a password: after some wrong ones the next has to wait, twice as long each time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

FREE = 5
FIRST_S = 2.0
LONGEST_S = 900.0
MOST = 10_000
"""Names and addresses that are remembered; the one whose wait ended first is forgotten."""


class Attempts:
    """Wrong passwords by name and by address. ``clock`` tells seconds that only grow. Threads may share it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._wrong: dict[str, tuple[int, float]] = {}

    def wait_s(self, keys: Iterable[str]) -> float:
        """Return how many seconds the next attempt of any of ``keys`` has to wait; 0 where it may be made."""
        with self._turn:
            return max((self._wrong.get(key, (0, 0.0))[1] - self._clock() for key in keys), default=0.0)

    def failed(self, keys: Iterable[str]) -> None:
        """Count a wrong password."""
        with self._turn:
            for key in keys:
                count = self._wrong.get(key, (0, 0.0))[0] + 1
                wait = min(LONGEST_S, FIRST_S * 2 ** max(0, count - FREE)) if count >= FREE else 0.0
                self._wrong[key] = (count, self._clock() + wait)
            while len(self._wrong) > MOST:
                self._wrong.pop(min(self._wrong, key=lambda key: self._wrong[key][1]))

    def succeeded(self, keys: Iterable[str]) -> None:
        """Forget the wrong passwords of somebody who knew the right one."""
        with self._turn:
            for key in keys:
                self._wrong.pop(key, None)
