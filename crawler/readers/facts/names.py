"""Cleaning of titles and author names as pages print them."""

from __future__ import annotations

import html
import re
import unicodedata

from crawler.readers.lists import any_of

_MAX_NAME = 80
_MAX_BYLINE = 400
_MAX_TITLE = 1000
_BY = re.compile(
    rf"^(?:(?:(?:an?|ein(?:e|en)?)\s++)?(?:{any_of('byline_leads')})\s*+)*"
    r"(?:\b(?:by|von|vom|par|por|di|door|af|av|przez|of|with|mit)\b(?:\s*+:)?+|:)\s*+(?=\S)"
    r"|^(?:autor(?:in|en)?|authors?|auteure?s?|text|redaktion)\s+(?=[^\W\d_])",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://\S+|www\.\S+|(?<!\S)[^\s@]++@[^\s.]++\.\S++|(?<!\w)@(?=\w)")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SPLIT = re.compile(
    r"(?:(?<!\s)\s++)?+(?:[,;|•·/]|(?<=\s)[-–—&+](?=\s)|\b(?:and|und|et|y|och|og|en|e|i)\b(?=\s))\s*+"
    r"|(?<!\s)[^\S\n\t]*+[\n\t]\s*+"
)
_ROLE = re.compile(rf"\b(?:{any_of('roles')})\b\.?", re.IGNORECASE)
_NOBODY = re.compile(any_of("nobody"), re.IGNORECASE)
_BAD = re.compile(any_of("no_names"), re.IGNORECASE)
# A label whose space was lost with its markup: "AuthorIda Marsh".
_LABEL = re.compile(r"^(?:Author|Autor(?:in)?|Auteur|By|Von)(?=[A-ZÄÖÜ][a-zäöü])")
_BARS = re.compile(r"(?<!\s)\s++(?:[|·•»›:–—-]++\s++|\|\s*+|[»›]\s++)|\|\s*+|[»›]\s++")
_WORD = re.compile(r"[^\W_]+")
_MAIL = re.compile(r"(?:mailto:)?[^\s()<>&\[\]\"',;:@]{1,64}@[^\s()<>&\[\]\"',;:@]{1,250}")
_EMPTY = re.compile(r"[(<\[]\s{0,9}[)>\]]|&lt;\s{0,9}&gt;")
_WRAPPED = re.compile(r"\s{0,9}[(<\[]([^()<>\[\]]{0,400})[)>\]]\s{0,9}")
_BREAKS = re.compile("[\u00ad\u200b\u2060\ufeff]")
_ADDRESS = re.compile(r"(?:https?:)?//|www\.|/|mailto:", re.IGNORECASE)


def clean_text(text: str) -> str:
    """Return ``text`` on one line, entities opened (twice-escaped ones too), markup and signs left out that only say
    where a word may be broken."""
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = re.sub(r"</?[a-zA-Z][^<>]{0,300}>", " ", text)
    return " ".join(unicodedata.normalize("NFC", unbroken(text)).split())


def unbroken(text: str) -> str:
    """Return ``text`` without the signs that only say where a word may be broken (soft hyphens and their like)."""
    return text if text.isascii() else _BREAKS.sub("", text)


def person(said: str) -> str:
    """Return the name in "mail (Name)", "Name <mail>" and the like; empty where there is only an address."""
    if "@" not in said:
        return said
    name = _EMPTY.sub(" ", _MAIL.sub(" ", said)).strip(" \t\r\n,;")
    wrapped = _WRAPPED.fullmatch(name)
    return " ".join((wrapped[1] if wrapped else name).split())


def person_name(text: str) -> str:
    """Return the name of one who wrote something, on one line, without an e-mail address; empty for a web address."""
    return "" if _ADDRESS.match(text.strip()) else clean_text(person(text))


def clean_title(text: str, *, site_names: tuple[str, ...] = ()) -> str:
    """Return the title without the site's name before or behind it."""
    title = clean_text(text[:_MAX_TITLE])
    keys = {key for name in site_names if (key := name_key(name))}
    for _ in range(2):
        cuts = list(_BARS.finditer(title))
        if not cuts:
            break
        head, tail = title[: cuts[-1].start()], title[cuts[-1].end() :]
        first, rest = title[: cuts[0].start()], title[cuts[0].end() :]
        if name_key(tail) in keys and head:
            title = head.strip()
        elif name_key(first) in keys and rest:
            title = rest.strip()
        else:
            break
    return title


def without_suffix(text: str) -> str:
    """Return the title before the last bar, where the rest is short enough to be a site's name."""
    title = clean_text(text[:_MAX_TITLE])
    cuts = [cut for cut in _BARS.finditer(title) if ":" not in cut.group()]
    if cuts and len(title[cuts[-1].end() :].split()) <= 4 and len(title[: cuts[-1].start()].split()) >= 2:
        return title[: cuts[-1].start()].strip()
    return title


def clean_authors(values: list[str], *, site_names: tuple[str, ...] = (), strict: bool = True) -> list[str]:
    """Return the names in ``values``, each once, without "by", roles, addresses and brackets.

    ``strict`` also leaves out the site's own name and whatever reads like a role or an agency: what is left then are
    persons. Without it an organisation's name counts too.
    """
    names: dict[str, str] = {}
    keys = {key for name in site_names if (key := name_key(name))} if strict else set()
    for value in values:
        text = _LINK.sub(" ", _BRACKETS.sub(" ", clean_text(value[:_MAX_BYLINE])))
        for part in _SPLIT.split(_unled(text)) if strict else [_unled(text)]:
            name = _said_once(_clean_name(part or "", strict=strict))
            key = name_key(name)
            if key and key not in keys and not any(key in seen for seen in names):
                names[key] = name
    return list(names.values())


def _said_once(name: str) -> str:
    """Return half of a name that is printed twice in a row, as beside a portrait."""
    parts = name.split()
    half = len(parts) // 2
    return " ".join(parts[:half]) if half and parts[:half] * 2 == parts else name


def name_key(name: str) -> str:
    """Return the letters and digits of ``name``, casefolded: what two spellings of one name share."""
    return "".join(_WORD.findall(name)).casefold()


def _unled(text: str) -> str:
    text = text.strip()
    while (shorter := _BY.sub("", text, count=1).strip()) != text:
        text = shorter
    return text


def _clean_name(part: str, *, strict: bool) -> str:
    part = _LABEL.sub("", part.strip())
    name = _unled(part.strip(" \t\n.,:;-–—|*\"'“”«»_")).strip(" ,:;-–—|*\"'“”_→")
    name = name if re.search(r"\b\w\.$", name) else name.rstrip(".")
    if (
        not name
        or len(name) > _MAX_NAME
        or len(name.split()) > 6
        or name[-1] in "?!"
        or not any(map(str.isalpha, name))
    ):
        return ""
    if _NOBODY.fullmatch(name) or (strict and _BAD.fullmatch(name)):
        return ""
    if strict and " " in name and (_ROLE.search(name) or any(map(str.isdigit, name))):
        return ""
    return name.title() if strict and name.isupper() and " " in name else name
