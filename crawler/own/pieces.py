"""What the kinds of own material hand to their spider: pieces (a file, a box), each read only when it has changed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from glob import has_magic
from itertools import islice
from pathlib import Path

from analysis.model.errors import ReadError
from crawler.kinds.base import Drop, Mark, Took

Tell = Callable[[str], None]
BATCH = 250
MOST_FILES = 10_000
OwnStep = Took | Mark | Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPiece:
    """A file or a box: its ``name``, the ``mark`` of its version, and how it is read, a batch of posts at a time.

    An empty mark is never unchanged: such a piece knows by the marks of the last run what is new in it. ``stored`` is
    called when all of it is.
    """

    name: str
    mark: str = ""
    read: Callable[[], Generator[OwnStep, None, None]]
    stored: Callable[[], None] | None = None


def files_at(path: str, folder: Path) -> list[Path]:
    """Return the files or folders that ``path`` names, relative to ``folder``; it may hold ``*``, ``?`` and ``**``.

    Raises ``ReadError`` where there is none.
    """
    named = Path(path).expanduser()
    place = folder / named
    # Only what the person wrote is a pattern: a folder above may have a bracket in its name.
    fixed = next((count for count, part in enumerate(named.parts) if has_magic(part)), len(named.parts))
    above, pattern = folder.joinpath(*named.parts[:fixed]), "/".join(named.parts[fixed:])
    paths = sorted(
        islice((each for each in (above.glob(pattern) if pattern else [above]) if each.exists()), MOST_FILES)
    )
    if not paths:
        what = "no file matches it" if has_magic(path) else "there is no such file"
        raise ReadError(f"{place}: {what}; path is relative to the folder of candor.toml")
    return paths


def mail_at(path: Path) -> str:
    """Return in words what tells that ``path`` is a mailbox; nothing where it is none."""
    if path.is_dir():
        return "it is a Maildir" if all((path / name).is_dir() for name in ("cur", "new")) else ""
    if not path.is_file():
        return ""
    with path.open("rb") as raw:
        begins = raw.read(5)
    return "it is mail" if path.suffix.lower() in (".mbox", ".eml") or begins == b"From " else ""


def version_of(path: Path) -> str:
    """Return what changes when a file does."""
    told = path.stat()
    return f"{told.st_size}-{told.st_mtime_ns}"


def batched(steps: Iterator[OwnStep]) -> Generator[OwnStep, None, None]:
    """Yield ``steps`` with small groups of posts put together, up to ``BATCH``; other steps come after their posts."""
    waiting: list[Took] = []
    for step in steps:
        if isinstance(step, Took):
            waiting.append(step)
            if sum(len(took.posts) for took in waiting) < BATCH:
                continue
        if waiting:
            yield Took(tuple(post for took in waiting for post in took.posts))
            waiting.clear()
        if not isinstance(step, Took):
            yield step
    if waiting:
        yield Took(tuple(post for took in waiting for post in took.posts))
