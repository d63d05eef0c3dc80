"""The sentences saved for each judge (``tests/data/enrich/TASK/NAME.jsonl``), judged: what is said, what is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.enrich.find.brands import brand_matcher, find_brands
from analysis.enrich.judge import WHOLE
from analysis.enrich.judges.sentiment import sentiment_of
from analysis.enrich.pipeline import build, read
from analysis.enrich.reading import REACH_PERSONAL, BrandPlace, TextReading, Window, reading_of
from analysis.enrich.roster import ROSTER, by_model, choose
from analysis.enrich.slots import Judges, Material
from analysis.enrich.taxonomy import load_taxonomy
from analysis.model import Brand, Switching
from analysis.model.text import token_words, tokens
from tests.support.shared import lines

FOLDER = Path(__file__).resolve().parents[2] / "data" / "enrich"
BRANDS = ("Tessaro", "Nimbo", "Quillon", "Halvio", "Orvelle", "Brandeck")
LISTED = tuple((task, name) for task, name, _ in ROSTER)
"""Every judge on the lists: its task and its name."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence with what is right and what was said of it; an empty word means nothing."""

    text: str
    gold: str
    said: str


def sentences_of(task: str, name: str) -> Path:
    """Return the file with the judge's sentences."""
    return FOLDER / task / f"{name}.jsonl"


def cases(task: str, name: str) -> list[Case]:
    """Return the sentences of a judge, judged by it; the others are those of its model."""
    rows = list(lines(sentences_of(task, name)))
    if task == "relevance":  # each row tells of a brand of its own
        return list(_relevance(rows, name))
    beside = by_model("encoder" if name == "encoder" else "linear")
    return list(_READERS[task](rows, choose(names=beside | {task: name})))


def _readings(rows: Sequence[Row], judges: Judges) -> Iterator[tuple[Row, TextReading]]:
    """Read each row with every brand that it names as a target; as a whole where it names none."""
    nlp = build(judges)
    for row in rows:
        text = row["text"]
        places = [BrandPlace(name, match.start(), match.end()) for name in BRANDS for match in re.finditer(name, text)]
        places = sorted(places, key=lambda place: place.start) or [BrandPlace(WHOLE, 0, len(text))]
        yield row, reading_of(read(nlp, Window(text=text, places=places, reach=REACH_PERSONAL)))


def _whole_readings(rows: Sequence[Row], judges: Judges) -> Iterator[tuple[Row, TextReading]]:
    """Read each row as a whole, whomever it names."""
    nlp = build(judges)
    for row in rows:
        places = (BrandPlace(WHOLE, 0, len(row["text"])),)
        yield row, reading_of(read(nlp, Window(text=row["text"], places=places, reach=REACH_PERSONAL)))


def _of_several(gold: str, said: Sequence[str]) -> str:
    # A sentence may rightly tell of a second thing; it is wrong only where the one told of is missing.
    return gold if gold in said else (said[0] if said else "")


def _severity(rows: Sequence[Row], judges: Judges) -> Iterator[Case]:
    for row, reading in _whole_readings(rows, judges):
        yield Case(row["text"], row["level"], reading.severity[WHOLE].value.level if WHOLE in reading.severity else "")


def _moves(rows: Sequence[Row], judges: Judges) -> Iterator[Case]:
    for row, reading in _readings(rows, judges):
        yield Case(
            row["text"],
            row["move"],
            _of_several(row["move"], [move.value for move in reading.moves.get(row["brand"], ())]),
        )


def _switching(rows: Sequence[Row], judges: Judges) -> Iterator[Case]:
    for row, reading in _readings(rows, judges):
        gold = Switching(origin=row["from"], target=row["to"], status=row["status"], reason="")
        yield Case(
            row["text"], _arrow(gold), _arrow(next((told.value for told in reading.switching.values()), Switching()))
        )


def _arrow(switch: Switching) -> str:
    return f"{switch.origin}>{switch.target}/{switch.status}" if switch.status else ""


def _sentiment(rows: Sequence[Row], judges: Judges) -> Iterator[Case]:
    for row, reading in _readings(rows, judges):
        gold, said = row["label"], sentiment_of(reading.polarity[row["target"]]).label
        yield Case(row["text"], "" if gold == "neutral" else gold, "" if said in ("neutral", "unsure") else said)


def _intents(rows: Sequence[Row], judges: Judges) -> Iterator[Case]:
    for row, reading in _whole_readings(rows, judges):
        said = [intent for intent, chance in reading.intents[WHOLE].items() if chance.p >= 0.5]
        yield Case(row["text"], row["intent"], _of_several(row["intent"], said))


def _topics(rows: Sequence[Row], judges: Judges) -> Iterator[Case]:
    for row, reading in _readings(rows, judges):
        said = [hit.topic for hits in reading.topics for hit in hits]
        yield Case(row["text"], row["topic"], _of_several(row["topic"], said))


def _phrases(rows: Sequence[Row], judges: Judges) -> Iterator[Case]:
    for row, reading in _whole_readings(rows, judges):
        phrases = reading.phrases[WHOLE]
        said = [f"{phrase.topic}/{phrase.words}" for phrase in (*phrases.complaints, *phrases.wishes)]
        yield Case(row["text"], row["phrase"], _of_several(row["phrase"], said))


def _standing(rows: Sequence[Row], judges: Judges) -> Iterator[Case]:
    for row, reading in _readings(rows, judges):
        said = reading.standing[row["brand"]].value
        yield Case(row["text"], row["standing"], "" if said == "about" else said)


def _comparison(rows: Sequence[Row], judges: Judges) -> Iterator[Case]:
    nlp = build(judges)
    for row in rows:
        text, pair = row["text"], (row["first"], row["second"])
        places = [BrandPlace(name, text.index(name), text.index(name) + len(name)) for name in pair]
        doc = read(nlp, Window(text=text, places=places, reach=REACH_PERSONAL))
        gold, said = row["label"], judges.comparison.judge(doc, *pair).label
        yield Case(text, "" if gold == "NONE" else gold, "" if said == "NONE" else said)


def _relevance(rows: Sequence[Row], name: str) -> Iterator[Case]:
    taxonomy = load_taxonomy()
    for row in rows:
        facts: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in row["brand"].items()
        }
        brand, toks = Brand(id="brand", role="own", **facts), tokens(row["text"])
        judges = choose(Material(taxonomy=taxonomy, brands=(brand,)), {"relevance": name})
        window = Window(text=row["text"], places=find_brands([brand_matcher(brand)], token_words(row["text"])))
        chances = judges.relevance.judge(window, toks)
        yield Case(row["text"], "means" if row["means"] else "", "means" if max(chances, default=0.0) >= 0.5 else "")


_READERS: Mapping[str, Callable[[Sequence[Row], Judges], Iterator[Case]]] = {
    "severity": _severity,
    "moves": _moves,
    "switching": _switching,
    "sentiment": _sentiment,
    "intents": _intents,
    "topics": _topics,
    "phrases": _phrases,
    "standing": _standing,
    "comparison": _comparison,
}


def precision_recall(judged: list[Case]) -> tuple[float, float]:
    """Return precision and recall of the exact answer over the sentences that tell something or were held to."""
    right = sum(bool(case.gold) and case.gold == case.said for case in judged)
    said, gold = sum(bool(case.said) for case in judged), sum(bool(case.gold) for case in judged)
    return right / max(1, said), right / max(1, gold)
