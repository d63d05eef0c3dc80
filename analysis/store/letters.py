"""Dead letters: what a store refused for good lies beside it, whole and with the reason, until it is written again."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_DEAD = "dead-letters.jsonl"


def letter(name: str, reason: str, mention: dict[str, Any]) -> dict[str, Any]:
    """Return the dead letter of a mention that was refused."""
    return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "id": name, "reason": reason, "mention": mention}


def read_batch(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a batch; a last line that a crash cut was never acknowledged and is left out."""
    with path.open("rb") as stream:
        for line in stream:
            if line.endswith(b"\n"):
                yield json.loads(line)


class DeadLetters:
    """What a store refused for good, one JSON line each: when, why, and the whole document. On any engine."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / _DEAD

    def add(self, letters: Iterable[dict[str, Any]]) -> None:
        """Append, on the disk when this returns."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.open("a", encoding="ascii") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            stream.writelines(json.dumps(letter) + "\n" for letter in letters)
            stream.flush()
            os.fsync(stream.fileno())

    def files(self) -> list[Path]:
        """Return the files that hold letters, oldest first; those of a replay that was cut too."""
        return [*self._aside(), *([self.path] if self.path.exists() else [])]

    def all(self) -> Iterator[dict[str, Any]]:
        """Yield them, oldest first."""
        for path in self.files():
            yield from read_batch(path)

    def take(self) -> Path | None:
        """Set the letters aside for a replay and return their file; new ones go to a new file. None without any.

        A replay that was cut left such a file: it comes first.
        """
        if left := self._aside():
            return left[0]
        aside = self.path.with_name(f"replay-{time.time_ns():020d}.jsonl")
        try:
            self.path.rename(aside)
        except FileNotFoundError:
            return None
        return aside

    def remove(self, is_meant: Callable[[dict[str, Any]], bool]) -> int:
        """Remove those whose mention is meant, and return how many; the others stay in their order."""
        removed = 0
        for path in self.files():
            with path.open("r+b") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                lines = stream.readlines()
                kept = [line for line in lines if not (line.endswith(b"\n") and is_meant(json.loads(line)["mention"]))]
                if len(kept) < len(lines):
                    stream.seek(0)
                    stream.writelines(kept)
                    stream.truncate()
                    os.fsync(stream.fileno())
                removed += len(lines) - len(kept)
        return removed

    def _aside(self) -> list[Path]:
        return sorted(self.path.parent.glob("replay-*.jsonl"))
