"""The layers as an ONNX graph with 8-bit weights, and the scales that its figures are rounded by.

What goes into each matrix is first divided by how far each of its columns reaches (Xiao et al. 2023, "SmoothQuant") and
then rounded by one fixed scale, measured on training texts; the few columns that reach farthest stay as they are. So a
text's states do not depend on the texts beside it, as they would with scales found anew for each batch.
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
PART = WIDTH // PARTS
_OURS = "com.microsoft"
_MIGRATED, _MIGRATED_FAR, _FAR = 0.85, 0.5, 32  # chosen by the error of the states
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

    def dense(
        self, read: str, name: str, weight: Floats, bias: Floats, *, migrated: float = _MIGRATED, far: int = 0
    ) -> str:
        """Add ``read`` times a matrix (columns in) plus a bias.

        ``migrated`` is how much of the unevenness goes from what is read into the weights. The ``far`` columns that
        reach farthest are not rounded: a few would set the scale of all (Dettmers et al. 2022, "LLM.int8()").
        """
        matrix = weight.T.astype(np.float32)
        if self.reach is None:
            product = self.node("MatMul", [read, self.value(f"{name}.w", matrix)], [f"{name}.product"])
            return self.node("Add", [product, self.value(f"{name}.b", bias)], [f"{name}.out"])
        low, high = self.reach[read]
        reached, weighs = np.maximum(np.maximum(-low, high), 1e-4), np.maximum(np.abs(matrix).max(axis=1), 1e-4)
        even = reached**migrated / weighs ** (1 - migrated)
        columns = np.sort(np.argsort(-reached * weighs)[:far])
        low, high = np.delete(low / even, columns), np.delete(high / even, columns)
        near = matrix * even[:, None]
        near[columns] = 0
        near_product = self._rounded(read, name, near, bias, even, (min(0.0, low.min()), max(0.0, high.max())))
        if not far:
            return near_product
        picked = self.node("Gather", [read, self.value(f"{name}.far", columns)], [f"{name}.picked"], axis=2)
        weights = self.value(f"{name}.far_w", matrix[columns])
        far_product = self.node("MatMul", [picked, weights], [f"{name}.far_product"])
        return self.node("Add", [near_product, far_product], [f"{name}.out"])

    def _rounded(
        self, read: str, name: str, matrix: Floats, bias: Floats, even: Floats, reach: tuple[float, float]
    ) -> str:
        """Add ``read`` divided by ``even`` times a matrix, in 8 bits, plus a bias."""
        scale = float(reach[1] - reach[0]) / 255
        scales = np.maximum(np.abs(matrix).max(axis=0), 1e-12) / _TOP
        small = np.clip(np.round(matrix / scales), -_TOP, _TOP).astype(np.int8)
        level = self.node("Mul", [read, self.value(f"{name}.even", (1 / even).astype(np.float32))], [f"{name}.level"])
        by = [
            self.value(f"{name}.scale", np.float32(scale)),
            self.value(f"{name}.zero", np.uint8(round(-float(reach[0]) / scale))),
        ]
        rounded = self.node("QuantizeLinear", [level, *by], [f"{name}.rounded"])
        of_weights = [
            self.value(f"{name}.scales", scales.astype(np.float32)),
            by[1],
            self.value(f"{name}.zeros", np.zeros(len(scales), np.int8)),
            self.value(f"{name}.b", bias),
        ]
        inputs = [rounded, self.value(f"{name}.w", small), by[0], *of_weights]
        return self.node("MatMulIntegerToFloat", inputs, [f"{name}.near_out"], ours=True)

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
    _hide_padding(graph)
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

    seen = _attention(graph, graph.dense(x, f"{at}.qkv", *of("qkv")), at)
    added = graph.node("Add", [x, graph.dense(seen, f"{at}.ao", *of("ao"))], [f"{at}.sum1"])
    middle = graph.normal(added, f"{at}.n1", *of("n1"))
    wide = graph.node("Gelu", [graph.dense(middle, f"{at}.fi", *of("fi"))], [f"{at}.wide"], ours=True)
    narrow = graph.dense(wide, f"{at}.fo", *of("fo"), migrated=_MIGRATED_FAR, far=_FAR)
    added = graph.node("Add", [middle, narrow], [f"{at}.sum2"])
    return graph.normal(added, f"{at}.n2", *of("n2")), [x, seen, middle, wide]


def _attention(graph: Graph, read: str, at: str) -> str:
    """Add attention step by step: the runtime's own operator takes twice as long for texts as short as these."""
    cut = graph.node("Reshape", [read, "cut"], [f"{at}.cut"])
    turned = graph.node("Transpose", [cut], [f"{at}.turned"], perm=[0, 2, 1, 3])
    asking, asked, told = (f"{at}.{name}" for name in "qkv")
    graph.node("Split", [turned], [asking, asked, told], axis=1, num_outputs=3)
    near = graph.node("FusedMatMul", [asking, asked], [f"{at}.near"], ours=True, transB=1, alpha=PART**-0.5)
    kept = graph.node("Add", [near, "hidden"], [f"{at}.kept"])
    shares = graph.node("Softmax", [kept], [f"{at}.shares"], axis=-1)
    heard = graph.node("MatMul", [shares, told], [f"{at}.heard"])
    back = graph.node("Transpose", [heard], [f"{at}.back"], perm=[0, 2, 1, 3])
    return graph.node("Reshape", [back, "join"], [f"{at}.seen"])


def _hide_padding(graph: Graph) -> None:
    """Add what is taken from how near a piece is where it only fills a row, and the shapes that attention takes."""
    mask = graph.node("Cast", ["mask"], ["mask.float"], to=TensorProto.FLOAT)
    less = graph.node("Sub", [mask, graph.value("one", np.float32(1))], ["mask.less"])
    far = graph.node("Mul", [less, graph.value("far", np.float32(1e4))], ["mask.far"])
    graph.node("Unsqueeze", [far, graph.value("axes", np.array([1, 2], np.int64))], ["hidden"])
    graph.value("cut", np.array([0, 0, 3 * PARTS, PART], np.int64))
    graph.value("join", np.array([0, 0, WIDTH], np.int64))
