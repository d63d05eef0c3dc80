"""Standard output and error as they are found: a terminal in ASCII, a pipe that is gone, a full disk, none at all."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from analysis.model.errors import CandorError
from analysis.model.text import obedient


class Terminal(Console):
    """Rich's console, on which a post prints and commands nothing: no title, link, colour or direction of its own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is shown; only what Rich itself controls the terminal by is left as it is."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else obedient(segment.text)
            yield segment if text is segment.text else Segment(text, segment.style)


class Obedient(logging.Formatter):
    """A log record as a line whose words command no terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        return obedient(super().format(record))


def say(words: str) -> None:
    """Print a line on standard error, whatever was quoted in it."""
    print(obedient(words), file=sys.stderr)


def prepare() -> None:
    """Let no sign that a terminal cannot show end a command, and let there always be something to write to."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as we live
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    if logging.lastResort is not None:
        # What is warned of where no log was set up quotes addresses and causes too.
        logging.lastResort.setFormatter(Obedient())


def finish() -> int:
    """Write what is left of standard output; return the exit status that a failure asks for, else 0."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return failed(error)
    return 0


def failed(error: OSError) -> int:
    """Say in a line what the system refused, and return the exit status. Silent where the reader of a pipe has gone."""
    if error.errno == errno.EPIPE:
        # ``| head``: end quietly.
        _to_nowhere()
        return 0
    place = error.filename or "standard output"
    what = "cannot be written" if error.filename is None else "cannot be used"
    with suppress(OSError):
        print(f"candor: {place}: {what} ({error.strerror or error})", file=sys.stderr)
    if error.filename is None:
        _to_nowhere()
    return 1


@contextmanager
def writing(place: Path, *, flag: str) -> Iterator[None]:
    """Turn what the system refuses while a file or folder is written into ``CandorError`` with place and cure."""
    try:
        yield
    except OSError as error:
        where = error.filename or place
        why = error.strerror or str(error)
        raise CandorError(f"{where}: cannot be written ({why}); choose another place with {flag}") from None


def _to_nowhere() -> None:
    """Keep the interpreter from complaining at its end about what could not be written."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
