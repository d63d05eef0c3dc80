"""Which characters a page's bytes stand for, decided once.

The order is that of the WHATWG "encoding sniffing algorithm" (byte order mark, HTTP header, <meta>, a detector), with
one change that real pages ask for: bytes that are valid UTF-8 beyond ASCII are UTF-8 whatever was declared, because a
text in another charset is almost never valid UTF-8 by chance, and a wrong declaration is common.
"""

from __future__ import annotations

import codecs
import re

import charset_normalizer
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

_SAMPLE = 1 << 16
_ESCAPED = ("iso2022_jp", "iso2022-jp", "hz", "utf-7")
_WIDER = {"euc_jp": "euc_jis_2004"}
"""Charsets that hold what pages under the narrower name contain, as the others of that list do already."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_CONTROLS = bytes(byte for byte in range(32) if byte < 9 or 13 < byte < 27 or byte > 27)
_MAGIC = (
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"%PDF-",
    b"PK\x03\x04",
    b"\x7fELF",
    b"RIFF",
    b"wOF",
    b"\x1f\x8b",
    b"OggS",
)


def looks_binary(content: bytes) -> bool:
    """Tell whether the bytes are a picture, an archive or other junk rather than text in any charset."""
    head = content[:4096]
    if head.startswith(_MAGIC):
        return True
    if not head or read_bom(head)[0]:
        return False
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > 0.1 * len(head) and b"<" + b"\x00" not in head and b"\x00" + b"<" not in head


def decode(content: bytes, content_type: str = "") -> str:
    """Return the text of ``content``; never fails. Control characters that no markup language allows are dropped."""
    text = _decode(content, content_type)
    return _UNPRINTABLE.sub("", text.removeprefix("\ufeff"))


def _decode(content: bytes, content_type: str) -> str:
    marked, _ = read_bom(content)
    if marked:
        return content.decode(marked, "replace")
    declared = _declared(content, content_type)
    if declared and declared[0] in _ESCAPED and b"\x1b" in content:
        return content.decode(declared[0], "replace")
    for name in ("utf-8", *declared):
        text = _strictly(content, name)
        if text is not None and not (name == "utf-8" and "\x00" in text[:64]):
            return text
    return _guess(content, declared)


def _declared(content: bytes, content_type: str) -> list[str]:
    """Return the charsets that the header and the page name, most trusted first, only those Python knows."""
    names = (http_content_type_encoding(content_type), _in_body(content))
    known = [name for said in names if said and (name := resolve_encoding(said))]
    return [_WIDER.get(name, name) for name in dict.fromkeys(known) if name != "utf-8"]


def _in_body(content: bytes) -> str | None:
    return html_body_declared_encoding(content[:8192])


def _strictly(content: bytes, name: str) -> str | None:
    try:
        return codecs.decode(content, name, "strict")
    except (UnicodeDecodeError, LookupError, ValueError):
        return None


def _guess(content: bytes, declared: list[str]) -> str:
    """Return the text where nothing decodes strictly: damaged UTF-8, else what the detector says, else as declared."""
    text = content.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore")) or 1
    # Two bytes of another charset are seldom valid UTF-8; where nothing else is declared, half of them is enough.
    if damaged <= (0.1 if declared else 0.5) * beyond_ascii:
        return text
    if declared:
        return content.decode(declared[0], "replace")
    best = charset_normalizer.from_bytes(content[:_SAMPLE], steps=5, chunk_size=512).best()
    name = resolve_encoding(best.encoding) if best else None
    return content.decode(name or "cp1252", "replace")
