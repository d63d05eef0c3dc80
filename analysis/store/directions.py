"""Directions: 256 whole numbers from -127 to 127 that say where a sentence's meaning points, and how near two are.

Each is written as base64. Nearness is the cosine of the angle between two: 1 for the same, about 0 for nothing shared.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH = 256
_TOP = 127
_CHUNK = 65_536  # rows that are made real numbers at once: 64 MB
Direction = NDArray[np.int8]


def rounded(figures: NDArray[np.floating[Any]]) -> Direction | None:
    """Return real figures as a direction; None where they point nowhere."""
    reach = float(np.abs(figures).max(initial=0.0))
    if reach < 1e-9:
        return None
    return np.asarray(np.round(figures / reach * _TOP), np.int8)


def packed(direction: Direction) -> str:
    """Return a direction as it is kept in a mention."""
    return b64encode(direction.tobytes()).decode()


def unpacked(words: str) -> Direction:
    """Return the direction that ``packed`` wrote. Raises ``ValueError`` for anything else."""
    try:
        raw = b64decode(words, validate=True)
    except Error:
        raw = b""
    if len(raw) != WIDTH:
        raise ValueError(f"{words[:20]!r} is no direction: {WIDTH} bytes in base64")
    return np.frombuffer(raw, np.int8)


def nearness(rows: NDArray[np.int8], wanted: Sequence[Direction]) -> NDArray[np.float32]:
    """Return for each row the cosine to that of ``wanted`` which is nearest to it."""
    aims = np.stack([each.astype(np.float32) / np.linalg.norm(each.astype(np.float32)) for each in wanted], axis=1)
    found = np.empty(len(rows), np.float32)
    for first in range(0, len(rows), _CHUNK):
        some = rows[first : first + _CHUNK].astype(np.float32)
        sizes = np.maximum(np.sqrt(np.einsum("ij,ij->i", some, some)), 1e-9)
        found[first : first + _CHUNK] = (some @ aims).max(axis=1) / sizes
    return found
