"""A page as a PDF on A4, printed by the system's Chromium without a window, an account or a network.

The page's own print styles lay it out (``analysis/report/page/page.css``); the browser is asked for nothing else.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from pathlib import Path

from analysis.model.errors import CandorError
from crawler.drawing.browser import NOWHERE, found_browser

LIMIT_S = 180.0
_ARGUMENTS = (
    *("--headless", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run"),
    *("--no-default-browser-check", "--disable-extensions", "--disable-sync", "--dns-prefetch-disable"),
    *("--no-pdf-header-footer", "--run-all-compositor-stages-before-draw"),
    # The page asks for nothing; where it did, nobody would answer.
    *(f"--proxy-server={NOWHERE}", "--host-resolver-rules=MAP * ~NOTFOUND"),
)


class PrintError(CandorError):
    """The page could not be printed: the browser failed or took too long. Raised by ``printed``; look at its words."""


def printed(page: str, *, limit_s: float = LIMIT_S) -> bytes:
    """Return ``page`` (HTML that asks for nothing) as a PDF; blocks for some seconds.

    Raises ``BrowserError`` where there is no browser, and ``PrintError`` where it fails or takes longer than
    ``limit_s`` seconds.
    """
    browser = found_browser("a PDF")
    with tempfile.TemporaryDirectory(prefix="candor-paper-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source, made = folder / "report.html", folder / "report.pdf"
        source.write_text(page, encoding="utf-8")
        said = _run([browser, *_own(folder), f"--print-to-pdf={made}", source.as_uri()], folder, limit_s)
        pdf = made.read_bytes() if made.exists() else b""
    if not pdf.startswith(b"%PDF-"):
        raise PrintError(f"{browser} printed nothing ({said or 'it said nothing'}); open a page with it by hand")
    return pdf


def _own(folder: Path) -> list[str]:
    # The administrator's own browser has no sandbox to put pages into.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [*_ARGUMENTS, *sandbox, f"--user-data-dir={folder / 'profile'}"]


def _run(command: list[str], folder: Path, limit_s: float) -> str:
    """Run the browser and return its last words; end it and what it started where it takes too long."""
    log = folder / "log"
    with log.open("wb") as said:
        started = subprocess.Popen(  # noqa: S603 - the system's browser, and words of our own
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            env={**os.environ, "HOME": str(folder)},
        )
        try:
            started.wait(limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()
            raise PrintError(f"{command[0]} did not print within {limit_s:g} s and was ended; try again") from None
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip()[-200:] for line in reversed(lines) if line.strip()), "")
