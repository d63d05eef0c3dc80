"""Is ``candor watch`` alive and well: a file in the state folder, and ``/healthz`` for those who ask over HTTP."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from analysis.model.errors import UsageError
from analysis.model.times import written

NAME = "watch.json"
VERSION = 1
STALE_S = 60.0
"""Without a beat for so long the process hangs or has gone; it beats every 5 seconds."""


def write(state: Path, words: Mapping[str, Any]) -> None:
    """Write the health file so that a reader sees the old or the new one, whole. Raises ``OSError``."""
    state.mkdir(parents=True, exist_ok=True)
    fresh = state / (NAME + ".new")
    fresh.write_text(json.dumps(words, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    fresh.replace(state / NAME)


def read(state: Path, *, now: datetime) -> dict[str, Any]:
    """Return the health file's words, with ``healthy`` and ``problems`` as they are ``now``.

    A missing file, a process that has gone and one that has not beaten for a minute are problems, not errors.
    """
    try:
        words: dict[str, Any] = json.loads((state / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        problem = f"{state / NAME}: no `candor watch` has run here; start it, or check --config"
        return {"healthy": False, "problems": [problem], "state": "unknown", "sources": []}
    age = (now - datetime.fromisoformat(words["beat_at"])).total_seconds()
    problems = list(words["problems"])
    if words["state"] == "stopped":
        problems.append("it was stopped")
    elif words["host"] == os.uname().nodename and not Path(f"/proc/{words['pid']}").exists() and Path("/proc").exists():
        problems.append(f"its process {words['pid']} has gone without a word")
    elif age > STALE_S:
        problems.append(f"no sign of life for {age:.0f} s")
    return {**words, "problems": problems, "healthy": not problems}


def serve(port: int, current: Callable[[], Mapping[str, Any]]) -> ThreadingHTTPServer:
    """Answer ``/healthz`` on loopback with 200 or 503 and the words as JSON; return the server, to shut it down.

    Raises ``UsageError`` where the port cannot be had.
    """

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.split("?")[0] != "/healthz":
                self.send_error(404)
                return
            words = current()
            body = json.dumps(words, ensure_ascii=False).encode()
            self.send_response(200 if words["healthy"] else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: one line for each probe would bury the rest."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    except OSError as error:
        raise UsageError(
            f"--health-port {port}: cannot listen on 127.0.0.1 ({error.strerror}); choose another"
        ) from None
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def utc(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC."""
    return written(at, to="seconds") if at else None
