"""JSON rows from outside: exact keys, and one bad row does not cost the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analysis.track.rows import fix_rows, spike_rows

SPIKES: dict[str, Any] = {
    "id": "a",
    "start": "2026-01-05T00:00:00Z",
    "step_s": 86400,
    "values": [3, 2, 4, None] * 30 + [40],
}
FIX: dict[str, Any] = {
    "id": "f",
    "start": "2026-01-05 00:00:00",
    "step_s": 86400,
    "shipped_row": 70,
    "ours": [10] * 70 + [4] * 70,
    "ours_exposure": [100] * 140,
    "controls": [{"counts": [10] * 140, "exposure": [100] * 140}],
    "outages": [[20, 22]],
}


def test_spikes_answer_with_one_score_a_value() -> None:
    (found,) = spike_rows([SPIKES])
    assert set(found) == {"id", "scores", "alerts"}
    assert len(found["scores"]) == 121
    assert found["alerts"] == [120]
    json.dumps(found, allow_nan=False)


def test_fixes_answer_with_a_verdict_and_its_interval() -> None:
    (found,) = fix_rows([FIX])
    assert set(found) == {"id", "verdict", "effect", "low", "high", "needed"}
    assert found["verdict"] == "worked"
    assert found["low"] < found["effect"] < found["high"] < 0
    json.dumps(found, allow_nan=False)


def test_controls_exposure_and_outages_may_be_missing() -> None:
    bare = {key: FIX[key] for key in ("id", "start", "step_s", "shipped_row", "ours")}
    (found,) = fix_rows([bare])
    assert found["verdict"] == "worked"


def test_rows_come_one_at_a_time_and_in_order() -> None:
    taken: list[int] = []

    def source() -> Any:
        for at in range(3):
            taken.append(at)
            yield {**SPIKES, "id": at}

    answers = spike_rows(source())
    assert next(answers)["id"] == 0
    assert taken == [0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"start": "yesterday"}, '"start"'),
        ({"start": 5}, '"start"'),
        ({"step_s": 0}, '"step_s"'),
        ({"step_s": True}, '"step_s"'),
        ({"values": "12"}, '"values" must be a list'),
        ({"values": [1, -2]}, '"values"[1] is -2'),
        ({"values": [float("nan")]}, '"values"[0] is nan'),
    ],
)
def test_a_bad_row_of_counts_names_its_place_and_problem(change: dict[str, Any], says: str) -> None:
    bad, good = spike_rows([{**SPIKES, **change}, SPIKES])
    assert set(bad) == {"id", "error"}
    assert bad["error"].startswith("row 1: ")
    assert says in bad["error"]
    assert "scores" in good


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shipped_row": 140}, "shipped_row is 140"),
        ({"shipped_row": 1.5}, '"shipped_row" is 1.5'),
        ({"controls": [{"counts": [1]}]}, "control 0 has 1 rows"),
        ({"controls": [[1]]}, '"controls"[0]'),
        ({"outages": [[5, 3]]}, "ends before it begins"),
        ({"outages": [5]}, '"outages"[0]'),
        ({"ours_exposure": [1]}, "ours_exposure has 1 rows"),
    ],
)
def test_a_bad_row_around_a_fix_names_its_place_and_problem(change: dict[str, Any], says: str) -> None:
    (bad,) = fix_rows([{**FIX, **change}])
    assert says in bad["error"]


def test_a_missing_field_and_a_row_that_is_no_object() -> None:
    missing, odd = fix_rows([{"id": 1}, 7])  # type: ignore[list-item]
    assert "is missing" in missing["error"]
    assert (odd["id"], "not a JSON object" in odd["error"]) == (2, True)
