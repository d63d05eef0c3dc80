"""Bytes that are gzip without anybody having said so: files by the name of .gz, and servers that forget the header."""

from __future__ import annotations

import zlib

_GZIP = b"\x1f\x8b"
_STEP = 1 << 20


def unzipped(content: bytes, limit: int) -> bytes:
    """Return ``content``, unzipped if it is gzip by its first bytes, cut at ``limit`` bytes: a bomb costs no more."""
    for _ in range(2):
        if not content.startswith(_GZIP):
            break
        content = _inflated(content, limit)
    return content[:limit]


def _inflated(content: bytes, limit: int) -> bytes:
    inflater, parts, size = zlib.decompressobj(wbits=31), [], 0
    try:
        while content and size < limit:
            part = inflater.decompress(content, min(_STEP, limit - size))
            parts.append(part)
            size += len(part)
            content = inflater.unconsumed_tail
            if inflater.eof:
                break
    except zlib.error:
        # Cut short or damaged: what came out before counts.
        pass
    return b"".join(parts)
