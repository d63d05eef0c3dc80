"""What a kind of small record is: its name, its key, and the one way to a stored body and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from analysis.model.errors import StoreError

Document = dict[str, Any]

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A small record. ``version`` grows by one with each write and makes compare-and-set possible."""

    kind: str
    key: str
    version: int
    body: Document


class Witness(Protocol):
    """A few words kept apart from the records, so that it is seen where records were lost or an old copy put back."""

    def told(self) -> list[Document]:
        """Return what each place remembers; none where nothing was told or nothing is left."""

    def tell(self, words: Document) -> None:
        """Remember ``words`` in every place that can be written, instead of what was told before."""


class Records(Protocol):
    """Small records beside the mentions, as a store keeps them. Code speaks to them through a ``RecordKind``.

    A write is durable when the call returns. Keys are unique per kind.
    """

    @property
    def witness(self) -> Witness:
        """What remembers apart from them."""

    def get(self, kind: str, key: str) -> Record | None:
        """Return one record, or None."""

    def get_many(self, kind: str, keys: Sequence[str]) -> dict[str, Record]:
        """Return those of ``keys`` that exist."""

    def put(self, kind: str, key: str, body: Document, *, if_version: int | None = None) -> int | None:
        """Write and return the new version. With ``if_version`` (0 = must not exist) return None if another won."""

    def put_many(self, kind: str, bodies: Mapping[str, Document]) -> None:
        """Write several in one transaction where the engine has one, else each atomically."""

    def delete(self, kind: str, key: str) -> bool:
        """Remove one record; return whether it existed."""

    def all(self, kind: str, *, prefix: str = "") -> Iterator[Record]:
        """Yield the records of a kind whose key starts with ``prefix``, in key order."""

    def raw(self, kind: str) -> Iterator[Record]:
        """Yield the records of a kind as they lie, in key order, also damaged ones: for whoever checks them.

        The body of one that is no JSON object is empty.
        """

    def kinds(self) -> list[str]:
        """Return the kinds of which there are records, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Generic[Value]):
    """A value as the store holds it. Hand ``version`` back with a change, and no other change in between is lost."""

    key: str
    version: int
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind(Generic[Value]):
    """One kind of small record: the only way in which its values are written and read.

    ``key`` names a value's record, ``to_body`` and ``from_body`` (key, body) are each other's inverse.
    """

    name: str
    key: Callable[[Value], str]
    to_body: Callable[[Value], Document]
    from_body: Callable[[str, Document], Value]

    def get(self, records: Records, key: str) -> Stored[Value] | None:
        """Return one, or None."""
        record = records.get(self.name, key)
        return self._stored(record) if record else None

    def get_many(self, records: Records, keys: Sequence[str]) -> dict[str, Value]:
        """Return those of ``keys`` that exist."""
        return {key: self._read(record) for key, record in records.get_many(self.name, keys).items()}

    def all(self, records: Records, *, prefix: str = "") -> Iterator[Stored[Value]]:
        """Yield those whose key starts with ``prefix``, in key order."""
        return map(self._stored, records.all(self.name, prefix=prefix))

    def values(self, records: Records, *, prefix: str = "") -> Iterator[Value]:
        """Yield the values alone of those whose key starts with ``prefix``, in key order."""
        return map(self._read, records.all(self.name, prefix=prefix))

    def raw(self, records: Records) -> Iterator[Record]:
        """Yield the records as they lie, also those that nothing of ours wrote: for whoever checks them."""
        return records.raw(self.name)

    def put(self, records: Records, value: Value, *, if_version: int | None = None) -> int | None:
        """Write one and return its version. With ``if_version`` (0 = must not exist) return None if another won."""
        return records.put(self.name, self.key(value), self.to_body(value), if_version=if_version)

    def put_many(self, records: Records, values: Iterable[Value]) -> None:
        """Write several; see ``Records.put_many``."""
        records.put_many(self.name, {self.key(value): self.to_body(value) for value in values})

    def delete(self, records: Records, key: str) -> bool:
        """Remove one; return whether it existed."""
        return records.delete(self.name, key)

    def _read(self, record: Record) -> Value:
        """Return the value of a record. Raises ``StoreError`` where somebody changed it to what no such record says."""
        try:
            return self.from_body(record.key, record.body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise StoreError(
                f"the record {self.name}/{record.key} does not have the form that Candor writes ({said}); correct or "
                "remove it, or put back a copy of the store"
            ) from None

    def _stored(self, record: Record) -> Stored[Value]:
        return Stored(key=record.key, version=record.version, value=self._read(record))
