"""Erasure in archives: an answer that held anything of what is erased goes as a whole, others' words in it too.

By the notes beside the answers, which name posts and authors as the erasure does: by hashes. What is damaged, or has no
note that could tell, goes where it may be meant. A file is written anew without them, and replaces the old one at once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from analysis.ledger.erasing.erasure import Target, post_ids
from analysis.model.addresses import site
from analysis.model.errors import ReadError, StoreError
from crawler.archive.answers import KeptAnswer, answers_in
from crawler.archive.writing import files_in

BESIDE = ".new"
_PIECE = 1 << 20


def erase(folders: Iterable[Path], target: Target) -> int:
    """Remove from the archives in ``folders`` what ``target`` means; return how many answers went.

    Safe to repeat. Raises ``StoreError`` where a file is being written by a crawl, or cannot be.
    """
    gone = 0
    for folder in folders:
        for left in folder.glob(f"*{BESIDE}"):
            # Of an erasure that was killed.
            left.unlink(missing_ok=True)
        gone += sum(_without(path, target) for path in files_in(folder))
    return gone


def is_meant(answer: KeptAnswer, target: Target) -> bool:
    """Tell whether an answer must go."""
    if answer.page is None:
        return bool(answer.lost)
    if target.kind == "older":
        return answer.page.fetched_at < datetime.fromisoformat(target.values[0])
    if target.kind == "domain":
        return site(answer.page.url) in target.values
    if answer.note is None:
        # Nobody knows whose words are in it.
        return True
    note = answer.note
    names = note.authors if target.kind == "author" else (*note.posts, *post_ids(answer.page.url))
    return not set(target.values).isdisjoint(names)


def _without(path: Path, target: Target) -> int:
    try:
        with path.open("r+b") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreError(
                    f"{path}: a crawl is writing into it; run `candor erase --resume` when it is over"
                ) from None
            return _rewritten(path, target)
    except OSError as error:
        raise StoreError(f"{path}: cannot be erased from ({error.strerror or error})") from None


def _rewritten(path: Path, target: Target) -> int:
    try:
        answers = [(_bare(answer), is_meant(answer, target)) for answer in answers_in(path)]
    except ReadError:
        # Nothing in it can be told, so all of it may be meant.
        path.unlink()
        return 1
    gone = sum(answer.is_page for answer, meant in answers if meant)
    stay = [answer for answer, meant in answers if not meant]
    if len(stay) == len(answers):
        return 0
    if not any(answer.is_page for answer in stay):
        path.unlink()
        return gone
    before, beside = path.stat(), path.with_suffix(BESIDE)
    with path.open("rb") as old, beside.open("wb") as new:
        for answer in stay:
            _copy(old, new, answer)
        new.flush()
        os.fsync(new.fileno())
    # Its age is that of its answers.
    os.utime(beside, ns=(before.st_atime_ns, before.st_mtime_ns))
    beside.replace(path)
    return gone


class _Stretch(NamedTuple):
    """Where an answer stands: all that is held of it while its file is looked through."""

    start: int
    end: int
    is_page: bool


def _bare(answer: KeptAnswer) -> _Stretch:
    return _Stretch(answer.start, answer.end, answer.page is not None)


def _copy(old: IO[bytes], new: IO[bytes], answer: _Stretch) -> None:
    old.seek(answer.start)
    left = answer.end - answer.start
    while left and (piece := old.read(min(_PIECE, left))):
        new.write(piece)
        left -= len(piece)
