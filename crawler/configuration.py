"""``candor.toml`` with the kinds of source that there are: the one place that joins the two."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from analysis.settings import file
from analysis.settings.file import Config
from crawler.kinds import KINDS

OPTIONS = {name: kind.options for name, kind in KINDS.items()}


def load(path: Path, *, environ: Mapping[str, str] | None = None) -> Config:
    """Return the configuration in ``path``. Raises ``ConfigError`` that lists every mistake with line and cure."""
    return file.load(path, kinds=OPTIONS, environ=environ)


def from_text(text: str, *, path: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Return the configuration that ``text`` holds, as if it stood at ``path``. Raises ``ConfigError``."""
    return file.from_text(text, path=path, kinds=OPTIONS, environ=environ)
