"""Write a trained network as it ships: ``python -m training.export CHECKPOINT --data FOLDER``.

``layers.onnx`` has 8-bit layers, ``heads.npz`` the heads. ``FOLDER`` holds the labelled sets, whose training texts say
how far figures reach. ``--exact`` writes layers that are not rounded, to score beside the others.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

from analysis.enrich.models.encoder.network import Network
from training import bases, graph
from training.bases import BASES, Base
from training.examples import calibration

LABELS = {
    "sentiment": ("negative", "neutral", "positive", "mixed"),
    "intents": ("complaint", "praise", "wish", "question", "advice"),
    "severity": ("", "safety", "data_loss", "money", "cannot_use", "annoyance"),
    "moves": (
        *("", "launch", "price", "outage", "recall", "incident", "acquisition"),
        *("layoffs", "partnership", "end_of_product", "terms"),
    ),
    "relevance": ("about", "passing", "list", "not"),
    "switching": ("", "from_done", "from_considered", "to_done", "to_considered"),
    "comparison": ("BETTER", "WORSE", "NONE"),
    "spans": ("complaint", "praise", "wish", "question", "severity"),
}
NAMES = {"sent": "sentiment", "int": "intents", "sev": "severity", "mv": "moves", "rel": "relevance", "sw": "switching"}
_PARTS = 24  # texts that are measured at once
Weights = dict[str, graph.Floats]


def weights_of(checkpoint: Path) -> Weights:
    """Return the figures of a checkpoint by name."""
    import torch

    state: dict[str, Any] = torch.load(checkpoint, map_location="cpu")
    return {name: tensor.float().numpy() for name, tensor in state["sd"].items()}


def measured(weights: Weights, texts: Sequence[Sequence[int]], base: Base) -> graph.Reach:
    """Return how far the figures reach that the matrices read; ``texts`` are pieces."""
    model, names = graph.layers(weights)
    for name in names:
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    network, reach = Network(base.folder), dict[str, tuple[graph.Floats, graph.Floats]]()
    for start in range(0, len(texts), _PARTS):
        part = texts[start : start + _PARTS]
        longest = max(map(len, part))
        ids = np.array([[*ids, *[1] * (longest - len(ids))] for ids in part])
        mask = np.array([[1] * len(ids) + [0] * (longest - len(ids)) for ids in part], np.int32)
        said = session.run(names, {"embeddings": network.embed(ids), "mask": mask})
        for name, figures in zip(names, said, strict=True):
            rows = figures[mask > 0]
            low, high = reach.get(name, (rows[0], rows[0]))
            reach[name] = np.minimum(low, rows.min(axis=0)), np.maximum(high, rows.max(axis=0))
    return reach


def heads_of(weights: Weights, version: str) -> dict[str, Any]:
    """Return what ``heads.npz`` holds: matrices with columns out, in half precision, and the names of their figures."""
    renamed = {"mix": "mix", "cmp": "comparison", "span": "spans"}
    renamed |= {f"heads.{short}": name for short, name in NAMES.items()}
    found: dict[str, Any] = {}
    for short, name in renamed.items():
        found[f"{name}.weight"] = weights[f"{short}.weight"].T.astype(np.float16)
        found[f"{name}.bias"] = weights[f"{short}.bias"].astype(np.float32)
    sizes = {name: len(found[f"{name}.bias"]) for name in LABELS}
    labels = {name: names[: sizes[name]] for name, names in LABELS.items()}
    about = json.dumps({"version": version, "labels": labels, "asks": True}).encode()
    return {**found, "about": np.frombuffer(about, np.uint8)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write both files beside the run time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--exact", action="store_true", help="do not round, to compare with")
    bases.ask(parser)
    asked = parser.parse_args(arguments)
    base = BASES[asked.base]
    weights = weights_of(asked.checkpoint)
    reach = None if asked.exact else measured(weights, [example.ids for example in calibration(asked.data, base)], base)
    model, _ = graph.layers(weights, reach=reach)
    layers = model.SerializeToString()
    (base.folder / "layers.onnx").write_bytes(layers)
    version = hashlib.sha256(layers).hexdigest()[:8]
    np.savez_compressed(base.folder / "heads.npz", **heads_of(weights, version))
    for name in ("layers.onnx", "heads.npz"):
        print(f"{name} {(base.folder / name).stat().st_size / 1e6:.1f} MB, version {version}")


if __name__ == "__main__":
    main()
