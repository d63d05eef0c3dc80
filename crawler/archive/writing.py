"""Raw answers written into WARC files: rotated by size and by day, gone when they are old; never a cookie or a key."""

from __future__ import annotations

import fcntl
import io
import logging
import os
import secrets
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from analysis.model.errors import CandorError
from crawler.archive.notes import Note, without_secrets
from crawler.readers.page import Page

log = logging.getLogger(__name__)
ENDING = ".warc.gz"
DAY = timedelta(days=1)
LEFT_OUT = ("cookie", "auth", "content-encoding", "transfer-encoding", "content-length", "token", "secret")
"""Headers whose names hold one of these are not kept: what is secret, and what speaks of a body still packed."""


class ArchiveError(CandorError):
    """Raw answers cannot be kept: raised by ``Archive``. Make room, or take ``archive`` out of candor.toml."""


class Archive:
    """Writes into one folder, a file at a time; any thread may call it. A file is this process's alone.

    A new file begins after ``file_bytes``, and after a day.
    """

    def __init__(self, folder: Path, *, file_bytes: int) -> None:
        self.folder = folder
        self._file_bytes = file_bytes
        self._guard = threading.Lock()
        self._out: IO[bytes] | None = None
        self._began: datetime | None = None

    def keep(self, page: Page, note: Note) -> None:
        """Write an answer and its note, on their way to the disk when this returns. Raises ``ArchiveError``."""
        with self._guard:
            try:
                out = self._file(page.fetched_at)
                _write(out, page, note)
            except OSError as error:
                self._close()
                why = error.strerror or str(error)
                raise ArchiveError(
                    f"{self.folder}: raw pages cannot be kept ({why}); make room, or take archive out of candor.toml"
                ) from None

    def close(self) -> None:
        """Close the file that is being written."""
        with self._guard:
            self._close()

    def _file(self, now: datetime) -> IO[bytes]:
        is_full = self._out is not None and self._out.tell() >= self._file_bytes
        if is_full or (self._began is not None and abs(now - self._began) >= DAY):
            self._close()
        if self._out is None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            name = f"candor-{now:%Y%m%dT%H%M%SZ}-{os.getpid()}-{secrets.token_hex(3)}{ENDING}"
            self._out = (self.folder / name).open("xb")
            # Whoever erases must not rewrite a file that is still written.
            fcntl.flock(self._out, fcntl.LOCK_EX)
            self._began = now
            writer = WARCWriter(self._out, gzip=True, warc_version="1.1")
            writer.write_record(writer.create_warcinfo_record(name, {"software": "Candor", "format": "WARC File 1.1"}))
        return self._out

    def _close(self) -> None:
        out, self._out, self._began = self._out, None, None
        if out is not None:
            with suppress(OSError):
                out.close()


def expire(folder: Path, *, keep_s: float, now: datetime) -> int:
    """Delete the files whose last answer is longer ago than ``keep_s`` seconds; return how many."""
    gone = 0
    for path in files_in(folder):
        with suppress(OSError):
            if path.stat().st_mtime < (now - timedelta(seconds=keep_s)).timestamp():
                path.unlink()
                gone += 1
    return gone


def files_in(folder: Path) -> list[Path]:
    """Return the files of an archive, in the order in which they were begun."""
    return sorted(path for path in folder.glob(f"*{ENDING}") if path.is_file())


def _write(out: IO[bytes], page: Page, note: Note) -> None:
    # Into memory first: a disk that is full cuts the last record at most, and readers know what a cut one is.
    packed = io.BytesIO()
    writer = WARCWriter(packed, gzip=True, warc_version="1.1")
    url, at = without_secrets(page.url), {"WARC-Date": f"{page.fetched_at:%Y-%m-%dT%H:%M:%S.%fZ}"}
    said = StatusAndHeaders("200 OK", _kept_headers(page.headers), protocol="HTTP/1.1")
    body = {"payload": io.BytesIO(page.content), "length": len(page.content)}
    answer = writer.create_warc_record(url, "response", http_headers=said, warc_headers_dict=dict(at), **body)
    writer.write_record(answer)
    words = note.written()
    linked = at | {"WARC-Concurrent-To": answer.rec_headers.get_header("WARC-Record-ID")}
    beside = writer.create_warc_record(
        url,
        "metadata",
        payload=io.BytesIO(words),
        length=len(words),
        warc_content_type="application/json",
        warc_headers_dict=linked,
    )
    writer.write_record(beside)
    out.write(packed.getvalue())
    out.flush()


def _kept_headers(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the headers of an answer that tell how it is read, on one line each."""
    return [
        (name, " ".join(value.split()))
        for name, value in headers.items()
        if not any(part in name.lower() for part in LEFT_OUT)
    ]
