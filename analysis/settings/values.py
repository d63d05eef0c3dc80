"""What the tables of ``candor.toml`` are made of: durations, addresses, patterns, and the table itself.

In a file of its own because the kinds of source are made from it, and what reads pages needs no other table.
"""

from __future__ import annotations

import math
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_PART = re.compile(r"(?<![\d.])(\d++(?:\.\d++)?)\s*+([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(text: object) -> float:
    """Return the seconds that ``"15m"``, ``"1h30m"``, ``"2d"`` or a number mean. Raises ``ValueError``."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        if not math.isfinite(text):
            raise ValueError(f"{text!r} is not a duration; write 30s, 15m, 6h, 2d or 1w")
        return float(text)
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a duration; write 30s, 15m, 6h, 2d or 1w")
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text).strip():
        raise ValueError(f"{text!r} is not a duration; write 30s, 15m, 6h, 2d or 1w")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def slug(text: str) -> str:
    """Return ``text`` as an id: lower-case letters, digits and single hyphens."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-")


def web_address(url: str) -> str:
    """Return ``url`` where it is a web address. Raises ``ValueError``."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not a web address; it must begin with http:// or https:// and name a host")
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


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


Seconds = Annotated[float, BeforeValidator(seconds), Field(gt=0)]
MailAddress = Annotated[str, AfterValidator(mail_address)]
WebAddress = Annotated[str, AfterValidator(web_address)]
Regex = Annotated[str, AfterValidator(_regex)]
Wait = Annotated[float, BeforeValidator(seconds), Field(ge=0)]
Words = tuple[Annotated[str, Field(min_length=1)], ...]


class Section(BaseModel):
    """What all tables share: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
