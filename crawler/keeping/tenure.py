"""The hosts that a crawl process of a cluster has, and what it may remember of them: how far they were read.

Two processes may both believe that they have a host: one was cut off from the head, which gave its hosts to another.
Each host has a cursor in the store, which is taken in the order of terms and moved by compare-and-set before anything
that says how far its sources were read. Who finds it moved by another writes nothing of it. Mentions are written
all the same: their ids make them the same ones.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis.model.addresses import site
from analysis.model.errors import CandorError
from analysis.model.records.base import RecordKind, Records
from analysis.model.records.crawl import BOOKMARKS, HOST_CURSORS, SEEN_PAGES, HostCursor, Validator
from analysis.store.elastic.server.client import AwayError

log = logging.getLogger(__name__)
_TRIES = 20


class HostTakenError(CandorError):
    """Another process has the host by now; raised by ``Tenures.take``. Nothing to do: that one crawls it."""


@dataclass(frozen=True, slots=True)
class _Held:
    cursor: HostCursor
    version: int


class Tenures:
    """The hosts of one crawl process, which ``holder`` names. Safe to use from several threads.

    ``lost`` is called with a host, from whatever thread found out, when another has taken it.
    """

    def __init__(self, holder: str, *, now: Callable[[], datetime], lost: Callable[[str], object]) -> None:
        self._holder, self._now, self._lost = holder, now, lost
        self._held: dict[str, _Held | None] = {}
        """None: it was given to us, and the store could not be asked yet."""
        self._given: dict[str, tuple[str, int]] = {}
        """By source, its host and the term of that."""
        self._turn = threading.Lock()

    def take(self, records: Records, source: str, host: str, term: int) -> None:
        """Take the cursor of ``host``, which was given to us at ``term``, for a source. Raises ``HostTakenError``.

        Where the store is away the source may be crawled; what is remembered of it waits until the cursor is ours.
        """
        with self._turn:
            self._given[source] = (host, term)
            try:
                self._held[host] = self._taken(records, host, term)
            except AwayError:
                self._held[host] = None

    def has(self, host: str) -> bool:
        """Return whether the sources of ``host``, a host name, are given to us."""
        return site(f"https://{f'[{host}]' if ':' in host else host}/") in self._held

    @property
    def holder(self) -> str:
        """The name of the process."""
        return self._holder

    def written(
        self, records: Records, notes: Mapping[RecordKind[Any], Sequence[Any]], validators: Sequence[Validator]
    ) -> tuple[dict[RecordKind[Any], list[Any]], list[Validator]]:
        """Write the bookmarks of hosts that are ours, and return what else may be written, by whoever asked."""
        bookmarks = notes.get(BOOKMARKS, ())
        # Asked before the cursor is moved: what somebody else writes after that is not written over.
        before = {each.source: self._version(records, each.source) for each in bookmarks}
        out = self._not_ours(records, notes, validators)
        for bookmark in bookmarks:
            if self._host(bookmark) not in out:
                with suppress(AwayError):
                    BOOKMARKS.put(records, bookmark, if_version=before[bookmark.source])
        rest = {
            kind: [value for value in some if kind is not SEEN_PAGES or self._host(value) not in out]
            for kind, some in notes.items()
            if kind is not BOOKMARKS
        }
        return rest, [validator for validator in validators if site(validator.key) not in out]

    def _not_ours(
        self, records: Records, notes: Mapping[RecordKind[Any], Sequence[Any]], validators: Sequence[Validator]
    ) -> set[str]:
        """Return the hosts of what is to be written whose cursors we cannot move."""
        noted = {self._host(value) for kind in (BOOKMARKS, SEEN_PAGES) for value in notes.get(kind, ())}
        hosts = (noted | {site(validator.key) for validator in validators}) & self._held.keys()
        with self._turn:
            return {host for host in sorted(hosts) if not self._moved(records, host)}

    def _host(self, value: Any) -> str:
        return self._given.get(value.source, ("", 0))[0]

    @staticmethod
    def _version(records: Records, source: str) -> int:
        with suppress(AwayError):
            stored = BOOKMARKS.get(records, source)
            return stored.version if stored else 0
        return 0

    def _taken(self, records: Records, host: str, term: int) -> _Held:
        for _ in range(_TRIES):
            stored = HOST_CURSORS.get(records, host)
            if stored is not None and stored.value.term >= term:
                if stored.value.holder == self._holder:
                    return _Held(stored.value, stored.version)
                raise HostTakenError(f"{host}: {stored.value.holder.partition(' ')[0]} has it by now and crawls it")
            cursor = HostCursor(host=host, holder=self._holder, term=term, moved_at=self._now())
            version = HOST_CURSORS.put(records, cursor, if_version=stored.version if stored else 0)
            if version is not None:
                return _Held(cursor, version)
        raise HostTakenError(f"{host}: others take it again and again")

    def _moved(self, records: Records, host: str) -> bool:
        term = max(term for name, term in self._given.values() if name == host)
        held = self._held[host]
        try:
            if held is not None:
                cursor = HostCursor(host=host, holder=self._holder, term=term, moved_at=self._now())
                version = HOST_CURSORS.put(records, cursor, if_version=held.version)
                if version is not None:
                    self._held[host] = _Held(cursor, version)
                    return True
            # Not taken yet; or moved by another, or by us where the answer was lost on its way.
            self._held[host] = self._taken(records, host, term)
        except AwayError:
            # Not ours to say now: it is read again.
            return False
        except HostTakenError as error:
            log.warning("%s; how far it was read here is not remembered", error)
            self._held[host] = None
            self._lost(host)
            return False
        return True
