"""analysis says the fact and the cure in plain words; the command line writes flags and commands."""

from __future__ import annotations

from analysis.model.errors import CURES, ConfigError, StoreError, UsageError
from candor.hints import COMMANDS, lines_of


def test_every_cure_has_a_command() -> None:
    assert set(COMMANDS) == set(CURES)


def test_an_error_is_written_with_flags_and_the_command_that_helps() -> None:
    missing = UsageError("is missing; say why", about=("reason",))
    assert str(missing) == "reason: is missing; say why"
    assert lines_of(missing) == ["--reason: is missing; say why"]
    assert lines_of(UsageError("is not known", about=("not_topic",))) == ["--not-topic: is not known"]
    unfit = StoreError("field x is text", cure="upgrade")
    assert str(unfit) == "field x is text; upgrade the store"
    assert lines_of(unfit) == ["field x is text; run `candor store upgrade`"]
    assert lines_of(ConfigError(["one", "two"], cure="configure")) == ["one", "two; `candor init` writes one"]
    assert lines_of(UsageError("a: b")) == ["a: b"]
