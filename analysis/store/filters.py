"""What every engine makes of a ``Filter`` before it compiles it: values that can match, and the edges of its period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from analysis.model.errors import StoreError
from analysis.model.times import to_ms
from analysis.store.base import Filter
from analysis.store.columns import MAX_KEYWORD_BYTES, field_info

_MICROSECOND, _MILLISECOND = timedelta(microseconds=1), timedelta(milliseconds=1)


def matchable(path: str, values: Sequence[str]) -> list[str]:
    """Return those of a condition's values that a mention can have. Raises ``StoreError`` for a field without any.

    Empty ones, too long ones and those with half a character are never stored.
    """
    if isinstance(values, str):
        raise StoreError(f"the filter on {path!r} needs a list of values, not one text")
    if field_info(path).kind != "keyword":
        raise StoreError(f"the field {path!r} is no keyword; filter it by a query or by dates")
    return [value for value in values if value and _storable(value)]


def period_ms(where: Filter) -> tuple[int | None, int | None]:
    """Return the first whole millisecond of the period and the first one after it: stored times are cut to these.

    None where a side is open. Raises ``StoreError`` for a field that holds no date and for a time without a zone.
    """
    if (where.since is not None or where.until is not None) and field_info(where.time_field).kind != "date":
        raise StoreError(f"the field {where.time_field!r} holds no date")
    return _ceil_ms(where.since), _ceil_ms(where.until)


def _ceil_ms(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise StoreError(f"the time {moment.isoformat()} in the filter has no time zone; give one, as in +00:00")
    return to_ms(moment + _MILLISECOND - _MICROSECOND)


def _storable(value: str) -> bool:
    return len(value) <= MAX_KEYWORD_BYTES and not any("\ud800" <= sign <= "\udfff" for sign in value)
