"""Make what finds by meaning: ``python -m training.meaning [WHEEL]``.

With ``WHEEL``, that of the pretrained network, its twelve layers are written first
(``analysis/enrich/models/meaning/layers.onnx``, the same for ever; needs the extra ``[train]``). Without it only
``axes.npz`` is made anew, from the written sentences and those of ``training/likeness``. Nothing hangs on the judges'
own weights, so that it need not be run after a training of theirs.

Of the means of states the 256 discriminants of the problems told in other words are kept; of the means of embeddings,
for those who have no network, 128 main components without the first three, which all sentences share.
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
from training.likeness.told import Part, Telling, examples, tellings
from training.written import WrittenSentence, sentences

SHARED = 3
EACH, FEWER = 3, 9  # of so many sentences one is read: for its embeddings, for its states
PRECISION = 0.95  # of what is held to be of a topic, among sentences of other topics
SURE = 0.8  # of pairs that are told together, on products that the axes were not fitted to
FOLDS, BLOCK = 3, 5  # products are held back, and grouped, five at a time
ALONE = 128  # axes of who has no network
_STABLE = (ENCODER / "pieces.model", ENCODER / "embeddings.npy")


def main(arguments: Sequence[str]) -> None:
    """Write the files and print what they reach on the sentences that were written apart."""
    directions = Directions(Network(ENCODER, layers=LAYERS))
    written = [ids for each in list(sentences("sentences"))[::EACH] if (ids := directions.pieces(unnamed(each)))]
    if arguments:
        from training.likeness import whole

        whole.write(Path(arguments[0]), directions.read(written))
    held = {**_lexical(written), **_states(directions, written[:: FEWER // EACH])}
    _save(held)
    held |= {"least": _least(directions), "least_alone": _least(Directions(None))}
    _save(held)
    report()


def _lexical(written: Sequence[Sequence[int]]) -> dict[str, Any]:
    alone, told = Directions(None), tellings("learn")
    rows = alone.means(written)
    mean = rows.mean(axis=0)
    _, _, components = np.linalg.svd((rows - mean).astype(np.float64), full_matrices=False)
    axes = components[SHARED : SHARED + ALONE].T
    made = (alone.means([alone.pieces(each.text) for each in told]) - mean).astype(np.float64) @ axes
    folds = [(made[block], _problems(told)[block]) for block in _blocks(told)]
    return {"mean_alone": mean, "axes_alone": axes, "together_alone": fit.together(folds, SURE)}


def _states(directions: Directions, written: Sequence[Sequence[int]]) -> dict[str, Any]:
    told = tellings("learn")
    rows = directions.means([*(directions.pieces(each.text) for each in told), *written]).astype(np.float64)
    mean = rows.mean(axis=0)
    rows, others, problems = rows[: len(told)] - mean, rows[len(told) :] - mean, _problems(told)
    folds = []
    for fold in _folds(told):
        axes = fit.discriminants(rows[~fold], problems[~fold], others, WIDTH)
        folds += [
            (rows[fold & block] @ axes, problems[fold & block]) for block in _blocks(told) if (fold & block).any()
        ]
    axes = fit.discriminants(rows, problems, others, WIDTH)
    return {"mean": mean, "axes": axes / np.abs(axes).max(), "together": fit.together(folds, SURE)}


def _problems(told: Sequence[Telling]) -> NDArray[np.int64]:
    return np.array([each.problem for each in told])


def _folds(told: Sequence[Telling]) -> list[NDArray[np.bool_]]:
    """Return which tellings are held back in each fold: whole products."""
    products = np.array([each.product for each in told])
    return [products // BLOCK % FOLDS == fold for fold in range(FOLDS)]


def _blocks(told: Sequence[Telling]) -> list[NDArray[np.bool_]]:
    """Return which tellings stand beside one another as those of one brand would: some thirty problems at a time."""
    products = np.array([each.product for each in told])
    return [products // BLOCK == block for block in range(products.max() // BLOCK + 1)]


def _least(directions: Directions) -> float:
    """Return from where on sentences are of a topic, so that of those found ``PRECISION`` are right."""
    seen = found(directions, "learn")
    for each in np.unique(seen.of_it):
        right, _, wrong = seen.at(float(each))
        if right >= PRECISION * (right + wrong):
            return float(each)
    return 2.0


def found(directions: Directions, part: Part) -> fit.NearTopics:
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
            made = [
                each.astype(np.float64) for each in directions.of_all([one.text for one in told]) if each is not None
            ]
            rows, at = np.stack(made), f"{model} {part}:"
            for name, within in (("of one product", True), ("of all", False)):
                pairs = fit.pairs(rows, told, one_product=within)
                precision, recall = pairs.at(pairs.least(SURE))
                print(f"{at} pairs {name}, {precision:.2f} right from {pairs.least(SURE):.2f} on: recall {recall:.3f}")
            nearest, nearest_within = fit.nearest(rows, told)
            print(f"{at} nearest is right {nearest:.3f}, in one product {nearest_within:.3f}")
            group = [fit.grouped(rows[some], _problems(told)[some], directions.together) for some in _blocks(told)]
            print(f"{at} groups from {directions.together:.2f} on: {fit.summed(group)}")
            seen = found(directions, part)
            print(f"{at} topics from {directions.least:.3f} on: {seen.at(directions.least)} of {seen.sizes}")


def names(held: dict[str, Any]) -> tuple[str, str]:
    """Return the names of the maker without the network and with it: they follow from every file that has a say."""
    alone = _name([held[name] for name in ("mean_alone", "axes_alone")], _STABLE)
    whole = _name([held[name] for name in ("mean", "axes")], (*_STABLE, LAYERS))
    return f"pieces-{alone}", f"meaning-{whole}"


def _save(held: dict[str, Any]) -> None:
    small = {name: np.asarray(figures, np.float16) for name, figures in held.items()}
    alone, whole = names(small)
    np.savez(AXES, **small, maker=np.array(whole), maker_alone=np.array(alone))  # type: ignore[arg-type]


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
