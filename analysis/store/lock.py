"""A file that one process holds at a time, and that tells the next one who holds it.

The lock is the operating system's (flock), so it goes with its process, however that ends; the words in the file are
only for the message.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from analysis.model.errors import CandorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that holds a lock: its id, its command, its machine, and since when (as RFC 3339)."""

    pid: int
    command: str
    since: str
    host: str


class HeldError(CandorError):
    """Another process holds the lock: raised by ``FileLock``. Wait for it or stop it. ``holder`` where it is known."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        super().__init__(f"{path}: another process holds it: {holder}; wait until it has ended, or stop it")
        self.holder = holder


class FileLock:
    """Held from construction until ``release``. Raises ``HeldError`` that names the holder, and ``OSError``."""

    def __init__(self, path: Path, command: str = "") -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise HeldError(path, _holder(path)) from None
        words = Holder(
            pid=os.getpid(),
            command=command or " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]).strip()[:200],
            since=datetime.now(UTC).isoformat(timespec="seconds"),
            host=socket.gethostname(),
        )
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(asdict(words)).encode(), 0)

    def release(self) -> None:
        """Let the next one in; harmless when called twice."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def _holder(path: Path) -> Holder | None:
    # The holder writes its words a moment after it has the lock.
    for _ in range(20):
        try:
            return Holder(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            time.sleep(0.01)
    return None
