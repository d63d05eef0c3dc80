"""How far a file was read and stored: in its own order, whatever order its records are settled in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from crawler.keeping.receipts import Receipt
from crawler.warc.files import Reached


class Trail:
    """Gives each record a receipt. ``move`` is called with what was reached, once all before it is settled.

    A record whose post cannot be understood is passed over, and counted elsewhere; where ``is_failed`` says that the
    store has failed, nothing that was lost is passed.
    """

    def __init__(self, move: Callable[[Reached], None], *, is_failed: Callable[[], bool]) -> None:
        self._move = move
        self._is_failed = is_failed
        self._steps: deque[tuple[Reached, list[bool]]] = deque()
        self._is_broken = False

    def __len__(self) -> int:
        """Return how many records are not settled, or stand behind one that is not."""
        return len(self._steps)

    def expect(self, to: Reached) -> Receipt:
        """Return the receipt of the record that ends where ``to`` says."""
        settled: list[bool] = []
        self._steps.append((to, settled))
        return Receipt(lambda: self._settle(settled, True), lose=lambda: self._settle(settled, False))

    def _settle(self, settled: list[bool], is_kept: bool) -> None:
        settled.append(is_kept or not self._is_failed())
        last = None
        while self._steps and self._steps[0][1]:
            to, how = self._steps.popleft()
            self._is_broken = self._is_broken or not how[0]
            last = last if self._is_broken else to
        if last is not None:
            self._move(last)
