"""Aggregation bodies: what every store understands, and how Tantivy's answers become Elasticsearch's.

Understood: ``terms`` (field, size, min_doc_count of 1 or more, order by _count, _key or one metric),
``date_histogram`` (field, fixed_interval, offset, min_doc_count, extended_bounds in ms), ``histogram``, ``range``
(ranges that do not overlap), ``avg min max sum stats extended_stats value_count cardinality percentiles``, and
sub-aggregations under ``aggs`` or ``aggregations``. Anything else is refused, on every store alike, as is a size of 0.

Promised of the answer: terms are exact, ties in order of the key; dates are milliseconds with ``key_as_string``;
an empty string is no value and has no bucket. A cardinality of up to 3,000 (300 inside three buckets) is exact where up
to ``LISTED`` mentions match; others are approximate, and percentiles always are, each engine in its way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from analysis.model.errors import StoreError
from analysis.model.times import from_ms, written
from analysis.store.base import Document
from analysis.store.columns import HASH, HASHED, counted_field

BUCKET_KINDS: Mapping[str, frozenset[str]] = {
    "terms": frozenset({"field", "size", "min_doc_count", "order"}),
    "date_histogram": frozenset({"field", "fixed_interval", "offset", "min_doc_count", "extended_bounds"}),
    "histogram": frozenset({"field", "interval", "offset", "min_doc_count", "extended_bounds"}),
    "range": frozenset({"field", "ranges"}),
}
METRIC_KINDS: Mapping[str, frozenset[str]] = {
    **{name: frozenset({"field"}) for name in ("avg", "min", "max", "sum", "stats", "extended_stats", "value_count")},
    "cardinality": frozenset({"field", "precision_threshold"}),
    "percentiles": frozenset({"field", "percents"}),
}
DEFAULT_SIZE = 10
MAX_SIZE = 65_000
LISTED = 20_000
_SPARE = 16
_SEGMENT_SIZE = 10_000_000
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One named aggregation of a body, checked."""

    kind: str
    options: Document
    inside: Mapping[str, Aggregation]

    @property
    def dated(self) -> bool:
        """Whether its field holds times."""
        return counted_field(self.options["field"], self.kind).kind == "date"


def read_body(body: Document) -> dict[str, Aggregation]:
    """Return the aggregations of a body. Raises ``StoreError`` for what the stores do not share."""
    return {name: _read(name, spec) for name, spec in body.items()}


def _read(name: str, spec: Document) -> Aggregation:
    inside = spec.get("aggs") or spec.get("aggregations") or {}
    kinds = [key for key in spec if key not in {"aggs", "aggregations"}]
    known = {**BUCKET_KINDS, **METRIC_KINDS}
    if len(kinds) != 1 or kinds[0] not in known:
        raise StoreError(f"the aggregation {name!r} must be one of {', '.join(known)}, not {', '.join(kinds) or '-'}")
    kind, options = kinds[0], dict(spec[kinds[0]])
    if unknown := sorted(set(options) - known[kind]):
        raise StoreError(f"the aggregation {name!r} ({kind}) does not take {', '.join(unknown)} on every store")
    if inside and kind in METRIC_KINDS:
        raise StoreError(f"the aggregation {name!r} ({kind}) is a number and cannot hold others")
    _check(name, kind, options)
    return Aggregation(kind, options, read_body(inside))


def _check(name: str, kind: str, options: Document) -> None:
    info = counted_field(options.get("field", ""), kind)
    if kind == "date_histogram" and info.kind != "date":
        raise StoreError(f"the aggregation {name!r} needs a date, and {info.path!r} holds none")
    if info.kind == "keyword" and kind not in {"terms", "cardinality", "value_count"}:
        raise StoreError(f"the aggregation {name!r} ({kind}) needs a number or a date, and {info.path!r} is a keyword")
    if kind == "terms":
        size, least = options.get("size", DEFAULT_SIZE), options.get("min_doc_count", 1)
        if not 0 < size <= MAX_SIZE or least < 1:
            raise StoreError(f"the aggregation {name!r} needs a size of 1 to {MAX_SIZE} and a min_doc_count above 0")
        order = options.get("order", {})
        if not isinstance(order, dict) or len(order) > 1 or any(way not in {"asc", "desc"} for way in order.values()):
            raise StoreError(f"the aggregation {name!r} needs an order of one key, as in {{'_count': 'desc'}}")
    if kind == "date_histogram":
        interval_ms(options.get("fixed_interval", ""))
    if kind == "range":
        _ranges(name, options)


def _ranges(name: str, options: Document) -> None:
    last = -math.inf
    for part in options.get("ranges", ()):
        if part.get("from", -math.inf) < last or set(part) - {"from", "to"}:
            raise StoreError(f"the aggregation {name!r} needs ranges of from and to, rising, that do not overlap")
        last = part.get("to", math.inf)


def interval_ms(words: str) -> int:
    """Return the milliseconds of ``90s``, ``7d``, ``-3h`` (units ms, s, m, h, d). Raises ``StoreError``."""
    length = re.fullmatch(r"([+-]?\d+)(ms|s|m|h|d)", words)
    if not length or not int(length[1]):
        raise StoreError(f"{words!r} is no length of time; write a number and ms, s, m, h or d, as in 7d")
    return int(length[1]) * _UNIT_MS[length[2]]


def counts_values(wanted: Mapping[str, Aggregation]) -> bool:
    """Return whether a body asks anywhere how many different values there are."""
    return any(part.kind == "cardinality" or counts_values(part.inside) for part in wanted.values())


def to_tantivy(wanted: Mapping[str, Aggregation], *, widen: int = 1, listed: bool = False) -> Document:
    """Return the body for Tantivy; ``widen`` multiplies how many terms are fetched, to find all that tie.

    ``listed`` counts different values one by one: its sketch is up to 5% off.
    """
    return {name: _ask(part, widen, listed) for name, part in wanted.items()}


def _ask(part: Aggregation, widen: int, listed: bool) -> Document:
    kind, options = part.kind, {key: value for key, value in part.options.items() if key != "precision_threshold"}
    if kind == "cardinality":
        options["field"] = HASH + options["field"] if options["field"] in HASHED else options["field"]
        if listed:
            kind, options = "terms", options | {"size": MAX_SIZE, "segment_size": _SEGMENT_SIZE}
    elif kind == "terms":
        size = options.get("size", DEFAULT_SIZE)
        options |= {"size": min(MAX_SIZE, (size + max(_SPARE, size // 4)) * widen), "segment_size": _SEGMENT_SIZE}
    elif kind == "date_histogram":
        step = interval_ms(options.pop("fixed_interval"))
        offset = interval_ms(options["offset"]) % step if options.get("offset") else 0
        kind, options = "histogram", options | {"interval": step, "offset": offset}
    asked: Document = {kind: options}
    if part.inside:
        asked["aggs"] = to_tantivy(part.inside, widen=widen, listed=listed)
    return asked


def cut_in_a_tie(wanted: Mapping[str, Aggregation], answer: Document) -> bool:
    """Return whether Tantivy's answer ends among terms of equal rank, so that more must be fetched to order them."""
    return any(_cut(part, answer[name]) for name, part in wanted.items() if part.kind in BUCKET_KINDS)


def _cut(part: Aggregation, answer: Document) -> bool:
    buckets = answer["buckets"]
    if part.kind == "terms" and answer.get("sum_other_doc_count"):
        rank, _ = _ranking(part)
        size = part.options.get("size", DEFAULT_SIZE)
        if len(buckets) < MAX_SIZE and rank(buckets[size - 1]) == rank(buckets[-1]):
            return True
    inside = {name: inner for name, inner in part.inside.items() if inner.inside or inner.kind == "terms"}
    return bool(inside) and any(cut_in_a_tie(inside, bucket) for bucket in buckets)


def from_tantivy(wanted: Mapping[str, Aggregation], answer: Document) -> Document:
    """Return Tantivy's answer in Elasticsearch's shape."""
    return {name: _answer(part, answer[name]) for name, part in wanted.items()}


def _answer(part: Aggregation, answer: Document) -> Document:
    match part.kind:
        case "terms":
            return _terms(part, answer)
        case "date_histogram" | "histogram":
            dated = part.dated
            if dated and not part.inside:
                return {
                    "buckets": [dated_bucket(int(bucket["key"]), bucket["doc_count"]) for bucket in answer["buckets"]]
                }
            return {"buckets": [_bucket(part, bucket, dated) for bucket in answer["buckets"]]}
        case "range":
            return {"buckets": _range_buckets(part, answer)}
        case "cardinality" if "buckets" in answer:
            return {"value": sum(bucket["key"] != "" for bucket in answer["buckets"])}
        case "cardinality" | "value_count":
            return {"value": round(answer["value"] or 0)}
        case "percentiles":
            values = sorted((float(key), value) for key, value in answer["values"].items())
            return {"values": {str(key): None if math.isnan(value) else value for key, value in values}}
        case "extended_stats":
            sides = ("upper", "lower", "upper_population", "lower_population", "upper_sampling", "lower_sampling")
            return {**answer, "std_deviation_bounds": answer["std_deviation_bounds"] or dict.fromkeys(sides)}
        case _:
            return answer


def _terms(part: Aggregation, answer: Document) -> Document:
    rank, descending = _ranking(part)
    buckets = sorted(answer["buckets"], key=lambda bucket: bucket["key"])
    known = [bucket for bucket in buckets if rank(bucket) is not None]
    # Sorting keeps equal ranks in order of the key, also in reverse. A metric without a value ranks last either way.
    ordered = sorted(known, key=rank, reverse=descending) + [b for b in buckets if rank(b) is None]
    size, dated = part.options.get("size", DEFAULT_SIZE), part.dated
    left = sum(bucket["doc_count"] for bucket in ordered[size:])
    return {
        "doc_count_error_upper_bound": 0,
        "sum_other_doc_count": answer.get("sum_other_doc_count", 0) + left,
        "buckets": [_bucket(part, bucket, dated) for bucket in ordered[:size]],
    }


def _ranking(part: Aggregation) -> tuple[Any, bool]:
    [(by, way)] = (part.options.get("order") or {"_count": "desc"}).items()
    if by == "_count":
        return (lambda bucket: bucket["doc_count"]), way == "desc"
    if by == "_key":
        return (lambda bucket: bucket["key"]), way == "desc"
    name, _, value = by.partition(".")
    if name not in part.inside or part.inside[name].kind not in METRIC_KINDS:
        raise StoreError(f"terms cannot be ordered by {by!r}: no number of that name is inside")
    return (lambda bucket: bucket[name][value or "value"]), way == "desc"


def _range_buckets(part: Aggregation, answer: Document) -> list[Document]:
    # Tantivy adds the ranges that were not asked for, so that all are covered.
    buckets = {(bucket.get("from"), bucket.get("to")): bucket for bucket in answer["buckets"]}
    result = []
    for wanted in part.options["ranges"]:
        edges = {side: float(wanted[side]) for side in ("from", "to") if side in wanted}
        key = f"{edges.get('from', '*')}-{edges.get('to', '*')}"
        inner = buckets[edges.get("from"), edges.get("to")]
        result.append({"key": key, **edges, "doc_count": inner["doc_count"], **from_tantivy(part.inside, inner)})
    return result


def _bucket(part: Aggregation, bucket: Document, dated: bool) -> Document:
    result: Document = {"key": bucket["key"], "doc_count": bucket["doc_count"]}
    if dated:
        result = dated_bucket(round(bucket["key"]), bucket["doc_count"])
    if part.inside:
        result |= from_tantivy(part.inside, bucket)
    return result


def dated_bucket(ms: int, count: int) -> Document:
    """Return the bucket of a date histogram or of terms over dates, without what is inside."""
    return {"key_as_string": _stamp(ms), "key": ms, "doc_count": count}


@lru_cache(maxsize=4_096)
def _stamp(ms: int) -> str:
    return written(from_ms(ms))
