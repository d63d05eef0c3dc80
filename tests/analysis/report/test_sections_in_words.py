"""What sections say of their figures, for figures that are easily told wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from analysis.report.sections.fixes import fix_line
from analysis.report.sections.sources import source_line, source_state
from analysis.report.sections.themes import theme_market, theme_short
from analysis.track.parts import BrandName, Estimate, Evidence, Period
from analysis.track.sections import sources, themes
from analysis.track.sections.fixes import FixResult
from analysis.track.sections.themes import Theme
from tests.analysis.measure.sections.test_claimed import one, report

PERIOD = Period(since=datetime(2026, 10, 1, tzinfo=UTC), until=datetime(2026, 11, 1, tzinfo=UTC), days=31.0)
PROOF = Evidence(total=0, ids=(), where=(), since=PERIOD.since, until=PERIOD.until)


def theme(folder: Path, *, rivals: dict[str, tuple[int, int]]) -> Theme:
    """Return a theme of 27 of our 100 mentions, and of ``rivals``: name -> how many of how many."""
    with report(folder, [one(1, complaint_topics=("build",), intents=("complaint",))]) as (_, made):
        [found] = made.themes
    brands = [BrandName(id=name, name=name, role="competitor") for name in rivals]
    buckets = {(name, "build"): {"doc_count": count} for name, (count, _) in rivals.items()}
    rates = themes.rates("build", brands, buckets, {name: of for name, (_, of) in rivals.items()})
    return replace(found, count=27, mentions=100, competitors=rates, scope="more than at competitors")


def test_a_theme_is_more_than_at_those_alone_where_that_is_beyond_chance(tmp_path: Path) -> None:
    some = theme(tmp_path, rivals={"Dovrek": (23, 100), "Orsolo": (3, 100), "Pell": (0, 4), "Quim": (80, 100)})
    assert theme_market(some) == (
        "more than at Orsolo (3%), unsure at Dovrek (23%), less than at Quim (80%), few data: Pell (0 of 4)"
    )
    assert "more than at Orsolo" in theme_short(some, compared=False)
    assert "competitors" not in theme_short(some, compared=False)


def test_a_theme_that_is_more_than_at_each_is_more_than_at_competitors(tmp_path: Path) -> None:
    some = theme(tmp_path, rivals={"Dovrek": (2, 100), "Orsolo": (3, 100)})
    assert theme_market(some) == "more than at Dovrek (2%) and Orsolo (3%)"
    assert "more than at competitors" in theme_short(some, compared=False)
    assert theme_market(replace(some, competitors=())) == "no competitors are tracked"


def test_what_came_back_says_what_and_since_when() -> None:
    fix = FixResult(
        key="1", theme="app", theme_name="App", brand="tessaro", shipped=date(2026, 9, 1), version="", note="",
        status="shipped", verdict="came back", effect=Estimate(value=-0.4, low=-0.83, high=1.15), needed="", before=50,
        before_of=100, after=30, after_of=100, evidence=PROOF, turned=date(2026, 10, 12),
    )  # fmt: skip
    assert fix_line(fix) == (
        "It came back: complaints fell after the fix, and since about 12 Oct 2026 they are up again; over all days "
        "since it shipped there are fewer complaints by 40% (−83% to +115%), measured against the competitors."
    )
    assert fix_line(replace(fix, verdict="worked", turned=None)).startswith("It worked: fewer complaints by 40%")


def test_a_configured_source_that_never_ran_is_not_called_imported() -> None:
    health = sources.health("blog", kind="feed", mentions=0, runs=(), silent=frozenset(), period=PERIOD, evidence=PROOF)
    assert (source_state(health), source_line(health)) == ("new", "not crawled yet")
    assert source_line(replace(health, mentions=3)) == "imported; not crawled yet"
    strange = replace(health, kind="")
    assert (source_state(strange), source_line(strange)) == ("unwatched", "imported, or never polled by Candor")
