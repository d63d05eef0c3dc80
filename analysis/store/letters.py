"""What lies beside a store, on any engine: dead letters (what it refused for good, whole and with the reason, until it
is written again), and mentions as they were before they were judged anew."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

_DEAD = "dead-letters.jsonl"
_FORMER = "judged-before-"


def letter(name: str, reason: str, mention: dict[str, Any]) -> dict[str, Any]:
    """Return the dead letter of a mention that was refused."""
    return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "id": name, "reason": reason, "mention": mention}


def read_batch(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a batch; a last line that a crash cut was never acknowledged and is left out."""
    with path.open("rb") as stream:
        for line in stream:
            if line.endswith(b"\n"):
                yield json.loads(line)


class MentionLines:
    """A file of JSON lines beside a store, each with a whole ``mention``; what is erased must go from it too."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, letters: Iterable[dict[str, Any]]) -> None:
        """Append, on the disk when this returns."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.open("a", encoding="ascii") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            stream.writelines(json.dumps(letter) + "\n" for letter in letters)
            stream.flush()
            os.fsync(stream.fileno())

    def files(self) -> list[Path]:
        """Return the files that hold lines, oldest first."""
        return [self.path] if self.path.exists() else []

    def all(self) -> Iterator[dict[str, Any]]:
        """Yield them, oldest first."""
        for path in self.files():
            yield from read_batch(path)

    def remove(self, is_meant: Callable[[dict[str, Any]], bool]) -> int:
        """Remove those whose mention is meant, and return how many; the others stay in their order."""
        removed = 0
        for path in self.files():
            with path.open("r+b") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                removed += _without(stream, is_meant)
        return removed


def _without(stream: IO[bytes], is_meant: Callable[[dict[str, Any]], bool]) -> int:
    """Take lines out of a file in its place, however long it is, and return how many."""
    read_to = kept_to = removed = 0
    while line := stream.readline():
        read_to += len(line)
        if line.endswith(b"\n") and is_meant(json.loads(line)["mention"]):
            removed += 1
            continue
        if removed:
            stream.seek(kept_to)
            stream.write(line)
            stream.seek(read_to)
        kept_to += len(line)
    if removed:
        stream.truncate(kept_to)
        stream.flush()
        os.fsync(stream.fileno())
    return removed


class DeadLetters(MentionLines):
    """What a store refused for good, one JSON line each: when, why, and the whole document. On any engine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / _DEAD)

    def files(self) -> list[Path]:
        """Return the files that hold letters, oldest first; those of a replay that was cut too."""
        return [*self._aside(), *super().files()]

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

    def _aside(self) -> list[Path]:
        return sorted(self.path.parent.glob("replay-*.jsonl"))


class FormerJudgements(MentionLines):
    """What a run of ``candor rejudge`` replaced: each mention as it was, until it is brought back or dropped."""

    def __init__(self, folder: Path, run: str) -> None:
        super().__init__(folder / f"{_FORMER}{run}.jsonl")

    @staticmethod
    def runs(folder: Path) -> list[str]:
        """Return the runs of which former judgements are kept, oldest first."""
        return sorted(path.stem.removeprefix(_FORMER) for path in folder.glob(f"{_FORMER}*.jsonl"))


def beside(letters: DeadLetters) -> list[MentionLines]:
    """Return everything that lies beside a store and holds mentions whole."""
    folder = letters.path.parent
    return [letters, *(FormerJudgements(folder, run) for run in FormerJudgements.runs(folder))]
