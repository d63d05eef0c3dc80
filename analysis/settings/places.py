"""Where mentions and the installation's own files are kept: what a person may write for it, and what that means."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from analysis.settings.values import shown, web_address

_WEB = ("http", "https")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(/{0,2})")
_SERVER = re.compile(r"[A-Za-z0-9.-]+:\d+(?:/|$)")
_ACCOUNT = re.compile(r"(?<=//)[^\s/@]*@")
STORES = "a store is a folder (mentions, /srv/candor, file:///srv/candor) or an Elasticsearch (http:// or https://)"


def store_place(address: str) -> str:
    """Return ``address`` where it may be a store: a folder, file://, http:// or https://. Raises ``ValueError``."""
    if "\0" in address:
        raise ValueError(f"holds a sign that no path has; {STORES}")
    if _SERVER.match(address):
        raise ValueError(f"{shown(address)} is a folder's name like this; write http://{address} for a server")
    found = _SCHEME.match(address)
    scheme = found[1].lower() if found else ""
    if scheme in _WEB:
        web_address(address)
    elif scheme == "file":
        if urlsplit(address).netloc not in ("", "localhost") or not urlsplit(address).path:
            raise ValueError(f"{shown(address)} names no folder of this machine; write file:///srv/candor")
    elif found and found[2] == "//":
        raise ValueError(f"{shown(_ACCOUNT.sub('…@', address))}: there is no store of the kind {scheme}; {STORES}")
    return address


def store_address(address: str, *, folder: Path, state: Path) -> str:
    """Return an absolute store address: a web address as it is, a folder relative to the configuration's own.

    Raises ``ValueError`` where ``address`` can be no store.
    """
    scheme = urlsplit(store_place(address)).scheme
    if scheme in _WEB:
        return address
    path = unquote(urlsplit(address).path) if scheme == "file" else address
    return str((folder / Path(path).expanduser()) if path else state / "store")


def folder_place(given: str) -> str:
    """Return ``given`` where it may be a folder of this machine. Raises ``ValueError``."""
    if "\0" in given or "://" in given:
        raise ValueError(f"{shown(given)} is no folder of this machine; write a path such as .candor")
    return given


def in_the_way(folder: Path) -> Path | None:
    """Return the file that stands where ``folder`` or a folder above it should; None where it is or can be made."""
    nearest = next((each for each in (folder, *folder.parents) if each.exists()), None)
    return None if nearest is None or nearest.is_dir() else nearest
