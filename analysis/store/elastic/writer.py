"""Writing to Elasticsearch: spool, then bulk, then acknowledge; and the spool alone while the server is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import NoReturn

from analysis.model import Mention, document
from analysis.model.errors import StoreError
from analysis.store.base import Document, Written
from analysis.store.elastic.encoding import ElasticMention, check_id, decode, encode, year_of
from analysis.store.elastic.server.client import AwayError, Connection
from analysis.store.elastic.server.setup import Setup
from analysis.store.elastic.spool import Spool, mention_line
from analysis.store.elastic.upsert import Tally, Upsert
from analysis.store.elastic.whereabouts import Places, Whereabouts
from analysis.store.letters import DeadLetters, letter, read_batch

log = logging.getLogger(__name__)
RETRY_S = 15.0
WORKERS = 3
_DRAINED = 500
SLICE = 500


class Writer:
    """Writes mentions to one server. Threads may share it.

    ``prepare`` readies the server after it was away; ``put_records`` and ``in_line`` bring in what waited.
    """

    def __init__(
        self,
        connection: Connection,
        setup: Setup,
        *,
        spool: Spool,
        letters: DeadLetters,
        prepare: Callable[[], None],
        put_records: Callable[[str, dict[str, Document]], None],
        in_line: Callable[[Sequence[Mention]], list[Mention]],
        patience_s: float,
    ) -> None:
        self._connection = connection
        self.spool, self.letters = spool, letters
        self._prepare, self._put_records, self._in_line = prepare, put_records, in_line
        self._patience_s = patience_s
        self._turn = threading.RLock()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="candor-bulk")
        self.whereabouts = Whereabouts(connection, setup)
        self.upsert = Upsert(connection, self.whereabouts, letters)
        self._away: AwayError | None = None
        self._retry_at = 0.0

    @property
    def away(self) -> bool:
        """Whether the server could not be reached when last tried."""
        return self._away is not None

    def write(self, mentions: Sequence[Mention]) -> Written:
        """Spool, send, acknowledge, a slice beside the next. While the server is away they wait in the spool."""
        refused: list[tuple[str, str]] = []
        whole = Tally(refused=refused)
        if len({mention.id for mention in mentions}) == len(mentions) > SLICE:
            # One question for all of them, asked while the first are made ready: many small ones cost a tenth more.
            places = self._pool.submit(self._known_places, mentions) if self._is_clear else None
            parts = (mentions[first : first + SLICE] for first in range(0, len(mentions), SLICE))
            jobs = [self._pool.submit(self._keep, list(self._encoded(part, refused)), places) for part in parts]
            # All are waited for, also after one failed: none may still be on its way when the caller goes on.
            failures = [error for error in [job.exception() for job in jobs] if error is not None]
            if failures:
                raise failures[0]
            tallies = [job.result() for job in jobs]
        else:
            # Equal ids are written one after the other, so the batch stays whole.
            tallies = [self._keep(list(self._encoded(mentions, refused)))]
        for tally in tallies:
            whole.add(tally)
        return Written(
            created=whole.created,
            updated=whole.updated,
            stale=whole.stale,
            waiting=whole.waiting,
            refused=tuple(whole.refused),
        )

    @property
    def _is_clear(self) -> bool:
        return not self.away and not self.spool.waiting

    def _known_places(self, mentions: Sequence[Mention]) -> Places:
        targets: dict[str, str] = {}
        for mention in mentions:
            with suppress(ValueError):
                check_id(mention.id)
                targets[mention.id] = self.whereabouts.index(year_of(mention.published_at))
        return self.whereabouts.elsewhere(targets)

    def _keep(self, sources: Sequence[ElasticMention], places: Future[Places] | None = None) -> Tally:
        """``places`` tells where they lie besides their year's index; without it they are looked up."""
        if not sources:
            return Tally()
        self._wait_for_room()
        path = self.spool.add(mention_line(source.body) for source in sources)
        try:
            if not self.settle():
                self.spool.wait(path)
                return Tally(waiting=len(sources))
            tally = self.upsert.deliver(sources, places.result() if places else None)
        except AwayError as error:
            self.spool.wait(path)
            self.went_away(error)
            return Tally(waiting=len(sources))
        except BaseException:
            # Rights, a bug, Ctrl-C: it stays, and the next run that may write sends it.
            self.spool.wait(path)
            raise
        self.spool.done(path)
        return tally

    def settle(self, *, now: bool = False) -> bool:
        """Return whether the server is there and nothing waits; try it again when it is time, or ``now``."""
        if self._is_clear:
            return True
        with self._turn:
            if self.away and not now and time.monotonic() < self._retry_at:
                return False
            if self._is_clear:
                return True
            try:
                self._prepare()
                self.whereabouts.forget()
                self._drain()
            except AwayError as error:
                self.went_away(error)
                return False
            if self._away is not None:
                log.warning("%s: the server is back, and what waited is stored", self._connection.address.shown)
            self._away = None
            return True

    def went_away(self, error: AwayError) -> None:
        """Note that the server cannot be reached, and say so once."""
        if self._away is None:
            log.warning("%s; until then mentions wait in %s", error, self.spool.folder)
        self._away = error
        self._retry_at = time.monotonic() + RETRY_S

    def raise_away(self) -> NoReturn:
        """Raise what keeps the server away."""
        raise self._away or AwayError(f"{self._connection.address.shown}: the server is away")

    def close(self) -> None:
        """Try the server a last time, and say how much waits. Harmless when called twice."""
        if self.spool.waiting and not self._settled_at_last():
            log.warning(
                "%s: %d mentions and records wait in %s; the next run sends them",
                self._connection.address.shown,
                self.spool.count,
                self.spool.folder,
            )
        self._pool.shutdown()
        self.spool.close()

    def _settled_at_last(self) -> bool:
        try:
            return self.settle(now=True)
        except StoreError as error:
            # Said once more: whoever closes is often on the way out with another error.
            log.warning("%s", error)
            return False

    def _encoded(self, mentions: Sequence[Mention], refused: list[tuple[str, str]]) -> Iterator[ElasticMention]:
        letters = []
        for mention in mentions:
            try:
                source = encode(mention)
            except (ValueError, OverflowError) as error:
                refused.append((mention.id, str(error)))
                letters.append(letter(mention.id, str(error), document(mention)))
                continue
            yield source
        if letters:
            self.letters.add(letters)

    def _wait_for_room(self) -> None:
        """Where the spool is full, hold the caller (and so the crawl) until the server takes some of it."""
        until = time.monotonic() + self._patience_s
        warned = False
        while self.spool.full and not self.settle(now=True):
            if time.monotonic() >= until:
                raise StoreError(
                    f"{self._away}; the spool {self.spool.folder} is full ({self.spool.size >> 20} MiB) and keeps what "
                    "it has; start the server and run again, or raise CANDOR_SPOOL_MIB"
                )
            if not warned:
                log.warning("%s: the spool is full: waiting for the server", self._connection.address.shown)
                warned = True
            time.sleep(min(2.0, max(0.05, self._patience_s / 20)))

    def _drain(self) -> None:
        for path in self.spool.waiting:
            rows = read_batch(path)
            while some := list(islice(rows, _DRAINED)):
                late = [decode(row["mention"]) for row in some if "mention" in row]
                if late:
                    self.upsert.deliver([encode(mention) for mention in self._in_line(late)])
                by_kind: dict[str, dict[str, Document]] = {}
                for row in some:
                    if "record" in row:
                        by_kind.setdefault(row["kind"], {})[row["key"]] = row["record"]
                for kind, bodies in by_kind.items():
                    self._put_records(kind, bodies)
            self.spool.done(path)
