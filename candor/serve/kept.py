"""Figures as they were last measured, kept through a restart: the first page is there at once and says how old it is.

Only figures are kept, in the state folder: no word that anybody wrote, so that an erasure has nothing to look for here.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from analysis.report.json import schema
from analysis.track.parts import Quote
from analysis.track.results import Measures

log = logging.getLogger(__name__)
FOLDER = "measured"
OLDEST = timedelta(days=1)
"""Older figures are not shown: they are made anew while somebody waits."""
MOST = 12


class KeptReports:
    """Reports by what they are of; ``base`` is all that makes two of them differ, such as the configuration's text."""

    def __init__(self, state: Path, *base: str) -> None:
        self._folder = state / FOLDER
        self._base = (version("candor"), _form(), *base)

    def get(self, key: object, now: datetime) -> Measures | None:
        """Return a report that was kept and is not too old, or None."""
        path = self._path(key)
        try:
            made = _results().validate_python(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("%s: cannot be read (%s); it is measured anew", path, error)
            return None
        return made if now - OLDEST <= made.made_at <= now else None

    def put(self, key: object, made: Measures) -> None:
        """Keep a report without anybody's words. What cannot be written is said once and does no harm."""
        path = self._path(key)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = path.with_suffix(f".{os.getpid()}.new")
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                # The library's own JSON has no word for what is infinite; Python's has.
                file.write(json.dumps(_results().dump_python(without_words(made), mode="json")).encode())
            beside.replace(path)
            known = sorted((one.stat().st_mtime, one) for one in self._folder.glob("*.figures"))
            gone = made.made_at.timestamp() - OLDEST.total_seconds()
            for place, (written_at, old) in enumerate(known):
                if written_at < gone or place < len(known) - MOST:
                    old.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s: figures cannot be kept (%s)", self._folder, error.strerror or error)

    def _path(self, key: object) -> Path:
        name = hashlib.sha256(json.dumps([*self._base, repr(key)]).encode()).hexdigest()
        return self._folder / f"{name[:32]}.figures"


def without_words(value: Any) -> Any:
    """Return a result without the quotes in it, however deep they are."""
    if isinstance(value, tuple):
        return tuple(without_words(one) for one in value if not isinstance(one, Quote))
    if isinstance(value, dict):
        return {name: without_words(one) for name, one in value.items()}
    if isinstance(value, Quote):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        changes = {}
        for item in fields(value):
            before = getattr(value, item.name)
            after = without_words(before)
            if after is not before:
                changes[item.name] = after
        return replace(value, **changes) if changes else value
    return value


@cache
def _results() -> TypeAdapter[Measures]:
    return TypeAdapter(Measures)


@cache
def _form() -> str:
    """Return what tells apart the forms of results: figures of another Candor are not read."""
    return hashlib.sha256(json.dumps(schema(), sort_keys=True).encode()).hexdigest()
