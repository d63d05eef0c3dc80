"""Complaint, wish, praise and question by the network and the rules together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spacy.tokens import Doc

from analysis.enrich.judges.intents import THRESHOLD, speaks_against, speaks_for
from analysis.enrich.judges.intents import make as rules
from analysis.enrich.judges.severity import GRAVE
from analysis.enrich.models.encoder.fusion import log_odds
from analysis.enrich.models.encoder.panel import Panel, by_rules, panel, span_of
from analysis.enrich.reading import Chance, Signal, Trigger, reading_of
from analysis.enrich.slots import IntentJudge, Material
from analysis.model import INTENTS


class EncoderIntents:
    """The judge of intents by the network, weighed against the rules where they read the language.

    Of a text as a whole a tip to others counts as a wish; of what is said of a brand it does not.
    """

    def __init__(self, experts: Panel[IntentJudge]) -> None:
        self.experts, self.encoder, self.version = experts, experts.encoder, experts.version

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Mapping[str, Chance]]:
        """Return for each target the chance of each intent."""
        english = by_rules(reading_of(doc))
        said = self.experts.rules.judge(doc, targets) if english else [_UNSAID] * len(targets)
        signals = self.experts.signals(doc, targets)
        return [
            self._chances(doc, target, signal, ruled if english else None) if signal else ruled
            for target, signal, ruled in zip(targets, signals, said, strict=True)
        ]

    def _chances(
        self, doc: Doc, target: str, signal: Signal, ruled: Mapping[str, Chance] | None
    ) -> Mapping[str, Chance]:
        chances = {name: self._chance(doc, target, name, signal, ruled[name] if ruled else None) for name in INTENTS}
        harmed = target in reading_of(doc).severity and chances["complaint"].triggers
        if ruled and (ruled["complaint"].triggers or harmed) and not ruled["praise"].triggers:
            # Beside a plain complaint, praise that no word tells of is irony.
            chances["praise"] = Chance(chances["praise"].p)
        return chances

    def _chance(self, doc: Doc, target: str, name: str, signal: Signal, ruled: Chance | None) -> Chance:
        reading = reading_of(doc)
        labels = self.experts.labels("intents", reading.window.lang)
        odds = float(signal.scores["intents"][labels.index(name)])
        tip = name == "wish" and reading.targets[target] == [(0, len(doc))]
        if tip:
            odds = max(odds, float(signal.scores["intents"][labels.index("advice")]))
        pool = self.experts.pool(name, reading.window.lang)
        p = pool.chance(0, odds, None if ruled is None else log_odds(ruled.p))
        triggers = ruled.triggers if ruled else ()
        harm = reading.severity.get(target) if name == "complaint" else None
        if harm and harm.value.level in GRAVE:
            # Who tells of such harm complains, in however plain words.
            p = max(p, harm.p)
            triggers = triggers or (Trigger(*harm.span, p),)
        if ruled is not None and ruled.triggers and (tip or name == "complaint") and p >= _DENIED:
            p = max(p, ruled.p)
        if p >= THRESHOLD and (name in signal.spans or not triggers):
            span = span_of(doc, signal, name, target)
            if ruled is not None and speaks_against(reading, name, span):
                return ruled if not triggers else Chance(round(p, 4), triggers)
            felt = name == "complaint" and speaks_for(reading, name, span)
            if ruled is None or felt or p >= _ALONE.get(name, THRESHOLD):
                triggers = (Trigger(*span, p), *triggers)
        return Chance(round(p, 4), triggers)


_ALONE = {"praise": 0.9, "complaint": 0.8}  # from here a claim may rest on the network alone: three in four are right
_DENIED = 0.12  # below this the network is sure enough against words that the rules know
_UNSAID: Mapping[str, Chance] = dict.fromkeys(INTENTS, Chance(0.0))


def make(material: Material) -> IntentJudge:
    """Return the judge with the shipped weights."""
    return EncoderIntents(panel(rules(material), material))
