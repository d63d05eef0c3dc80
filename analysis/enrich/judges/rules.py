"""Sentiment by rules alone: the lexicon's evidence, stars, switching and the cues of complaints."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from analysis.enrich.judges.sentiment import Polarity, gather, rule_polarity
from analysis.enrich.judges.switching import switch_valence
from analysis.enrich.reading import Reading, reading_of

_STRONG, _WEAK = 0.5, 0.15  # valence of a strong and a weak cue of complaint; each counts twice at most


class RuleSentiment:
    """The judge of sentiment by rules; see ``analysis.enrich.judges.sentiment``."""

    version = "rules-1"

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Polarity]:
        """Return the probabilities towards each target."""
        reading = reading_of(doc)
        return [judged_by_rules(reading, target) for target in targets]


def judged_by_rules(reading: Reading, target: str) -> Polarity:
    """Return the probabilities that the rules give."""
    evidence = gather(reading.hits, reading.clauses, reading.shares[target], reading.targets[target])
    rating = reading.rating if reading.rated in ("", target) else None
    extra = switch_valence(reading, target) + _complaint_valence(reading, target)
    return rule_polarity(evidence, rating=rating, extra=extra)


def _complaint_valence(reading: Reading, target: str) -> float:
    """Return what cues of complaint ("still waiting", "fix your app") add where no word of the lexicon leans."""
    labels = [cue.label for share in reading.shares[target] for cue in reading.cues[share.clause]]
    strong, weak = labels.count("intent:complaint:2.2"), labels.count("intent:complaint:1.1")
    return -_STRONG * min(strong, 2) - _WEAK * min(weak, 2)
