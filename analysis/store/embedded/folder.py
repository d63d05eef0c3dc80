"""What lies in the embedded store's folder, and the words in ``store.json`` that say so.

``store.json`` names the generation of the index, so that a new one can be built beside the old and take its place by
one atomic rename. ``mentions-N`` is the index, ``meaning.db`` what finds by meaning,
``records.db`` the records, ``writer.lock`` the one writer's.
``checked.json`` remembers which files of the index were found sound, ``records.witness.json`` how far the audit log
went. From the moment that ``store.json`` has an id, index and records must be there: what is missing was lost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis.model import mention_fields
from analysis.model.errors import StoreError
from analysis.store.embedded.schema import SCHEMA_VERSION
from analysis.store.lock import Holder

MARKER, RECORDS, LOCK = "store.json", "records.db", "writer.lock"
CHECKED, WITNESS, MEANING = "checked.json", "records.witness.json", "meaning.db"
_DAMAGE = ("corrupt", "filedoesnotexist", "cannot be deserialized", "incompatible", "invaliddata", "failed to lookup")
_TRIAL_BYTES = 4 * 2**20
_OURS = frozenset({MARKER, MARKER + ".new", LOCK, CHECKED, WITNESS, MEANING, "trial.tmp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The words of ``store.json``: schema version, the index's folder, the fields that the index has, the store's id.

    The id is empty until everything was made, and in stores of an older Candor; ``records.db`` holds it too.
    """

    candor_store: int = SCHEMA_VERSION
    index: str = "mentions-1"
    fields: tuple[str, ...] = ()
    id: str = ""

    @property
    def current(self) -> bool:
        """Whether the index has just the fields that this version of Candor writes."""
        return self.candor_store == SCHEMA_VERSION and self.fields == current_fields()


def current_fields() -> tuple[str, ...]:
    """Return the fields of an index as this version writes it, each with its kind."""
    return tuple(f"{info.path} {info.kind}" for info in mention_fields())


def read_layout(folder: Path) -> Layout | None:
    """Return what ``store.json`` says, or None where there is neither a store nor anything else.

    Raises ``StoreError`` for a folder of something else, a damaged or a newer store, and one that may not be read.
    """
    marker = folder / MARKER
    try:
        words = json.loads(marker.read_text("utf-8"))
        version = int(words["candor_store"])
        layout = Layout(
            candor_store=version, index=words["index"], fields=tuple(words["fields"]), id=str(words.get("id", ""))
        )
    except (FileNotFoundError, NotADirectoryError):
        _refuse_other_things(folder)
        return None
    except OSError as error:
        raise unusable(folder, error) from error
    except (ValueError, KeyError, TypeError):
        raise damaged(folder, f"{MARKER} cannot be read") from None
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{folder}: this store was written by a newer Candor (schema {version}, this one knows {SCHEMA_VERSION}); "
            "upgrade Candor"
        )
    return layout


def write_layout(folder: Path, layout: Layout) -> None:
    """Write ``store.json`` so that a crash leaves the old or the new words, whole."""
    fresh = folder / (MARKER + ".new")
    with fresh.open("w", encoding="utf-8") as stream:
        json.dump(asdict(layout), stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(folder / MARKER)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_other_things(folder: Path) -> None:
    try:
        others = sorted(item.name for item in folder.iterdir() if item.name not in _OURS)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise StoreError(f"{folder} is a file; a store is a folder: name another place") from None
    except OSError as error:
        raise unusable(folder, error) from error
    if RECORDS in others or any(name.startswith("mentions-") for name in others):
        raise damaged(folder, f"{MARKER} is gone")
    if others:
        raise StoreError(
            f"{folder} is not a Candor store: it holds {others[0]!r} and no {MARKER}; name an empty or a new folder"
        )


def damaged(folder: Path, what: str) -> StoreError:
    """Return the error to raise where a store does not hold what was written to it: never to be built over."""
    return StoreError(f"{folder}: the store is damaged: {what}; nothing was changed", cure="salvage")


def linked(index: Path) -> TemporaryDirectory[str]:
    """Return a folder of links to an index's files, for one who may read but not write: opening takes a lock file.

    Raises ``OSError``. The links are to one commit; make new ones to see the next.
    """
    # A thread of the index that was closed may still put its lock there.
    place = TemporaryDirectory(prefix="candor-read-", ignore_cleanup_errors=True)
    for item in index.iterdir():
        if item.name.endswith(".json"):
            Path(place.name, item.name).write_bytes(item.read_bytes())
        elif not item.name.endswith(".lock"):
            Path(place.name, item.name).symlink_to(item.absolute())
    return place


def _short(said: str) -> str:
    """Return a cause without the whole file that Tantivy quotes in it."""
    head = said.partition(" Content: ")[0]
    return head if len(head) <= 200 else head[:199] + "…"


def why(folder: Path, error: Exception) -> StoreError:
    """Return ``unusable`` for a failed write; where the index does not tell the cause, a trial file does."""
    trial = folder / "trial.tmp"
    try:
        with trial.open("wb", buffering=0) as stream:
            stream.write(bytes(_TRIAL_BYTES // 2))
            stream.write(bytes(_TRIAL_BYTES // 2))
            os.fsync(stream.fileno())
    except OSError as cause:
        return unusable(folder, cause)
    finally:
        with suppress(OSError):
            trial.unlink(missing_ok=True)
    return unusable(folder, error)


def unusable(folder: Path, error: Exception) -> StoreError:
    """Return the error to raise where the file system or the index refused: the place, the problem and the cure."""
    said = str(error)
    lower = said.lower()
    safe = "what was acknowledged is kept"
    if any(sign in lower for sign in ("no space left", "file too large", "quota", "storagefull", "filetoolarge")):
        return StoreError(f"{folder}: the disk is full ({said}); free some space and run again; {safe}")
    if any(sign in lower for sign in ("permission denied", "read-only file system", "permissiondenied", "readonly")):
        return StoreError(
            f"{folder}: this user may not use the folder so ({said}); give the right to it or choose another"
        )
    if any(sign in lower for sign in _DAMAGE):
        return damaged(folder, _short(said))
    if "lockbusy" in lower or "lockfile" in lower or "acquire" in lower:
        return StoreError(f"{folder}: a process that has the index open for writing still runs ({said}); stop it")
    if "too many open files" in lower:
        return StoreError(f"{folder}: too many files are open; raise the limit (ulimit -n) and run again; {safe}")
    return StoreError(f"{folder}: the store cannot be used: {said}; {safe}")


def and_more(wrong: Sequence[str]) -> str:
    """Return the first of several faults, and how many more there are."""
    more = len(wrong) - 1
    return wrong[0] + (f", and {more} more file{'' if more == 1 else 's'}" if more else "")


def named(holder: Holder | None) -> str:
    """Return who holds a lock, in words."""
    if holder is None:
        return "a process that did not say its name"
    return f"pid {holder.pid} ({holder.command}) on {holder.host} since {holder.since}"
