"""The keys of APIs, from the environment or from files that it names; never from the configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from analysis.model.errors import ReadError
from analysis.settings.sources import SourceSection
from crawler.kinds.base import ApiOptions


def keys_of(options: SourceSection, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the value of each variable that ``options`` call secret: NAME itself, or the file that NAME_FILE names.

    Empty where none is set. Raises ``ReadError`` where some are set and others not, one that is needed is missing, or a
    file cannot be read. Blocks.
    """
    names = options.secrets() if isinstance(options, ApiOptions) else ()
    found = {name: value for name in names if (value := key_value(name, environ))}
    missing = [name for name in names if name not in found]
    if found and missing:
        raise ReadError(f"{' and '.join(found)} is set, and {' and '.join(missing)} is not; set all of them or none")
    if missing and isinstance(options, ApiOptions) and options.key_from:
        name = missing[0]
        raise ReadError(
            f"needs a key: set {name}, or {name}_FILE to a file that holds it; get it at {options.key_from}"
        )
    return found


def key_value(name: str, environ: Mapping[str, str]) -> str:
    """Return what the variable ``name`` holds, or the file that NAME_FILE names; empty where neither is set.

    Raises ``ReadError`` where the file cannot be read or is empty.
    """
    if value := environ.get(name, "").strip():
        return value
    path = environ.get(f"{name}_FILE", "").strip()
    if not path:
        return ""
    try:
        value = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"{name}_FILE: {path} cannot be read ({error}); name a file that holds the key") from None
    if not value:
        raise ReadError(f"{name}_FILE: {path} is empty; it is to hold the key")
    return value
