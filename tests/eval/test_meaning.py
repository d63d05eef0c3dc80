"""What is found by meaning, printed and held to floors a little under what was reached; and whose vectors they are."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.enrich.models.meaning.maker import AXES, shipped
from tests.support.eval.meaning import measure
from training.meaning import names

# model, part, floors: nearest right, mean 1/rank in one language, across languages
FLOORS = (
    ("encoder", "choose", 0.72, 0.64, 0.60),
    ("encoder", "report", 0.61, 0.50, 0.61),
    ("linear", "choose", 0.20, 0.17, 0.26),
    ("linear", "report", 0.08, 0.13, 0.13),
)


@pytest.mark.parametrize(("model", "part", "nearest", "same_language", "across"), FLOORS)
def test_one_problem_in_other_words(model: str, part: str, nearest: float, same_language: float, across: float) -> None:
    found = measure(part, shipped(model))
    print(f"meaning {model} {part} {found}")
    assert found.nearest >= nearest
    assert found.same_language >= same_language
    assert found.across >= across


def test_the_axes_belong_to_the_files_that_ship() -> None:
    """New layers need ``python -m training.meaning``; else their vectors would bear the name of the old ones."""
    with np.load(AXES) as held:
        arrays = {name: held[name] for name in held.files}
        assert names(arrays) == (str(held["maker_alone"]), str(held["maker"]))
