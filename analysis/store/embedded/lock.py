"""The lock that lets one process write to a folder and tells the next one who holds it.

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
from datetime import UTC, datetime
from pathlib import Path

from analysis.model.errors import StoreLockedError


class WriterLock:
    """Held from construction until ``release``. Raises ``StoreLockedError`` that names the holder."""

    def __init__(self, path: Path, holder: str = "") -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise StoreLockedError(
                f"{path.parent}: another process is writing to this store: {_holder(path)}; "
                "wait until it has ended, or stop it"
            ) from None
        words = {
            "pid": os.getpid(),
            "command": holder or " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]).strip(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": socket.gethostname(),
        }
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(words).encode(), 0)

    def release(self) -> None:
        """Let the next writer in; harmless when called twice."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def _holder(path: Path) -> str:
    # The holder writes its words a moment after it has the lock.
    for _ in range(20):
        try:
            words = json.loads(path.read_bytes())
            return f"pid {words['pid']} ({words['command']}) on {words['host']} since {words['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            time.sleep(0.01)
    return "a process that did not say its name"
