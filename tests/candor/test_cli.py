"""The help of every command says what its texts say."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import pytest
import typer

from candor.cli import app, plainly_helped

BRACKETED = re.compile(r"\[[^\]\s]*\]+")


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


WRITTEN = dict(commands(typer.main.get_command(app)))
SHOWN = plainly_helped(typer.main.get_command(app))


@pytest.mark.parametrize("words", WRITTEN, ids=" ".join)
def test_no_name_is_missing_from_the_help(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 400)
    shown = helped(words)
    command = WRITTEN[words]
    below = [one.help.split("\n\n")[0] for one in getattr(command, "commands", {}).values()]
    texts = [command.help, *below, *(getattr(one, "help", None) for one in command.params)]
    names = [name for text in texts for name in BRACKETED.findall(text or "")]
    assert [name for name in names if name not in shown] == []
    assert not re.search(r"\s\[\]\s|\(\)|\\\\\[", shown)
    for text in texts:
        first = " ".join((text or "").split("\n\n")[0].split())
        assert first in " ".join(shown.replace("│", " ").split())


def helped(words: tuple[str, ...]) -> str:
    written = io.StringIO()
    with redirect_stdout(written):
        SHOWN.main([*words, "--help"], standalone_mode=False)
    return written.getvalue()
