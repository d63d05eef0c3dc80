"""What a rule would have told on the stored history: replayed behind the pages, one at a time, kept for a while."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from analysis.alert.model import Alert
from analysis.model.errors import CandorError, UsageError

log = logging.getLogger(__name__)
MOST = 20
MOST_WAITING = 5
Ask = tuple[str, int, str, int]
"""A rule, its fewest mentions, its severity, and over how many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A replay that was asked for: what the rule would have told, once it is ``done``; ``wrong`` says why not."""

    since: datetime
    until: datetime
    done: bool = False
    alerts: tuple[Alert, ...] = ()
    wrong: str = ""

    def weeks(self) -> list[tuple[datetime, int]]:
        """Return how many alerts opened in each week, from the first to the last."""
        week = timedelta(days=7)
        count = max(1, -(-(self.until - self.since) // week))
        starts = [self.until - week * (count - place) for place in range(count)]
        opened = [datetime.fromisoformat(alert.opened_at) for alert in self.alerts]
        opened = [at if at.tzinfo else at.replace(tzinfo=UTC) for at in opened]
        return [
            (start, sum((start <= at or not place) and at < start + week for at in opened))
            for place, start in enumerate(starts)
        ]


class Replays:
    """Replays that were asked for. Threads may share it."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._kept: dict[Ask, Replayed] = {}
        self._behind = ThreadPoolExecutor(1, thread_name_prefix="replay")

    def of(self, ask: Ask) -> Replayed | None:
        """Return a replay that was asked for, or None."""
        with self._turn:
            return self._kept.get(ask)

    def begin(self, ask: Ask, replayed: Replayed, make: Callable[[], Sequence[Alert]]) -> None:
        """Replay behind the pages. Raises ``UsageError`` where too many wait."""
        with self._turn:
            there = self._kept.get(ask)
            if there is not None and not there.done:
                return
            if sum(not one.done for one in self._kept.values()) >= MOST_WAITING:
                raise UsageError("other replays are still made; try again in a moment")
            self._kept.pop(ask, None)
            self._kept[ask] = replayed
            while len(self._kept) > MOST:
                self._kept.pop(next(name for name, one in self._kept.items() if one.done))
        self._behind.submit(self._make, ask, replayed, make)

    def close(self) -> None:
        """End what waits."""
        self._behind.shutdown(wait=True, cancel_futures=True)

    def _make(self, ask: Ask, replayed: Replayed, make: Callable[[], Sequence[Alert]]) -> None:
        try:
            made = replace(replayed, done=True, alerts=tuple(make()))
        except CandorError as error:
            made = replace(replayed, done=True, wrong=str(error))
        except Exception as error:
            log.exception("replay of %s", ask[0])
            made = replace(replayed, done=True, wrong=f"a mistake of Candor itself ({type(error).__name__})")
        with self._turn:
            if ask in self._kept:
                self._kept[ask] = made
