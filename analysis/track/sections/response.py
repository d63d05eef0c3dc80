"""How long complaints about our brands wait: until collected, acknowledged, fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.track.parts import Evidence

Step = Literal["collected", "acknowledged", "fixed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTime:
    """How long complaints about our brands of the period waited for one step, from the post on.

    ``reached`` of ``of`` got there; ``median_s`` and ``p90_s`` are the seconds within which half and nine of ten did,
    None as long as so many have not. What still waits counts as longer than until now (Kaplan and Meier 1958).
    ``few`` where fewer than ten complaints can be judged, ``sampled`` where a random part stands for all of them.
    ``reached_ids`` are some of those that got there; ``evidence`` opens all complaints asked about.
    """

    step: Step
    reached: int
    of: int
    median_s: float | None
    p90_s: float | None
    few: bool
    sampled: bool
    reached_ids: tuple[str, ...]
    evidence: Evidence
