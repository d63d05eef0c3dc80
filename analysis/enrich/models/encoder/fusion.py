"""How much each expert counts: the network and the rules, per task, by weights fitted on texts held out of training.

A fused answer is a logarithmic opinion pool (Hinton 2002, "product of experts"): the experts' log chances, each times
its weight, plus a bias per answer, made to sum to 1. The same fit scales how sure an answer is. Where the rules do not
read a language, the network stands alone with weights of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from analysis.enrich.models.encoder.encoder import log_softmax
from analysis.enrich.models.encoder.network import Floats
from analysis.enrich.reading import READ_BY_RULES

LOWEST = 1e-3  # no rule is surer than this
UNLIKELY = float(np.log(0.02))  # nor the network: it says nothing too loudly for a rule that saw something


@dataclass(frozen=True, slots=True)
class Pool:
    """The weights of one task: of each expert, and a bias for each answer."""

    network: float
    rules: float
    bias: Floats

    def chances(self, network: Floats, rules: Floats | None, known: Floats | float = 0.0) -> Floats:
        """Return the chances of each answer from rows of log chances; ``known`` is what a fact adds to them."""
        scores = self.network * np.maximum(network, UNLIKELY) + self.bias + known
        return np.asarray(np.exp(log_softmax(scores if rules is None else scores + self.rules * rules)))

    def chance(self, at: int, network: float, rules: float | None) -> float:
        """Return the chance of the one answer ``at`` from log odds."""
        score = (
            self.network * float(np.clip(network, UNLIKELY, -UNLIKELY))
            + float(self.bias[at])
            + self.rules * (rules or 0.0)
        )
        return float(1 / (1 + np.exp(-score)))


class Fusion:
    """The pools of every task, with the rules and without."""

    def __init__(self, raw: Mapping[str, Mapping[str, Mapping[str, object]]]) -> None:
        self._pools = {
            (task, kind): Pool(float(part["network"]), float(part["rules"]), np.array(part["bias"], np.float32))  # type: ignore[arg-type]
            for task, kinds in raw.items()
            for kind, part in kinds.items()
        }

    def pool(self, task: str, lang: str) -> Pool:
        """Return the pool of ``task`` for texts in ``lang``."""
        return self._pools[task, "with_rules" if lang == READ_BY_RULES else "alone"]


@lru_cache(maxsize=2)
def fusion_of(folder: Path) -> Fusion:
    """Return the weights of the network in ``folder``."""
    return Fusion(json.loads((folder / "fusion.json").read_text(encoding="utf-8")))


def log_chances(*chances: float) -> Floats:
    """Return the logarithms of chances, none below that of ``LOWEST``."""
    return np.log(np.maximum(np.array(chances, np.float32), LOWEST))


def log_odds(chance: float) -> float:
    """Return the log odds of a chance, held between those of ``LOWEST`` and its opposite."""
    held = min(max(chance, LOWEST), 1 - LOWEST)
    return float(np.log(held / (1 - held)))


def only(labels: Sequence[str], *said: str) -> Floats:
    """Return a row that is 1 for each label that a rule says. Its silence, the first label, says nothing."""
    return np.array([0.0, *(float(label in said) for label in labels[1:])], np.float32)
