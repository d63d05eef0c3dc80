"""Tables in files: each file a piece, streamed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path

from analysis.ingest.tables.parts import parts_of
from analysis.model.errors import ReadError
from crawler.kinds.base import Knowledge
from crawler.kinds.table import TableOptions, reading_of
from crawler.own.pieces import OwnPiece, OwnStep, Tell, files_at, version_of
from crawler.readers.tables import table_steps


def pieces(options: TableOptions, folder: Path, known: Knowledge, tell: Tell) -> Iterator[OwnPiece]:
    """Yield the files that ``path`` names. Raises ``ReadError`` where there is none."""
    for path in files_at(options.path, folder):
        if path.is_dir():
            raise ReadError(f"{path}: is a folder; write {options.path.rstrip('/')}/*.csv for the files in it")
        yield OwnPiece(name=str(path), mark=version_of(path), read=partial(_read, path, options, known, tell))


def _read(path: Path, options: TableOptions, known: Knowledge, tell: Tell) -> Generator[OwnStep, None, None]:
    try:
        raw = path.open("rb")
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror}); check its rights") from None
    with raw:
        parts = parts_of(raw, str(path), tell=tell, encoding=options.encoding)
        yield from table_steps(parts, reading_of(options), now=known.now, tell=tell)


def checked(options: TableOptions, folder: Path) -> str:
    """Return in words what is there. Raises ``ReadError``."""
    found = files_at(options.path, folder)
    return f"{len(found)} file{'' if len(found) == 1 else 's'}"
