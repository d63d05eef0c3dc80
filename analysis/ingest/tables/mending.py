"""UTF-8 with lines of another encoding in it, as where a row was pasted in: they are read as Windows' western."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import BinaryIO

FOREIGN = 0.35
"""From this share of letters beyond ASCII on, a text of one byte a letter is in another script than Latin."""
_ESCAPED = re.compile("[\udc80-\udcff]")
_LETTER = re.compile("[A-Za-z]")


def mended(text: str) -> str:
    """Return ``text`` with escaped bytes read as Windows' western encoding, but those that it does not know.

    What is full of such bytes is in another script, and stays as it is.
    """
    wrong = len(_ESCAPED.findall(text))
    if not wrong or wrong >= FOREIGN * (wrong + len(_LETTER.findall(text))):
        return text
    right = sum(sign > "\x7f" for sign in text) - wrong
    # Two signs of a line in the one may be one of the other by chance.
    return _ESCAPED.sub(lambda found: _western(found[0]), text) if right > wrong else _western(text)


def _western(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("cp1252", "surrogateescape")


class MendedText(io.TextIOWrapper):
    """UTF-8 as text, each line mended; ``tell`` hears at the end how many were, and which the first is."""

    def __init__(self, raw: BinaryIO, name: str, *, encoding: str, tell: Callable[[str], None]) -> None:
        super().__init__(raw, encoding=encoding, errors="surrogateescape", newline="")
        self._name = name
        self._tell = tell
        self._line = 1
        self._first = 0
        self._count = 0

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # as in TextIOWrapper's own stub
        """Return the next line, or so much of it."""
        return self._mended(super().readline(-1 if size is None else size))

    def read(self, size: int | None = -1, /) -> str:
        """Return what follows, or so much of it."""
        text = super().read(size)
        lines = text.splitlines(keepends=True) if _ESCAPED.search(text) else [text]
        return "".join(map(self._mended, lines)) if text else self._mended(text)

    def _mended(self, line: str) -> str:
        if not line and self._count:
            what = "lines are" if self._count > 1 else "line is"
            first = f"the first is line {self._first}" if self._count > 1 else f"line {self._first}"
            self._tell(f"{self._name}: {self._count} {what} not UTF-8, and read as cp1252 ({first})")
            self._count = 0
        if _ESCAPED.search(line) and (better := mended(line)) != line:
            self._first = self._first or self._line
            self._count += 1
            line = better
        self._line += line.count("\n")
        return line
