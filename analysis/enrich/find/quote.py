"""The words that a judgement rests on: the clause that leans most the way of the label, cut at a word boundary."""

from __future__ import annotations

from spacy.tokens import Doc

from analysis.enrich.reading import TextReading, reading_of
from analysis.model import SentimentLabel
from analysis.model.text import shorten

LONGEST = 300  # characters
_SHORT = 8  # tokens: a shorter clause is quoted with its sentence


def best_quote(doc: Doc, target: str, label: SentimentLabel) -> str:
    """Return the quote for ``target``: at most ``LONGEST`` characters of the text itself."""
    reading = reading_of(doc)
    sign = {"negative": -1.0, "positive": 1.0}.get(label, 0.0)
    ranked = [
        (_worth(reading, share.clause, share.weight, sign), -share.clause) for share in reading.shares.get(target, ())
    ]
    if not ranked:
        return ""
    number = -max(ranked)[1]
    clause = reading.clauses[number]
    first, last = reading.sentences[clause.sentence]
    sentence = reading.written(doc, first, last).strip()
    if len(sentence) <= LONGEST:
        return sentence
    end = clause.end if clause.end - clause.start >= _SHORT else last
    return shorten(reading.written(doc, clause.start, end).strip(), LONGEST, strip=" ,;:-")


def _worth(reading: TextReading, clause: int, weight: float, sign: float) -> float:
    leaning = reading.leaning[clause]
    grave = 0.3 * sum(cue.label.startswith(("intent:complaint:2", "severity:")) for cue in reading.cues[clause])
    return weight * (sign * leaning + (grave if sign < 0 else 0.0)) if sign else weight * (1.0 + 0.1 * abs(leaning))
