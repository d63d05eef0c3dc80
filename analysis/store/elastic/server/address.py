"""Where an Elasticsearch server is, what proves who we are, and whom we trust.

Secrets come from the environment or from files that it names, never from the address, and stand in no message.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from analysis.model.errors import StoreError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_PREFIX = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What proves who we are and whom we trust. Never printed."""

    api_key: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    fingerprint: str = ""
    insecure: bool = False


def secrets_from(environ: Mapping[str, str]) -> Secrets:
    """Return the secrets that ``CANDOR_ELASTIC_*`` name. Raises ``StoreError`` for a file that cannot be read."""

    def given(name: str) -> str:
        path = environ.get(f"CANDOR_ELASTIC_{name}_FILE", "")
        if not path:
            return environ.get(f"CANDOR_ELASTIC_{name}", "").strip()
        try:
            return Path(path).read_text("utf-8").strip()
        except OSError as error:
            raise StoreError(f"CANDOR_ELASTIC_{name}_FILE: {path} cannot be read ({error.strerror})") from None

    ca_file = environ.get("CANDOR_ELASTIC_CA_FILE", "")
    if ca_file and not Path(ca_file).is_file():
        raise StoreError(
            f"CANDOR_ELASTIC_CA_FILE: there is no file {ca_file}; name the certificate authority's PEM file"
        )
    return Secrets(
        api_key=given("API_KEY"),
        user=environ.get("CANDOR_ELASTIC_USER", ""),
        password=given("PASSWORD"),
        ca_file=ca_file,
        fingerprint=environ.get("CANDOR_ELASTIC_FINGERPRINT", ""),
        insecure=environ.get("CANDOR_ELASTIC_INSECURE", "") not in {"", "0"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """``https://host:9200/path?prefix=team``: the server, and what the names of this store's indices begin with."""

    url: str
    prefix: str = ""

    @property
    def shown(self) -> str:
        """The address without secrets."""
        return self.url + (f"?prefix={self.prefix.rstrip('-')}" if self.prefix else "")

    @property
    def local(self) -> bool:
        """Whether the server runs on this machine."""
        return urlsplit(self.url).hostname in _LOOPBACK


def read_address(address: str) -> Address:
    """Return the parts of a store's address. Raises ``StoreError`` for a secret in it or what cannot be a name."""
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise StoreError(
            f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}: no user or password in the address, it is shown and "
            "logged; set CANDOR_ELASTIC_USER and CANDOR_ELASTIC_PASSWORD, or CANDOR_ELASTIC_API_KEY"
        )
    options = parse_qs(parts.query)
    if unknown := sorted(set(options) - {"prefix"}):
        raise StoreError(f"{parts.scheme}://{parts.netloc}: {unknown[0]!r} is no option of an address; only prefix is")
    prefix = options.get("prefix", [""])[-1]
    if prefix and not _PREFIX.fullmatch(prefix):
        raise StoreError(f"the prefix {prefix!r} must be lower-case letters, digits, - and _")
    try:
        port = parts.port or 9200
    except ValueError:
        raise StoreError(f"{parts.scheme}://{parts.netloc}: the port is no number") from None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    if not host:
        raise StoreError(f"{address}: the address names no host; write https://host:9200")
    url = f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}"
    return Address(url=url, prefix=f"{prefix}-" if prefix else "")


def environment() -> Mapping[str, str]:
    """Return the process's environment, read when called."""
    return os.environ
