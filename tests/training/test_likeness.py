"""Sentences in other words: all can be read, none is learnt from and tested on; the axes set problems apart."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.support.eval.meaning import FILE
from training.likeness import fit, told
from training.likeness.told import Telling, examples, tellings


@pytest.mark.parametrize(("part", "least"), [("learn", 270), ("apart", 150)])
def test_every_problem_is_told_two_to_four_times(part: told.Part, least: int) -> None:
    counts = Counter(each.problem for each in tellings(part))
    assert len(counts) >= least
    assert set(counts.values()) <= {2, 3, 4}


@pytest.mark.parametrize("part", ["learn", "apart"])
def test_every_topic_has_five_examples_and_five_sentences_to_find(part: told.Part) -> None:
    every = examples(part)
    assert len(every) == 12
    assert {(len(each.given), len(each.others)) for each in every} == {(5, 5)}
    assert min(len(each.near) for each in every) >= 4


def test_what_is_tested_on_is_not_learnt_from() -> None:
    learnt = {key(each.text) for each in tellings("learn")}
    topics = {key(text) for each in examples("apart") for text in (*each.given, *each.others)}
    assert {key(each.text) for each in tellings("apart")}.isdisjoint(learnt)
    assert topics.isdisjoint(learnt)
    assert topics.isdisjoint(key(text) for each in examples("learn") for text in (*each.given, *each.others))
    searched = [json.loads(line)["texts"] for line in FILE.read_text(encoding="utf-8").splitlines()]
    assert {key(text) for texts in searched for text in texts}.isdisjoint(learnt)


def key(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


@pytest.mark.parametrize("line", ["en", "eng It leaks. // en It drips.", "en It leaks. // "])
def test_a_wrong_line_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    (tmp_path / "told").mkdir()
    (tmp_path / "told" / "learn.txt").write_text(f"## kettle\n{line}\n")
    monkeypatch.setattr(told, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="no language or no text"):
        tellings("learn")


def test_axes_keep_what_tells_problems_apart_and_drop_what_wordings_differ_by() -> None:
    chance = np.random.default_rng(1)
    problems = np.repeat(np.arange(36), 3)
    rows = chance.normal(size=(108, 4)) * [0.3, 1.5, 1.5, 0.3]  # wordings differ in the middle
    rows[:, 0] += problems % 6
    rows[:, 3] += problems // 6
    found = fit.discriminants(rows, problems, rows[:0], 2)
    shares = np.abs(found) / np.abs(found).max(axis=0)
    assert (shares[[1, 2]] < 0.5).all()


def test_groups_are_made_only_where_they_are_right() -> None:
    clear = np.repeat(np.eye(4) * 9, 2, axis=0), np.repeat(np.arange(4), 2)
    assert fit.grouped(*clear, 0.9) == fit.Grouped(4, 4, 4)
    assert fit.together([clear], 0.8) == pytest.approx(fit.GRID[0])
    mixed = clear[0], np.tile(np.arange(4), 2)
    assert fit.grouped(*mixed, 0.9).right == 0
    assert fit.together([mixed], 0.8) > 1


def test_the_nearest_telling_is_looked_for_in_all_and_in_one_product() -> None:
    told = [Telling(0, 0, "en", "a"), Telling(0, 0, "en", "b"), Telling(1, 1, "en", "c"), Telling(0, 2, "en", "d")]
    rows = np.array([[1, 0.1, 0], [0.9, 0.5, 0], [1, 0, 0], [0, 0, 1]])
    assert fit.nearest(rows, told) == (0.25, 0.5)


def test_pairs_are_counted_at_a_nearness() -> None:
    pairs = fit.Pairs(np.array([0.9, 0.8, 0.3]), np.array([0.85, 0.1]))
    assert pairs.at(0.8) == pytest.approx((2 / 3, 2 / 3))
    assert pairs.at(0.9) == pytest.approx((1, 1 / 3))
    assert pairs.least(0.8) == 0.9
    assert pairs.least(0.6) == 0.3
