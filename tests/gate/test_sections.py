"""A section of the report is a file of the same name on each floor, on one list, under one title."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import pytest

from analysis.measure.asking import Asking
from analysis.measure.contents import SECTIONS
from analysis.measure.frame import frame
from analysis.measure.scope import scope_of
from analysis.report import contents, method
from analysis.track.results import Measures
from tests.support import seeded

ROOT = Path(__file__).resolve().parents[2]
FLOORS = {
    "analysis/track/sections": ".py",
    "analysis/measure/sections": ".py",
    "analysis/report/sections": ".py",
    "analysis/report/sections/": ".html.j2",
}
NAMES = [section.name for section in SECTIONS]
TITLES = [shown.title for shown in (*contents.shown().values(), method.SECTION)]


def unmatched(root: Path) -> list[str]:
    """Return the sections without a file on a floor, and the files that are on no list."""
    found = []
    for folder, ending in FLOORS.items():
        files = {path.name.removesuffix(ending) for path in (root / folder).glob(f"*{ending}")} - {"__init__"}
        found += [f"{folder}/{name}{ending} is missing" for name in NAMES if name not in files]
        found += [f"{folder}/{name}{ending} is on no list" for name in sorted(files - set(NAMES))]
    return found


def places(root: Path, title: str) -> list[str]:
    """Return the places below the report's room where a title is written out."""
    sources = [*(root / "analysis/report").rglob("*.py"), *(root / "analysis/report").rglob("*.j2")]
    quoted = re.compile(rf"[\"'>]{re.escape(title)}[\"'<:]")
    return [path.name for path in sources for _ in quoted.finditer(path.read_text(encoding="utf-8"))]


def test_every_section_has_its_file_on_each_floor_and_every_file_is_a_section() -> None:
    assert unmatched(ROOT) == []


def test_a_missing_file_and_a_stray_one_are_told(tmp_path: Path) -> None:
    for folder in FLOORS:
        shutil.copytree(ROOT / folder, tmp_path / folder, dirs_exist_ok=True)
    (tmp_path / "analysis/report/sections/voice.html.j2").unlink()
    (tmp_path / "analysis/track/sections/stray.py").touch()
    assert unmatched(tmp_path) == [
        "analysis/track/sections/stray.py is on no list",
        "analysis/report/sections//voice.html.j2 is missing",
    ]


def test_every_title_stands_once() -> None:
    assert all(TITLES)
    assert [title for title, count in Counter(TITLES).items() if count > 1] == []
    assert {title: places(ROOT, title) for title in TITLES if len(places(ROOT, title)) != 1} == {}


def test_the_page_leads_to_each_section_once() -> None:
    anchors = [shown.anchor for shown in (*contents.shown().values(), method.SECTION) if shown.anchor]
    assert len(anchors) == len(set(anchors))


def test_a_section_inside_another_follows_it_and_is_part_of_its_page() -> None:
    for name, shown in contents.shown().items():
        if shown.inside:
            assert NAMES.index(shown.inside) < NAMES.index(name)
            host = ROOT / "analysis/report/sections" / f"{shown.inside}.html.j2"
            assert f'{{% include "sections/{name}.html.j2" %}}' in host.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with seeded.seeded_store(tmp_path_factory.mktemp("sections") / "store") as store:
        yield lambda: Recorded(
            scope_of(
                store,
                brands=seeded.BRANDS,
                sources=seeded.SOURCES,
                since=seeded.SINCE,
                until=seeded.END,
                now=seeded.END,
            )
        )


class Recorded(Asking):
    """Remembers every question."""

    def of(self, question: Callable[[Asking], Any]) -> Any:
        self.__dict__.setdefault("asked", []).append(question)
        return super().of(question)


def test_sections_and_frame_make_up_the_report(asking: Any) -> None:
    one = asking()
    given = [*frame(one), *(field for section in SECTIONS for field in section.values(one))]
    assert sorted(given) == sorted(field.name for field in fields(Measures))


@pytest.mark.parametrize("section", SECTIONS, ids=NAMES)
def test_a_section_says_which_others_it_needs(asking: Any, section: Any) -> None:
    one = cast("Recorded", asking())
    section.values(one)
    asked = {other.name for other in SECTIONS if other.ask in one.__dict__["asked"]} - {section.name}
    assert asked == set(section.needs)
