"""The sentences written for severity, moves and switching, judged: what was found against what is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language

from analysis.enrich.find.brands import Found
from analysis.enrich.judging import WHOLE, read
from analysis.enrich.pipeline import build
from analysis.enrich.reading import Reading, reading_of
from analysis.model import Switching
from tests.support.shared import lines

FOLDER = Path(__file__).resolve().parents[2] / "data" / "enrich"
BRANDS = ("Tessaro", "Nimbo", "Quillon", "Halvio", "Orvelle", "Brandeck")


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence with what it tells and what was found in it; an empty word means nothing."""

    text: str
    gold: str
    said: str


def severity_cases(name: str = "severity") -> list[Case]:
    """Return the severity sentences, judged as whole texts."""
    nlp = build()
    cases = []
    for row in lines(FOLDER / f"{name}.jsonl"):
        text = row["text"]
        reading = reading_of(read(nlp, text, [Found(WHOLE, 0, len(text))]))
        cases.append(Case(text, row["level"], reading.severity[WHOLE].level))
    return cases


def move_cases(name: str = "moves") -> list[Case]:
    """Return the sentences on moves, judged for the brand that each row names."""
    nlp = build()
    cases = []
    for row in lines(FOLDER / f"{name}.jsonl"):
        moves = _read(nlp, row["text"]).moves.get(row["brand"], ())
        # A sentence may rightly tell of a second move; it is wrong only where the one told of is missing.
        said = row["move"] if row["move"] in moves else (moves[0] if moves else "")
        cases.append(Case(row["text"], row["move"], said))
    return cases


def switching_cases(name: str = "switching") -> list[Case]:
    """Return the sentences on switching as ``from>to/status``."""
    nlp = build()
    cases = []
    for row in lines(FOLDER / f"{name}.jsonl"):
        found = _read(nlp, row["text"]).switching.values()
        gold = Switching(origin=row["from"], target=row["to"], status=row["status"], reason="")
        cases.append(Case(row["text"], _told(gold), _told(next(iter(found), Switching()))))
    return cases


def _read(nlp: Language, text: str) -> Reading:
    found = [Found(name, match.start(), match.end()) for name in BRANDS for match in re.finditer(name, text)]
    return reading_of(read(nlp, text, sorted(found, key=lambda item: item.start)))


def _told(switch: Switching) -> str:
    return f"{switch.origin}>{switch.target}/{switch.status}" if switch.status else ""


def precision_recall(cases: list[Case]) -> tuple[float, float]:
    """Return precision and recall of the exact answer over the sentences that tell something or were held to."""
    right = sum(bool(case.gold) and case.gold == case.said for case in cases)
    said, gold = sum(bool(case.said) for case in cases), sum(bool(case.gold) for case in cases)
    return right / max(1, said), right / max(1, gold)
