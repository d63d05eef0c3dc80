"""The standing crawl process, seen from who keeps it: ``candor watch``, or an actor of a cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.model.records.run import RUNS, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the crawl of one source gave: its run, or None and why."""

    source: str
    run: Run | None = None
    error: str = ""
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The crawl process has ended, on request or not."""

    pid: int
    status: int


Hand = Callable[[Answer | Ended], None]


class CrawlProcess:
    """``python -m crawler.standing`` in a session of its own, so that Ctrl-C in the terminal reaches only us.

    ``text`` is the configuration as it was read from ``path``; empty where the process is to read the file itself.
    ``hand`` is called from two threads with each answer and, last, with the end; ``said`` with each line of its log.
    ``progress`` is called with how far each source is, some times a second while something changes.
    A ``tied`` one ends at once, with its workers, where the process that keeps it dies. ``holder`` is its name among
    others that crawl for the same store.
    """

    def __init__(
        self,
        hand: Hand,
        *,
        path: Path | None,
        store: str,
        text: str = "",
        said: Callable[[str], None],
        tied: bool = False,
        holder: str = "",
        environ: Mapping[str, str] | None = None,
        progress: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        command = [sys.executable, "-m", "crawler.standing", "--config", str(path), "--store", store]
        command += ["--as-read"] if text else []
        command += ["--tied"] if tied else []
        command += ["--holder", holder] if holder else []
        command += ["--progress"] if progress else []
        self._progress = progress
        self._hand, self._tell, self._tied = hand, said, tied
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            env=environ,
        )
        self._said = threading.Thread(target=self._pass_on, daemon=True)
        self._said.start()
        if text:
            # The file may be wrong by now: what was read is what holds until it is read again.
            self._write({"config": text})
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def crawl(self, source: str, host: str = "", term: int = 0) -> None:
        """Ask for a source, of a host that was given to this process at ``term``.

        Where the process has just died, its end is handed over instead of an answer.
        """
        self._write({"crawl": source, **({"host": host, "term": term} if host else {})})

    def _write(self, words: Mapping[str, str | int]) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(OSError, ValueError):
            stdin.write(json.dumps(words) + "\n")
            stdin.flush()

    def finish(self) -> None:
        """Let it do what it was asked for, and end."""
        if self._tied:
            self._write({"farewell": "finish"})
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(OSError, ValueError):
            stdin.close()

    def stop(self) -> None:
        """Stop fetching; what was read is still stored, and then it ends."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and its workers at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                said = json.loads(line)
                if "progress" not in said:
                    self._hand(_answer(said))
                elif self._progress is not None:
                    self._progress(said["progress"])
        status = self._process.wait()
        if status:
            # It had no time to end its workers.
            self.kill()
        self._said.join(5)
        self.finish()
        self._hand(Ended(pid=self._process.pid, status=status))

    def _pass_on(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                if line.strip():
                    self._tell(line.rstrip()[:1000])


def _answer(line: dict[str, Any]) -> Answer:
    row = line.pop("row", None)
    return Answer(run=RUNS.from_body("", row) if row else None, **line)
