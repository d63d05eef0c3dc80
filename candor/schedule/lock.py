"""The lock that makes ``candor run``, ``watch`` and ``crawl --lock`` safe to start twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from analysis.model.errors import CandorError
from analysis.store.lock import FileLock, HeldError, Holder

NAME = "crawl.lock"
EXIT_HELD = 3


@contextmanager
def or_exit(state: Path, command: str = "") -> Iterator[None]:
    """Hold the lock of the state folder during the block.

    Where another process holds it, say who on standard error, since when, and exit 3. Raises ``CandorError`` where the
    folder cannot be written.
    """
    path = state / NAME
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, command)
    except HeldError as error:
        words = f"already running: {_named(error.holder)} holds {path}"
        print(f"candor: {words}; this one has nothing to do (exit status {EXIT_HELD})", file=sys.stderr)
        raise typer.Exit(EXIT_HELD) from None
    except OSError as error:
        raise CandorError(f"{state}: the state folder cannot be written ({error.strerror}); check its rights") from None
    try:
        yield
    finally:
        lock.release()


def _named(holder: Holder | None) -> str:
    if holder is None:
        return "a process that did not say its name"
    return f"{holder.command!r} (pid {holder.pid} on {holder.host} since {holder.since})"
