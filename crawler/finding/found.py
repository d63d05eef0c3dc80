"""A place that was found: the kind of source that reads it, with its keys, and in words why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from analysis.model import Post
from analysis.model.errors import UsageError
from analysis.settings.mistakes import in_words
from analysis.settings.sources import SourceSection
from crawler.kinds import KINDS

BASES = ("url", "api", "server", "instance")
"""What kinds that read a site of any address call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlace:
    """``kind`` and ``keys`` make the block of the configuration; ``why`` says in words how it was told.

    A key that the kind calls otherwise is renamed, see ``fitted``. ``posts`` are those that the place showed already:
    nothing more is asked for to see what it gives, which would perhaps be asked of another host.
    """

    kind: str
    keys: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    posts: tuple[Post, ...] | None = None


def fitted(place: FoundPlace) -> FoundPlace:
    """Return ``place`` with the keys as its kind calls them. Raises ``UsageError`` where there is no such kind."""
    if place.kind not in KINDS:
        raise UsageError(
            f"{place.why or place.kind}: it is read by the kind {place.kind!r}, which this Candor does not have; "
            f"it has {', '.join(KINDS)}"
        )
    known = KINDS[place.kind].options.model_fields
    keys = dict(place.keys)
    for name in [name for name in BASES if name in keys and name not in known]:
        value = keys.pop(name)
        other = next((each for each in BASES if each in known and each not in keys), None)
        if other is not None:
            keys[other] = value
    # A search for every brand is what a search does where nothing is said.
    if keys.get("query") == "{query}" and ("query" not in known or known["query"].default == "{query}"):
        del keys["query"]
    return replace(place, keys=keys)


def options_of(place: FoundPlace, **more: Any) -> SourceSection:
    """Return the options that the block of ``place`` stands for. Raises ``UsageError`` with what is wrong."""
    try:
        options: SourceSection = KINDS[place.kind].options.model_validate({**place.keys, **more})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"] if not str(part).startswith("function-"))
        raise UsageError(f"a source of the kind {place.kind}: {name or 'it'}: {in_words(first, (name,))}") from None
    return options
