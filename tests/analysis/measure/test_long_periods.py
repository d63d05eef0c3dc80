"""A period of years over some weeks of mentions: the same answers as day by day, at about the cost of the weeks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.flow import measure
from analysis.measure import answers
from analysis.measure.asking import Asking
from analysis.model import mention_id
from analysis.model.records import run
from analysis.model.records.run import RUNS, runs_in_months
from analysis.report.json import to_json
from analysis.store.base import Document, Filter
from analysis.store.embedded.store import EmbeddedStore
from analysis.track import questions
from analysis.track.statistics.bins import days_in
from tests.support import seeded

YEARS_AGO = datetime(2019, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """The seeded weeks, and one page of years ago that the first crawl read."""
    with seeded.seeded_store(tmp_path_factory.mktemp("store"), with_fixes=True) as found:
        some = next(one for one in seeded.mentions() if one.complaint_topics == ("app",))
        url = "https://kettle-forum.example/old"
        found.write([replace(some, id=mention_id(url, some.brand.id), url=url, published_at=YEARS_AGO)])
        found.refresh()
        yield found


def report(store: EmbeddedStore, since: datetime, **changes: Any) -> Any:
    values = {"brands": seeded.BRANDS, "sources": seeded.SOURCES, "topic_names": seeded.NAMES, **changes}
    return to_json(measure(store, since=since, until=seeded.END, now=seeded.END, **values))


def every_day(question: answers.Filled, _: Asking) -> tuple[date, ...]:
    return tuple(days_in(question.period.since, question.period.until))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"compare": "year"},
        {"compare": "none"},
        {"where": Filter(terms={"complaint_topics": ["battery"]})},
        {"where": Filter(terms={"source.id": ["tea-blog"]}, exclude={"sentiment.label": ["neutral"]})},
    ],
    ids=["before", "year", "none", "topic", "source"],
)
@pytest.mark.parametrize("since", [datetime(2018, 5, 6, 7, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)])
def test_empty_years_change_no_answer(
    store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch, since: datetime, changes: dict[str, Any]
) -> None:
    found = report(store, since, **changes)
    monkeypatch.setattr(answers.Filled, "__call__", every_day)
    monkeypatch.setattr(run, "YEAR", 1_000_000)
    assert found == report(store, since, **changes)


def test_empty_years_cost_next_to_no_questions(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Filter] = []
    aggregate = EmbeddedStore.aggregate

    def counted(self: EmbeddedStore, where: Filter, aggregations: Document) -> Document:
        asked.append(where)
        return aggregate(self, where, aggregations)

    monkeypatch.setattr(EmbeddedStore, "aggregate", counted)
    report(store, datetime(2026, 7, 1, tzinfo=UTC))
    weeks = len(asked)
    report(store, datetime(2017, 1, 1, tzinfo=UTC))
    assert len(asked) - weeks < 2 * weeks


def test_months_before_the_first_run_are_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        RUNS.put_many(store.records, seeded.runs())
        months = [f"{year}-{month:02}" for year in range(2017, 2027) for month in range(1, 13)]
        asked: list[str] = []
        every = type(store.records).all

        def counted(self: Any, kind: str, *, prefix: str = "") -> Any:
            asked.append(prefix)
            return every(self, kind, prefix=prefix)

        monkeypatch.setattr(type(store.records), "all", counted)
        found = runs_in_months(store.records, "tea-blog", months)
        assert len(found) == 61 * 4
        assert len(asked) < 6
        assert runs_in_months(store.records, "nobody", months) == []


def test_a_stretch_reaches_over_days_without_mentions() -> None:
    since, until = datetime(2017, 1, 1, 6, tzinfo=UTC), datetime(2026, 9, 1, 12, tzinfo=UTC)
    days = [date(2017, 1, 1), *(date(2026, 7, 1) + timedelta(days=step) for step in range(63))]
    first, second = questions.stretches(since, until, days=days)
    assert first == (since, datetime(2026, 8, 29, tzinfo=UTC))
    assert second == (datetime(2026, 8, 29, tzinfo=UTC), until)
    assert len(list(questions.stretches(since, until, days=days, parts=3))) == 4
    assert list(questions.stretches(since, until, days=())) == []
