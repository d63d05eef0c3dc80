"""The questions of one report: each is put to the store once, when its answer is first wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from analysis.measure.scope import Scope
from analysis.track.harm import Weights

T = TypeVar("T")


class Asking:
    """What is asked about and how, and the answers so far.

    ``names`` maps topic ids to names for people, ``judged`` are the languages whose sentiment is judged,
    ``error_rate`` is the false discovery rate of what is called new, ``weights`` rank the themes.
    """

    def __init__(
        self,
        scope: Scope,
        *,
        names: Mapping[str, str] | None = None,
        judged: Sequence[str] = ("en",),
        error_rate: float = 0.05,
        weights: Weights | None = None,
    ) -> None:
        self.scope = scope
        self.names = names or {}
        self.judged = judged
        self.error_rate = error_rate
        self.weights = weights or Weights()
        self._answers: dict[Callable[[Asking], Any], Any] = {}

    def of(self, question: Callable[[Asking], T]) -> T:
        """Return the answer to a question: a section's, or one that several sections need."""
        if question not in self._answers:
            self._answers[question] = question(self)
        answer: T = self._answers[question]
        return answer
