"""Places by a short name (``r/coffee``, ``appstore:1234567``, ``lobsters``) or by an address that is known."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from analysis.model.errors import UsageError
from crawler.finding.found import FoundPlace

_SUBREDDIT = re.compile(r"/?r/(\w{2,50})/?")
_FEDERATED = re.compile(r"!(\w+)@([\w.-]+\.\w+)")
_HOST = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?].*)?", re.IGNORECASE)
_PARTS = re.compile(r"\{(\w+)(?:\.(\d))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPlace:
    """A place that is known by a name. ``argument`` says what follows the name after a colon, empty for nothing."""

    name: str
    about: str
    kind: str
    keys: Mapping[str, Any]
    argument: str = ""


@cache
def presets() -> tuple[NamedPlace, ...]:
    """Return the places that are known by a name."""
    data = tomllib.loads(_text("presets.toml"))
    return tuple(NamedPlace(name=name, **values) for name, values in data.items())


def named(words: str, *, country: str = "") -> FoundPlace | None:
    """Return the place that a short name stands for; None where ``words`` are none. Raises ``UsageError``."""
    if match := _SUBREDDIT.fullmatch(words):
        return FoundPlace(
            kind="reddit", keys={"subreddit": match[1]}, why=f"its name stands for the subreddit {match[1]}"
        )
    if match := _FEDERATED.fullmatch(words):
        keys = {"api": f"https://{match[2]}", "community": match[1]}
        return FoundPlace(kind="lemmy", keys=keys, why=f"its name stands for the community {match[1]} of {match[2]}")
    name, _, argument = words.partition(":")
    preset = next((each for each in presets() if each.name == name.casefold()), None)
    if preset is None or argument.startswith("//"):
        return None
    if bool(preset.argument) != bool(argument.strip()):
        cure = f"write {preset.name}:ARGUMENT, {preset.argument}" if preset.argument else f"write {preset.name} alone"
        raise UsageError(f"{words}: {preset.about}; {cure}")
    filled = {key: _filled(value, argument=argument.strip().rstrip("/")) for key, value in preset.keys.items()}
    if country:
        filled["country"] = country
    return FoundPlace(kind=preset.kind, keys=filled, why=f"its name stands for {preset.about.partition(';')[0]}")


def address_of(words: str) -> str:
    """Return the web address that is meant. Raises ``UsageError`` where it is neither an address nor a name."""
    if words.startswith(("http://", "https://")):
        return words
    if _HOST.fullmatch(words):
        return f"https://{words}"
    names = [preset.name for preset in presets()]
    near = get_close_matches(words.partition(":")[0].casefold(), names, n=2)
    cure = f"did you mean {' or '.join(near)}?" if near else "`candor add --list` shows the names"
    raise UsageError(f"{words}: is neither a web address, nor a file, nor a name that is known; {cure}")


def by_address(url: str) -> FoundPlace | None:
    """Return the place that stands at a known address; None where its page must tell. Raises ``UsageError``."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("old.").removeprefix("m.")
    route = parts.path + (f"?{parts.query}" if parts.query else "")
    data = _hosts()
    for row in data["refused"]:
        if _is_at(host, row["host"]):
            raise UsageError(f"{url}: is not read, because {row['why']}; `candor import` takes what you export there")
    for row in data["known"]:
        match = re.match(row.get("path", ""), route)
        if match and _is_at(host, row["host"]):
            ending = next(each for each in row["host"].split() if host == each or host.endswith(f".{each}"))
            more = {"sub": host.removesuffix(f".{ending}"), "name": ending.partition(".")[0], **match.groupdict()}
            if more["sub"] == host and "{sub}" in str(row["keys"]):
                continue
            keys = {key: _filled(value, **more) for key, value in row["keys"].items()}
            return FoundPlace(kind=row["kind"], keys=keys, why=f"the address is one of {ending}")
    return None


def _is_at(host: str, ends: str) -> bool:
    return any(host == end or host.endswith(f".{end}") for end in ends.split())


def _filled(value: Any, **words: str) -> Any:
    """Return ``value`` with its parts filled in; ``{query}``, which the source fills in, stays."""

    def part(match: re.Match[str]) -> str:
        if match[1] not in words:
            return match[0]
        text = words[match[1]]
        return text if match[2] is None else f"{text}//".split("/", 1)[int(match[2])].strip("/")

    return _PARTS.sub(part, value) if isinstance(value, str) else value


@cache
def _hosts() -> Mapping[str, Any]:
    return tomllib.loads(_text("hosts.toml"))


def _text(name: str) -> str:
    return (files("crawler.finding") / "data" / name).read_text(encoding="utf-8")
