"""The installation's key: with it authors become pseudonyms that nobody else can recompute."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from analysis.model.errors import ConfigError

_BYTES = 32
KEY_VARIABLE = "CANDOR_KEY"


def installation_key(path: Path, *, named: bool = False, environ: Mapping[str, str] | None = None) -> bytes:
    """Return the key from ``CANDOR_KEY`` (hex), ``CANDOR_KEY_FILE`` or ``path``; the first use of ``path`` makes one.

    A file that somebody ``named`` must be there: with a new key every pseudonym would change, and what was erased by
    author would come back. Machines that share one store must share one key, or one author gets two pseudonyms.
    Raises ``ConfigError`` where the key cannot be read, made or understood.
    """
    env = os.environ if environ is None else environ
    if env.get(KEY_VARIABLE):
        return _key(env[KEY_VARIABLE], KEY_VARIABLE)
    chosen = Path(env["CANDOR_KEY_FILE"]) if env.get("CANDOR_KEY_FILE") else path
    if (named or chosen is not path) and not chosen.exists():
        where = "CANDOR_KEY_FILE" if chosen is not path else "[privacy] key_file"
        raise ConfigError(
            [
                f"{where}: {chosen} is not there; a new key would change every author's pseudonym and let erased "
                f"authors back in; put the file back, or for a first start make one: openssl rand -hex 32 > {chosen}"
            ]
        )
    try:
        _make(chosen)
        return _key(chosen.read_text(encoding="ascii"), str(chosen))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            [f"{chosen}: the installation's key cannot be read or made ({error}); check its rights"]
        ) from None


def _make(path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(_BYTES) + "\n")


def _key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) < 16:
        raise ConfigError(
            [f"{where}: the installation's key must be 32 or more hex digits; `openssl rand -hex 32` makes one"]
        )
    return key
