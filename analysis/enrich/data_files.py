"""Reading the word lists and patterns that ship with the package, or a person's own copy of them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from analysis.model.errors import ConfigError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def load(name: str) -> dict[str, Any]:
    """Return the shipped data file ``name`` (without ``.yaml``), read once; whoever asks must not change it."""
    text = (files("analysis.enrich") / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    return _parsed(text, f"analysis/enrich/data/{name}.yaml")


def load_words(name: str, *keys: str) -> frozenset[str]:
    """Return the words that stand between spaces under ``keys`` (one inside the other) of the shipped file ``name``."""
    part: Any = load(name)
    for key in keys:
        part = part[key]
    return frozenset(str(part).split())


def load_file(path: Path) -> dict[str, Any]:
    """Return a person's own data file. Raises ``ConfigError`` that names the line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read ({error.strerror}); check the path"]) from error
    return _parsed(text, str(path))


def _parsed(text: str, where: str) -> dict[str, Any]:
    try:
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ConfigError(
            [f"{where}:{line}: not YAML ({getattr(error, 'problem', error)}); see docs/taxonomy.md"]
        ) from error
    if not isinstance(raw, dict):
        raise ConfigError([f"{where}:1: a mapping is needed, such as 'topics:'; see docs/taxonomy.md"])
    return raw
