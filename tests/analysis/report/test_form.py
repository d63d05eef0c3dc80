"""The form of the report: what stands first, names that are never cut, times in a zone, commands that can be pasted."""

from __future__ import annotations

import csv
import io
import itertools
import re
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from rich.text import Text

from analysis.flow import measure
from analysis.report import html, lines, terminal
from analysis.report.csv import write_tables
from analysis.report.json import to_json
from analysis.report.zone import in_zone
from analysis.track.results import Measures
from tests.support import seeded


@pytest.fixture(scope="module")
def report() -> Iterator[Measures]:
    with (
        tempfile.TemporaryDirectory() as folder,
        seeded.seeded_store(Path(folder) / "store", with_fixes=True) as store,
    ):
        yield measure(
            store,
            brands=seeded.BRANDS,
            sources=seeded.SOURCES,
            since=seeded.SINCE,
            until=seeded.END,
            now=seeded.END,
            topic_names=seeded.NAMES,
            call=("--config", "other dir/candor.toml"),
        )


def printed(report: Measures, width: int) -> str:
    stream = io.StringIO()
    terminal.render(report, Console(file=stream, width=width, color_system=None))
    return stream.getvalue()


def test_the_figures_stand_before_the_first_theme(report: Measures) -> None:
    (own,) = [brand for brand in report.reputation if brand.role == "own"]
    figure = f"{own.mentions:,} mention"
    told = printed(report, 80)
    assert figure in told[: told.index(report.themes[0].name)]
    page = html.render(report)
    body = page[page.index("<body>") :]
    assert figure in body[: body.index(report.themes[0].name)]


def test_a_period_that_nobody_chose_is_said_in_the_first_line(report: Measures) -> None:
    moved = replace(report, moved=True)
    assert printed(moved, 80).startswith("Nearly all of")
    assert "newest stretch that has data" in html.render(moved)
    assert "newest stretch" not in printed(report, 80)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_names_are_never_cut_in_tables(report: Measures, width: int) -> None:
    name = "Northern Kettle Manufacturing Company"
    renamed = replace(
        report,
        reputation=tuple(replace(brand, name=name) for brand in report.reputation),
        voice=tuple(replace(voice, name=name) for voice in report.voice),
    )
    told = printed(renamed, width).splitlines()
    for title in ("Sentiment and volume", "Share of voice"):
        first = next(place for place, line in enumerate(told) if line.startswith(title))
        table = list(itertools.takewhile(lambda line: line.strip(), told[first + 2 :]))
        assert not any("…" in line for line in table)
        for word in name.split():
            assert sum(line.count(word) for line in table) == len(report.voice)


def test_bars_give_way_to_names() -> None:
    table = lines.table(("brand", "n", "trend"), [["A name of twenty one", "5", Text("▁" * 30)]], 40, bars=True)
    stream = io.StringIO()
    Console(file=stream, width=40, color_system=None).print(table)
    assert "A name of twenty one 5 ▁▁▁" in stream.getvalue()


def test_themes_that_are_left_out_are_counted(report: Measures) -> None:
    themes = tuple(replace(report.themes[0], name=f"Theme {n}") for n in range(15))
    many = replace(report, other_themes=themes)
    assert re.search(r"and\s+7\s+themes\s+more", printed(many, 80))
    assert "Theme 14" in html.render(many)
    assert "themes more" not in printed(replace(report, other_themes=themes[:8]), 80)


def test_shown_commands_name_the_configuration_that_they_are_of(report: Measures) -> None:
    data = to_json(report)
    for command in (data["evidence"]["command"], data["themes"][0]["evidence"]["command"]):
        assert shlex.split(command)[-2:] == ["--config", "other dir/candor.toml"]
    for form in (printed(replace(report, fixes=()), 200), html.render(replace(report, fixes=()))):
        form = " ".join(form.split())
        assert f"candor fix add --theme {report.themes[0].id} --shipped" in form
        assert "other dir/candor.toml" in form


def test_times_that_people_read_are_in_the_zone_and_the_json_is_the_same(report: Measures) -> None:
    there = in_zone(report, ZoneInfo("Pacific/Kiritimati"))
    assert there.themes[0].quotes[0].published_at.utcoffset() != report.themes[0].quotes[0].published_at.utcoffset()
    assert to_json(there) == to_json(report)
    assert "dates of posts are of Pacific/Kiritimati" in " ".join(printed(there, 80).split())
    page = html.render(there)
    assert f"Written {there.made_at:%Y-%m-%d %H:%M} Pacific/Kiritimati" in page
    assert f"Written {report.made_at:%Y-%m-%d %H:%M} UTC" in html.render(report)


def test_axes_have_years(report: Measures) -> None:
    charts = re.findall(r"<svg .*?</svg>", html.render(report), re.DOTALL)
    over_time = [chart for chart in charts if "over time" in chart[:400] or "a week" in chart or "a day" in chart]
    assert over_time
    assert all(re.search(r">\s*20\d\d\s*<", chart) for chart in over_time)


def test_paper_is_a4_and_has_no_phone_layout() -> None:
    sheet = (Path(html.__file__).parent / "page" / "page.css").read_text(encoding="utf-8")
    assert "@page { size: A4" in sheet
    assert re.findall(r"@media ([^{]*max-width[^{]*) \{", sheet) == ["screen and (max-width: 46rem)"]


def test_cells_hold_values_and_nothing_of_python(report: Measures, tmp_path: Path) -> None:
    for path in write_tables(report, tmp_path):
        with path.open(encoding="utf-8", newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert [cell for cell in cells if re.search(r"\['|\{'|=None|\bNone\b|=True\b|=False\b", cell)] == []
