"""Every written sentence can be read, stands where it says, and none that judges learn from is tested on."""

from __future__ import annotations

from pathlib import Path

import pytest

from training import written
from training.written import WrittenSentence, sentences

LEAST = {"sentences": 8500, "apart": 1000}


@pytest.mark.parametrize("folder", LEAST)
def test_every_line_is_read_and_its_brands_stand_in_its_text(folder: str) -> None:
    every = list(sentences(folder))
    assert len(every) >= LEAST[folder]
    for sentence in every:
        for brand in sentence.brands:
            assert brand.start == brand.end == 0 or sentence.text[brand.start : brand.end] == brand.name, sentence.where


def test_a_text_without_a_brand_says_so_and_advice_is_a_code_of_its_own() -> None:
    (whole,) = [each for each in sentences("sentences") if each.text == "Avoid the rooms next to the lift."]
    assert (whole.brands, ("intent", "advice", "") in whole.codes) == ((), True)


def test_nothing_is_tested_on_that_was_learned_from() -> None:
    learned = {key(sentence) for sentence in sentences("sentences")}
    assert [sentence.where for sentence in sentences("apart") if key(sentence) in learned] == []


def key(sentence: WrittenSentence) -> str:
    return "".join(filter(str.isalnum, sentence.text.casefold()))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{Tessaro|-} leaks", "a text, ' :: ' and codes are needed"),
        ("It leaks :: c", "no brand is marked"),
        ("It leaks :: c; texts", "is no code"),
        ("{Tessaro|-} leaks :: x", "'x' is no code"),
        ('{Tessaro|-} leaks :: c="it drips"', "which the text does not say"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, problem: str) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "a.txt").write_text(f"# lang=en industry=x voice=forum kind=complaint\n{line}\n")
    monkeypatch.setattr(written, "HERE", tmp_path)
    with pytest.raises(ValueError, match=r"^a\.txt:2: ") as raised:
        list(sentences("some"))
    assert problem in str(raised.value)
