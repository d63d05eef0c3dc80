"""Which judges there are for each task. The first of a task is the one that judges where none is named.

A new judge is a file in ``judges`` (rules) or ``models`` (trained) whose ``make`` gives it, a line here, and its
sentences with the right answers in ``tests/data/enrich/TASK/NAME.jsonl``. Only the files of judges that are chosen are
imported: a model's runtime costs nothing where no model judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from analysis.enrich.slots import TASKS, Judges, Material
from analysis.enrich.taxonomy import load_taxonomy
from analysis.model.errors import ConfigError

# task, name, file in this folder
ROSTER: tuple[tuple[str, str, str], ...] = (
    ("relevance", "rules", "judges.relevance"),
    ("topics", "rules", "judges.topics"),
    ("switching", "encoder", "models.encoder.switching"),
    ("switching", "rules", "judges.switching"),
    ("severity", "encoder", "models.encoder.severity"),
    ("severity", "rules", "judges.severity"),
    ("sentiment", "encoder", "models.encoder.sentiment"),
    ("sentiment", "linear", "models.linear"),
    ("sentiment", "rules", "judges.sentiment"),
    ("intents", "encoder", "models.encoder.intents"),
    ("intents", "rules", "judges.intents"),
    ("moves", "encoder", "models.encoder.moves"),
    ("moves", "rules", "judges.moves"),
    ("phrases", "rules", "judges.phrases"),
    ("standing", "encoder", "models.encoder.standing"),
    ("standing", "rules", "judges.standing"),
    ("comparison", "encoder", "models.encoder.comparison"),
    ("comparison", "rules", "judges.comparison"),
)


def judges_of(task: str) -> dict[str, str]:
    """Return the file of each judge of ``task`` by the judge's name, in the order of the list."""
    return {name: file for listed, name, file in ROSTER if listed == task}


def by_model(model: str) -> dict[str, str]:
    """Return the judge of each task for a model of the configuration: ``encoder``, or ``linear`` and the rules."""
    if model == "encoder":
        return {}
    return {task: next(name for name in judges_of(task) if name != "encoder") for task in TASKS}


def choose(material: Material | None = None, names: Mapping[str, str] | None = None) -> Judges:
    """Return a judge for each slot: of a task in ``names`` (task to name) the one named, else the first of its list.

    Raises ``ConfigError`` for a task or a judge that is on no list.
    """
    material, names = material or Material(taxonomy=load_taxonomy()), names or {}
    _check(names)
    return Judges(**{task: _made(task, names.get(task), material) for task in TASKS})


def _made(task: str, name: str | None, material: Material) -> Any:
    listed = judges_of(task)
    file = listed[name or next(iter(listed))]
    return import_module(f"analysis.enrich.{file}").make(material)


def _check(names: Mapping[str, str]) -> None:
    problems = [f"no judged task {task!r}; use some of {', '.join(TASKS)}" for task in names if task not in TASKS]
    problems += [
        f"no judge {name!r} of {task}; use one of {', '.join(judges_of(task))}"
        for task, name in names.items()
        if task in TASKS and name not in judges_of(task)
    ]
    if problems:
        raise ConfigError(problems)
