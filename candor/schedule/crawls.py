"""The crawl process of ``candor watch``: started when a source is due, ended when none is for long."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from analysis.model.records.run import RUNS, Run
from analysis.settings.file import Config
from candor.schedule.logs import say


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

    ``hand`` is called from two threads with each answer and, last, with the end.
    """

    def __init__(self, config: Config, hand: Hand) -> None:
        command = [sys.executable, "-m", "crawler.standing", "--config", str(config.path), "--store", config.store]
        command += ["--as-read"] if config.text else []
        self._hand = hand
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._said = threading.Thread(target=self._pass_on, daemon=True)
        self._said.start()
        if config.text:
            # The file may be wrong by now: what we read is what holds until we read it again.
            self._write({"config": config.text})
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def crawl(self, source: str) -> None:
        """Ask for a source. Where the process has just died, its end is handed over instead of an answer."""
        self._write({"crawl": source})

    def _write(self, words: dict[str, str]) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(OSError, ValueError):
            stdin.write(json.dumps(words) + "\n")
            stdin.flush()

    def finish(self) -> None:
        """Let it do what it was asked for, and end."""
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
                self._hand(_answer(json.loads(line)))
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
                    say("the crawl said", words=line.rstrip()[:1000])


def _answer(line: dict[str, Any]) -> Answer:
    row = line.pop("row", None)
    return Answer(run=RUNS.from_body("", row) if row else None, **line)
