"""A look at a place before it is added: what it is, its first posts, what it costs. As ``candor add`` looks.

A reactor runs once per process, so a look is a process of its own: the command itself, which writes nothing.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.model.addresses import is_web
from analysis.model.errors import UsageError
from analysis.settings.file import Config

WAIT_S = 300.0
MOST = 20
LONGEST = 2000
_CONTROLS = {chr(number) for number in range(32)} | {"\x7f"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSource:
    """What a look found: the row of ``candor add --json``. ``key`` names it until it is saved, by ``who``."""

    key: str
    who: str
    row: Mapping[str, Any]

    @property
    def block(self) -> str:
        """What would be written into the configuration."""
        return str(self.row["toml"])


class Looks:
    """The places that were looked at and not saved yet, the newest. One look at a time. Threads may share it."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._turn = threading.Lock()
        self._found: dict[str, FoundSource] = {}

    def look(self, config: Config, place: str, options: Mapping[str, str], *, who: str) -> FoundSource:
        """Look at a place and keep what was found. Raises ``UsageError`` with why it cannot be told or read."""
        folder = config.path.parent if config.path else Path.cwd()
        checked = _checked(place, folder)
        if not self._looking.acquire(timeout=1):
            raise UsageError("somebody looks at another place just now; try again in a moment")
        try:
            row = _looked(config, checked, options)
        finally:
            self._looking.release()
        found = FoundSource(key=secrets.token_urlsafe(16), who=who, row=row)
        with self._turn:
            self._found[found.key] = found
            while len(self._found) > MOST:
                self._found.pop(next(iter(self._found)))
        return found

    def taken(self, key: str, *, who: str) -> FoundSource:
        """Return what somebody found, once. Raises ``UsageError`` where it is not theirs or no longer here."""
        with self._turn:
            found = self._found.get(key)
            if found is None or found.who != who:
                raise UsageError("this preview is no longer here; look at the place again")
            return self._found.pop(key)


def _checked(place: str, folder: Path) -> str:
    """Return a place on the web, or a name that stands for one: files of this machine are added by the command.

    The command looks for a file from ``folder`` on.
    """
    given = place.strip()
    if not given or len(given) > LONGEST or _CONTROLS & set(given) or given.startswith("-"):
        raise UsageError("paste a web address, or a name such as r/coffee", about=("place",))
    if not is_web(given) and _is_here(given, folder):
        raise UsageError("a file of this machine is added by `candor add`", about=("place",))
    return given


def _is_here(place: str, folder: Path) -> bool:
    try:
        return (folder / Path(place).expanduser()).exists()
    except (OSError, RuntimeError, ValueError):
        return True


def _looked(config: Config, place: str, options: Mapping[str, str]) -> Mapping[str, Any]:
    command = [sys.executable, "-m", "candor", "add", "--json"]
    command += ["--config", str(config.path)] if config.path else []
    # Joined by a sign, so that a value is never taken for a flag.
    command += [f"--{name}={value}" for name, value in options.items() if value]
    try:
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            [*command, "--", place],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=WAIT_S,
            cwd=config.path.parent if config.path else None,
            env={**os.environ, "NO_COLOR": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{place}: did not answer within {WAIT_S:.0f} seconds") from None
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        raise UsageError(_why(done.stderr) or f"{place}: cannot be told what it is")
    row: Mapping[str, Any] = json.loads(lines[-1])
    return row


def _why(said: str) -> str:
    """Return what a command said when it failed, without its name."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line.removeprefix("candor: ").removeprefix("error: ") for line in lines if line.startswith("candor: ")]
    return " ".join(told or lines[-1:])[:600]
