"""A small record comes back from a store as it was put there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.model.records.base import Records
from analysis.model.records.run import RUNS, Run
from analysis.store.embedded.store import EmbeddedStore

AT = datetime(2026, 10, 30, 12, 0, 0, 250_000, tzinfo=UTC)
PLAIN = Run(source="forum", started_at=AT, state="ok")
WHOLE = replace(PLAIN, ended_at=AT, wait_until=AT, cause="asked to wait", posts=3, dropped={"refused by the store": 1})


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        yield store.records


@pytest.mark.parametrize("run", [PLAIN, WHOLE])
def test_a_run_comes_back_as_it_was(records: Records, run: Run) -> None:
    RUNS.put(records, run)
    assert list(RUNS.values(records)) == [run]
