"""How much was done of late: counts of the last minutes, as a rate. No clock inside."""

from __future__ import annotations

from collections import Counter, deque

WINDOW_S = 300.0


class Recent:
    """Counts by name of the last five minutes, since ``began``. Times are seconds of one clock."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._counted: deque[tuple[float, dict[str, int]]] = deque()

    def add(self, now: float, **counts: int) -> None:
        """Count what was done by ``now``."""
        self._counted.append((now, counts))
        self._forget(now)

    def a_minute(self, now: float) -> dict[str, float]:
        """Return how many a minute there were, by name, over five minutes or since the beginning; none for nothing."""
        self._forget(now)
        total: Counter[str] = Counter()
        for _, counts in self._counted:
            total.update(counts)
        minutes = max(1.0, min(WINDOW_S, now - self._began)) / 60
        return {name: round(count / minutes, 1) for name, count in total.items()}

    def _forget(self, now: float) -> None:
        while self._counted and now - self._counted[0][0] > WINDOW_S:
            self._counted.popleft()
