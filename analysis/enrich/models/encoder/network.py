"""The network's layers: numbers of pieces in, a state of 384 figures for each piece out.

Embeddings are read from a file that every process shares (memory-mapped), 4 bits a figure with a scale for each 32, as
their origin has them. The layers run in ONNX Runtime with 8-bit weights and fixed scales of what goes in, so that a
text's states do not depend on the texts beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnxruntime

WIDTH, LONGEST = 384, 128
BATCH = 1024  # pieces that are read at once, padding included
_START = 20  # a call of the network costs as much as so many pieces
_BLOCK = 32
Floats = NDArray[np.float32]


class Network:
    """Embeddings and layers in ``folder``, or the layers of a file of their own.

    Nothing is opened before the first text, so that a fork stays cheap.
    """

    def __init__(self, folder: Path, *, layers: Path | None = None, threads: int = 1) -> None:
        self._folder, self._layers, self._threads = folder, layers or folder / "layers.onnx", threads

    @cached_property
    def _embeddings(self) -> NDArray[np.void]:
        return np.asarray(np.load(self._folder / "embeddings.npy", mmap_mode="r"))

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        # Whoever reads embeddings alone needs no runtime.
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it never gives memory back
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(str(self._layers), options, providers=["CPUExecutionProvider"])

    def states(self, texts: Sequence[Sequence[int]]) -> list[Floats]:
        """Return for each text (at most ``LONGEST`` pieces) the states of its pieces, one row each."""
        found: list[Floats] = [np.empty((0, WIDTH), np.float32)] * len(texts)
        for numbers in batches([len(text) for text in texts]):
            longest = max(len(texts[number]) for number in numbers)
            ids = np.ones((len(numbers), longest), np.int64)
            mask = np.zeros((len(numbers), longest), np.int32)
            for row, number in enumerate(numbers):
                ids[row, : len(texts[number])] = texts[number]
                mask[row, : len(texts[number])] = 1
            [states] = self._session.run(None, {"embeddings": self.embed(ids), "mask": mask})
            for row, number in enumerate(numbers):
                found[number] = states[row, : len(texts[number])]
        return found

    def embed(self, ids: NDArray[np.int64]) -> Floats:
        """Return the embeddings of pieces, in the shape of ``ids`` and one more."""
        unique, back = np.unique(ids, return_inverse=True)
        return unpacked(self._embeddings[unique])[back.reshape(ids.shape)]


def unpacked(rows: NDArray[np.void]) -> Floats:
    """Return the figures of packed rows: of 8 bits, or in blocks of 32 where the low halves of 16 bytes come first."""
    codes = rows["codes"]
    if codes.dtype == np.int8:
        return np.asarray(codes * rows["scale"][..., None].astype(np.float32), np.float32)
    figures = np.empty((*codes.shape[:-1], _BLOCK), np.float32)
    figures[..., :16] = codes & 15
    figures[..., 16:] = codes >> 4
    figures -= 8
    figures *= rows["scale"][..., None].astype(np.float32)
    return figures.reshape(len(rows), WIDTH)


def batches(lengths: Sequence[int]) -> list[list[int]]:
    """Return the numbers of the texts in groups of like length, each of ``BATCH`` pieces at most.

    Together they cost least: what is padded and what each group costs by itself.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    least, begins = [0.0], [0]
    for end in range(1, len(order) + 1):
        cost, begin = float("inf"), end
        for start in range(end - 1, -1, -1):
            pieces = lengths[order[start]] * (end - start)
            if pieces > BATCH and end - start > 1:
                break
            if least[start] + pieces + _START < cost:
                cost, begin = least[start] + pieces + _START, start
        least.append(cost)
        begins.append(begin)
    groups: list[list[int]] = []
    end = len(order)
    while end:
        groups.append(order[begins[end] : end])
        end = begins[end]
    return groups[::-1]
