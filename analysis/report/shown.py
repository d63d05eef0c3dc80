"""How one section is shown: in a terminal, on the page, in tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType

from analysis.track.results import Measures

Json = dict[str, Any]
Rows = Sequence[RenderableType]


def _always(_: Measures) -> bool:
    return True


def _no_charts(_: Measures) -> Mapping[str, Callable[..., str]]:
    return {}


def _no_tables(_: Json) -> Mapping[str, list[Json]]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A section's title, and how it is shown in each form of the report.

    ``rows`` are its lines in a terminal of a width. ``anchor`` leads to it on the page; the navigation names it where
    there is one. A section ``inside`` another has no heading of its own in a terminal: its lines follow those of that
    one, whose part of the page includes its part. ``there`` says whether it has anything to show. ``charts`` draws by
    name, and gets the name as ``key``. ``tables`` are those that its part of the JSON holds beside its lists.
    """

    title: str
    rows: Callable[[Measures, int], Rows]
    anchor: str = ""
    inside: str = ""
    there: Callable[[Measures], bool] = _always
    charts: Callable[[Measures], Mapping[str, Callable[..., str]]] = _no_charts
    tables: Callable[[Json], Mapping[str, list[Json]]] = _no_tables
