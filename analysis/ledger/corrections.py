"""Corrections of judgements. The judgement itself stays: raw and adjusted figures stand side by side.

A correction stands under the number of its entry in the audit log, which is written first and holds the same words,
so that a program that is killed in between leaves an entry from which ``complete`` makes the record.

======== ========================================== =============================================================
field    from, to                                   what it changes in the adjusted figures
======== ========================================== =============================================================
sentiment a label                                   net sentiment
complaint yes or no                                 a mention that is no complaint leaves its complaint themes
topic    a topic, or empty: none of them, a new one the count of these complaint themes
brand    about or not about                         one that is not about the brand leaves every figure of it
======== ========================================== =============================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from analysis.ledger import audit, entries
from analysis.ledger.entries import Stamp
from analysis.model import SENTIMENTS, Mention
from analysis.model.errors import UsageError
from analysis.model.records.audit import CORRECTIONS, AuditEntry, CorrectedField, Correction
from analysis.model.records.base import Document, Records
from analysis.model.times import written
from analysis.store.base import Filter, Store

ACTION = "correct"
Moves = Mapping[tuple[str, str], int]
_PAGE = 500
_WORDS = {"complaint": ("yes", "no"), "brand": ("about", "not about")}


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsAs:
    """What a mention counts as: its label, whether it complains, of what, and whether it is about the brand at all."""

    label: str
    complaint: bool
    topics: frozenset[str]
    about: bool = True

    @property
    def themes(self) -> frozenset[str]:
        """The complaint themes that it counts in."""
        return self.topics if self.about and self.complaint else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What corrections change among some mentions.

    ``labels``: brand -> (judged, corrected) -> mentions; the corrected label is empty where one is not about the brand.
    ``themes``: (brand, topic) -> mentions more or fewer.
    """

    labels: Mapping[str, Moves] = field(default_factory=dict)
    themes: Mapping[tuple[str, str], int] = field(default_factory=dict)


def choose(store: Store, *, named: str, post_ids: Sequence[str], brand: str = "") -> Mention:
    """Return the mention that an id or the address of a post (its possible ``post_ids``) names.

    Raises ``UsageError`` where there is none, or where the post names several brands and ``brand`` is not given.
    """
    mentions = list(store.get([named]).values())
    if not mentions and post_ids:
        mentions = list(store.scan(Filter(terms={"post_id": list(post_ids)})))
    if brand:
        mentions = [mention for mention in mentions if mention.brand.id == brand]
    if not mentions:
        of = f" of {brand}" if brand else ""
        raise UsageError(f"{named}: no mention{of} has this id or address", cure="search")
    if len(mentions) > 1:
        names = ", ".join(sorted(mention.brand.id for mention in mentions))
        raise UsageError(f"is missing; {named} names {names}", about=("brand",))
    return mentions[0]


def correct(
    records: Records,
    mention: Mention,
    *,
    to: str,
    reason: str,
    stamp: Stamp,
    what: CorrectedField = "sentiment",
    was: str = "",
) -> Correction:
    """Record that ``mention`` should be judged ``to``, and return the correction. Its earlier corrections are kept too.

    ``what`` is the field; of a topic, ``was`` is the one that it is not about (empty: only add ``to``; ``to`` may be
    empty: only remove). Raises ``UsageError`` without a reason, for an unknown value, and where it counts so already.
    """
    entries.needed_reason(reason)
    standing = current(records, mention)
    before = _before(standing, what, to=to, was=was)
    details: Document = {
        "mention": mention.id,
        "post": mention.post_id,
        "brand": mention.brand.id,
        "published_at": written(mention.published_at),
        "field": what,
        "judged": _judged(mention, what),
        "model": mention.model,
        "from": before,
        "to": to,
    }
    return _derive(records, audit.append(records, action=ACTION, reason=reason, details=details, stamp=stamp))


def _before(standing: CountsAs, what: CorrectedField, *, to: str, was: str) -> str:
    """Return what the field says now. Raises ``UsageError`` where ``to`` is no value of it or would change nothing."""
    if what == "topic":
        if was and was not in standing.topics:
            known = ", ".join(sorted(standing.topics)) or "none"
            raise UsageError(
                f"the mention does not count in {was!r}; its complaint topics: {known}", about=("not_topic",)
            )
        if to in standing.topics or not (was or to):
            raise UsageError(f"the mention counts in {to!r} already; name another", about=("topic",))
        return was
    name = "about" if what == "brand" else what
    entries.chosen(name, to, _WORDS.get(what, SENTIMENTS))
    now = {
        "sentiment": standing.label,
        "complaint": "yes" if standing.complaint else "no",
        "brand": "about" if standing.about else "not about",
    }[what]
    if now == to:
        raise UsageError(f"the mention counts as {to} already", about=(name,))
    return now


def _judged(mention: Mention, what: CorrectedField) -> str:
    """Return what the machine said, in the words of the field."""
    standing = judged(mention)
    return {
        "sentiment": standing.label,
        "complaint": "yes" if standing.complaint else "no",
        "topic": " ".join(sorted(standing.topics)),
        "brand": "about",
    }[what]


def judged(mention: Mention) -> CountsAs:
    """Return what the machine's judgement makes of a mention."""
    return CountsAs(
        label=str(mention.sentiment.label),
        complaint="complaint" in mention.intents,
        topics=frozenset(mention.complaint_topics),
    )


def current(records: Records, mention: Mention) -> CountsAs:
    """Return what the mention counts as after its corrections."""
    given = by_mention(CORRECTIONS.values(records))
    return corrected(judged(mention), given.get(mention.id, ()))


def corrected(standing: CountsAs, corrections: Iterable[Correction]) -> CountsAs:
    """Return the standing after corrections, oldest first: of several of one field the newest holds."""
    for correction in corrections:
        what, to = correction.field, correction.to
        if what == "sentiment":
            standing = replace(standing, label=to)
        elif what == "complaint":
            standing = replace(standing, complaint=to == "yes")
        elif what == "topic":
            standing = replace(standing, topics=(standing.topics - {correction.was}) | ({to} if to else set()))
        elif what == "brand":
            standing = replace(standing, about=to == "about")
    return standing


def complete(records: Records) -> int:
    """Make the records that a killed program left out, and return how many."""
    missing = [entry for entry in audit.entries(records) if is_missing(records, entry)]
    for entry in missing:
        _derive(records, entry)
    return len(missing)


def is_missing(records: Records, entry: AuditEntry) -> bool:
    """Return whether the entry is a correction whose record is not there."""
    return entry.action == ACTION and CORRECTIONS.get(records, entry.key) is None


def correction_of(entry: AuditEntry) -> Correction:
    """Return the correction that an entry of the log makes."""
    words = {"reason": entry.reason, "who": entry.who, "at": entry.at, "audit": entry.hash}
    return CORRECTIONS.from_body(entry.key, {**entry.details, **words})


def by_mention(corrections: Iterable[Correction]) -> dict[str, list[Correction]]:
    """Return mention -> its corrections in the order given, which is the order in which they were made."""
    result: dict[str, list[Correction]] = {}
    for correction in corrections:
        result.setdefault(correction.mention, []).append(correction)
    return result


def by_direction(corrections: Iterable[Correction], since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    """Return (from, to) -> how many corrections were made in [since, until), most first."""
    ways = Counter((correction.was, correction.to) for correction in corrections if since <= correction.at < until)
    return dict(sorted(ways.items(), key=lambda pair: (-pair[1], pair[0])))


def changed(store: Store, where: Filter) -> Changed:
    """Return what corrections change among the mentions of ``where`` that are still stored.

    The judgement is today's, which a newer model may have changed; a correction that it agrees with changes nothing.
    """
    given = by_mention(CORRECTIONS.values(store.records))
    labels: dict[str, Counter[tuple[str, str]]] = {}
    themes: Counter[tuple[str, str]] = Counter()
    ids = sorted(given)
    for first in range(0, len(ids), _PAGE):
        chosen = replace(where, terms={**where.terms, "id": ids[first : first + _PAGE]})
        for mention in store.scan(chosen):
            raw = judged(mention)
            real = corrected(raw, given[mention.id])
            way = (raw.label, real.label if real.about else "")
            if way[0] != way[1]:
                labels.setdefault(mention.brand.id, Counter())[way] += 1
            themes.update({(mention.brand.id, topic): 1 for topic in real.themes - raw.topics})
            themes.subtract({(mention.brand.id, topic): 1 for topic in raw.topics - real.themes})
    return Changed(labels={brand: dict(ways) for brand, ways in sorted(labels.items())}, themes=dict(themes))


def moved(store: Store, where: Filter) -> Mapping[str, Moves]:
    """Return the part of ``changed`` that moves net sentiment."""
    return changed(store, where).labels


def adjusted(raw: Mapping[str, int], moves: Moves) -> dict[str, int]:
    """Return label -> mentions after corrections, from the raw counts of the same mentions."""
    result = {label: int(raw.get(label, 0)) for label in SENTIMENTS}
    for (label, corrected_label), count in moves.items():
        result[label] -= count
        if corrected_label:
            result[corrected_label] += count
    return result


def _derive(records: Records, entry: AuditEntry) -> Correction:
    correction = correction_of(entry)
    CORRECTIONS.put(records, correction, if_version=0)
    return correction
