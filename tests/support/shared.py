"""Where the real saved pages and labelled texts are, for the tests that read them.

They live beside the repository (``../shared``) and are never committed. Tests that need them carry
``@needs_shared``; without the folder they are skipped with the reason, and in ``.ci/run`` a skip is a failure.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("CANDOR_SHARED", Path(__file__).resolve().parents[3] / "shared"))
WEB = SHARED / "web"
DATA = SHARED / "data"


def needs_shared(folder: str) -> pytest.MarkDecorator:
    """Return the mark that skips a test where ``shared/<folder>`` is absent, and says so."""
    there = (SHARED / folder).is_dir()
    return pytest.mark.skipif(not there, reason=f"the saved material shared/{folder} is not beside this checkout")


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            if line.strip():
                yield json.loads(line)


def page(path: Path) -> bytes:
    """Return a saved page's bytes, unzipped where it is gzipped."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw
