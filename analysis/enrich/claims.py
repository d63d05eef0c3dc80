"""From a reading to claims: each thing that a text says of a brand, with the author's own sentence that it rests on.

A complaint, a praise and a wish are one claim for each clause that makes them, and a topic has one of each at most. A
news report and a maker's notes neither complain nor praise, wish or ask: only owners do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from spacy.tokens import Doc

from analysis.enrich.data_files import load, load_words
from analysis.enrich.find.wordings import Table
from analysis.enrich.judges.intents import THRESHOLD
from analysis.enrich.judges.severity import GRAVE
from analysis.enrich.reading import Bounds, Chance, KeyPhrase, TextReading, reading_of
from analysis.enrich.taxonomy import GENERAL
from analysis.model import Claim, Switching
from analysis.model.text import whole_words

LONGEST = 300  # characters of a sentence that are kept, around what the claim rests on
_BOTH = load_words("grammar", "both")
_BEHIND = 6  # tokens by which a name behind is farther than one in front
_CUED = 2.0  # weight from which a cue wishes for something by itself
NEAR = 0.3  # share of a clause that is still held to speak of the target


class _Ground(NamedTuple):
    """What a claim rests on, before it is worded: the tokens, the probability, the topic and the key phrase."""

    span: Bounds
    p: float
    topic: str = ""
    words: str = ""


def claims(doc: Doc, target: str) -> tuple[Claim, ...]:
    """Return what the text claims of ``target``, kind by kind, each in order of place."""
    reading = reading_of(doc)
    return tuple(
        made
        for made in (*_asked(doc, reading, target), *_told(doc, reading, target), *_topics(doc, reading, target))
        if made.sentence
    )


def _asked(doc: Doc, reading: TextReading, target: str) -> Iterator[Claim]:
    """Yield complaints, praise, wishes and questions: what an owner does towards the brand."""
    if reading.window.genre != "owner":
        return
    phrases = reading.phrases[target]
    said = {"complaint": phrases.complaints, "wish": phrases.wishes}
    for kind, chance in reading.intents[target].items():
        if chance.p < THRESHOLD:
            continue
        grounds = _grounds(reading, kind, said.get(kind, ()), chance)
        if kind == "wish":
            grounds = [ground for ground in grounds if not _is_service(reading, ground.span)]
        if kind == "praise":  # what a thread is about, nobody praises by saying something nice
            grounds = [ground._replace(topic=_own_topic(reading, ground)) for ground in grounds]
        for ground in _one_a_topic([ground for ground in grounds if _is_meant(reading, target, kind, ground.span)]):
            yield _claim(doc, reading, kind, ground)


def _is_service(reading: TextReading, span: Bounds) -> bool:
    """Return whether a sentence asks for no more than help in the author's own case: mend it, send it again."""
    home = reading.clauses[_clause_of(reading, span)].sentence
    numbers = [at for at, clause in enumerate(reading.clauses) if clause.sentence == home]
    start, end = reading.clauses[numbers[0]].start, reading.clauses[numbers[-1]].end
    asked = _demands().every(reading.lowers, start, end)
    cues = (cue for at in numbers for cue in reading.cues[at] if cue.label.startswith("intent:wish:"))
    wishes = [cue for cue in cues if float(cue.label.split(":")[2]) >= _CUED]
    return bool(asked) and all(any(cue.start < last and first < cue.end for first, last, _ in asked) for cue in wishes)


@cache
def _demands() -> Table[bool]:
    table: Table[bool] = Table()
    for wording in load("grammar")["demands"]:
        table.add(wording, True)
    return table


def _own_topic(reading: TextReading, ground: _Ground) -> str:
    sentence = reading.clauses[_clause_of(reading, ground.span)].sentence
    said = {
        hit.topic
        for at, clause in enumerate(reading.clauses)
        if clause.sentence == sentence
        for hit in reading.topics[at]
    }
    return ground.topic if ground.topic in said else ""


def _is_meant(reading: TextReading, target: str, kind: str, span: Bounds) -> bool:
    """Return whether what is said in a clause that names several is said of ``target``: the name nearest, the one
    before rather than the one behind; a wish is for the one named first.
    """
    number = _clause_of(reading, span)
    clause = reading.clauses[number]
    if _is_chosen_or_left(reading, target, kind, clause.sentence):
        return False
    if not any(clause.start <= first < clause.end for places in reading.targets.values() for first, _ in places):
        # What follows upon two names is said of neither for sure, but where it says that it means both.
        meant = sum(any(share.clause == number for share in shares) for shares in reading.shares.values())
        return meant < 2 or not _BOTH.isdisjoint(reading.lowers[clause.start : clause.end])
    named = [
        (first if kind == "wish" else span[0] - last if first < span[0] else _BEHIND + first - span[1], name)
        for name, places in reading.targets.items()
        for first, last in places
        if clause.start <= first < clause.end
    ]
    return min(named)[1] == target


def _grounds(reading: TextReading, kind: str, phrases: Sequence[KeyPhrase], chance: Chance) -> list[_Ground]:
    """Return one ground for each clause: its key phrase, or what triggers it with the topic nearest.

    Triggers that are improbable by themselves count only where nothing else does: the surest of them. The phrase of a
    wish counts where its sentence triggers one.
    """
    triggers = {_clause_of(reading, trigger[:2]): trigger for trigger in reversed(chance.triggers)}
    wishing = {reading.clauses[number].sentence for number in triggers}
    grounds: dict[int, _Ground] = {}
    for phrase in phrases:
        number = _clause_of(reading, phrase.span)
        if kind == "wish" and reading.clauses[number].sentence not in wishing:
            continue
        topic = "" if phrase.topic == GENERAL else phrase.topic
        p = max(triggers[number].p if number in triggers else 0.0, chance.p)
        grounds.setdefault(number, _Ground(phrase.span, p, topic, phrase.words))
    for number, trigger in triggers.items():
        if trigger.p >= THRESHOLD and number not in grounds:
            grounds[number] = _Ground(trigger[:2], trigger.p, nearest_topic(reading, number, trigger[:2]))
    if not grounds and chance.triggers:
        first = chance.triggers[0]
        number = _clause_of(reading, first[:2])
        grounds[number] = _Ground(first[:2], chance.p, nearest_topic(reading, number, first[:2]))
    return [ground for _, ground in sorted(grounds.items())]


def _one_a_topic(grounds: Iterable[_Ground]) -> list[_Ground]:
    kept: dict[str, _Ground] = {}
    for ground in grounds:
        if ground.topic not in kept or (ground.words and not kept[ground.topic].words):
            kept[ground.topic] = ground
    return list(kept.values())


def nearest_topic(reading: TextReading, number: int, span: Bounds) -> str:
    """Return the topic of a clause that stands nearest to ``span``, else of its sentence, else of the title."""
    sentence = reading.clauses[number].sentence
    around = [hit for at, hits in enumerate(reading.topics) if reading.clauses[at].sentence == sentence for hit in hits]
    hits = reading.topics[number] or around
    # A word of feeling that is a topic too ("late") says less of what is meant than what stands beside it.
    beside = [hit for hit in hits if hit.end <= span[0] or hit.start >= span[1]]
    subject = reading.window.subject
    hits = beside or ([] if subject else hits)
    if not hits or not {hit.topic for hit in hits}.isdisjoint(subject):
        return next((topic for topic in subject if not hits or topic in {hit.topic for hit in hits}), "")
    return min(hits, key=lambda hit: (max(hit.start - span[1], span[0] - hit.end, 0), -hit.p, hit.start)).topic


def _told(doc: Doc, reading: TextReading, target: str) -> Iterator[Claim]:
    """Yield moves, the switch and the harm."""
    for move in reading.moves[target]:
        yield _claim(doc, reading, "move", _Ground(move.span, move.p, words=move.value))
    if switch := reading.switching.get(target):
        yield _claim(
            doc, reading, "switching", _Ground(switch.span, switch.p, switch.value.reason, arrow(switch.value))
        )
    if harm := reading.severity.get(target):
        yield _claim(doc, reading, "severity", _Ground(harm.span, harm.p, words=harm.value.level))


def arrow(switch: Switching) -> str:
    """Return a switch in one word: ``origin>target:status``."""
    return f"{switch.origin}>{switch.target}:{switch.status}"


def _is_chosen_or_left(reading: TextReading, target: str, kind: str, sentence: int) -> bool:
    """Return whether a sentence of a switch cannot mean ``target``: who is chosen is not complained of, nor who is
    left praised. Who tells of grave harm complains and does not praise, whatever else the sentence seems to say.
    """
    switch = reading.switching.get(target)
    harm = reading.severity.get(target)
    if harm and harm.value.level in GRAVE and reading.clauses[_clause_of(reading, harm.span)].sentence == sentence:
        return kind == "praise"
    if switch is None or reading.clauses[_clause_of(reading, switch.span)].sentence != sentence:
        return False
    return kind == ("complaint" if switch.value.target == target else "praise")


def _topics(doc: Doc, reading: TextReading, target: str) -> Iterator[Claim]:
    seen: set[str] = set()
    for share in reading.shares[target]:
        for hit in reading.topics[share.clause]:
            if share.weight >= NEAR and hit.topic not in seen:
                seen.add(hit.topic)
                yield _claim(doc, reading, "topic", _Ground((hit.start, hit.end), hit.p, hit.topic))


def _clause_of(reading: TextReading, span: Bounds) -> int:
    return next((at for at, clause in enumerate(reading.clauses) if clause.start <= span[0] < clause.end), 0)


def _claim(doc: Doc, reading: TextReading, kind: str, ground: _Ground) -> Claim:
    sentence, start, end = _evidence(doc, reading, ground.span)
    return Claim(
        kind=kind,
        sentence=sentence,
        start=start,
        end=end,
        score=round(ground.p, 4),
        value=ground.words,
        topic=ground.topic,
    )


def _evidence(doc: Doc, reading: TextReading, span: Bounds) -> tuple[str, int, int]:
    """Return the sentence around ``span`` as it was written, and the characters of the span in it."""
    first, last = reading.sentences[reading.clauses[_clause_of(reading, span)].sentence]
    low, high = doc[first].idx, doc[last - 1].idx + len(doc[last - 1])
    start = doc[span[0]].idx if span[1] else low
    end = doc[min(span[1], last) - 1].idx + len(doc[min(span[1], last) - 1]) if span[1] else high
    if high - low > LONGEST:
        low, high = _around(reading.window.text, low, high, start)
    written = reading.window.text[low:high]
    low += len(written) - len(written.lstrip())
    written = written.strip()
    return written, max(0, start - low), max(0, min(end - low, len(written)))


def _around(text: str, low: int, high: int, start: int) -> tuple[int, int]:
    """Return the characters of a sentence that is too long around ``start``, cut between words."""
    if start - low > LONGEST // 2:
        low = start - LONGEST // 3
        low = text.find(" ", low, start) + 1 or low
    return low, low + len(whole_words(text[low : min(high, low + LONGEST)], least=LONGEST // 2, strip=""))
