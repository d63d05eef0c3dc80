"""The network and its fusion with the rules: what it reads, that texts disturb nobody, what mentions say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from analysis.enrich.enricher import Enricher
from analysis.enrich.models.encoder.encoder import FOLDER, Encoder
from analysis.enrich.models.encoder.inputs import MOST, NOWHERE, asked_ids, asked_of, chunks_of
from analysis.enrich.models.encoder.languages import shipped
from analysis.enrich.models.encoder.network import BATCH, LONGEST, Floats, batches
from analysis.enrich.models.encoder.panel import span_of
from analysis.enrich.models.encoder.sentiment import by_others, spoken_out
from analysis.enrich.models.encoder.vocabulary.pieces import UNKNOWN, Pieces
from analysis.enrich.pipeline import build, read
from analysis.enrich.reading import REACH_PERSONAL, BrandPlace, Insight, Signal, Window
from analysis.enrich.roster import by_model, choose
from analysis.model import Brand, Mention, Post

BRANDS = (
    Brand(id="tessaro", name="Tessaro", role="own"),
    Brand(id="nimbo", name="Nimbo", role="competitor"),
)
LARGEST = 40_000_000  # bytes of a file with weights
SEEN = datetime(2026, 5, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return shipped().of("de")


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return Pieces(FOLDER / "pieces.model")


@pytest.fixture(scope="module")
def enricher() -> Enricher:
    return Enricher(BRANDS, pseudonym_key=b"key")


def window(text: str, *names: str, **more: Any) -> Window:
    places = [BrandPlace(name, text.index(name), text.index(name) + len(name)) for name in names]
    return Window(**{"text": text, "places": tuple(places), "reach": REACH_PERSONAL, **more})


def mention(enricher: Enricher, text: str, **more: Any) -> Mention:
    given = {"url": "https://forum.example/t/1", "kind": "comment", "fetched_at": SEEN}
    [[found, *_]] = enricher.mentions([Post(**{**given, "text": text, **more})])
    return found


# Pieces


@pytest.mark.parametrize(
    "text",
    [
        "The kettle’s lid broke…",
        "naïve café",
        "Ｆｕｌｌ width",
        "ﬁne \u200b 👍🏽 ok",
        "  two  spaces\tand\n lines ",
        "",
    ],
)
def test_every_piece_has_its_characters(pieces: Pieces, text: str) -> None:
    cut = pieces.cut(text)
    assert all(0 <= first < last <= len(text) for first, last in cut.spans)
    assert list(cut.spans) == sorted(cut.spans)
    covered = {at for first, last in cut.spans for at in range(first, last)}
    assert covered >= {at for at, char in enumerate(text) if char.isalnum()}


def test_accents_of_their_own_are_read_as_one_with_their_letter(pieces: Pieces) -> None:
    assert pieces.cut("cafe\u0301 noir").ids == pieces.cut("café noir").ids
    assert pieces.cut("cafe\u0301 noir").spans[-1] == (6, 10)


def test_a_script_that_the_vocabulary_does_not_have_is_unknown(pieces: Pieces) -> None:
    assert pieces.cut("это чайник").ids.count(UNKNOWN) >= 2
    assert UNKNOWN not in pieces.cut("Das ist ein Wasserkocher, der pfeift.").ids


# What is read


def test_a_name_is_one_mask_and_its_words_are_not_read(encoder: Encoder) -> None:
    one, other = "Happy Socks are thin.", "Zq are thin."
    first, second = window(one, "Happy Socks"), window(other, "Zq")
    [[chunk], [like]] = [chunks_of(each, encoder.pieces) for each in (first, second)]
    assert chunk.ids == like.ids
    said, likewise = (encoder.read([each])[0].signals for each in (first, second))
    assert np.array_equal(said["Happy Socks"].scores["sentiment"], likewise["Zq"].scores["sentiment"])


def test_the_title_of_a_thread_and_quoted_lines_are_not_read(pieces: Pieces) -> None:
    text = "Tessaro caught fire\n> It burned.\nSame shop here."
    quoted = ((text.index(">"), text.index("Same")),)
    [chunk] = chunks_of(window(text, "Tessaro", title_end=19, quoted=quoted), pieces)
    read = [text[first:last] for first, last in chunk.spans if (first, last) != NOWHERE]
    assert "".join(read) == "Sameshophere."
    assert chunk.ids[chunk.positions["Tessaro"][0]] == pieces.mask


def test_what_is_quoted_inside_a_sentence_is_not_read(pieces: Pieces) -> None:
    text = (
        'The box says "never leaks, loved by all Nimbo owners" and my "good" Tessaro stands on that box all day long.'
    )
    first = text.index('"')
    quoted = ((first, text.index('" and') + 1),)
    [chunk] = chunks_of(window(text, "Nimbo", "Tessaro", quoted=quoted), pieces)
    read = "".join(text[start:end] for start, end in chunk.spans if (start, end) != NOWHERE)
    assert read == 'Theboxsaysandmy"good"Tessarostandsonthatboxalldaylong.'
    assert list(chunk.positions) == ["Tessaro"]


def test_a_long_text_is_read_in_few_chunks_with_every_name_first(pieces: Pieces) -> None:
    filler = "It stood there for a while and nobody said a word about it at all. " * 8
    text = f"Tessaro came first. {filler}{filler}Then came Nimbo. {filler}{filler}{filler}"
    chunks = chunks_of(window(text, "Tessaro", "Nimbo"), pieces)
    assert len(chunks) == MOST
    assert all(len(chunk.ids) <= LONGEST for chunk in chunks)
    assert {name for chunk in chunks for name in chunk.positions} == {"Tessaro", "Nimbo"}


def test_a_chunk_of_several_names_is_read_once_for_each_with_the_others_unknown(encoder: Encoder) -> None:
    pieces, both = encoder.pieces, window("Nimbo drops calls, Tessaro never did.", "Nimbo", "Tessaro")
    [chunk] = chunks_of(both, pieces)
    nimbo, tessaro = asked_of(chunk, UNKNOWN)
    assert (list(nimbo.positions), list(tessaro.positions)) == (["Nimbo"], ["Tessaro"])
    assert [nimbo.ids[at] for at in chunk.positions["Nimbo"]] == [pieces.mask]
    assert [nimbo.ids[at] for at in chunk.positions["Tessaro"]] == [UNKNOWN]
    assert [tessaro.ids[at] for at in chunk.positions["Tessaro"]] == [pieces.mask]
    [insight] = encoder.read([both])
    assert [list(features) for features in insight.pairs] == [["Nimbo", "Tessaro"]]
    assert encoder.compare(insight, "Nimbo", "Tessaro") is not None


def test_a_place_that_two_targets_share_is_asked_for_by_both(pieces: Pieces) -> None:
    assert asked_ids([5, 9, 6, 9], [1], [[1], [1, 3]], UNKNOWN) == [5, 9, 6, UNKNOWN]
    assert asked_ids([5, 9, 6, 9], [0], [[1], [3], [0]], UNKNOWN) == [5, 9, 6, 9]


def test_many_names_do_not_make_a_text_foreign(encoder: Encoder) -> None:
    names = [f"Nimbo{letter}" for letter in "abcdefgh"]
    assert encoder.read([window(", ".join(names), *names)])[0].signals.keys() == set(names)


def test_one_sentence_without_an_end_is_cut(pieces: Pieces) -> None:
    chunks = chunks_of(window("Tessaro " + "and so on " * 200, "Tessaro"), pieces)
    assert max(len(chunk.ids) for chunk in chunks) <= LONGEST


def test_batches_hold_like_lengths_and_no_more_than_they_may() -> None:
    lengths = [5, 128, 7, 64, 64, 9, 100, *[20] * 100]
    groups = batches(lengths)
    assert sorted(number for group in groups for number in group) == list(range(len(lengths)))
    assert all(max(lengths[number] for number in group) * len(group) <= BATCH for group in groups)


def test_short_texts_are_not_filled_up_to_the_length_of_a_long_one() -> None:
    lengths = [120, *[8] * 20, 60, *[9] * 20]
    padded = sum(max(lengths[number] for number in group) * len(group) for group in batches(lengths))
    assert padded < 1.1 * sum(lengths)


def test_a_text_is_judged_alike_whatever_stands_beside_it(encoder: Encoder) -> None:
    asked = window("Tessaro kept me on hold for an hour and hung up.", "Tessaro")
    others = [window(f"Nimbo {'really ' * number}works well.", "Nimbo") for number in range(40)]
    alone = Encoder(FOLDER).read([asked])[0].signals["Tessaro"]
    beside = Encoder(FOLDER).read([*others, asked])[-1].signals["Tessaro"]
    for task, scores in alone.scores.items():
        np.testing.assert_array_equal(scores, beside.scores[task])


# What mentions say


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Der Wasserkocher von Tessaro ist nach zwei Wochen kaputtgegangen.", "negative"),
        ("Je suis très content de ma bouilloire Tessaro, elle marche parfaitement.", "positive"),
        ("El hervidor Tessaro dejó de funcionar a la semana y nadie contesta.", "negative"),
        ("De waterkoker van Tessaro is na twee weken kapot gegaan.", "negative"),
        ("Tessaro kept my father on hold for an hour and then hung up.", "negative"),
    ],
)
def test_other_languages_and_complaints_without_feeling_are_judged(enricher: Enricher, text: str, label: str) -> None:
    found = mention(enricher, text)
    assert found.sentiment.label == label
    kind = "complaint" if label == "negative" else "praise"
    assert any(claim.kind == kind and claim.sentence in text for claim in found.claims)


def test_a_text_in_another_script_is_kept_unjudged(enricher: Enricher) -> None:
    found = mention(enricher, "Чайник Tessaro сломался через две недели, и никто не отвечает.")
    assert (found.lang, found.sentiment.label, found.intents) == ("ru", "unsure", ())


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("My Tessaro charger caught fire last night.", "safety"),
        ("I got an electric shock from the Tessaro. Love it otherwise.", "safety"),
        ("Tessaro charged me twice for one kettle. Nice kettle.", "money"),
    ],
)
def test_harm_is_seen_whatever_the_mood(enricher: Enricher, text: str, level: str) -> None:
    assert mention(enricher, text).severity.level == level


def test_stars_say_what_words_may_not(enricher: Enricher) -> None:
    few, many = (
        mention(enricher, "Tessaro kettle, bought in May.", kind="review", rating=stars) for stars in (1.0, 5.0)
    )
    assert few.sentiment.score < -0.3 < 0.3 < many.sentiment.score


def test_what_the_network_cannot_point_at_rests_on_a_sentence_of_the_body() -> None:
    text = "Tessaro shop\nIt was fine. The till of Tessaro was closed."
    given = Window(text=text, places=(BrandPlace("tessaro", 0, 7), BrandPlace("tessaro", 37, 44)), title_end=12)
    doc = read(build(choose(names=by_model("linear"))), replace(given, own_title=True))
    nothing = Signal({}, {}, np.zeros(1, np.float32))
    assert doc[slice(*span_of(doc, nothing, "complaint", "tessaro"))].text.startswith("The till of")


def test_weights_are_small_and_all_there() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir() if path.suffix not in (".py", "")}
    assert {"pieces.model", "embeddings.npy", "layers.onnx", "heads.npz", "fusion.json"} <= sizes.keys()
    assert max(sizes.values()) <= LARGEST


@pytest.mark.parametrize("sign", ["🤮", "👎", "😡", "👎🏽", "🤮🤮", "💔", ":("])
def test_a_sign_of_anger_alone_is_negative(enricher: Enricher, sign: str) -> None:
    assert mention(enricher, f"Nimbo {sign}").sentiment.label == "negative"


@pytest.mark.parametrize("sign", ["👍", "😍", "👏👏", "💯", "👍🏿", "🥰", ":)"])
def test_a_sign_of_joy_alone_is_positive(enricher: Enricher, sign: str) -> None:
    assert mention(enricher, f"Nimbo {sign}").sentiment.label == "positive"


def test_a_kind_sign_beside_a_fault_is_irony(enricher: Enricher) -> None:
    assert mention(enricher, "Nimbo crashed again and lost my morning 👍").sentiment.label != "positive"


# What is said of one against the other

EVEN = (0.3, 0.35, 0.3, 0.05)  # negative, neutral, positive, mixed


def beside(better: float, worse: float) -> tuple[Floats, Floats]:
    """Return the chances of two targets of even chances; the first is better than the second, or worse, with some."""

    class Comparing(Encoder):
        def compare(self, insight: Insight, first: str, second: str) -> Floats:
            return np.log(np.array([better, worse, 1 - better - worse], np.float32))

    chances = np.array(EVEN, np.float32)
    moved = by_others(Comparing(FOLDER), Insight(), {"tessaro": chances, "nimbo": chances})
    return moved["tessaro"], moved["nimbo"]


def test_what_is_surely_better_than_another_is_meant_well_and_the_other_ill() -> None:
    first, second = beside(0.9, 0.05)
    assert (int(first.argmax()), int(second.argmax())) == (2, 0)
    assert first.sum() == pytest.approx(1, abs=1e-5)
    assert first[[2, 1, 0]] == pytest.approx(second[:3], abs=1e-5)


def test_what_is_not_compared_is_left_as_it_is() -> None:
    for chances in beside(0.02, 0.02):
        assert chances == pytest.approx(np.array(EVEN), abs=1e-5)


def test_of_two_that_are_opposed_each_gets_its_side(enricher: Enricher) -> None:
    text = (
        "Two kettles, one kitchen. The Tessaro boils before I have found a cup; the Nimbo is still thinking about it."
    )
    [found] = enricher.mentions([Post(url="https://a.example/1", kind="comment", text=text, fetched_at=SEEN)])
    assert {each.brand.id: each.sentiment.label for each in found} == {"tessaro": "positive", "nimbo": "negative"}


# How sure an answer is


def test_what_is_plain_is_spoken_out_and_what_is_not_is_left() -> None:
    unsure = np.array([0.7, 0.2, 0.06, 0.04], np.float32)
    assert spoken_out(unsure) is unsure
    plain = np.array([0.04, 0.06, 0.84, 0.06], np.float32)
    said = spoken_out(plain)
    assert 0.88 < said[2] < 0.95
    assert said.sum() == pytest.approx(1, abs=1e-5)
    assert said[[0, 1, 3]] / said[0] == pytest.approx(plain[[0, 1, 3]] / plain[0], rel=1e-4)


def test_the_surer_of_two_stays_the_surer() -> None:
    rising = [spoken_out(np.array([top, 1 - top, 0, 0], np.float32))[0] for top in np.linspace(0.5, 0.99, 50)]
    assert all(before < after for before, after in pairwise(rising))
