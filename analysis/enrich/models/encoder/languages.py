"""The networks that ship, one for English and one for every other language, read as one."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np

from analysis.enrich.models.encoder.encoder import ENGLISH, FOLDER, Encoder
from analysis.enrich.models.encoder.network import WIDTH
from analysis.enrich.reading import READ_BY_RULES, Insight, Signal, Window

_NAMED = 8  # hex digits that stand for the versions of both


class Encoders:
    """Reads each window with the network of its language; files are opened when the first text of one comes."""

    def __init__(self, threads: int = 1) -> None:
        self._english, self._others = Encoder(ENGLISH, threads=threads), Encoder(FOLDER, threads=threads)

    @cached_property
    def version(self) -> str:
        """What names the weights of both."""
        versions = f"{self._english.heads.version} {self._others.heads.version}"
        return hashlib.sha256(versions.encode()).hexdigest()[:_NAMED]

    def of(self, lang: str) -> Encoder:
        """Return the network for texts in ``lang``."""
        return self._english if lang == READ_BY_RULES else self._others

    def read(self, windows: Sequence[Window]) -> list[Insight]:
        """Return what is said of each window; those of one network are read in one go."""
        found: dict[int, Insight] = {}
        by_encoder: dict[Encoder, list[int]] = defaultdict(list)
        for at, window in enumerate(windows):
            by_encoder[self.of(window.lang)].append(at)
        for encoder, places in by_encoder.items():
            insights = encoder.read([windows[at] for at in places])
            found |= {at: self._beside(encoder, insight) for at, insight in zip(places, insights, strict=True)}
        return [found[at] for at in range(len(windows))]

    def _beside(self, encoder: Encoder, insight: Insight) -> Insight:
        """Give each network's features places of their own: what people teach of one says nothing of the other."""
        at = WIDTH if encoder is self._others else 0

        def wide(signal: Signal) -> Signal:
            features = np.zeros(2 * WIDTH, np.float32)
            features[at : at + WIDTH] = signal.features
            return replace(signal, features=features)

        signals: Mapping[str, Signal] = {target: wide(signal) for target, signal in insight.signals.items()}
        return replace(insight, signals=signals)


@lru_cache(maxsize=1)
def shipped(threads: int = 1) -> Encoders:
    """Return the networks that ship, the same for all judges of a process."""
    return Encoders(threads)
