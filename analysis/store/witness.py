"""A few words kept apart from a store's records, so that it is seen when records were lost or an old copy put back."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from analysis.model.records.base import Document


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the user's folder for what Candor remembers outside its stores."""
    return Path(environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())) / "candor"


def witness_file(environ: Mapping[str, str], store: str) -> Path:
    """Return the file outside a store that remembers for it; ``store`` is what tells it from every other."""
    return state_folder(environ) / "witness" / f"{hashlib.sha256(store.encode()).hexdigest()[:32]}.json"


class FileWitness:
    """Implements ``analysis.model.records.base.Witness`` on files; one that cannot be written is left out."""

    def __init__(self, files: Sequence[Path] = ()) -> None:
        self._files = tuple(files)

    def told(self) -> list[Document]:
        """Return what each file says that can be read."""
        found = []
        for path in self._files:
            with suppress(OSError, ValueError):
                words = json.loads(path.read_text("utf-8"))
                if isinstance(words, dict):
                    found.append(words)
        return found

    def tell(self, words: Document) -> None:
        """Write ``words`` into each file, whole or not at all."""
        for path in self._files:
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
                with fresh.open("w", encoding="utf-8") as stream:
                    json.dump(words, stream)
                    stream.flush()
                    os.fsync(stream.fileno())
                fresh.replace(path)
