"""Aggregation bodies for Elasticsearch, and its answers in the shape that every store gives."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.store.aggregation import BUCKET_KINDS, DEFAULT_SIZE, MAX_SIZE, Aggregation, dated_bucket
from analysis.store.base import Document
from analysis.store.elastic.encoding import NUMBERS

_SPARE = 16
# Different values counted one by one, by how deep the question lies: every bucket around it takes that many bytes.
_PRECISION = (40_000, 10_000, 3_000, 300)
_LARGEST_SHARD_SIZE = 2**24


def to_elastic(
    wanted: Mapping[str, Aggregation], *, widen: int = 1, depth: int = 0, numbered: frozenset[str] = frozenset()
) -> Document:
    """Return the body; ``widen`` multiplies how many terms each shard gives, until the counts are exact.

    ``numbered`` are the fields whose different values are counted by the numbers that the index keeps of them.
    """
    return {name: _ask(part, widen, depth, numbered) for name, part in wanted.items()}


def inexact(wanted: Mapping[str, Aggregation], answer: Document) -> bool:
    """Return whether some terms of several shards were merged without knowing every count."""
    return any(_inexact(part, answer[name]) for name, part in wanted.items() if part.kind in BUCKET_KINDS)


def from_elastic(wanted: Mapping[str, Aggregation], answer: Document) -> Document:
    """Return the answer without what only this engine tells."""
    return {name: _answer(part, answer[name]) for name, part in wanted.items()}


def _ask(part: Aggregation, widen: int, depth: int, numbered: frozenset[str]) -> Document:
    options = dict(part.options)
    if part.kind == "terms":
        size = options.get("size", DEFAULT_SIZE)
        options |= {"size": size, "shard_size": min(_LARGEST_SHARD_SIZE, (size + max(_SPARE, size // 2)) * widen)}
        if _most_first(part):
            options["show_term_doc_count_error"] = True
    elif part.kind == "date_histogram":
        # Else each bucket brings its time in words too: a third of the answer, and most of the server's work on it.
        options["format"] = "epoch_millis"
    elif part.kind == "cardinality":
        options = {"precision_threshold": _PRECISION[min(depth, len(_PRECISION) - 1)], **options}
        if options["field"] in numbered:
            options["field"] = f"{NUMBERS}.{options['field']}"
    asked: Document = {part.kind: options}
    if part.inside:
        asked["aggs"] = to_elastic(part.inside, widen=widen, depth=depth + 1, numbered=numbered)
    return asked


def _inexact(part: Aggregation, answer: Document) -> bool:
    if part.kind == "terms" and _may_be_wrong(part, answer):
        return True
    return bool(part.inside) and any(inexact(part.inside, bucket) for bucket in answer["buckets"])


def _may_be_wrong(part: Aggregation, answer: Document) -> bool:
    """Return whether a term may be missing, or one that was given be counted short: indices cut their lists of terms.

    Where every index that holds a term has given it, and no term that was cut off can have reached the last one given,
    all is known: so it is where one year has nearly all the mentions.
    """
    buckets, unseen = answer["buckets"], answer["doc_count_error_upper_bound"]
    if not unseen:
        return False
    if not _most_first(part) or not buckets or any(bucket["doc_count_error_upper_bound"] for bucket in buckets):
        return True
    return bool(buckets[-1]["doc_count"] <= unseen)


def _most_first(part: Aggregation) -> bool:
    return part.options.get("order") in (None, {}, {"_count": "desc"})


def _answer(part: Aggregation, answer: Document) -> Document:
    if part.kind not in BUCKET_KINDS:
        return {name: value for name, value in answer.items() if not name.endswith("_as_string")}
    if part.kind == "date_histogram" and not part.inside:
        return {"buckets": [dated_bucket(bucket["key"], bucket["doc_count"]) for bucket in answer["buckets"]]}
    whole = {name: value for name, value in answer.items() if name != "buckets"}
    if part.kind == "terms" and not _may_be_wrong(part, answer):
        whole["doc_count_error_upper_bound"] = 0
    return whole | {"buckets": [_bucket(part, bucket) for bucket in answer["buckets"]]}


def _bucket(part: Aggregation, bucket: Document) -> Document:
    if part.kind == "date_histogram" or (part.kind == "terms" and part.dated):
        shown = dated_bucket(bucket["key"], bucket["doc_count"])
    else:
        shown = {name: bucket[name] for name in ("key", "from", "to") if name in bucket}
        shown["doc_count"] = bucket["doc_count"]
    return shown | from_elastic(part.inside, bucket) if part.inside else shown


assert MAX_SIZE < 65_536, "Elasticsearch answers with 65,536 buckets at most"
