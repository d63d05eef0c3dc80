"""Ratings as people and programs write them, scaled to five stars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.model.written.ratings import read_rating


@pytest.mark.parametrize(
    ("said", "stars"),
    [
        (4, 4.0),
        (4.5, 4.5),
        ("4,5", 4.5),
        ("2/10", 1.0),
        ("5/10", 2.5),
        ("7,5 / 10", 3.75),
        ("3/5", 3.0),
        ("4 1/2", 4.5),
        ("4½", 4.5),
        ("3 ½ stars", 3.5),
        ("3¾", 3.75),
        ("★★★☆☆", 3.0),
        ("★★★", 3.0),
        ("★★★½", 3.5),
        ("★ ★ ★ ★ ☆", 4.0),
        ("⭐️⭐️⭐️", 3.0),
        ("●●○○○", 2.0),
        ("★★★★★★★☆☆☆", 3.5),
        ("☆☆☆☆☆", 0.0),
        ("★ 4.5", 4.5),
        ("4 stars", 4.0),
        ("4.5 out of 5 stars", 4.5),
        ("Rated 2 out of 10", 1.0),
        ("4 von 5 Sternen", 4.0),
        ("Note : 3 sur 5", 3.0),
        ("8 de 10", 4.0),
        ("7 su 10", 3.5),
        ("4 из 5", 4.0),
        ("90%", 4.5),
        ("80 %", 4.0),
        ("٤٫٥", 4.5),
        ("8", 4.0),
        ("87", 4.35),
        ("4.5 (120 reviews)", 4.5),
        ("12/10", None),
        ("-1", None),
        ("6/5", None),
        ("500", None),
        ("4/0", 4.0),
        ("N/A", None),
        ("", None),
        ("nan", None),
        ("good", None),
        (True, None),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        ([4], None),
    ],
)
def test_ratings_are_read_as_people_write_them(said: object, stars: float | None) -> None:
    assert read_rating(said) == stars


def test_the_scale_that_the_text_tells_counts_before_the_declared_one() -> None:
    assert read_rating("2/10", best="5") == 1.0
    assert read_rating("2", best="10") == 1.0
    assert read_rating(0, best=1, worst=-1) == 2.5
    assert read_rating(8, best="5") == 4.0


def test_a_scale_is_not_guessed_where_stars_are_meant() -> None:
    assert read_rating(8, guesses_scale=False) is None
    assert read_rating("8/10", guesses_scale=False) == 4.0
    assert read_rating("4,5", guesses_scale=False) == 4.5


@given(st.one_of(st.text(max_size=120), st.floats(), st.integers(), st.none()))
def test_no_value_breaks_the_reader(said: object) -> None:
    stars = read_rating(said)
    assert stars is None or 0 <= stars <= 5
