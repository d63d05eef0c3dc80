"""Which archive a source has, and the archives of one crawl."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from analysis.model import Post, Source
from analysis.settings.file import Config
from crawler.archive.notes import Note, authors_of, ids_of
from crawler.archive.writing import Archive, expire
from crawler.kinds.base import Ask
from crawler.readers.page import Page


def folder_of(config: Config, source: Source) -> Path | None:
    """Return the folder in which raw answers of ``source`` are kept; None where they are not."""
    own = getattr(source.options, "archive", None)
    return _whole(config, config.crawl.archive if own is None else own)


def folders_of(config: Config) -> list[Path]:
    """Return every folder in which raw answers are kept, each once."""
    some = [_whole(config, config.crawl.archive), *(folder_of(config, source) for source in config.sources)]
    return list(dict.fromkeys(folder for folder in some if folder is not None))


class Archives:
    """The archives of one crawl: one for each folder, opened when first written into."""

    def __init__(self, config: Config, *, key: bytes) -> None:
        self._config = config
        self._key = key
        self._open: dict[Path, Archive] = {}

    def wants(self, source: Source) -> bool:
        """Tell whether raw answers of ``source`` are kept."""
        return folder_of(self._config, source) is not None

    async def keep(
        self, source: Source, page: Page, *, kind: str, ask: Ask, told: Mapping[str, Any], posts: Sequence[Post]
    ) -> None:
        """Keep an answer with its note, written in a thread. Raises ``ArchiveError``."""
        folder = folder_of(self._config, source)
        if folder is None:
            return
        archive = self._open.setdefault(folder, Archive(folder, file_bytes=self._config.crawl.archive_file))
        note = Note(
            source=source.id, kind=kind, ask=ask, told=told, posts=ids_of(posts), authors=authors_of(posts, self._key)
        )
        await asyncio.to_thread(archive.keep, page, note)

    def close(self, *, now: datetime) -> None:
        """Close what is open, and delete what is older than ``[crawl] archive_keep`` and ``[privacy] keep`` allow."""
        for archive in self._open.values():
            archive.close()
        keep_s = min(self._config.crawl.archive_keep, self._config.privacy.keep or self._config.crawl.archive_keep)
        for folder in folders_of(self._config):
            expire(folder, keep_s=keep_s, now=now)


def _whole(config: Config, name: str) -> Path | None:
    beside = config.path.parent if config.path else Path.cwd()
    return beside / Path(name).expanduser() if name.strip() else None
