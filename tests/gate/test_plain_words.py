"""analysis says facts and cures in plain words: flags and commands are the command line's own (``candor/hints.py``)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.test_architecture import MODULES, dotted
from tests.gate.test_docs import command_names

WORDS = "|".join(sorted({name.split()[0] for name in command_names()}))
FLAG_OR_COMMAND = re.compile(rf"(?<![\w-])--[a-z]|\bcandor (?:{WORDS})\b")
PUBLISHED = "analysis.report.commands"
"""The report's JSON is a published format that holds the command under each number: these stand in one file."""
ANALYSIS = [path for path in MODULES if dotted(path).startswith("analysis") and dotted(path) != PUBLISHED]


def said(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every text that a program can say, with its line: not the docstrings."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        yield from said(node)


@pytest.mark.parametrize("path", ANALYSIS, ids=dotted)
def test_no_message_names_a_flag_or_a_command(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [(line, text) for line, text in said(tree) if FLAG_OR_COMMAND.search(text)] == []


def test_flags_and_commands_are_seen() -> None:
    tree = ast.parse('"""candor watch"""\nx = f"{y}: run `candor watch` or --once"\nz = "a - b -- c, candor reports"')
    assert [text for _, text in said(tree) if FLAG_OR_COMMAND.search(text)] == [": run `candor watch` or --once"]
