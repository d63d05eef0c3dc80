"""The ranking by harm, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.track.harm import Complaint, Weights, harm_of

PLAIN = Complaint(key="battery", mentions=17, authors=15, severity=9.4, expected=6.0, switching=5)


def test_formula_worked_by_hand() -> None:
    found = harm_of(PLAIN)
    assert found.severity == pytest.approx((9.4 + 0.6) / 20)  # 0.5
    assert found.reach == pytest.approx(4.0)  # log2(16)
    assert found.growth == pytest.approx(2.0)  # 22 / 11
    assert found.switching == pytest.approx(2.0)  # 1 + 4 * 5 / 20
    assert found.harm == pytest.approx(0.5 * 4.0 * 2.0 * 2.0)
    assert found.mentions == 17


def test_a_weight_of_nothing_leaves_its_factor_out() -> None:
    assert harm_of(PLAIN, Weights(switching=0.0)).harm == pytest.approx(4.0)
    assert harm_of(PLAIN, Weights(growth=2.0)).harm == pytest.approx(16.0)


def test_a_grave_complaint_of_few_outranks_a_mild_one_of_many() -> None:
    grave = Complaint(key="fire", mentions=12, authors=12, severity=12.0, expected=2.0, switching=6)
    mild = Complaint(key="colour", mentions=120, authors=110, severity=20.0, expected=118.0, switching=0)
    assert harm_of(grave).harm > harm_of(mild).harm


def test_a_single_shout_does_not_lead() -> None:
    shout = Complaint(key="shout", mentions=1, authors=1, severity=1.0, expected=0.0, switching=1)
    assert harm_of(PLAIN).harm > harm_of(shout).harm


@given(st.integers(0, 300), st.integers(0, 300))
def test_more_authors_never_do_less_harm(one: int, other: int) -> None:
    few, many = sorted((one, other))
    assert harm_of(replace(PLAIN, authors=few)).harm <= harm_of(replace(PLAIN, authors=many)).harm
