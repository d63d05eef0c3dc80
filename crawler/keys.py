"""The keys that some kinds of source take: from the environment alone, or from files that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.model.errors import UsageError
from crawler.finding.costs import told_of
from crawler.kinds.base import Kind


def key_of(kind: Kind[Any], options: Any, environ: Mapping[str, str]) -> str:
    """Return the key of a source: what the variable of its ``key_env`` holds, or the file that the same name with
    ``_FILE`` names; empty where there is none.

    Raises ``UsageError`` where it needs one and there is none, or the file cannot be read.
    """
    if not kind.key:
        return ""
    name = options.key_env
    path = environ.get(f"{name}_FILE", "")
    if path:
        try:
            key = Path(path).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{name}_FILE: {path} cannot be read ({error}); name a file that holds the key") from None
    else:
        key = environ.get(name, "").strip()
    if not key and kind.key == "needed":
        where = told_of(kind.name).get("where", "")
        cure = f" (get one at {where})" if where else ""
        raise UsageError(f"needs a key{cure}: set {name}, or {name}_FILE to a file that holds it")
    return key
