"""How often a program may ask: a bucket of requests for each token, which fills again as time goes by."""

from __future__ import annotations

import threading
from collections.abc import Callable

BURST = 60
"""Requests at once."""
A_SECOND = 5.0
"""Requests a second after that."""


class Rates:
    """A token bucket for each name. ``clock`` tells seconds that only grow. Threads may share it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def wait_s(self, name: str) -> float:
        """Count a request and return 0; or count nothing and return how many seconds it has to wait."""
        with self._turn:
            now = self._clock()
            left, at = self._left.get(name, (float(BURST), now))
            left = min(float(BURST), left + (now - at) * A_SECOND)
            if left < 1:
                return (1 - left) / A_SECOND
            self._left[name] = (left - 1, now)
            return 0.0
