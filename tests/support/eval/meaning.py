"""How well one problem in other words is found: 60 problems, each told three times, among sentences of other things.

``problems.jsonl`` was written for this alone: the second telling shares no telling word with the first, the third is in
another language, and the sentences of problem 0 share words with some and mean something else. The part ``choose`` was
looked at when the vectors were chosen, ``report`` only for figures. ``python -m tests.support.eval.meaning`` prints.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.enrich.models.meaning.maker import Directions, shipped

FILE = Path(__file__).parents[2] / "data" / "meaning" / "problems.jsonl"
PARTS = ("choose", "report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Of all tellings: how often the nearest other is of the same problem; the mean of 1/rank of each other telling, in
    the same language and across; and of all pairs the mean precision.
    """

    nearest: float
    same_language: float
    across: float
    precision: float


def measure(part: str, directions: Directions | None = None) -> Found:
    """Return what is found in one part."""
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    told = [
        (row["problem"], at == 2, text) for row in rows if row["part"] == part for at, text in enumerate(row["texts"])
    ]
    problems = np.array([problem for problem, _, _ in told])
    foreign = np.array([is_foreign for _, is_foreign, _ in told])
    near = _all_near([text for _, _, text in told], directions or shipped())
    same = (problems[:, None] == problems) & (problems > 0)[:, None] & ~np.eye(len(told), dtype=bool)
    ranks = np.array([[1 + (near[q][~same[q]] > near[q, j]).sum() for j in range(len(told))] for q in range(len(told))])
    crossed = foreign[:, None] != foreign
    asked = problems > 0
    return Found(
        nearest=float(same[np.arange(len(told)), near.argmax(axis=1)][asked].mean()),
        same_language=float((1 / ranks)[same & ~crossed].mean()),
        across=float((1 / ranks)[same & crossed].mean()),
        precision=_mean_precision(near, same),
    )


def _all_near(texts: list[str], directions: Directions) -> NDArray[np.float64]:
    rows = np.stack([each.astype(np.float64) for each in directions.of_all(texts) if each is not None])
    assert len(rows) == len(texts)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    near = np.asarray(rows @ rows.T)
    np.fill_diagonal(near, -1)
    return near


def _mean_precision(near: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    pairs = np.triu_indices(len(near), 1)
    right = same[pairs][np.argsort(-near[pairs], kind="stable")]
    precision = right.cumsum() / np.arange(1, len(right) + 1)
    return float(precision[right].mean())


def main() -> None:
    """Print a line a part."""
    for part, model in product(PARTS, ("encoder", "linear")):
        found = measure(part, shipped(model))
        print(
            f"meaning {part:7} {model:7} nearest is right {found.nearest:.2f}, "
            f"1/rank {found.same_language:.2f} in one language, "
            f"{found.across:.2f} across, mean precision of pairs {found.precision:.3f}"
        )


if __name__ == "__main__":
    main()
