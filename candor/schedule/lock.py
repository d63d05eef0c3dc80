"""The lock that makes ``candor run``, ``watch`` and ``crawl --lock`` safe to start twice.

The lock is the operating system's (flock) on a file in the state folder, so it goes with its process, however that
ends; the words in the file are only for the message.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer

from analysis.model.errors import CandorError

NAME = "crawl.lock"
EXIT_HELD = 3


class HeldError(CandorError):
    """Another process crawls for this installation: raised by ``held``. Wait for it or stop it."""


@contextmanager
def held(state: Path, command: str = "") -> Iterator[Path]:
    """Hold the lock of the state folder during the block. Raises ``HeldError`` that says who holds it, since when."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(state / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise CandorError(f"{state}: the state folder cannot be written ({error.strerror}); check its rights") from None
    try:
        _take(descriptor, state / NAME, command)
        yield state / NAME
    finally:
        os.close(descriptor)


@contextmanager
def or_exit(state: Path, command: str = "") -> Iterator[None]:
    """Hold the lock during the block; where another process holds it, say who on standard error and exit 3."""
    lock = held(state, command)
    try:
        lock.__enter__()
    except HeldError as error:
        print(f"candor: {error}", file=sys.stderr)
        raise typer.Exit(EXIT_HELD) from None
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


def _take(descriptor: int, path: Path, command: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HeldError(
            f"already running: {holder(path)} holds {path}; this one has nothing to do (exit status {EXIT_HELD})"
        ) from None
    words = {
        "pid": os.getpid(),
        "command": command or " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200],
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": socket.gethostname(),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(words).encode(), 0)


def holder(path: Path) -> str:
    """Return in words who wrote the lock's file."""
    # The holder writes its words a moment after it has the lock.
    for _ in range(20):
        try:
            words = json.loads(path.read_bytes())
            return f"{words['command']!r} (pid {words['pid']} on {words['host']} since {words['since']})"
        except (OSError, ValueError, KeyError, TypeError):
            time.sleep(0.01)
    return "a process that did not say its name"
