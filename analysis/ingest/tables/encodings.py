"""The encoding of a text file, by its mark or its bytes: UTF-8, UTF-16, or what a spreadsheet of some country chose."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

from analysis.ingest.tables.mending import FOREIGN, mended

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_SCRIPTS = ["cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp932", "euc_jp", "cp949", "gb18030", "big5"]
_FEW = 4
"""So many lines that are no UTF-8 may stand beside each that is, and beyond ASCII."""
_WEST = frozenset("äöüÄÖÜßéèêëÉÈàâÀçÇîïôûùœñÑáíóúÁÍÓÚãõåæøÅÆØ" + "’‘“”„–—…€£«»¿¡´°·§®™©²³½×± \xa0")
_LATIN: Mapping[str, frozenset[str]] = {
    "cp1252": _WEST,
    "cp1250": _WEST | frozenset("ąćęłńśźżĄĆĘŁŃŚŹŻčďěňřšťůžýČĎĚŇŘŠŤŮŽÝľĺŕőűŐŰăĂşŞ"),
    "cp1254": _WEST | frozenset("ğıĞİşŞ"),
    "mac_roman": _WEST,
}
_LAST = "cp850"
_ODD = 0.5
"""From so many oddities a sign on as western Windows, a text may be of the time before it."""
"""What texts in each of these are full of; every sign can stand for another one in the next."""
_LOST = "�"
_ESCAPED = "candor-escape"


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Stand lone surrogates for bytes that are none of the encoding, as ``surrogateescape`` does for single ones."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + (byte | 0x80)) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_ESCAPED, _escape)


def errors_of(encoding: str) -> str:
    """Return how bytes that are none of ``encoding`` are read: as lone surrogates, never as one sign for all."""
    return "surrogateescape" if encoding.startswith("utf-8") else _ESCAPED


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text that begins with ``head``: UTF-8, or what its mark or its bytes tell."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        other = head[1 - first : 400 : 2]
        if len(head) > 3 and head[first:400:2].count(0) > len(other) // 2 and not other.count(0):
            return encoding
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(head)
    wrong = sum("\udc80" <= sign <= "\udcff" for sign in text)
    # Rows that were pasted in from elsewhere do not make the whole file another encoding.
    right = sum(sign > "\x7f" for sign in text) - wrong
    return "utf-8" if not wrong or right > wrong or _has_few_others(text) else _one_byte(head)


def _has_few_others(text: str) -> bool:
    """Tell whether whole lines are UTF-8 beyond ASCII, and not too many of the others cannot be."""
    said = [line for line in text.splitlines() if not line.isascii()]
    others = [line for line in said if any("\udc80" <= sign <= "\udcff" for sign in line)]
    return _FEW * (len(said) - len(others)) >= len(others) and all(map(_is_mended, others))


def _is_mended(line: str) -> bool:
    return mended(line) != line


def known_encoding(name: str) -> str:
    """Return Python's name of an encoding of texts. Raises ``ValueError`` with a cure."""
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        raise ValueError(f"{name!r} is no encoding; write one such as utf-8, utf-16, cp1252 or mac_roman") from None


def _one_byte(head: bytes) -> str:
    high = sum(byte > 0x7F for byte in head)
    if high < FOREIGN * (high + len(re.findall(rb"[A-Za-z]", head))):
        likely = min(_LATIN, key=lambda encoding: _oddness(head, encoding))
        is_old = _oddness(head, "cp1252") > _ODD * high and _oddness(head, _LAST) < _oddness(head, likely)
        return _LAST if is_old else likely
    from charset_normalizer import from_bytes

    best = from_bytes(head[:20_000], cp_isolation=_OTHER_SCRIPTS).best()
    return best.encoding if best is not None else "cp1252"


def _oddness(head: bytes, encoding: str) -> float:
    """Return how many signs beyond ASCII look wrong: none of the encoding, no letter within a word, or rare."""
    text = head.decode(encoding, errors="replace")
    odd = 0.0
    for found in re.finditer(r"[^\x00-\x7f]", text):
        sign = found[0]
        if sign == _LOST or "\x80" <= sign < "\xa0":
            odd += 3
            continue
        before, after = text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1]
        odd += sign.isupper() and before.islower()
        if sign not in _LATIN.get(encoding, _WEST):
            odd += 2 if (before.isalpha() or after.isalpha()) and not sign.isalpha() else 1
    return odd
