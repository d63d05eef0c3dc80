"""The spool: what was accepted lies here, on the disk, until the server has it. Dead letters lie beside it.

One folder for each server, in it one folder for each process, held by a lock; a process that opens the spool takes over
what dead ones left. A batch is one file of JSON lines; removing the file is the acknowledgement.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from analysis.model.errors import StoreError

BOUND_BYTES = 512 * 2**20
_LOCK = "lock"


def spool_root(environ: Mapping[str, str]) -> Path:
    """Return where spools lie: ``CANDOR_SPOOL``, else the user's folder for state."""
    if environ.get("CANDOR_SPOOL"):
        return Path(environ["CANDOR_SPOOL"])
    state = environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return Path(state) / "candor" / "spool"


def server_folder(root: Path, address: str) -> Path:
    """Return the folder of one server's spool."""
    name = re.sub(r"[^a-z0-9]+", "-", address.lower().partition("://")[2]).strip("-")[:60]
    return root / f"{name}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


class Spool:
    """Batches that wait, in the order in which they came. Threads may share it."""

    def __init__(self, folder: Path, *, bound: int = BOUND_BYTES) -> None:
        self.folder = folder
        self.bound = bound
        self._turn = threading.RLock()
        self._sizes: dict[Path, int] = {}
        self._places: dict[str, tuple[Path, int, int]] = {}
        self._own, self._lock = self._room()
        self.adopt()

    def add(self, lines: Iterable[bytes]) -> Path:
        """Write a batch, whole on the disk when this returns. Call ``done`` or ``wait`` for it next."""
        path = self._own / f"{time.time_ns():020d}-{uuid4().hex[:4]}.jsonl"
        try:
            with path.open("wb") as stream:
                stream.writelines(lines)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            path.unlink(missing_ok=True)
            raise self._unusable(error) from None
        return path

    def done(self, path: Path) -> None:
        """The server has the batch."""
        with self._turn:
            path.unlink(missing_ok=True)
            if self._sizes.pop(path, None) is not None:
                self._places = {name: place for name, place in self._places.items() if place[0] != path}

    def wait(self, path: Path) -> None:
        """The batch stays until the server is back; until then ``find`` tells of it."""
        with self._turn:
            if path in self._sizes:
                return
            self._sizes[path] = path.stat().st_size
            offset = 0
            with path.open("rb") as stream:
                for line in stream:
                    name = _name(line)
                    if name:
                        self._places[name] = (path, offset, len(line))
                    offset += len(line)
            # The entry in the folder must outlive a power cut as well.
            descriptor = os.open(self._own, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    @property
    def waiting(self) -> list[Path]:
        """The batches that wait, oldest first."""
        with self._turn:
            return sorted(self._sizes, key=lambda path: path.name)

    @property
    def size(self) -> int:
        """Bytes that wait."""
        with self._turn:
            return sum(self._sizes.values())

    @property
    def full(self) -> bool:
        """Whether no further batch may wait."""
        return self.size >= self.bound

    @property
    def count(self) -> int:
        """How many different mentions and records wait."""
        with self._turn:
            return len(self._places)

    def find(self, name: str) -> dict[str, Any] | None:
        """Return the latest line of that name that waits: a mention's id, or ``kind/key`` behind a slash."""
        with self._turn:
            place = self._places.get(name)
            if place is None:
                return None
            with place[0].open("rb") as stream:
                stream.seek(place[1])
                line: dict[str, Any] = json.loads(stream.read(place[2]))
            return line

    def adopt(self) -> None:
        """Take over what processes that have ended left here."""
        with self._turn:
            for other in sorted(self.folder.iterdir()):
                if other == self._own or not other.is_dir():
                    continue
                lock = _locked(other)
                if lock < 0:
                    continue
                try:
                    for left in sorted(other.glob("*.jsonl")):
                        mine = self._own / left.name
                        left.rename(mine)
                        self.wait(mine)
                    (other / _LOCK).unlink(missing_ok=True)
                    with suppress(OSError):
                        other.rmdir()
                finally:
                    os.close(lock)

    def close(self) -> None:
        """Let the next process take over what still waits. Harmless when called twice."""
        with self._turn:
            if self._lock < 0:
                return
            if not self._sizes:
                (self._own / _LOCK).unlink(missing_ok=True)
                with suppress(OSError):
                    self._own.rmdir()
            os.close(self._lock)
            self._lock = -1

    def _room(self) -> tuple[Path, int]:
        """Return a folder of this process's own, and its lock."""
        for _ in range(10):
            own = self.folder / f"{os.getpid()}-{uuid4().hex[:8]}"
            try:
                own.mkdir(mode=0o700, parents=True)
                lock = _locked(own)
            except FileNotFoundError:
                # A process that looks for left folders took this one before it was locked.
                continue
            except OSError as error:
                raise self._unusable(error) from None
            if lock >= 0:
                return own, lock
        raise StoreError(f"{self.folder}: no folder of our own could be made here; name another in CANDOR_SPOOL")

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(
            f"{self.folder}: the spool cannot be written ({error.strerror}); free some space, or name another folder "
            "in CANDOR_SPOOL"
        )


def _locked(folder: Path) -> int:
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return -1
    return descriptor


def mention_line(body: bytes) -> bytes:
    """Return the line of a mention, whose ``body`` is JSON."""
    return b'{"mention":' + body + b"}\n"


def record_line(kind: str, key: str, body: dict[str, Any]) -> bytes:
    """Return the line of a record."""
    return json.dumps({"kind": kind, "key": key, "record": body}, separators=(",", ":")).encode() + b"\n"


def _name(line: bytes) -> str:
    if not line.endswith(b"\n"):
        return ""
    row = json.loads(line)
    return str(row["mention"]["id"]) if "mention" in row else f"{row['kind']}/{row['key']}"
