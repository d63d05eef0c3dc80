"""The configuration's file, changed by a command or by the page: valid before and after, comments kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.model.errors import CandorError, UsageError
from candor.streams import writing

if TYPE_CHECKING:
    from analysis.settings.file import Config


def change(path: Path | None, make: Callable[[str], str], *, what: str) -> Config:
    """Put ``make`` of its text into the file at ``path`` and return the configuration that it is then.

    Raises ``CandorError`` that begins with ``what`` where the text cannot be made, and ``ConfigError`` where it would
    not be valid; then the file is as it was.
    """
    from crawler.configuration import from_text

    if path is None:
        raise UsageError(
            "there is no candor.toml here to write it into; `candor init` makes one, or name it by --config"
        )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CandorError(f"{path}: cannot be read ({error.strerror}); it must be there and readable") from None
    mark = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    try:
        text = make(raw.removeprefix(mark).decode("utf-8"))
    except ValueError as error:
        raise CandorError(f"{path}: {what}: {error}") from None
    made = from_text(text, path=path)
    with writing(path, flag="--config"):
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(mark + text.encode())
        beside.chmod(path.stat().st_mode)
        beside.replace(path)
    return made
