"""Where WARC files are: on this machine, by a path with ``*`` or a list, or at addresses that are read in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from analysis.model.errors import ReadError
from crawler.kinds.commoncrawl import CommoncrawlOptions, is_list, listed
from crawler.own.pieces import files_at
from crawler.readers.unzipping import unzipped

MOST_LISTED = 8 * 1024 * 1024
"""Bytes of a list, unpacked: a month of CC-NEWS has some 50 KB."""
PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class Place:
    """One WARC file: the name by which it is known from run to run, an address or an absolute path."""

    name: str

    @property
    def is_remote(self) -> bool:
        """Whether it is at an address."""
        return self.name.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a file was read: ``offset`` is where the next record begins, ``size`` that of the file once its end was
    reached, else 0."""

    offset: int = 0
    size: int = 0

    @property
    def written(self) -> str:
        """The mark that is kept of it."""
        return f"{self.offset}/{self.size}" if self.size else str(self.offset)


def reached(mark: str) -> Reached:
    """Return what a mark says; the beginning for what is none."""
    offset, _, size = mark.partition("/")
    return Reached(int(offset), int(size or 0)) if offset.isdigit() and (size or "0").isdigit() else Reached()


def places_at(path: str, folder: Path, *, api: str) -> list[Place]:
    """Return the WARC files that ``path``, relative to ``folder``, stands for. Raises ``ReadError`` where none is."""
    found = [str(each) for each in files_at(path, folder) if each.is_file()]
    if not found:
        raise ReadError(f"{folder / path}: is a folder; write {path.rstrip('/')}/*.warc.gz for the files in it")
    places: dict[Place, None] = {}
    for name in found:
        for place in _listed_in(Path(name), api=api) if is_list(name) else [Place(name)]:
            places[place] = None
    return list(places)


def places_in(content: bytes, *, base: str, api: str) -> list[Place]:
    """Return the WARC files that a list names. ``base`` is where the list is: a folder, or an address."""
    text = unzipped(content, MOST_LISTED).decode("utf-8", "replace")
    return [_named(line, base=base, api=api) for line in listed(text)]


def pieces_of(path: Path, offset: int) -> Iterator[bytes]:
    """Yield the bytes of a file from ``offset`` on. Raises ``ReadError`` where it cannot be read."""
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            while piece := stream.read(PIECE):
                yield piece
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None


def size_of(path: Path) -> int:
    """Return how many bytes a file has. Raises ``ReadError`` where it cannot be read."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None


def _listed_in(path: Path, *, api: str) -> list[Place]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None
    return places_in(content, base=str(path.parent), api=api)


def _named(line: str, *, base: str, api: str) -> Place:
    if line.startswith(("http://", "https://")):
        return Place(line)
    if not base.startswith(("http://", "https://")) and (beside := Path(base) / line).is_file():
        # A list that was copied together with some of its files.
        return Place(str(beside))
    return Place(urljoin(f"{api.rstrip('/')}/", line.lstrip("/")))


def checked(options: CommoncrawlOptions, folder: Path) -> str:
    """Return in words what is there. Raises ``ReadError``."""
    found = places_at(options.path, folder, api=options.api)
    return f"{len(found)} WARC file{'' if len(found) == 1 else 's'}"
