"""An author's pseudonym: all that a mention keeps of a name."""

from __future__ import annotations

import hashlib
import hmac

_SIGNS = 32
NOBODY = ("", "[deleted]")
"""What stands for an author where there is none: whoever left Reddit is not one person."""


def pseudonym(key: bytes, platform: str, author: str) -> str:
    """Return 32 hex digits of HMAC-SHA256 (RFC 2104) of platform and name, under the installation's key."""
    return hmac.new(key, f"{platform}\n{author}".encode(errors="surrogatepass"), hashlib.sha256).hexdigest()[:_SIGNS]


def is_pseudonym(text: str) -> bool:
    """Return whether ``text`` has a pseudonym's form."""
    return len(text) == _SIGNS and set(text) <= set("0123456789abcdef")
