"""Make ``analysis/enrich/models/meaning/axes.npz`` from the written sentences: ``python -m training.meaning``.

Nothing is learnt from a label. The mean and the main components of the sentences' weighted embeddings are found; the
first three, which all sentences share, are left out, and the next 128 are kept (``make eval`` measures what they find).
"""

from __future__ import annotations

import hashlib

import numpy as np

from analysis.enrich.models.encoder.pieces import Pieces
from analysis.enrich.models.meaning.maker import AXES, ENCODER, Directions
from analysis.store.directions import WIDTH
from training.written import WrittenSentence, sentences

SHARED = 3
KEPT = 64  # pieces of a sentence


def main() -> None:
    """Write the file."""
    pieces, directions = Pieces(ENCODER / "pieces.model"), Directions()
    cut = [pieces.cut(unnamed(sentence)).ids[:KEPT] for sentence in sentences("sentences")]
    rows = np.stack([directions.mean(ids) for ids in cut if ids]).astype(np.float64)
    mean = rows.mean(axis=0)
    _, _, components = np.linalg.svd(rows - mean, full_matrices=False)
    axes = components[SHARED : SHARED + WIDTH].T
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(WIDTH)])
    mean, axes = mean.astype(np.float16), axes.astype(np.float16)
    np.savez(AXES, mean=mean, axes=axes, maker=np.array(name(mean.tobytes() + axes.tobytes())))


def name(axes: bytes) -> str:
    """Return the maker's name: it follows from every file that has a say."""
    content = hashlib.sha256(axes)
    for file in ("pieces.model", "embeddings.npy"):
        content.update((ENCODER / file).read_bytes())
    return f"pieces-{content.hexdigest()[:8]}"


def unnamed(sentence: WrittenSentence) -> str:
    """Return a sentence without its brands."""
    text = sentence.text
    for brand in sorted(sentence.brands, key=lambda brand: -brand.start):
        text = text[: brand.start] + " " + text[brand.end :]
    return text


if __name__ == "__main__":
    main()
