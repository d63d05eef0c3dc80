"""The layers as an ONNX graph with 8-bit weights, and the scales that its figures are rounded by.

What goes into each matrix is first divided by how far each of its columns reaches (Xiao et al. 2023, "SmoothQuant") and
then rounded by one fixed scale, measured on training texts. So a text's states do not depend on the texts beside it, as
they would with scales found anew for each batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

WIDTH, PARTS, KEPT_PLACES = 384, 12, 128
_OURS = "com.microsoft"
_BLOCK = 128
_MIGRATED = 0.85  # how much of the unevenness goes from what is read into the weights
_TOP = 63  # 7 bits: two products of full 8-bit figures overflow the adder of processors without VNNI
Floats = NDArray[np.float32]
Reach = Mapping[str, tuple[Floats, Floats]]
"""The least and the largest figure of each column, by the name of what is read."""


@dataclass(slots=True)
class Graph:
    """A graph in the making. Without ``reach`` its figures are not rounded, which is how ``reach`` is measured."""

    reach: Reach | None = None
    nodes: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def value(self, name: str, figures: Any) -> str:
        """Add a constant and return its name."""
        self.values.append(numpy_helper.from_array(np.ascontiguousarray(figures), name))
        return name

    def node(self, kind: str, inputs: list[str], outputs: list[str], *, ours: bool = False, **about: Any) -> str:
        """Add a step and return the name of its first output."""
        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=_OURS if ours else "", **about))
        return outputs[0]

    def dense(self, read: str, name: str, weight: Floats, bias: Floats) -> str:
        """Add ``read`` times a matrix (columns in) plus a bias."""
        matrix, out = weight.T.astype(np.float32), f"{name}.out"
        if self.reach is None:
            product = self.node("MatMul", [read, self.value(f"{name}.w", matrix)], [f"{name}.product"])
            return self.node("Add", [product, self.value(f"{name}.b", bias)], [out])
        low, high = self.reach[read]
        even = np.maximum(np.maximum(-low, high), 1e-4) ** _MIGRATED
        even = even / np.maximum(np.abs(matrix).max(axis=1), 1e-4) ** (1 - _MIGRATED)
        least, most = min(0.0, float((low / even).min())), max(0.0, float((high / even).max()))
        scale = (most - least) / 255
        matrix = matrix * even[:, None]
        scales = np.abs(matrix).max(axis=0) / _TOP
        small = np.clip(np.round(matrix / scales), -_TOP, _TOP).astype(np.int8)
        level = self.node("Mul", [read, self.value(f"{name}.even", (1 / even).astype(np.float32))], [f"{name}.level"])
        by = [
            self.value(f"{name}.scale", np.float32(scale)),
            self.value(f"{name}.zero", np.uint8(round(-least / scale))),
        ]
        rounded = self.node("QuantizeLinear", [level, *by], [f"{name}.rounded"])
        of_weights = [
            self.value(f"{name}.scales", scales.astype(np.float32)),
            by[1],
            self.value(f"{name}.zeros", np.zeros(len(scales), np.int8)),
            self.value(f"{name}.b", bias),
        ]
        inputs = [rounded, self.value(f"{name}.w", small), by[0], *of_weights]
        return self.node("MatMulIntegerToFloat", inputs, [out], ours=True)

    def blocks(self, read: str, name: str, weight: Floats, bias: Floats) -> str:
        """Add the same with a scale for each ``_BLOCK`` weights and for as many figures read, found anew in each row.

        Slower and finer: for what reaches far in few places.
        """
        if self.reach is None:
            return self.dense(read, name, weight, bias)
        rows, columns = weight.shape
        parts = weight.reshape(rows, columns // _BLOCK, _BLOCK)
        scales = np.abs(parts).max(axis=2) / 127
        small = (np.clip(np.round(parts / scales[..., None]), -127, 127) + 128).astype(np.uint8)
        inputs = [read, self.value(f"{name}.w", small), self.value(f"{name}.scales", scales.astype(np.float32))]
        about = {"K": columns, "N": rows, "bits": 8, "block_size": _BLOCK, "accuracy_level": 4}
        inputs += ["", "", self.value(f"{name}.b", bias)]
        return self.node("MatMulNBits", inputs, [f"{name}.out"], ours=True, **about)

    def normal(self, read: str, name: str, weight: Floats, bias: Floats) -> str:
        """Add layer normalisation."""
        inputs = [read, self.value(f"{name}.w", weight), self.value(f"{name}.b", bias)]
        return self.node("LayerNormalization", inputs, [name], axis=-1, epsilon=1e-12)


def layers(weights: Mapping[str, Floats], *, reach: Reach | None = None) -> tuple[onnx.ModelProto, list[str]]:
    """Return the graph and the names of what its matrices read. ``weights`` are those of a checkpoint."""
    graph, read = Graph(reach), []
    places = graph.value("places", weights["pos"][:KEPT_PLACES])
    shape = graph.node("Shape", ["embeddings"], ["shape"], start=1, end=2)
    zero, axis = graph.value("zero", np.array([0], np.int64)), graph.value("axis", np.array([0], np.int64))
    here = graph.node("Slice", [places, zero, shape, axis], ["here"])
    placed = graph.node("Add", ["embeddings", here], ["placed"])
    x = graph.normal(placed, "n", weights["n.weight"], weights["n.bias"])
    for number in range(1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))):
        x, names = _layer(graph, x, number, weights)
        read += names
    graph.node("Identity", [x], ["states"])
    value = helper.make_tensor_value_info
    inputs = [
        value("embeddings", TensorProto.FLOAT, ["texts", "pieces", WIDTH]),
        value("mask", TensorProto.INT32, ["texts", "pieces"]),
    ]
    outputs = [value("states", TensorProto.FLOAT, ["texts", "pieces", WIDTH])]
    whole = helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.values)
    versions = [helper.make_opsetid("", 20), helper.make_opsetid(_OURS, 1)]
    return helper.make_model(whole, opset_imports=versions, ir_version=10), read


def _layer(graph: Graph, x: str, number: int, weights: Mapping[str, Floats]) -> tuple[str, list[str]]:
    at = f"layers.{number}"

    def of(part: str) -> tuple[Floats, Floats]:
        return weights[f"{at}.{part}.weight"], weights[f"{at}.{part}.bias"]

    parts = [f"{at}.{name}" for name in "qkv"]
    graph.node("Split", [graph.dense(x, f"{at}.qkv", *of("qkv"))], parts, axis=-1, num_outputs=3)
    seen = graph.node("MultiHeadAttention", [*parts, "", "mask"], [f"{at}.seen"], ours=True, num_heads=PARTS)
    added = graph.node("Add", [x, graph.dense(seen, f"{at}.ao", *of("ao"))], [f"{at}.sum1"])
    middle = graph.normal(added, f"{at}.n1", *of("n1"))
    wide = graph.node("Gelu", [graph.dense(middle, f"{at}.fi", *of("fi"))], [f"{at}.wide"], ours=True)
    added = graph.node("Add", [middle, graph.blocks(wide, f"{at}.fo", *of("fo"))], [f"{at}.sum2"])
    return graph.normal(added, f"{at}.n2", *of("n2")), [x, seen, middle, wide]
