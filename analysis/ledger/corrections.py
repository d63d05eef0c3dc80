"""Corrections of judgements. The judgement itself stays: raw and adjusted figures stand side by side.

A correction stands under the number of its entry in the audit log, which is written first and holds the same words,
so that a program that is killed in between leaves an entry from which ``DERIVED`` makes the record.

======== ========================================== =============================================================
field    from, to                                   what it changes in the adjusted figures
======== ========================================== =============================================================
sentiment a label                                   net sentiment
complaint yes or no                                 a mention that is no complaint leaves its complaint themes
topic    a topic, or empty: none of them, a new one the count of these complaint themes
brand    about or not about                         one that is not about the brand leaves every figure of it
praise   yes or no                                  none: it is counted and listed among the corrections
wish     yes or no                                  none: as for praise
question yes or no                                  none: as for praise
move     a move, or empty: none of them, a new one  none: as for praise
severity a level or none                            none: as for praise
relevance about, passing, list or not               a list or not the brand leaves every figure of the brand
======== ========================================== =============================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from analysis.ledger import entries
from analysis.ledger.derived import Derived
from analysis.ledger.entries import Stamp
from analysis.model import MOVES, RELEVANCES, SENTIMENTS, SEVERITIES, Mention
from analysis.model.errors import UsageError
from analysis.model.records.audit import CORRECTIONS, AuditEntry, CorrectedField, Correction
from analysis.model.records.base import Document, Records
from analysis.model.times import written
from analysis.store.base import Filter, Store

ACTION = "correct"
Moves = Mapping[tuple[str, str], int]
_PAGE = 500
NO_HARM = "none"
"""What a correction of severity says where no harm is told of."""
UNCOUNTED = frozenset({"list", "not"})
"""Levels of relevance that no figure counts."""
_YES_NO = ("yes", "no")
_WORDS: Mapping[CorrectedField, Sequence[str]] = {
    "sentiment": SENTIMENTS,
    "complaint": _YES_NO,
    "praise": _YES_NO,
    "wish": _YES_NO,
    "question": _YES_NO,
    "brand": ("about", "not about"),
    "severity": (*SEVERITIES, NO_HARM),
    "relevance": RELEVANCES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsAs:
    """What a mention counts as: its label, whether it complains, of what, and whether it is about the brand at all;
    whether it praises, wishes and asks, the moves and the worst harm that it tells of, and how much it is about
    the brand.
    """

    label: str
    complaint: bool
    topics: frozenset[str]
    about: bool = True
    praise: bool = False
    wish: bool = False
    question: bool = False
    moves: frozenset[str] = frozenset()
    severity: str = ""
    relevance: str = "about"

    @property
    def themes(self) -> frozenset[str]:
        """The complaint themes that it counts in."""
        return self.topics if self.counts and self.complaint else frozenset()

    @property
    def counts(self) -> bool:
        """Whether the figures of the brand count it."""
        return self.about and self.relevance not in UNCOUNTED

    def said(self, what: CorrectedField) -> str:
        """Return what a field says, in the words of a correction; several topics or moves with spaces between."""
        return {
            "sentiment": self.label,
            "complaint": _yes(self.complaint),
            "topic": " ".join(sorted(self.topics)),
            "brand": "about" if self.about else "not about",
            "praise": _yes(self.praise),
            "wish": _yes(self.wish),
            "question": _yes(self.question),
            "move": " ".join(sorted(self.moves)),
            "severity": self.severity or NO_HARM,
            "relevance": self.relevance,
        }[what]


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
    drawn: str = "",
) -> Correction:
    """Record that ``mention`` should be judged ``to``, and return the correction. Its earlier corrections are kept too.

    ``what`` is the field; of a topic or a move, ``was`` is the one that it is not about (empty: only add ``to``;
    ``to`` may be empty: only remove). ``drawn`` says how the mention was chosen. Raises ``UsageError`` without a
    reason, for an unknown value, and where it counts so already.
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
        "judged": judged(mention).said(what),
        "model": mention.model,
        "from": before,
        "to": to,
        **({"drawn": drawn} if drawn else {}),
    }
    return DERIVED.enter(records, reason=reason, details=details, stamp=stamp)


def would_change(records: Records, mention: Mention, *, what: CorrectedField, to: str, was: str = "") -> bool:
    """Return whether a correction would change what the mention counts as.

    Raises ``UsageError`` where ``to`` is no value of the field.
    """
    if what in _WORDS:
        entries.chosen("about" if what == "brand" else what, to, _WORDS[what])
        return current(records, mention).said(what) != to
    standing = current(records, mention)
    now = standing.topics if what == "topic" else standing.moves
    return (not was or was in now) and to not in now


def _before(standing: CountsAs, what: CorrectedField, *, to: str, was: str) -> str:
    """Return what the field says now. Raises ``UsageError`` where ``to`` is no value of it or would change nothing."""
    if what in ("topic", "move"):
        return _of_several(standing.topics if what == "topic" else standing.moves, what, to=to, was=was)
    name = "about" if what == "brand" else what
    entries.chosen(name, to, _WORDS[what])
    now = standing.said(what)
    if now == to:
        raise UsageError(f"the mention counts as {to} already", about=(name,))
    return now


def _of_several(now: frozenset[str], what: CorrectedField, *, to: str, was: str) -> str:
    if what == "move" and to:
        entries.chosen("move", to, MOVES)
    if was and was not in now:
        known = ", ".join(sorted(now)) or "none"
        kind = "complaint topics" if what == "topic" else "moves"
        raise UsageError(f"the mention does not count in {was!r}; its {kind}: {known}", about=(f"not_{what}",))
    if to in now or not (was or to):
        raise UsageError(f"the mention counts in {to!r} already; name another", about=(what,))
    return was


def _yes(does: bool) -> str:
    return "yes" if does else "no"


def judged(mention: Mention) -> CountsAs:
    """Return what the machine's judgement makes of a mention."""
    return CountsAs(
        label=str(mention.sentiment.label),
        complaint="complaint" in mention.intents,
        topics=frozenset(mention.complaint_topics),
        praise="praise" in mention.intents,
        wish="wish" in mention.intents,
        question="question" in mention.intents,
        moves=frozenset(mention.moves),
        severity=mention.severity.level,
        relevance=mention.relevance.level,
    )


def current(records: Records, mention: Mention) -> CountsAs:
    """Return what the mention counts as after its corrections."""
    given = by_mention(CORRECTIONS.values(records))
    return corrected(judged(mention), given.get(mention.id, ()))


def corrected(standing: CountsAs, corrections: Iterable[Correction]) -> CountsAs:
    """Return the standing after corrections, oldest first: of several of one field the newest holds."""
    for correction in corrections:
        standing = _with(standing, correction)
    return standing


def _with(standing: CountsAs, correction: Correction) -> CountsAs:
    was, to = {correction.was}, {correction.to} if correction.to else set()
    match correction.field:
        case "sentiment":
            return replace(standing, label=correction.to)
        case "topic":
            return replace(standing, topics=(standing.topics - was) | to)
        case "move":
            return replace(standing, moves=(standing.moves - was) | to)
        case "brand":
            return replace(standing, about=correction.to == "about")
        case "severity":
            return replace(standing, severity="" if correction.to == NO_HARM else correction.to)
        case "relevance":
            return replace(standing, relevance=correction.to)
        case "complaint":
            return replace(standing, complaint=correction.to == "yes")
        case "praise":
            return replace(standing, praise=correction.to == "yes")
        case "wish":
            return replace(standing, wish=correction.to == "yes")
        case "question":
            return replace(standing, question=correction.to == "yes")


def correction_of(entry: AuditEntry) -> Correction:
    """Return the correction that an entry of the log makes."""
    words = {"reason": entry.reason, "who": entry.who, "at": entry.at, "audit": entry.hash}
    return CORRECTIONS.from_body(entry.key, {**entry.details, **words})


DERIVED = Derived(action=ACTION, kind=CORRECTIONS, made=correction_of)
"""The records of corrections, and those that a killed program left out."""


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
            way = (raw.label, real.label if real.counts else "")
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
