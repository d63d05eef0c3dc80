"""An alert pass asks only for the sections of the report that its rules need."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from analysis.alert.facts import LOOSE, NEW_DAYS, Gatherer
from analysis.alert.model import Facts, Part
from analysis.alert.rules import RULES
from analysis.flow import measure
from analysis.measure.contents import SECTIONS
from analysis.measure.scope import last_days
from analysis.settings.tables import AlertOptions
from analysis.store.base import Store
from analysis.store.embedded.store import EmbeddedStore
from analysis.track.harm import Weights
from analysis.track.results import Measures
from tests.support import seeded

NOW = datetime(2026, 10, 24, 12, tzinfo=UTC)  # in the week of a move and of a new complaint


class Counter:
    """A store that counts what is asked of its mentions."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        if name in ("aggregate", "count", "get", "search", "scan"):
            self.asked += 1
        return getattr(self.store, name)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    with seeded.seeded_store(tmp_path_factory.mktemp("facts") / "store", with_fixes=True) as store:
        yield store


def facts(store: Store, parts: Collection[Part]) -> tuple[Facts, int]:
    """Return the facts, and how many questions were put to the store for them."""
    counter = Counter(store)
    gatherer = Gatherer(
        cast("Store", counter),
        brands=seeded.BRANDS,
        sources=seeded.SOURCES,
        options=AlertOptions(),
        names=seeded.NAMES,
        weights=Weights(),
        now=NOW,
    )
    return gatherer.facts(parts), counter.asked


def whole(store: Store) -> tuple[Measures, int]:
    counter = Counter(store)
    since, _ = last_days(NOW, NEW_DAYS)
    report = measure(
        cast("Store", counter),
        brands=seeded.BRANDS,
        sources=seeded.SOURCES,
        since=since,
        until=NOW,
        now=NOW,
        topic_names=seeded.NAMES,
        error_rate=LOOSE,
    )
    return report, counter.asked


def test_each_section_costs_its_own_questions_only(store: EmbeddedStore) -> None:
    _, all_of_them = whole(store)
    costs = {part: facts(store, [part])[1] for part in ("themes", "emerging", "fixes", "moves", "switching")}
    assert facts(store, ["runs"])[1] == 0
    assert max(costs["fixes"], costs["moves"], costs["switching"]) < all_of_them / 10
    assert costs["emerging"] < all_of_them / 3
    assert costs["emerging"] < costs["themes"] < 0.6 * all_of_them, "themes say which of them are new"


def test_a_pass_of_all_rules_asks_for_their_sections_only(store: EmbeddedStore) -> None:
    sections = {section.name for section in SECTIONS}
    wanted = [part for rule in RULES for part in rule.needs if part in sections]
    assert set(wanted) == {"themes", "emerging", "fixes", "moves", "switching"}
    _, asked = facts(store, wanted)
    _, all_of_them = whole(store)
    assert asked < 0.75 * all_of_them


def test_what_is_asked_for_alone_is_what_the_report_says(store: EmbeddedStore) -> None:
    report, _ = whole(store)
    told, _ = facts(store, ["themes", "emerging", "fixes", "moves", "switching"])
    assert told.emerging is not None
    assert (told.emerging.emerging, told.emerging.series_tested) == (report.emerging, report.series_tested)
    assert told.themes == report.themes
    assert (told.fixes, told.moves, told.switching) == (report.fixes, report.moves, report.switching)
    assert report.emerging
    assert report.moves
    assert report.switching


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_with_what_it_needs_all_that_it_finds_with_everything(store: EmbeddedStore, rule: Any) -> None:
    everything = sorted({part for one in RULES for part in one.needs})
    assert list(rule.judge(facts(store, rule.needs)[0], rule)) == list(rule.judge(facts(store, everything)[0], rule))
