"""Is the first of two things better or worse than the second? By the network and the rules together."""

from __future__ import annotations

from spacy.tokens import Doc

from analysis.enrich.judges.comparison import make as rules
from analysis.enrich.models.encoder.fusion import log_chances
from analysis.enrich.models.encoder.network import Floats
from analysis.enrich.models.encoder.panel import Panel, by_rules, panel
from analysis.enrich.reading import Comparison, reading_of
from analysis.enrich.slots import Material, PairJudge


class EncoderComparison:
    """The judge of comparisons by the network, weighed against the rules where they read the language."""

    def __init__(self, experts: Panel[PairJudge]) -> None:
        self.experts, self.encoder, self.version = experts, experts.encoder, experts.version

    def judge(self, doc: Doc, first: str, second: str) -> Comparison:
        """Return the label for ``first`` against ``second`` and its probability."""
        english = by_rules(reading_of(doc))
        ruled = self.experts.rules.judge(doc, first, second) if english else None
        self.experts.signals(doc, [first, second])
        insight, lang = reading_of(doc).insight, reading_of(doc).window.lang
        said = self.experts.encoder.of(lang).compare(insight, first, second) if insight else None
        if said is None:
            return ruled or Comparison("NONE", 1.0)
        pool = self.experts.pool("comparison", lang)
        better, worse, none = pool.chances(said, expert(ruled) if ruled else None).tolist()
        ranked = (Comparison("BETTER", better), Comparison("WORSE", worse), Comparison("NONE", none))
        return max(ranked, key=lambda comparison: comparison.p)


def expert(ruled: Comparison) -> Floats:
    """Return what the rules say as log chances; what they do not say shares the rest."""
    rest = (1 - ruled.p) / 2
    return log_chances(*(ruled.p if ruled.label == label else rest for label in ("BETTER", "WORSE", "NONE")))


def make(material: Material) -> PairJudge:
    """Return the judge with the shipped weights."""
    return EncoderComparison(panel(rules(material), material))
