"""A kind of source is one file: the list, the files, the configuration, the documentation and the cases agree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.settings.sources import SourceSection, keys_of
from crawler.configuration import OPTIONS
from crawler.kinds import KINDS
from crawler.readers.reading import READERS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "crawler" / "kinds"
DOCS = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
PURE = ("scrapy", "twisted", "crawler.context", "crawler.spiders", "crawler.keeping", "crawler.politeness")


def test_every_file_is_on_the_list_and_every_kind_in_the_configuration() -> None:
    files = {path.stem for path in FOLDER.rglob("*.py")} - {"__init__", "base"}
    assert files == set(KINDS) == set(OPTIONS)
    assert all(OPTIONS[name] is kind.options for name, kind in KINDS.items())


def disagreements(name: str, docs: str) -> list[str]:
    """What the section of a kind leaves out, and the rows of its table for what it does not have."""
    section = docs.partition(f"### {name}\n")[2].partition("\n#")[0]
    rows = {key for row in re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}
    keys, shared = {*keys_of(KINDS[name].options)}, {*keys_of(SourceSection)}
    return [f"{key} has no row" for key in sorted(keys - shared - rows)] + [
        f"a row for {key}, which it has not" for key in sorted(rows - keys)
    ]


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_has_a_section_in_the_documentation_whose_rows_are_its_keys(name: str) -> None:
    assert f"### {name}\n" in DOCS
    assert disagreements(name, DOCS) == []


def test_a_row_too_many_or_too_few_is_seen() -> None:
    row = "| `full` | `true` |"
    assert row in DOCS
    assert disagreements("feed", DOCS.replace(row, "| `whole` | `true` |")) == [
        "full has no row",
        "a row for whole, which it has not",
    ]


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_has_a_saved_case(name: str) -> None:
    assert list((ROOT / "tests" / "data" / name).glob("*/case.json"))


def test_no_case_is_without_its_kind_or_reader() -> None:
    assert {path.parents[1].name for path in (ROOT / "tests" / "data").glob("*/*/case.json")} == {*KINDS, *READERS}


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.stem)
def test_a_kind_knows_no_scrapy(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module)
        elif isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
    assert not [name for name in imported if name.startswith(PURE)]


def test_reading_a_configuration_loads_no_parser_and_no_scrapy() -> None:
    heavy = ("scrapy", "twisted", "lxml", "feedparser", "trafilatura", "bs4")
    code = f"import sys, crawler.configuration; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
