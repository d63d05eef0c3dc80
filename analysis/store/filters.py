"""What every engine makes of a ``Filter`` before it compiles it: values that can match, the edges of its period, and of
the keys that matches are sorted by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from analysis.model import NO_VALUE, Mention
from analysis.model.errors import StoreError
from analysis.model.times import to_ms
from analysis.store.base import Filter, Order, Place, Slice
from analysis.store.columns import MAX_KEYWORD_BYTES, NOT_COUNTED, field_info

_MICROSECOND, _MILLISECOND = timedelta(microseconds=1), timedelta(milliseconds=1)


def matchable(path: str, values: Sequence[str]) -> list[str]:
    """Return those of a condition's values that a mention can have. Raises ``StoreError`` for a field without any.

    ``NO_VALUE`` is left to the engine. Empty ones, too long ones and those with half a character are never stored.
    """
    if isinstance(values, str):
        raise StoreError(f"the filter on {path!r} needs a list of values, not one text")
    if field_info(path).kind != "keyword":
        raise StoreError(f"the field {path!r} is no keyword; filter it by a query or by dates")
    if NO_VALUE in values and path in NOT_COUNTED:
        raise StoreError(f"the field {path!r} cannot be asked for mentions that have none of it")
    return [value for value in values if value and value != NO_VALUE and _storable(value)]


def period_ms(where: Filter) -> tuple[int | None, int | None]:
    """Return the first whole millisecond of the period and the first one after it: stored times are cut to these.

    None where a side is open. Raises ``StoreError`` for a field that holds no date and for a time without a zone.
    """
    if (where.since is not None or where.until is not None) and field_info(where.time_field).kind != "date":
        raise StoreError(f"the field {where.time_field!r} holds no date")
    return _ceil_ms(where.since), _ceil_ms(where.until)


def sortable(order: Sequence[Order], after: Place | None) -> None:
    """Raise ``StoreError`` where a key is of a field that not every mention has, or a place belongs to other keys."""
    for key in order:
        if field_info(key.path).kind not in ("date", "float", "integer") or key.path == "rating":
            raise StoreError(f"mentions cannot be sorted by {key.path!r}: no number or date that each of them has")
    if after is not None and not (
        len(after) == len(order) + 1
        and isinstance(after[-1], str)
        and all(isinstance(value, int | float) and abs(value) < 2**63 for value in after[:-1])
    ):
        raise StoreError("the place to go on from does not belong to this order")


def sort_value(mention: Mention, path: str) -> float | int:
    """Return what a mention is sorted by: a number, or a time in ms."""
    value = attrgetter(path)(mention)
    return to_ms(value) if isinstance(value, datetime) else value


def place_of(mention: Mention, order: Sequence[Order]) -> Place:
    """Return the place of a mention in that order."""
    return (*(sort_value(mention, key.path) for key in order), mention.id)


def sliced(found: Sequence[Mention], order: Sequence[Order], limit: int) -> Slice:
    """Return a page of ``found``, which holds one mention more than the page where there are more."""
    page = tuple(found[:limit])
    return Slice(mentions=page, after=place_of(page[-1], order) if page and len(found) > limit else None)


def _ceil_ms(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise StoreError(f"the time {moment.isoformat()} in the filter has no time zone; give one, as in +00:00")
    return to_ms(moment + _MILLISECOND - _MICROSECOND)


def _storable(value: str) -> bool:
    return len(value) <= MAX_KEYWORD_BYTES and not any("\ud800" <= sign <= "\udfff" for sign in value)
