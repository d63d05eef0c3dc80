"""One word, one noun; rooms that a stranger can hold; no way that runs in a circle."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.gate.test_architecture import MODULES, ROOT, dotted

MOST_FILES = 15
MOST_PARTS = 30
PARTS = (
    "crawler/kinds",
    "analysis/alert/rules",
    "analysis/enrich/judges",
    "analysis/measure/sections",
    "analysis/report/sections",
    "analysis/track/sections",
)
"""Rooms of parts of one form, each on a list: who knows one file knows them all, so more of them can be held."""
MOST_LINES = 400
TOPS = ("analysis", "crawler", "candor")
COMMANDS = ROOT / "candor" / "commands"
BY_NAME = {dotted(path): path for path in MODULES}


def classes() -> Iterator[tuple[str, str]]:
    """Yield every class of the house: its name, and where it stands."""
    for path in MODULES:
        if path.relative_to(ROOT).parts[0] in TOPS:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    yield node.name, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_no_class_name_is_used_twice() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for name, place in classes():
        places[name].append(place)
    twice = [f"{name}: {', '.join(of_it)}" for name, of_it in sorted(places.items()) if len(of_it) > 1]
    assert not twice, "\n".join(twice)


def gerunds(word: str) -> set[str]:
    """Return the forms in -ing that a word may have: crawl, judge, plan."""
    return {f"{word}ing", f"{word.removesuffix('e')}ing", f"{word}{word[-1:]}ing"}


def test_no_module_is_called_by_the_verb_of_another_on_its_floor() -> None:
    floors: dict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        floors[parts[0] if parts[0] != "analysis" else ".".join(parts[:2])] |= set(parts)
    twins = [
        f"{floor}: {twin} is the verb of {word}"
        for floor, words in sorted(floors.items())
        for word in sorted(words)
        for twin in sorted(gerunds(word) | gerunds(word.removesuffix("s")) | gerunds(word.removesuffix("es")))
        if twin in words
    ]
    assert not twins, "\n".join(twins)


def test_no_two_files_of_a_room_differ_by_a_plural() -> None:
    rooms: dict[Path, set[str]] = defaultdict(set)
    for path in MODULES:
        if COMMANDS not in path.parents:
            rooms[path.parent].add(path.stem)
    twins = {
        f"{room.relative_to(ROOT)}: {stem}"
        for room, stems in rooms.items()
        for stem in stems
        if {f"{stem}s", f"{stem}es"} & stems
    }
    assert twins == set()


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES}), ids=lambda path: path.name)
def test_a_room_holds_few_files(folder: Path) -> None:
    files = sorted(path.name for path in folder.glob("*.py"))
    most = MOST_PARTS if str(folder.relative_to(ROOT)) in PARTS else MOST_FILES
    assert len(files) <= most, f"{folder.relative_to(ROOT)}: {len(files)} files"


def test_no_module_is_long() -> None:
    lengths = {dotted(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_the_root_of_analysis_holds_the_way_in_and_rooms() -> None:
    assert sorted(path.name for path in (ROOT / "analysis").glob("*.py")) == ["__init__.py", "flow.py"]


def graph() -> dict[str, set[str]]:
    """Return which of our modules each one imports, at its top or inside functions."""
    found: dict[str, set[str]] = {}
    for name, path in BY_NAME.items():
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                # ``from room import module`` is a way to the module, not to the room.
                inside = {f"{node.module}.{alias.name}" for alias in node.names}
                found[name] |= {way if way in BY_NAME else node.module for way in inside}
        found[name] = (found[name] & BY_NAME.keys()) - {name}
    return found


def circles(ways: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that reach each other (Tarjan, SIAM Journal on Computing 1972)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    waiting: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        number[name] = lowest[name] = len(number)
        waiting.append(name)
        for other in ways[name]:
            if other not in number:
                visit(other)
            if other in waiting:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == number[name]:
            group = waiting[waiting.index(name) :]
            del waiting[-len(group) :]
            if len(group) > 1:
                found.append(sorted(group))

    for name in ways:
        if name not in number:
            visit(name)
    return found


def test_circles_are_found() -> None:
    ways = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a"}}
    assert circles(ways) == [["b", "c"]]


def test_no_imports_run_in_a_circle() -> None:
    assert circles(graph()) == []
