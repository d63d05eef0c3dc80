"""Customers who leave one brand for another: from whom, to whom, why, done or considered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from spacy.tokens import Doc

from analysis.enrich.data_files import load, load_words
from analysis.enrich.reading import READ_BY_RULES, Cue, Ruling, TextReading, reading_of
from analysis.enrich.slots import Material, SwitchingJudge
from analysis.model import Switching

_AHEAD = 7  # tokens past the words in which the brand must follow
_PRONOUNS = load_words("switching", "words", "pronouns")
_AUXILIARIES = load_words("switching", "words", "auxiliaries")
_PLAIN = load_words("switching", "words", "plain")
_ELSEWHERE = load_words("switching", "words", "elsewhere")
_FAREWELLS = load_words("switching", "words", "farewells")
_ENDED = load_words("switching", "words", "ended")
_JOINTS = load_words("switching", "words", "joints")
_CAUSES = load_words("switching", "words", "causes")
_CONSEQUENCES = {
    language: frozenset(str(words).split()) for language, words in load("switching")["consequences"].items()
}
_TELLERS = load_words("switching", "words", "tellers")
_URGING = load_words("switching", "words", "urging")
_MOVING = load_words("switching", "words", "moving")
_BESIDE = 2  # the same where the words are as often of another house or town: "moved to the Tessaro"
_LONG = 4  # tokens of a wording that is plain enough by itself ("moved from her Dovrek to")
_CAUSE_WITHIN = 5  # tokens in front of a topic in which a word that gives the reason counts
_BLAME_WITHIN = 10  # tokens between the words of the switch and a topic that is blamed for it
_BLAMED = 0.8  # leaning from which a clause blames what it speaks of
OTHER = "other"
Place = tuple[int, int, str]  # tokens (first, past last) and the brand named there


def switching_patterns(raw: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return the token patterns, labelled ``switch:<role>``."""
    return {f"switch:{role}": [str(source) for source in sources] for role, sources in raw["patterns"].items()}


class SwitchingRules:
    """The judge of switching by cues and by the brands that stand around them."""

    version = "rules-1"

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Ruling[Switching] | None]:
        """Return for each target the first switch told in which it takes part, or None."""
        switches = _switches(reading_of(doc))
        return [switches.get(target) for target in targets]


def make(_background: Material) -> SwitchingJudge:
    """Return the judge."""
    return SwitchingRules()


def _switches(reading: TextReading) -> dict[str, Ruling[Switching]]:
    switches: dict[str, Ruling[Switching]] = {}
    if reading.window.genre != "owner":  # who reports of many who left has not left
        return switches
    for sentence in sorted({clause.sentence for clause in reading.clauses}):
        numbers = [number for number, clause in enumerate(reading.clauses) if clause.sentence == sentence]
        cues = [cue for number in numbers for cue in reading.cues[number] if cue.label.startswith("switch:")]
        pair = _pair(reading, cues, reading.clauses[numbers[0]].start, reading.clauses[numbers[-1]].end)
        if pair is None:
            continue
        origin, target, status, cue = pair
        if OTHER in (origin, target) and not _is_told(
            reading, cue, reading.clauses[numbers[0]].start, reading.clauses[numbers[-1]].end
        ):
            continue
        switch = Switching(origin=origin, target=target, status=status, reason=_reason(reading, numbers, origin, cue))
        for brand in {origin, target} & reading.targets.keys():
            switches.setdefault(brand, Ruling(switch, span=(cue.start, cue.end)))
    return switches


def _pair(reading: TextReading, cues: Sequence[Cue], start: int, end: int) -> tuple[str, str, str, Cue] | None:
    if not cues:
        return None
    roles: dict[str, list[Cue]] = {}
    for cue in cues:
        roles.setdefault(cue.label.partition(":")[2], []).append(cue)
    brands = sorted((first, last, name) for name, places in reading.targets.items() for first, last in places)
    for role in ("pair", "over", "to", "from"):
        for cue in roles.get(role, ()):
            inside = any(first <= cue.start and cue.end <= last for first, last, _ in brands)
            if inside or _denied(cue, roles.get("not", ())) or _acts(cue, brands, reading):
                continue
            sides = _SIDES[role](cue, brands, reading, end)
            if sides is None or sides[0] == sides[1] or not ({*sides} & reading.targets.keys()):
                continue
            return (*sides, _status(cue, roles.get("maybe", ()), start, reading), cue)
    return None


def _is_told(reading: TextReading, cue: Cue, start: int, end: int) -> bool:
    """Return whether somebody tells of it: in the first person, of somebody of theirs, or as a sentence that begins so.

    "Stop using it" and "people who are leaving" tell of nobody.
    """
    lowers = reading.lowers
    if lowers[cue.start] in _URGING:
        return False
    begins = next((word for word in lowers[start:end] if word.isalnum()), "") in lowers[cue.start : cue.start + 2]
    return begins or not _TELLERS.isdisjoint(lowers[start:end]) or cue.end - cue.start >= _LONG


def _denied(cue: Cue, nots: Sequence[Cue]) -> bool:
    return any(no.start < cue.end + 3 and no.end > cue.start for no in nots)


def _acts(cue: Cue, brands: Sequence[Place], reading: TextReading) -> bool:
    """Return whether the brand itself is who moves ("Quillon changed its logo"), or something of it."""
    before = cue.start - 1
    while before > 0 and reading.lowers[before] in _AUXILIARIES:
        before -= 1
    if reading.lowers[cue.start] in _FAREWELLS:
        return False
    return any(first <= before < last for first, last, _ in brands)


def _status(cue: Cue, maybes: Sequence[Cue], start: int, reading: TextReading) -> str:
    words = reading.lowers[cue.start : cue.end]
    if words[0] in _ENDED:
        return "done"
    near = any(max(start, cue.start - 6) <= maybe.start < cue.end for maybe in maybes)
    return "considered" if near else "done"


def _ahead(brands: Sequence[Place], first: int, end: int, reach: int = _AHEAD) -> str:
    return next((name for at, _, name in brands if first <= at < min(first + reach, end)), "")


def _carried(brands: Sequence[Place], before: int) -> str:
    """Return the brand last named before the token ``before``."""
    return next((name for at, _, name in reversed(brands) if at < before), "")


def _inside(brands: Sequence[Place], cue: Cue) -> str:
    return next((name for at, _, name in brands if cue.start <= at < cue.end), "")


def _pair_sides(cue: Cue, brands: Sequence[Place], reading: TextReading, end: int) -> tuple[str, str] | None:
    # The longest match may swallow the brand chosen: the last joining word is what parts the two.
    words = reading.lowers[cue.start : cue.end]
    joint = max((at for at, word in enumerate(words) if word in _JOINTS), default=len(words) - 1) + cue.start
    left = next((name for at, _, name in reversed(brands) if cue.start <= at < joint), "")
    if not left and not _PRONOUNS.isdisjoint(reading.lowers[cue.start : joint]):
        left = _carried(brands, cue.start)
    right = _ahead(brands, joint + 1, end)
    if not (left or right):
        return None
    return left or OTHER, right or OTHER


def _over_sides(cue: Cue, brands: Sequence[Place], reading: TextReading, end: int) -> tuple[str, str] | None:
    chosen, left = _inside(brands, cue), _ahead(brands, cue.end, end)
    if "over" not in reading.lowers[cue.start : cue.end] and not left:
        return None
    return (left or OTHER, chosen) if chosen else None


def _to_sides(cue: Cue, brands: Sequence[Place], reading: TextReading, end: int) -> tuple[str, str] | None:
    reach = _BESIDE if reading.lowers[cue.start] in _MOVING else _AHEAD
    chosen = _inside(brands, cue) or _ahead(brands, cue.end, end, reach)
    rest = [(at, last, name) for at, last, name in brands if name != chosen]
    behind = next((at for at in range(cue.start, min(cue.end + 8, end)) if reading.lowers[at] == "from"), -1)
    left = _ahead(rest, behind, end) if behind >= 0 else ""
    left = left or _carried(rest, cue.start) or (rest[0][2] if rest else "")
    said = reading.lowers[cue.start : min(cue.end + 4, end)]
    if not chosen:  # "switched to something else": only who was left is known
        return (left, OTHER) if left and ("instead" in said or not _ELSEWHERE.isdisjoint(said)) else None
    if left or "instead" in said or reading.lowers[cue.start] in _PLAIN:
        return left or OTHER, chosen
    return None


def _from_sides(cue: Cue, brands: Sequence[Place], reading: TextReading, end: int) -> tuple[str, str] | None:
    left = _inside(brands, cue) or _ahead(brands, cue.end, end, 5)
    if not left and not _PRONOUNS.isdisjoint(reading.lowers[cue.end : cue.end + 4]):
        left = _carried(brands, cue.start)
    if not left:
        return None
    rest = [(at, last, name) for at, last, name in brands if name != left and at >= cue.start]
    return left, _ahead(rest, cue.end, end, 20) or _of_thread(reading, left) or OTHER


def _of_thread(reading: TextReading, left: str) -> str:
    """Return the one other brand that only the thread names: whoever writes there of leaving one has come to it."""
    others = [
        name
        for name, places in reading.targets.items()
        if name != left and all(reading.is_context(*place) for place in places)
    ]
    return others[0] if len(others) == 1 else ""


_SIDES: Mapping[str, Callable[[Cue, Sequence[Place], TextReading, int], tuple[str, str] | None]] = {
    "pair": _pair_sides,
    "over": _over_sides,
    "to": _to_sides,
    "from": _from_sides,
}


def _reason(reading: TextReading, numbers: Sequence[int], origin: str, cue: Cue) -> str:
    """Return the topic of the sentence that is blamed, or stands behind a word that gives a reason ("because of ads")
    or before one of what came of it ("ads, so I moved"); else nothing.
    """
    hits = [(hit.start, hit.topic, number) for number in numbers for hit in reading.topics[number]]
    for start, topic, number in hits:
        first = reading.clauses[numbers[0]].start
        if not _CAUSES.isdisjoint(reading.lowers[max(first, start - _CAUSE_WITHIN) : start]):
            return str(topic)
        if not _CONSEQUENCES[READ_BY_RULES].isdisjoint(reading.lowers[start : cue.start]):
            return str(topic)
        if reading.leaning[number] <= -_BLAMED and abs(start - cue.start) <= _BLAME_WITHIN:
            return str(topic)
    spoken = [share.clause for share in reading.shares.get(origin, ()) if share.clause - numbers[-1] in (1, 2)]
    for clause in spoken:
        if reading.leaning[clause] <= -_BLAMED and reading.topics[clause]:
            return str(reading.topics[clause][0].topic)
    return ""


def left_for(reading: TextReading, chosen: str) -> str:
    """Return whom somebody leaves who only says whom they chose: the one brand named before a word of consequence in
    front of it ("X shows ads, so I moved to Y"). Empty where there is none.
    """
    place = min(first for first, _ in reading.targets[chosen])
    words = _CONSEQUENCES.get(reading.window.lang, frozenset())
    turn = max((at for at in range(place) if reading.lowers[at] in words), default=-1)
    before = {name for name, places in reading.targets.items() if any(first < turn for first, _ in places)} - {chosen}
    return before.pop() if len(before) == 1 else ""


def switch_valence(reading: TextReading, target: str) -> float:
    """Return what a switch says of ``target``: whoever is left is blamed, whoever is chosen is preferred."""
    ruling = reading.switching.get(target)
    if ruling is None:
        return 0.0
    switch = ruling.value
    strength = 1.0 if switch.status == "done" else 0.6
    return -strength if switch.origin == target else strength
