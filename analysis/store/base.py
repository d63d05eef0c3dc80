"""The store protocol. One contract test asks every store the same and compares the answers.

A question is an aggregation body in the subset that Tantivy and Elasticsearch share (terms, date_histogram with
fixed_interval, histogram, range, avg, stats, extended_stats, percentiles, cardinality); only the filter is compiled
for each engine. Field names are the dotted paths of ``analysis.model.mention_fields``.
Put ``date_histogram`` innermost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from analysis.model import Mention
from analysis.model.query import Query
from analysis.model.records.base import Records
from analysis.store.directions import Direction
from analysis.store.letters import DeadLetters

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which mentions: all conditions must hold. An empty filter selects everything.

    ``terms`` maps a keyword field's path to values of which one must be present; ``exclude`` of which none may be;
    the value ``NO_VALUE`` stands for having none.
    ``since`` is inclusive and ``until`` exclusive, on ``time_field``. ``query`` is matched over ``tokens``.
    ``private`` selects what was written to the team alone, or (False) only the rest; None makes no difference.
    """

    terms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    exclude: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    time_field: str = "published_at"
    query: Query | None = None
    private: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a batch: ``created + updated + stale + waiting + len(refused)`` is the number handed in.

    ``waiting`` are kept on this machine's disk until the server is back.
    """

    created: int = 0
    updated: int = 0
    stale: int = 0
    waiting: int = 0
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One search result, best first or newest first as asked. ``snippet`` is plain text around the words found."""

    mention: Mention
    score: float
    snippet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One key to sort by: the path of a number or date that every mention has, rising or falling."""

    path: str
    falling: bool = True


Place = tuple[float | int | str, ...]
"""Where a page ended: the last mention's value of each key (times in ms), then its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Mentions in the order asked for, and where the next ones begin; None where there are no more."""

    mentions: tuple[Mention, ...]
    after: Place | None


class Store(Protocol):
    """Mentions and records. Safe to use from several threads of one process; see each engine for processes."""

    @property
    def records(self) -> Records:
        """The small records that live beside the mentions."""

    @property
    def letters(self) -> DeadLetters:
        """What it refused for good, with the reasons."""

    @property
    def address(self) -> str:
        """Where it is, without secrets."""

    def write(self, mentions: Sequence[Mention]) -> Written:
        """Upsert by id; a mention older than the stored one (``last_seen_at``) is stale and not written.

        When it returns, what it acknowledges survives kill -9.
        Raises ``StoreError`` (disk full, read-only, refused) with the cure; nothing acknowledged is lost.
        """

    def get(self, ids: Sequence[str]) -> dict[str, Mention]:
        """Return those of ``ids`` that exist. Sees every write acknowledged before the call."""

    def search(
        self,
        where: Filter,
        *,
        limit: int = 20,
        newest_first: bool = False,
        offset: int = 0,
        optional: bool = False,
    ) -> list[Hit]:
        """Return the best (or newest) matches, ties by id.

        ``optional``: whoever asks goes on without; a writer whose server is away then finds nothing and raises nothing.
        """

    def nearest(
        self, where: Filter, wanted: Sequence[Direction], *, maker: str, limit: int = 20, without: Sequence[str] = ()
    ) -> list[Hit]:
        """Return the matches that mean most nearly one of ``wanted``, nearest first; ``score`` is the cosine.

        Compared are the directions that ``maker`` made; a mention with others, or none, is not found. ``without``:
        ids that are left out. No query of ``where`` counts for the score.
        """

    def page(self, where: Filter, *, order: Sequence[Order], limit: int = 50, after: Place | None = None) -> Slice:
        """Return the next ``limit`` matches behind the place ``after``, ties by id.

        What lies before costs nothing: the hundredth page takes as long as the first, and what is written meanwhile
        moves no mention to another page. Raises ``StoreError`` for a field that cannot be sorted by.
        """

    def count(self, where: Filter) -> int:
        """Return how many mentions match."""

    def aggregate(self, where: Filter, aggregations: Document) -> Document:
        """Answer an aggregation body over the matches; the answer has Elasticsearch's shape."""

    def scan(self, where: Filter) -> Iterator[Mention]:
        """Yield every match, whole, in order of id, without a cap and in bounded memory."""

    def erase(self, ids: Sequence[str]) -> int:
        """Remove mentions for good and return how many were there. Callers write the audit record."""

    def refresh(self) -> None:
        """Make every acknowledged write visible to search, aggregate and scan."""

    def close(self) -> None:
        """Release files, locks and connections."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
