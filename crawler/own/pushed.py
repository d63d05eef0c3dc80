"""What was pushed waits in a folder, a file for each body, until it is stored: nothing that was accepted is lost."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from analysis.model.errors import ReadError, UsageError
from crawler.kinds.base import Drop, Knowledge
from crawler.kinds.webhook import WebhookOptions
from crawler.own.pieces import OwnPiece, OwnStep, Tell
from crawler.readers.pushed import pushed_posts, rows_in

ENDING = ".json"
_TIME = "%Y%m%dT%H%M%S%f"
_EMPTY = "watched"


class FullError(UsageError):
    """Too much waits already: raised by ``put``. Crawl the source, or raise ``max_waiting``."""


def folder_of(options: WebhookOptions, folder: Path) -> Path:
    """Return where what was pushed to a source waits; ``folder`` is that of the configuration."""
    return folder / Path(options.address()).expanduser()


def put(place: Path, name: str, body: bytes, *, now: datetime, most: int) -> bool:
    """Keep a body under the sender's ``name`` for it, on the disk when this returns; False where it waits already.

    Raises ``FullError`` where ``most`` wait already, and ``OSError`` where it cannot be written.
    """
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:24]
    waiting = [each.name for each in place.glob(f"*{ENDING}")]
    if any(each.endswith(f"-{mark}{ENDING}") for each in waiting):
        return False
    if len(waiting) >= most:
        raise FullError(f"{len(waiting)} bodies wait to be stored")
    path = place / f"{now.astimezone(UTC):{_TIME}}-{mark}{ENDING}"
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return True


def pieces(options: WebhookOptions, folder: Path, known: Knowledge, tell: Tell) -> Iterator[OwnPiece]:  # noqa: ARG001
    """Yield what waits, the oldest first; each is removed when it is stored. An empty folder is as it was."""
    place = folder_of(options, folder)
    yield OwnPiece(name=str(place), mark=_EMPTY, read=_nothing)
    for path in sorted(place.glob(f"*{ENDING}")):
        yield OwnPiece(name=str(path), read=partial(_read, path, options), stored=partial(_remove, path))


def checked(options: WebhookOptions, folder: Path) -> str:
    """Return in words how much waits. Raises ``ReadError`` where there is no secret."""
    secret_of(options, folder)
    waiting = len(list(folder_of(options, folder).glob(f"*{ENDING}")))
    return f"{waiting} bodies wait" if waiting else "nothing waits; candor receive takes what is pushed"


def secret_of(options: WebhookOptions, folder: Path) -> str:
    """Return the secret. Raises ``ReadError`` where it is not there."""
    if options.secret_env:
        if value := os.environ.get(options.secret_env, "").strip():
            return value
        raise ReadError(f"the variable {options.secret_env} is not set; it holds the secret of a webhook")
    path = folder / Path(options.secret_file).expanduser()
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"{path}: the secret of a webhook cannot be read ({error})") from None
    if not value:
        raise ReadError(f"{path}: is empty; it holds the secret of a webhook")
    return value


def _nothing() -> Generator[OwnStep, None, None]:
    yield from ()


def _read(path: Path, options: WebhookOptions) -> Generator[OwnStep, None, None]:
    at = datetime.strptime(path.name.partition("-")[0], _TIME).replace(tzinfo=UTC)
    source = options.source("webhook").id
    try:
        yield pushed_posts(rows_in(path.read_bytes()), source=source, now=at, about=options.about)
    except (UsageError, OSError) as error:
        # It was right when it was taken: somebody else wrote here.
        yield Drop(f"what waits cannot be read ({error})"[:200])


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
