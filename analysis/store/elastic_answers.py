"""Aggregation bodies for Elasticsearch, and its answers in the shape that every store gives."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.store.aggregation import BUCKET_KINDS, DEFAULT_SIZE, MAX_SIZE, Aggregation
from analysis.store.base import Document

_SPARE = 16
# Different values counted one by one, by how deep the question lies: every bucket around it takes that many bytes.
_PRECISION = (40_000, 10_000, 3_000, 300)
_LARGEST_SHARD_SIZE = 2**24


def to_elastic(wanted: Mapping[str, Aggregation], *, widen: int = 1, depth: int = 0) -> Document:
    """Return the body; ``widen`` multiplies how many terms each shard gives, until the counts are exact."""
    return {name: _ask(part, widen, depth) for name, part in wanted.items()}


def inexact(wanted: Mapping[str, Aggregation], answer: Document) -> bool:
    """Return whether some terms of several shards were merged without knowing every count."""
    return any(_inexact(part, answer[name]) for name, part in wanted.items() if part.kind in BUCKET_KINDS)


def from_elastic(wanted: Mapping[str, Aggregation], answer: Document) -> Document:
    """Return the answer without what only this engine tells."""
    return {name: _answer(part, answer[name]) for name, part in wanted.items()}


def _ask(part: Aggregation, widen: int, depth: int) -> Document:
    options = dict(part.options)
    if part.kind == "terms":
        size = options.get("size", DEFAULT_SIZE)
        options |= {"size": size, "shard_size": min(_LARGEST_SHARD_SIZE, (size + max(_SPARE, size // 2)) * widen)}
    elif part.kind == "cardinality":
        options = {"precision_threshold": _PRECISION[min(depth, len(_PRECISION) - 1)], **options}
    asked: Document = {part.kind: options}
    if part.inside:
        asked["aggs"] = to_elastic(part.inside, widen=widen, depth=depth + 1)
    return asked


def _inexact(part: Aggregation, answer: Document) -> bool:
    if part.kind == "terms" and answer["doc_count_error_upper_bound"]:
        return True
    return any(inexact(part.inside, bucket) for bucket in answer["buckets"])


def _answer(part: Aggregation, answer: Document) -> Document:
    if part.kind not in BUCKET_KINDS:
        return {name: value for name, value in answer.items() if not name.endswith("_as_string")}
    whole = {name: value for name, value in answer.items() if name != "buckets"}
    return whole | {"buckets": [_bucket(part, bucket) for bucket in answer["buckets"]]}


def _bucket(part: Aggregation, bucket: Document) -> Document:
    kept = {name: bucket[name] for name in ("key_as_string", "key", "from", "to", "doc_count") if name in bucket}
    return kept | from_elastic(part.inside, bucket)


assert MAX_SIZE < 65_536, "Elasticsearch answers with 65,536 buckets at most"
