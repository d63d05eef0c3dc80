"""Make ``analysis/enrich/models/meaning/axes.npz`` from the written sentences: ``python -m training.meaning``.

To be run after ``training.export``: the states of another encoder have other axes. Nothing is learnt from a label: of
the sentences' means (of embeddings, of states) the first three main components, which all sentences share, are left
out, and the next 128 are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from analysis.enrich.models.encoder.encoder import shipped
from analysis.enrich.models.meaning.maker import AXES, ENCODER, Directions
from analysis.store.directions import WIDTH
from training.written import WrittenSentence, sentences

SHARED = 3
EACH = 3  # of so many sentences one is read
_STABLE, _TRAINED = ("pieces.model", "embeddings.npy"), ("layers.onnx",)


def main() -> None:
    """Write the file."""
    directions = Directions(shipped().network)
    cut = [ids for each in list(sentences("sentences"))[::EACH] if (ids := directions.pieces(unnamed(each)))]
    held: dict[str, NDArray[np.float16]] = {}
    for number, rows in enumerate(directions.means(cut)):
        mean = rows.mean(axis=0)
        _, _, components = np.linalg.svd((rows - mean).astype(np.float64), full_matrices=False)
        held[f"mean_{number}"] = mean.astype(np.float16)
        held[f"axes_{number}"] = components[SHARED : SHARED + WIDTH // 2].T.astype(np.float16)
    alone, whole = names(held)
    np.savez(AXES, **held, maker=np.array(whole), maker_alone=np.array(alone))  # type: ignore[arg-type]


def names(held: dict[str, NDArray[np.float16]]) -> tuple[str, str]:
    """Return the names of the maker without the encoder and with it: they follow from every file that has a say."""
    alone = _name([held["mean_0"], held["axes_0"]], _STABLE)
    return f"pieces-{alone}", f"states-{_name([held[name] for name in sorted(held)], (*_STABLE, *_TRAINED))}"


def _name(arrays: Iterable[NDArray[np.float16]], files: Iterable[str]) -> str:
    content = hashlib.sha256()
    for array in arrays:
        content.update(array.tobytes())
    for file in files:
        content.update((ENCODER / file).read_bytes())
    return content.hexdigest()[:8]


def unnamed(sentence: WrittenSentence) -> str:
    """Return a sentence without its brands."""
    text = sentence.text
    for brand in sorted(sentence.brands, key=lambda brand: -brand.start):
        text = text[: brand.start] + " " + text[brand.end :]
    return text


if __name__ == "__main__":
    main()
