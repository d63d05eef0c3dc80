"""What was measured a moment ago, for every page that shows it: made by one at a time, shown while it is made anew."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from analysis.model.errors import CandorError

log = logging.getLogger(__name__)
MEASURED_S = 20.0
"""For how long measures are shown again: making them asks a hundred questions."""
RESTS = 20.0
"""Measures that took long are shown so many times as long: a crawl beside many readers keeps its machine."""
STALE_S = 600.0
"""For how long they are shown while newer ones are made, so that whoever comes back does not wait for them."""
OLDEST_S = 86_400.0
"""The same of what is worth to be shown for longer."""
MOST_MEASURED = 16


@dataclass(frozen=True, slots=True)
class _Made:
    """A value, when it was made, how often somebody had entered something before, and how long making it took."""

    value: Any
    at: float
    entered: int
    took: float = 0.0


class Measured:
    """Values by key, for all threads. However many ask for one that there is not, it is made once and all wait for it.

    ``clock`` tells seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._known: dict[Any, _Made] = {}
        self._making: dict[Any, threading.Lock] = {}
        self._renewed: set[Any] = set()
        self._entered = 0
        self._behind = ThreadPoolExecutor(1, thread_name_prefix="measures")

    @property
    def untouched(self) -> bool:
        """Whether nobody has entered anything since this began."""
        return not self._entered

    def get(self, key: Any, make: Callable[[], Any], *, older: Callable[[Any], Any] = lambda _: None) -> Any:
        """Return what was made for ``key`` a moment ago, or make it; a little older, it is shown while it is made anew.

        ``older`` returns what may be shown so of a value that is up to a day old, or from before somebody entered
        something; None where whoever asks is to wait for a new one.
        """
        with self._turn:
            found, entered = self._known.get(key), self._entered
        if found is None:
            return self._made(key, make)
        age = self._clock() - found.at
        recent = age < STALE_S and found.entered == entered
        if recent and age < max(MEASURED_S, RESTS * found.took):
            return found.value
        shown = found.value if recent else older(found.value) if age < OLDEST_S else None
        if shown is None:
            return self._made(key, make)
        self.renew(key, make)
        return shown

    def brief(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what was made for ``key`` just now, or make it: what took a second is shown for twenty, no longer.

        What was made before somebody entered something is made anew.
        """
        with self._turn:
            found, entered = self._known.get(key), self._entered
        if found is not None and found.entered == entered and self._clock() - found.at < RESTS * found.took:
            return found.value
        return self._made(key, make)

    def offer(self, key: Any, value: Any) -> None:
        """Show ``value`` for ``key`` where there is none yet, as one that is to be made anew."""
        with self._turn:
            self._known.setdefault(key, _Made(value, self._clock() - MEASURED_S, self._entered))

    def renew(self, key: Any, make: Callable[[], Any]) -> None:
        """Make the value of ``key`` behind the pages, unless that is under way."""
        with self._turn:
            if key in self._renewed:
                return
            self._renewed.add(key)
        self._behind.submit(self._quietly, key, make)

    def forget(self) -> None:
        """Make everything anew when next asked: somebody has just entered something."""
        with self._turn:
            self._entered += 1

    def close(self) -> None:
        """End what is made behind the pages."""
        self._behind.shutdown(wait=True, cancel_futures=True)

    def _made(self, key: Any, make: Callable[[], Any]) -> Any:
        """Make a value, or wait for whoever makes it already; what was entered after they began is not in theirs."""
        with self._turn:
            asked, making = self._clock(), self._making.setdefault(key, threading.Lock())
            entered = self._entered
        with making:
            with self._turn:
                found = self._known.get(key)
                if found is not None and found.at >= asked and found.entered >= entered:
                    return found.value
                entered, began = self._entered, self._clock()
            try:
                value = make()
                with self._turn:
                    done = self._clock()
                    self._known[key] = _Made(value, done, entered, took=done - began)
                    while len(self._known) > MOST_MEASURED:
                        del self._known[min(self._known, key=lambda name: self._known[name].at)]
            finally:
                with self._turn:
                    over = [name for name, one in self._making.items() if name not in self._known and not one.locked()]
                    for name in over:
                        del self._making[name]
            return value

    def _quietly(self, key: Any, make: Callable[[], Any]) -> None:
        """Make a value that nobody waits for. What goes wrong is told to whoever asks next."""
        try:
            self._made(key, make)
        except CandorError as error:
            log.warning("measuring: %s", error)
            with self._turn:
                self._known.pop(key, None)
        finally:
            with self._turn:
                self._renewed.discard(key)
