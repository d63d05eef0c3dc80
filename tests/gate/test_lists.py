"""Every list is complete: a file of a listed kind is on its list, and a line has its file.

Kinds of source are held by ``test_kinds.py``, sections by ``test_sections.py``, judges by
``tests/analysis/enrich/test_roster.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path

import yaml
from typer import Typer

from analysis.alert.model import Rule
from analysis.alert.rules import RULES
from analysis.model.records.base import RecordKind
from candor.cli import app
from crawler.readers.reading import READERS
from mappings.kibana import saved_objects

ROOT = Path(__file__).resolve().parents[2]


def stems(folder: str) -> list[str]:
    """Return the names of a folder's modules, in order."""
    return sorted(path.stem for path in (ROOT / folder).glob("*.py") if path.name != "__init__.py")


def test_every_rule_is_on_the_list_under_the_name_of_its_file() -> None:
    listed = {rule.id: import_module(f"analysis.alert.rules.{rule.id}").RULE for rule in RULES}
    assert sorted(listed) == stems("analysis/alert/rules")
    assert all(isinstance(rule, Rule) for rule in listed.values())
    assert tuple(listed.values()) == RULES
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert [name for name in listed if f"\n### {name}\n" not in page] == []


def commands(typer: Typer) -> Iterator[str]:
    """Yield the modules whose functions are on the command line, groups and all."""
    for command in typer.registered_commands:
        assert command.callback is not None
        yield command.callback.__module__
    for group in typer.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance)


def test_every_command_file_is_on_the_command_line() -> None:
    files = (ROOT / "candor" / "commands").rglob("*.py")
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files if path.name != "__init__.py"}
    assert modules == set(commands(app))


def test_every_reader_is_a_function_of_the_readers_room() -> None:
    assert all(read.__module__.startswith("crawler.readers.") for read in READERS.values())


def test_every_board_is_in_the_file_that_kibana_imports() -> None:
    sources = sorted((ROOT / "mappings" / "kibana" / "boards").glob("*.yaml"))
    ids = [yaml.safe_load(path.read_text(encoding="utf-8"))["id"] for path in sources]
    compiled = [item["id"] for item in saved_objects() if item["type"] == "dashboard"]
    assert ids == compiled, "run `make boards`"


def record_kinds() -> dict[str, list[RecordKind[object]]]:
    """Return the kinds of record that each file of ``analysis/model/records`` gives, by the file's name."""
    modules = {name: import_module(f"analysis.model.records.{name}") for name in stems("analysis/model/records")}
    return {
        name: [value for value in vars(module).values() if isinstance(value, RecordKind)]
        for name, module in modules.items()
        if name != "base"
    }


def test_every_file_of_records_gives_a_kind_and_no_two_share_a_name() -> None:
    kinds = record_kinds()
    assert all(kinds.values()), kinds
    names = [kind.name for found in kinds.values() for kind in found]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


def test_every_record_is_frozen() -> None:
    for name in record_kinds():
        module = import_module(f"analysis.model.records.{name}")
        nouns = [value for value in vars(module).values() if isinstance(value, type) and is_dataclass(value)]
        assert all(noun.__dataclass_params__.frozen for noun in nouns), name  # type: ignore[attr-defined]
