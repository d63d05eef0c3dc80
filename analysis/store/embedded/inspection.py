"""A check of a whole embedded store: every file, every mention and every record is read. Nothing is changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from analysis.model.errors import StoreError, StoreLockedError
from analysis.store.embedded.folder import LOCK, RECORDS, read_layout
from analysis.store.embedded.salvage import Found, mentions_of, records_of
from analysis.store.lock import FileLock, HeldError


def inspect(folder: Path) -> tuple[Found, list[str]]:
    """Return what can be read of the store, and in words all that is wrong with it: nothing where it is sound.

    Raises ``StoreError`` where there is no store and where another process writes to it: what is written meanwhile
    would look like damage.
    """
    layout, wrong = None, []
    try:
        layout = read_layout(folder)
    except StoreError as error:
        if error.cure != "salvage":
            raise
        wrong.append(error.fact)
    if layout is None and not wrong:
        raise StoreError(f"there is no store at {folder}; crawl or import first, or correct the address")
    found = Found()
    with _held(folder):
        for _ in mentions_of(folder, found):
            pass
        for _ in records_of(folder, found):
            pass
        wrong += [*found.wrong, *_records_wrong(folder / RECORDS, layout.id if layout else "")]
    if found.lost:
        wrong.append(f"{found.lost} of {found.mentions + found.lost} mentions cannot be read")
    if found.records_lost:
        wrong.append(f"{found.records_lost} of {found.records + found.records_lost} records cannot be read")
    return found, list(dict.fromkeys(wrong))


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    try:
        lock = FileLock(folder / LOCK)
    except HeldError as error:
        who = f"pid {error.holder.pid} ({error.holder.command})" if error.holder else "a process"
        raise StoreLockedError(f"{folder}: {who} is writing to this store; check it when that has ended") from None
    except OSError:
        # Who may only read can check too.
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _records_wrong(path: Path, store: str) -> Iterator[str]:
    if not path.exists() or not path.stat().st_size:
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            for (said,) in connection.execute("PRAGMA integrity_check(5)"):
                if said != "ok":
                    yield f"{RECORDS}: {said}"
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            ids = connection.execute("SELECT id FROM store").fetchall() if "store" in tables else []
            if store and not ids:
                yield f"{RECORDS} was emptied"
            elif store and ids[0][0] != store:
                yield f"{RECORDS} belongs to another store"
    except sqlite3.Error as error:
        yield f"{RECORDS} cannot be read ({error})"
