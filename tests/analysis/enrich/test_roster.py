"""A judge is one file, one list line and its saved sentences: none of the three without the others."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest

import analysis.enrich
from analysis.enrich.pipeline import build, read
from analysis.enrich.reading import REACH_PERSONAL, BrandPlace, Window, reading_of
from analysis.enrich.roster import ROSTER, by_model, choose, judges_of
from analysis.enrich.slots import TASKS, Judges
from analysis.model.errors import ConfigError
from tests.support.eval.enricher_sentences import FOLDER, LISTED, sentences_of
from tests.support.shared import lines

ROOM = Path(str(analysis.enrich.__file__)).parent
DOCS = (ROOM.parents[1] / "docs" / "taxonomy.md").read_text(encoding="utf-8")
FEWEST = 8  # sentences that a judge comes with


def gives_a_judge(path: Path) -> bool:
    """Tell whether the file has a function ``make``."""
    return any(
        isinstance(node, ast.FunctionDef) and node.name == "make"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )


def files(folder: str) -> dict[str, Path]:
    return {f"{folder.replace('/', '.')}.{path.stem}": path for path in (ROOM / folder).glob("[!_]*.py")}


def test_every_task_has_a_judge_and_every_judge_a_task() -> None:
    assert tuple(dict.fromkeys(task for task, _, _ in ROSTER)) == TASKS
    assert len(set(LISTED)) == len(ROSTER)


def test_every_file_that_gives_a_judge_is_on_the_list_and_every_line_has_its_file() -> None:
    trained = {name for name, path in (files("models") | files("models/encoder")).items() if gives_a_judge(path)}
    assert {file for _, _, file in ROSTER} == set(files("judges")) | trained
    assert all(gives_a_judge(path) for path in files("judges").values())


@pytest.mark.parametrize(("task", "name", "file"), ROSTER)
def test_every_judge_is_declared_as_one_of_its_task(task: str, name: str, file: str) -> None:
    make = import_module(f"analysis.enrich.{file}").make
    assert get_type_hints(make)["return"] == get_type_hints(Judges)[task]


@pytest.mark.parametrize(("task", "name"), LISTED)
def test_every_judge_has_saved_sentences_and_half_of_them_tell_nothing(task: str, name: str) -> None:
    rows = list(lines(sentences_of(task, name)))
    nothing = sum(list(row.values())[-1] in ("", False, "neutral", "NONE") for row in rows)
    assert len(rows) >= FEWEST
    assert 0.4 <= nothing / len(rows) <= 0.6


def test_no_sentences_are_saved_for_a_judge_that_is_not_there() -> None:
    saved = {(path.parent.name, path.stem) for path in FOLDER.rglob("*.jsonl")}
    assert saved == set(LISTED)


@pytest.mark.parametrize(("task", "name"), LISTED)
def test_every_judge_is_documented(task: str, name: str) -> None:
    assert re.search(rf"^\| `{task}` \|.*`{name}`", DOCS, re.MULTILINE)


def test_a_judge_is_chosen_by_its_name() -> None:
    assert choose().sentiment.version.startswith("encoder-")
    assert choose(names=by_model("linear")).sentiment.version == "linear-1"
    assert choose(names={"sentiment": "rules"}).sentiment.version == "rules-1"


def test_a_wrong_task_and_a_wrong_name_are_told_with_the_right_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        choose(names={"mood": "rules", "sentiment": "oracle"})
    assert caught.value.problems == [
        f"no judged task 'mood'; use some of {', '.join(TASKS)}",
        f"no judge 'oracle' of sentiment; use one of {', '.join(judges_of('sentiment'))}",
    ]


def test_a_judge_of_rules_says_on_which_words_it_rests() -> None:
    judges = choose(names=by_model("linear"))
    text = "My Tessaro kettle caught fire, so I switched to Nimbo."
    places = [BrandPlace(name, text.index(name), text.index(name) + len(name)) for name in ("Tessaro", "Nimbo")]
    doc = read(build(judges), Window(text=text, places=places, reach=REACH_PERSONAL))
    [harm, _] = judges.severity.judge(doc, ["Tessaro", "Nimbo"])
    [switch, _] = judges.switching.judge(doc, ["Tessaro", "Nimbo"])
    assert harm is not None
    assert switch is not None
    assert doc[slice(*harm.span)].text == "caught fire"
    assert doc[slice(*switch.span)].text == "switched to"
    assert reading_of(doc).severity["Tessaro"].value.level == harm.value == "safety"
