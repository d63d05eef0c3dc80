"""Corrections of judgements. The judgement itself stays: raw and adjusted figures stand side by side.

A record of kind ``correction`` holds the mention, its brand, ``from`` and ``to`` (sentiment labels), the reason, who
and when. It stands under the number of its entry in the audit log, which is written first and holds the same words,
so that a program that is killed in between leaves an entry from which ``complete`` makes the record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from analysis.errors import UsageError
from analysis.ledger import audit, entries
from analysis.ledger.audit import Entry
from analysis.ledger.entries import Stamp
from analysis.model import SENTIMENTS, Mention
from analysis.store.base import Document, Filter, Record, Records, Store

CORRECTION = "correction"
ACTION = "correct"
Moves = Mapping[tuple[str, str], int]
_PAGE = 500


def choose(store: Store, *, named: str, post_ids: Sequence[str], brand: str = "") -> Mention:
    """Return the mention that an id or the address of a post (its possible ``post_ids``) names.

    Raises ``UsageError`` where there is none, or where the post names several brands and ``brand`` is not given.
    """
    found = list(store.get([named]).values())
    if not found and post_ids:
        found = list(store.scan(Filter(terms={"post_id": list(post_ids)})))
    if brand:
        found = [mention for mention in found if mention.brand.id == brand]
    if not found:
        of = f" of {brand}" if brand else ""
        raise UsageError(f"{named}: no mention{of} has this id or address; `candor search --json` shows both")
    if len(found) > 1:
        names = ", ".join(sorted(mention.brand.id for mention in found))
        raise UsageError(f"--brand: is missing; {named} names {names}")
    return found[0]


def correct(records: Records, mention: Mention, *, to: str, reason: str, stamp: Stamp) -> Record:
    """Record that ``mention`` should be judged ``to``, and return the record. Its earlier corrections are kept too.

    Raises ``UsageError`` without a reason, for an unknown label, and where it is judged so already.
    """
    entries.chosen("--sentiment", to, SENTIMENTS)
    entries.needed_reason(reason)
    now = current(records, mention)
    if now == to:
        raise UsageError(f"--sentiment: the mention counts as {to} already")
    details = {
        "mention": mention.id,
        "post": mention.post_id,
        "brand": mention.brand.id,
        "published_at": entries.time_text(mention.published_at),
        "field": "sentiment",
        "judged": mention.sentiment.label,
        "model": mention.model,
        "from": now,
        "to": to,
    }
    return _derive(records, audit.append(records, action=ACTION, reason=reason, details=details, stamp=stamp))


def current(records: Records, mention: Mention) -> str:
    """Return what the mention counts as after its corrections."""
    return latest(record.body for record in records.all(CORRECTION)).get(mention.id, mention.sentiment.label)


def complete(records: Records) -> int:
    """Make the records that a killed program left out, and return how many."""
    missing = [entry for entry in audit.entries(records) if is_missing(records, entry)]
    for entry in missing:
        _derive(records, entry)
    return len(missing)


def is_missing(records: Records, entry: Entry) -> bool:
    """Return whether the entry is a correction whose record is not there."""
    return entry.action == ACTION and records.get(CORRECTION, entry.key) is None


def body_of(entry: Entry) -> Document:
    """Return the record that an entry of the log makes."""
    return {**entry.details, "reason": entry.reason, "who": entry.who, "at": entry.at, "audit": entry.hash}


def latest(bodies: Iterable[Document]) -> dict[str, str]:
    """Return mention -> the label that its newest correction gives it. ``bodies`` come oldest first."""
    return {str(body["mention"]): str(body["to"]) for body in bodies}


def by_direction(bodies: Iterable[Document], since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    """Return (from, to) -> how many corrections were made in [since, until), most first."""
    first, last = entries.time_text(since), entries.time_text(until)
    found = Counter((str(body["from"]), str(body["to"])) for body in bodies if first <= body["at"] < last)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def moved(store: Store, where: Filter) -> dict[str, Moves]:
    """Return brand -> (judged, corrected) -> mentions, for those of ``where`` that are corrected and still stored.

    The judgement is today's, which a newer model may have changed; a correction that it agrees with moves nothing.
    Applies the terms, exclusions and times of ``where``, not its query.
    """
    given = latest(record.body for record in store.records.all(CORRECTION))
    found: dict[str, Counter[tuple[str, str]]] = {}
    ids = sorted(given)
    for first in range(0, len(ids), _PAGE):
        chosen = Filter(
            terms={**where.terms, "id": ids[first : first + _PAGE]},
            exclude=where.exclude,
            since=where.since,
            until=where.until,
            time_field=where.time_field,
        )
        for mention in store.scan(chosen):
            way = (str(mention.sentiment.label), given[mention.id])
            if way[0] != way[1]:
                found.setdefault(mention.brand.id, Counter())[way] += 1
    return {brand: dict(ways) for brand, ways in sorted(found.items())}


def adjusted(raw: Mapping[str, int], moves: Moves) -> dict[str, int]:
    """Return label -> mentions after corrections, from the raw counts of the same mentions. The total is the same."""
    result = {label: int(raw.get(label, 0)) for label in SENTIMENTS}
    for (judged, corrected), count in moves.items():
        result[judged] -= count
        result[corrected] += count
    return result


def _derive(records: Records, entry: Entry) -> Record:
    body = body_of(entry)
    version = records.put(CORRECTION, entry.key, body, if_version=0) or 1
    return Record(kind=CORRECTION, key=entry.key, version=version, body=body)
