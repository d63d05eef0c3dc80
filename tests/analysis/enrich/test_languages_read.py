"""The networks of two kinds of language: how English is cut, and that each text is read by its own."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.enrich.models.encoder.encoder import ENGLISH, FOLDER, Encoder
from analysis.enrich.models.encoder.languages import Encoders
from analysis.enrich.models.encoder.network import WIDTH
from analysis.enrich.models.encoder.vocabulary.wordpieces import WordPieces
from analysis.enrich.reading import REACH_PERSONAL, BrandPlace, Window

LARGEST = 40_000_000  # bytes of a file with weights


@pytest.fixture(scope="module")
def encoders() -> Encoders:
    return Encoders()


@pytest.fixture(scope="module")
def pieces() -> WordPieces:
    return WordPieces(ENGLISH / "pieces.txt")


def window(text: str, lang: str) -> Window:
    return Window(text=text, places=(BrandPlace("tessaro", 0, 7),), reach=REACH_PERSONAL, lang=lang)


# Pieces


def named(pieces: WordPieces, text: str) -> list[tuple[str, str]]:
    names = (ENGLISH / "pieces.txt").read_text(encoding="utf-8").split("\n")
    cut = pieces.cut(text)
    return [(names[piece], text[first:last]) for piece, (first, last) in zip(cut.ids, cut.spans, strict=True)]


def test_words_are_cut_as_the_vocabulary_has_them_with_the_characters_of_the_text(pieces: WordPieces) -> None:
    assert named(pieces, "The Café isn't  AWFULish.") == [
        ("the", "The"),
        ("cafe", "Café"),
        *(("isn", "isn"), ("'", "'"), ("t", "t")),
        *(("awful", "AWFUL"), ("##ish", "ish"), (".", ".")),
    ]


def test_accents_of_their_own_and_what_is_not_seen_change_nothing(pieces: WordPieces) -> None:
    assert pieces.cut("cafe\u0301").ids == pieces.cut("café").ids == pieces.cut("CA\u00adFE\ufe0f").ids
    assert pieces.cut("cafe\u0301 noir").spans == [(0, 5), (6, 10)]


@pytest.mark.parametrize(
    ("sign", "words"),
    [("👍", "thumbs up sign"), ("👍🏽", "thumbs up sign"), ("🔥", "fire"), ("❤️", "heavy black heart")],
)
def test_a_sign_that_the_vocabulary_lacks_is_read_by_its_name(pieces: WordPieces, sign: str, words: str) -> None:
    assert pieces.cut(sign).ids == pieces.cut(words).ids
    assert all(bounds == (0, 1) for bounds in pieces.cut(sign).spans)


def test_letters_and_words_that_it_does_not_know_are_unknown(pieces: WordPieces) -> None:
    assert pieces.cut("x" * 101).ids == [pieces.unknown]
    assert pieces.cut("ꙮꙮ").ids == [pieces.unknown]


def test_a_part_of_a_text_is_cut_with_the_places_of_the_whole(pieces: WordPieces) -> None:
    cut = pieces.cut("Tessaro leaks a lot", 8, 13)
    assert (len(cut.ids), cut.spans[0][0], cut.spans[-1][1]) == (len(cut.spans), 8, 13)


# Who reads what


def test_each_text_is_read_by_the_network_of_its_language_whatever_stands_beside_it(encoders: Encoders) -> None:
    english, german = window("Tessaro leaks.", "en"), window("Tessaro tropft.", "de")
    both = encoders.read([english, german, english])
    for insight, alone, folder in ((both[0], english, ENGLISH), (both[1], german, FOLDER), (both[2], english, ENGLISH)):
        [expected] = Encoder(folder).read([alone])
        for task, scores in expected.signals["tessaro"].scores.items():
            np.testing.assert_array_equal(insight.signals["tessaro"].scores[task], scores)


def test_what_is_taught_of_one_network_says_nothing_of_the_other(encoders: Encoders) -> None:
    english, german = encoders.read([window("Tessaro leaks.", "en"), window("Tessaro tropft.", "de")])
    first, second = (insight.signals["tessaro"].features for insight in (english, german))
    assert first[:WIDTH].any()
    assert not first[WIDTH:].any()
    assert second[WIDTH:].any()
    assert not second[:WIDTH].any()


def test_both_networks_give_the_same_answers_and_the_version_names_both(encoders: Encoders) -> None:
    english, german = encoders.of("en"), encoders.of("de")
    assert english.heads.labels == german.heads.labels
    assert encoders.version not in (english.heads.version, german.heads.version)


def test_weights_are_small_and_all_there() -> None:
    sizes = {path.name: path.stat().st_size for path in ENGLISH.iterdir()}
    assert {"pieces.txt", "embeddings.npy", "layers.onnx", "heads.npz", "fusion.json"} <= sizes.keys()
    assert max(sizes.values()) <= LARGEST
