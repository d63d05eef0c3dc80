"""The kinds of what is one's own: where each one's pieces are, and how it is looked at without reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from crawler.kinds.base import Knowledge
from crawler.own import mail, pushed, tables
from crawler.own.pieces import OwnPiece, Tell
from crawler.warc import files

PIECES: Mapping[str, Callable[[Any, Path, Knowledge, Tell], Iterator[OwnPiece]]] = {
    "table": tables.pieces,
    "mailbox": mail.pieces,
    "webhook": pushed.pieces,
}
"""Yields the pieces of a source: by its options, the configuration's folder and what the last run told."""
CHECKS: Mapping[str, Callable[[Any, Path], str]] = {
    "table": tables.checked,
    "mailbox": mail.checked,
    "webhook": pushed.checked,
    "commoncrawl": files.checked,
}
"""Returns in words what is there. Raises ``ReadError`` where nothing is."""
