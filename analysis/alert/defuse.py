"""Strangers' words made harmless for a chat: plain, on one line, and dead.

Chats disagree on what is live. Discord and Mattermost read Markdown in a message that is declared plain text, Slack
reads ``<!channel>``, and every one of them turns bare addresses into links. So each sign that some chat acts on is
replaced by a look-alike that none does, in the same way for all of them, and it stays readable.
"""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

import regex

from analysis.model.text import whole_words

LONGEST_LINK = 400
LONGEST_OWN_LINK = 900
_READ = 40  # characters of raw text that are looked at for each grapheme that is kept
_GRAPHEME = regex.compile(r"\X")
_BREAKS = regex.compile(r"[\p{Z}\p{Cc}]+")
# Direction marks, zero-width signs, tags, half characters and unassigned ones; the joiner between two emoji is kept.
_UNSEEN = regex.compile(
    r"(?<!\p{Extended_Pictographic}\uFE0F?)\u200D|\u200D(?!\p{Extended_Pictographic})"
    r"|(?![\u200D\uFE0F])[\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Default_Ignorable_Code_Point}]"
)
_MARKS = regex.compile(r"(\p{M}{3})\p{M}+")
_SAME = regex.compile(r"(\X)\1{4,}")
_LINK = regex.compile(r"\b[a-z][a-z0-9+.-]{1,20}:/{1,3}[^\s<>\"]*", regex.IGNORECASE)
_SCHEME = regex.compile(
    r"\b(?:javascript|vbscript|data|file|mailto|tel|sms|tg|slack|msteams|matrix|ms-[a-z]+):(?=\S)", regex.IGNORECASE
)
_HOST = regex.compile(r"(?<=[\p{L}\p{N}])\.(?=[\p{L}]{2})")
_PAIRS = {
    "@": "＠",
    "<": "‹",
    ">": "›",
    "[": "(",
    "]": ")",
    "`": "'",
    "*": "∗",
    "~": "∼",
    "|": "¦",
    "\\": "⧵",
    "#": "＃",
}
_SIGNS = str.maketrans(_PAIRS)
_EMPHASIS = regex.compile(r"(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])|__+")
_SLASHES = regex.compile(r"^[/!+\-=>.\d)]+(?=\s|$)|^/")
_MAIL = regex.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PHONE = regex.compile(r"(?<![\w/.-])\+?\d(?:[ ()./-]{0,2}\d){8,14}(?![\w-])")
_BRACES = regex.compile(r"\{{2,}|\}{2,}")  # {{DATE(...)}} of Adaptive Cards
_COLONS = regex.compile(r":(?=[\w+-]+:)")


def dead(text: str, longest: int) -> str:
    """Return a stranger's ``text`` on one line, at most ``longest`` graphemes long, with nothing live in it.

    Addresses keep their host in a form that no chat links (``evil[.]example``); mentions of people and groups, masked
    links, Markdown, HTML, direction marks and invisible characters lose their effect; e-mail addresses and telephone
    numbers are left out. Reads no more than it needs, so
    that a text of any size costs the same.
    """
    raw = unicodedata.normalize("NFC", text[: longest * _READ])
    plain = _UNSEEN.sub("", _BREAKS.sub(" ", raw)).strip()
    plain = _SAME.sub(r"\1\1\1", _MARKS.sub(r"\1", plain))
    # What identifies a person goes first, while its signs are still there.
    plain = _PHONE.sub("(number)", _MAIL.sub("(e-mail)", plain))
    plain = _BRACES.sub(lambda braces: braces.group()[0], plain)
    plain = _COLONS.sub("\ua789", plain.translate(_SIGNS))
    plain = _EMPHASIS.sub("＿", _SLASHES.sub("", plain))
    plain = _LINK.sub(lambda link: _host(link.group()), plain)
    plain = _SCHEME.sub(lambda scheme: scheme.group()[:-1] + "\ua789", plain)
    return cut(_HOST.sub("[.]", plain).strip(), longest)


def _host(address: str) -> str:
    rest = address.split(":", 1)[1].lstrip("/")
    host = regex.split(r"[/?#\s]", rest, maxsplit=1)[0]
    return f"(link to {host})"


def cut(text: str, longest: int) -> str:
    """Return ``text`` shortened to ``longest`` graphemes, between words where one is near, ending in an ellipsis."""
    graphemes = [match.group() for match in _GRAPHEME.finditer(text[: longest * _READ])]
    if len(graphemes) <= longest and len(text) <= longest * _READ:
        return text
    head = "".join(graphemes[: max(longest - 1, 0)])
    return whole_words(head, least=len(head) // 2) + "…"


def shown_link(url: str) -> str:
    """Return a collected address fit to be shown as a bare link, or an empty string where it is none.

    Only http and https with a host; every sign that a chat could act on is percent-encoded. An address that is too
    long to show whole is not shown: a link that is cut leads elsewhere.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        name = host if ":" in host else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in ("http", "https") or not regex.fullmatch(r"[A-Za-z0-9.:-]+", name):
        return ""
    place = f"[{name}]" if ":" in name else name
    path, query = quote(parts.path, safe="/%-.~_"), quote(parts.query, safe="=&%-.~_/")
    whole = urlunsplit((parts.scheme, place + port, path.replace("__", "_%5F"), query.replace("__", "_%5F"), ""))
    return whole if len(whole) <= LONGEST_LINK else ""


def own_link(url: str) -> str:
    """Return an address of our own making as a bare link, or an empty string where it is none or too long.

    A board's address holds its query with quotes, brackets and perhaps a stranger's word; the signs that a chat could
    act on are percent-encoded, which the receiver undoes.
    """
    if not regex.match(r"https?://[A-Za-z0-9.:\[\]-]+(?:/|$)", url):
        return ""
    whole = quote(url, safe="/:?#&=%,;+.-$[]").replace("~", "%7E").replace("__", "_%5F")
    return whole if len(whole) <= LONGEST_OWN_LINK else ""
