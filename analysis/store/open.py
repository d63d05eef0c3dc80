"""Choose a store by its address."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from analysis.model.errors import StoreError
from analysis.store.base import Store


def open_store(address: str, *, write: bool = False, holder: str = "") -> Store:
    """Return the store at ``address``: a folder (embedded engine) or an http(s) address (Elasticsearch).

    With ``write`` a missing folder is made, and this process becomes its one writer of mentions; an Elasticsearch
    server takes any number of them. Records can be written either way. ``holder`` names this process to the next one
    that wants to write to the folder.
    Raises ``StoreError`` (missing, not a store, too new, no rights) and ``StoreLockedError``.
    """
    scheme = urlsplit(address).scheme.lower()
    if scheme in {"http", "https"}:
        return _open_elastic(address, write=write)
    if scheme and "://" in address and scheme != "file":
        raise StoreError(f"{_shown(address)}: a store is a folder or an http(s) address")
    if not address.strip():
        raise StoreError("the address of the store is empty; give a folder or an http(s) address")
    from analysis.store.embedded.store import EmbeddedStore

    folder = Path(urlsplit(address).path if scheme == "file" else address).expanduser()
    return EmbeddedStore(folder, write=write, holder=holder)


def _open_elastic(address: str, *, write: bool) -> Store:
    from analysis.store.elastic.store import open_elastic

    return open_elastic(address, write=write)


def _shown(address: str) -> str:
    """Return the address without a password."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
