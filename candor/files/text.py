"""Text files as people have them: plain or gzipped, in the encoding that a spreadsheet chose; standard input too."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

from analysis.ingest.tables.packed import GZIP, ZIP, FileBytes, unpacked
from analysis.ingest.tables.parts import HEAD, Part, Tell, parts_of, text_of
from analysis.model.errors import UsageError
from candor.streams import say


@contextmanager
def text_in(name: str) -> Iterator[TextIO]:
    """Open a text file for reading, gzipped or not; ``-`` is standard input.

    What is neither UTF-8 nor marked is read in the encoding that it seems to have, and that is said on standard error.
    A byte that does not belong there becomes a lone surrogate (``surrogateescape``). Raises ``UsageError`` where the
    file cannot be read, also half-way through.
    """
    if name == "-" and not hasattr(sys.stdin, "buffer"):
        yield sys.stdin
        return
    with _bytes_of(name) as raw:
        source = FileBytes(raw, name)
        # Whoever writes into our standard input line by line waits for answers: one look must do.
        head = source.look(HEAD, once=name == "-")
        if head.startswith(GZIP):
            source = unpacked(source, name)
            head = source.look(HEAD, once=name == "-")
        if head.startswith(ZIP):
            raise UsageError(f"{name}: is a zip archive or an Excel workbook; unpack it, or save its sheet as CSV")
        with text_of(source, head, name, tell=_tell) as stream:
            yield stream


@contextmanager
def tables_in(name: str, *, encoding: str = "", tell: Tell | None = None) -> Iterator[Iterator[Part]]:
    """Open a file for reading as the tables that it holds; ``-`` is standard input. Raises as ``text_in`` does.

    What is left out, and a guessed encoding, is told on standard error, or to ``tell``.
    """
    if name == "-" and not hasattr(sys.stdin, "buffer"):
        yield iter([Part(name=name, text=sys.stdin)])
        return
    with _bytes_of(name) as raw:
        yield parts_of(raw, name, tell=tell or _tell, encoding=encoding, once=name == "-")


def _tell(words: str) -> None:
    say(f"candor: {words}")


@contextmanager
def _bytes_of(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        raw = Path(name).open("rb")  # noqa: SIM115
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{name}: cannot be read ({why}); give a file, or - for standard input") from None
    with raw:
        yield raw
