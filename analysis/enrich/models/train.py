"""Train the linear sentiment model: ``python -m analysis.enrich.models.train FOLDER`` of labelled sets.

Only sets whose licence allows shipping weights are read (``SETS``). Nothing is random: same sets, same file.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from spacy.language import Language

from analysis.enrich.judge import row_window
from analysis.enrich.models.linear import BUCKETS, DENSE, features
from analysis.enrich.pipeline import build, read
from analysis.enrich.reading import reading_of
from analysis.enrich.roster import choose

# set, licence, weight of each row: no domain may drown the others
SETS: tuple[tuple[str, str, float], ...] = (
    ("newsmtsc", "MIT", 1.0),
    ("sentfin", "MIT", 1.0),
    ("sentihood", "MIT", 1.0),
    ("mams_atsa", "Apache-2.0", 1.0),
)
LABELS = ("negative", "neutral", "positive")
RIDGE_HASHED, RIDGE_DENSE = 0.4, 0.02  # strong on words, weak on the evidence, which other domains share
Array = NDArray[np.float64]


def examples(folder: Path, nlp: Language) -> Iterator[tuple[list[int], list[float], int, float]]:
    """Yield features, label and weight of every training row."""
    for name, _, weight in SETS:
        with (folder / name / "train.jsonl").open(encoding="utf-8") as stream:
            for line in stream:
                row: dict[str, Any] = json.loads(line)
                if row["label"] in LABELS:
                    asked = {"text": row["text"], "targets": [{"start": row["start"], "end": row["end"]}]}
                    reading = reading_of(read(nlp, row_window(asked, place=line)))
                    if "t0" in reading.targets:
                        yield (*features(reading, "t0"), LABELS.index(row["label"]), weight)


def fit(rows: list[tuple[list[int], list[float], int, float]]) -> tuple[Array, Array]:
    """Return the hashed and the dense weights that minimise ridge-penalised log loss (L-BFGS)."""
    values = [1 / math.sqrt(max(len(hashed), 1)) for hashed, _, _, _ in rows for _ in hashed]
    columns = [column for hashed, _, _, _ in rows for column in hashed]
    ends = np.cumsum([0, *(len(hashed) for hashed, _, _, _ in rows)])
    sparse = csr_matrix((values, columns, ends), shape=(len(rows), BUCKETS))
    dense = np.array([row[1] for row in rows])
    truth = np.eye(3)[[row[2] for row in rows]]
    weight = np.array([row[3] for row in rows])[:, None]

    def loss(flat: Array) -> tuple[float, Array]:
        hashed_w, dense_w = _split(flat)
        scores = sparse @ hashed_w + dense @ dense_w
        scores -= scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        off = (np.exp(log_p) - truth) * weight
        value = (
            -(weight * truth * log_p).sum()
            + RIDGE_HASHED * (hashed_w**2).sum() / 2
            + RIDGE_DENSE * (dense_w**2).sum() / 2
        )
        slope = np.concatenate(
            [(sparse.T @ off + RIDGE_HASHED * hashed_w).ravel(), (dense.T @ off + RIDGE_DENSE * dense_w).ravel()]
        )
        return float(value), slope

    best = minimize(loss, np.zeros((BUCKETS + DENSE) * 3), jac=True, method="L-BFGS-B", options={"maxiter": 80})
    return _split(best.x)


def _split(flat: Array) -> tuple[Array, Array]:
    cut = BUCKETS * 3
    return flat[:cut].reshape(BUCKETS, 3), flat[cut:].reshape(DENSE, 3)


def main(folder: Path, target: Path) -> None:
    """Train on the sets under ``folder`` and write the weights to ``target``."""
    nlp = build(choose(names={"sentiment": "rules"}))  # the model to come is not there yet
    rows = list(examples(folder, nlp))
    hashed, dense = fit(rows)
    scale = np.abs(hashed).max() / 127
    small = np.round(hashed / scale).astype(np.int8)
    np.savez_compressed(target, hashed=small, scale=np.float32(scale), dense=dense.astype(np.float32))
    print(f"{len(rows)} rows, {target.stat().st_size / 1024:.0f} KiB written to {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent / "sentiment.npz")
