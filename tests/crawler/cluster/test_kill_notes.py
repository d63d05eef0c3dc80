"""What a long trial of kills notes between its parts, so that a later call goes on where it ended."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from bench.kills import _known, _noted, summed
from tests.support.kill_trial import Found

GIVEN = argparse.Namespace(seed=1, kills=4, hosts=2, each=2, part=2, kinds=["actor"])


def test_what_a_part_showed_is_read_back_as_it_was(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    one = Found(
        kills=["actor"], posts=3, at_once={"127.0.1.1": 2}, too_soon=["127.0.1.1 0.100"], robots=Counter({1: 60, 2: 1})
    )
    _noted(notes, GIVEN, 0, one)
    _noted(notes, GIVEN, 2, Found(kills=["node"], robots=Counter({1: 60})))
    known = _known(notes, GIVEN)
    assert known == {0: one, 2: Found(kills=["node"], robots=Counter({1: 60}))}
    assert summed(known.values()).robots == Counter({1: 120, 2: 1})
    assert _known(notes, argparse.Namespace(**(vars(GIVEN) | {"seed": 2}))) == {}
