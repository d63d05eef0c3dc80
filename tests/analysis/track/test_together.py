"""Groups of what means the same, and the words that name them."""

from __future__ import annotations

import numpy as np

from analysis.track.together import groups, typical


def test_rows_that_point_the_same_way_are_one_group_and_others_stand_alone() -> None:
    rows = np.array([[100, 0, 0], [0, 100, 0], [98, 20, 0], [99, -10, 0], [0, 0, 100]], np.int8)
    assert groups(rows, 0.9) == [[0, 2, 3], [1], [4]]
    assert groups(rows, 1.01) == [[0], [1], [2], [3], [4]]
    assert groups(rows[:1], 0.5) == [[0]]
    assert groups(rows[:0], 0.5) == []


def test_a_chain_of_likeness_is_no_group() -> None:
    turned = [np.round(100 * np.array([np.cos(angle), np.sin(angle)])) for angle in np.linspace(0, np.pi, 9)]
    rows = np.array(turned, np.int8)
    assert len(groups(rows, 0.9)) > 2


def test_a_group_is_named_by_what_it_says_and_others_do_not() -> None:
    group = [["the", "lid", "pops", "open"], ["the", "cover", "pops", "open"], ["pops", "when", "hot"]]
    others = [["the", "door", "stays", "open"], ["open", "late"], ["open", "the", "cover"]]
    assert typical(group, [*group, *others])[0] == "pops"
    assert "the" not in typical(group, [*group, *others])
