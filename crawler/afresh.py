"""Going back: reading once more, from a day in the past on, what earlier runs left out or would not read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.model import Source
from analysis.settings.sources import SourceSection

_SINCE = "since"


def can_go_back(source: Source) -> bool:
    """Return whether its kind reads from a time on; pages, forums and tables show what they show."""
    return isinstance(source.options, SourceSection) and _SINCE in type(source.options).model_fields


def going_back(sources: Sequence[Source], ago_s: float) -> list[Source]:
    """Return those that can go back, each to be read from ``ago_s`` seconds ago on, whatever earlier runs remembered.

    How far back an API or a list reaches is its own affair: a feed shows its last entries, whenever it is asked.
    """
    found = []
    for source in sources:
        if can_go_back(source) and isinstance(source.options, SourceSection):
            options = source.options.model_copy(update={_SINCE: ago_s})
            found.append(replace(source, options=options, afresh=True))
    return found
