"""What the tables of ``candor.toml`` are made of: durations, addresses, patterns, and the table itself.

In a file of its own because the kinds of source are made from it, and what reads pages needs no other table.
"""

from __future__ import annotations

import ipaddress
import math
import re
from typing import Annotated
from unicodedata import category
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_PART = re.compile(r"(?<![\d.])(\d++(?:\.\d++)?)\s*+([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TOO_MANY = 1e300
_MOST_SHOWN = 120
_LAST_PORT = 65535
_LONGEST_ID = 100
LONGEST_S = 36525 * 86400.0
"""A hundred years. Nothing is crawled or kept at longer times, and dates so far off cannot be told."""


def seconds(text: object) -> float:
    """Return the seconds that ``"15m"``, ``"1h30m"``, ``"2d"`` or a number of them mean. Raises ``ValueError``."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        if not math.isfinite(text) or abs(text) > _TOO_MANY:
            raise ValueError(_no_duration(text))
        return float(text)
    if not isinstance(text, str):
        raise ValueError(_no_duration(text))
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).strip():
        raise ValueError(_no_duration(text))
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _no_duration(given: object) -> str:
    return f"{shown(given)} is not a duration; write 30s, 15m, 6h, 2d or 1w"


def shown(given: object) -> str:
    """Return a value as a message quotes it: a long one is cut."""
    if isinstance(given, bool):
        return str(given).lower()
    try:
        said = repr(given)
    except (RecursionError, ValueError):
        return "what is written there"
    return said if len(said) <= _MOST_SHOWN else f"{said[: _MOST_SHOWN - 20]} ... ({len(said)} characters)"


def _in_a_lifetime(given: float) -> float:
    if given > LONGEST_S:
        raise ValueError("is longer than a hundred years; write a shorter time, at most 36525d")
    return given


def slug(text: str) -> str:
    """Return ``text`` as an id: lower-case letters, digits and single hyphens."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")


def web_address(url: str) -> str:
    """Return ``url`` where it is a web address. Raises ``ValueError``."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(f"{shown(url)} is not a web address: its host cannot be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{shown(url)} is not a web address; it must begin with http:// or https:// and name a host")
    if re.search(r"\s", parts.netloc):
        raise ValueError(f"{shown(url)} is not a web address: there is a space in its host")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError(f"{shown(url)} is not a web address: its port must be a number from 1 to {_LAST_PORT}")
    return url


def contact(text: str) -> str:
    """Return whom a site may write to: ``mailto:``, a web address, or an e-mail address. Raises ``ValueError``."""
    said = text.strip()
    if re.fullmatch(r"[^\s@:/()<>]+@[^\s@:/()<>]+\.[^\s@:/()<>]+", said):
        return f"mailto:{said}"
    if re.fullmatch(r"(?i:mailto):[^\s@()<>]+@[^\s@()<>]+|(?i:https?)://[^\s/()<>]+[^\s()<>]*", said):
        return said
    raise ValueError(f"{text!r} is no address that a site could write to; write mailto:you@your.example or a web page")


def mail_address(text: str) -> str:
    """Return ``text`` where it is one mail address without a name. Raises ``ValueError``."""
    if not re.fullmatch(r"[^\s@<>,;:\"'()\[\]\\]{1,64}@[^\s@<>,;:\"'()\[\]\\/]{1,190}", text):
        raise ValueError(f"{text!r} is no mail address; write one such as ann@tessaro.example")
    return text


def host_name(text: str) -> str:
    """Return ``text`` where it is a host's name or address, a port behind it or none. Raises ``ValueError``."""
    found = re.fullmatch(r"([^\s/:@?#\[\]]+|\[[0-9A-Fa-f:.]+\])(?::(\d+))?", text)
    if not found:
        raise ValueError(f"{shown(text)} is no host's name; write it alone, such as candor.your.example")
    if found[2] and not 1 <= int(found[2][:9]) <= _LAST_PORT:
        raise ValueError(f"{shown(text)}: a port is a number from 1 to {_LAST_PORT}")
    return text


def known_by(text: str) -> str:
    """Return ``text`` where it can be an id: it stands in addresses, commands and files. Raises ``ValueError``."""
    # A sign that changes a letter (Mn, Mc) is part of many scripts' words.
    wrong = [sign for sign in text if not (sign.isalnum() or sign in "-_.:@+" or category(sign)[0] == "M")]
    if wrong or text[:1] in ("-", ".") or len(text) > _LONGEST_ID:
        what = f"holds {shown(wrong[0])}" if wrong else f"is longer than {_LONGEST_ID}" if text[0] not in "-." else ""
        why = what or f"begins with {text[0]!r}"
        raise ValueError(f"the id {shown(text)} {why}; write letters and digits, between them - _ . : @ or +")
    return text


def in_form(pattern: str, *, like: str, quoted: bool = True) -> AfterValidator:
    """Return the check that a text is written as ``pattern`` wants; ``like`` shows how.

    It is not ``quoted`` where a secret may have been put in its place.
    """

    def checked(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{shown(text) if quoted else 'it'} is not written as it should be; write it like {like}")
        return text

    return AfterValidator(checked)


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


Seconds = Annotated[float, BeforeValidator(seconds), Field(gt=0), AfterValidator(_in_a_lifetime)]
MailAddress = Annotated[str, AfterValidator(mail_address)]
WebAddress = Annotated[str, AfterValidator(web_address)]
HostName = Annotated[str, AfterValidator(host_name)]
Id = Annotated[str, AfterValidator(known_by)]
Regex = Annotated[str, AfterValidator(_regex)]
Wait = Annotated[float, BeforeValidator(seconds), Field(ge=0), AfterValidator(_in_a_lifetime)]
Interval = Annotated[float, BeforeValidator(seconds), Field(ge=1), AfterValidator(_in_a_lifetime)]
Words = tuple[Annotated[str, Field(min_length=1)], ...]


class Section(BaseModel):
    """What all tables share: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def network(text: str) -> str:
    """Return ``text`` where it is a network of addresses. Raises ``ValueError`` with a cure."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        wide = _wide(text)
        cure = f"write {wide}, or {text.partition('/')[0]} for the one address" if wide else ""
        raise ValueError(f"{shown(text)} is no network; {cure or 'write one such as 10.0.0.0/8 or fd00::/8'}") from None
    return text


def _wide(text: str) -> str:
    """Return the network that an address with a width lies in, where ``text`` is one."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return ""
