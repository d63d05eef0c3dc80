"""Small files of the state folder that nobody else can read: who has an account, which tokens there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from analysis.model.errors import CandorError

Row = TypeVar("Row")


class StateFile(Generic[Row]):
    """Rows by name, as the file says now: it is read again when it was written. Threads may share it.

    ``holds`` is what people call the rows; ``parse`` raises ``ValueError``, ``KeyError`` or ``TypeError`` for a text
    that has none.
    """

    def __init__(self, path: Path, *, holds: str, parse: Callable[[str], Mapping[str, Row]]) -> None:
        self.path, self._holds, self._parse = path, holds, parse
        self._read: tuple[tuple[int, int], Mapping[str, Row]] | None = None

    def rows(self) -> Mapping[str, Row]:
        """Return the rows; none where there is no file. Raises ``CandorError`` for one that cannot be read."""
        try:
            known = self.path.stat()
            stamp = (known.st_mtime_ns, known.st_ino)
            kept = self._read
            if kept is None or kept[0] != stamp:
                kept = self._read = (stamp, self._parse(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CandorError(
                f"{self.path}: the {self._holds} cannot be read ({error}); mend the file, or remove it"
            ) from None
        return kept[1]

    def write(self, text: str) -> None:
        """Put ``text`` into the file whole, or leave it as it was. Raises ``CandorError``."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_suffix(".new")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
            fresh.replace(self.path)
        except OSError as error:
            raise CandorError(f"{self.path}: cannot be written ({error.strerror or error})") from None
