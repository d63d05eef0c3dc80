"""Every address for programs: what it answers, what it takes, and the object that comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis.model import mention_fields
from candor.serve.api.answers import (
    COUNTED,
    MOST_VALUES,
    PARTS,
    STATES,
    VALUES,
    alert,
    alerts,
    counts,
    mention,
    mentions,
    report,
    section,
    sources,
)
from candor.serve.api.call import ApiCall, Json
from candor.serve.api.entered import MOST_PAGE, PAGE, corrections
from candor.serve.api.objects import TEXT, many
from candor.serve.desk import PERIODS
from candor.serve.look.asked import COLLECTED, FIELDS, SORTS, TRIAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One field of an address."""

    name: str
    meaning: str
    schema: Json
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiWay:
    """One address under ``/api/v1``; ``gives`` names the object of its answer."""

    path: str
    answer: Callable[[ApiCall], Json]
    gives: str
    says: str
    takes: tuple[Taken, ...] = ()
    names: tuple[Taken, ...] = ()


_WHEN: Json = {
    "type": "string",
    "pattern": r"^((19|[2-9]\d)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?)?|\d{1,4}[smhdw])$",
}
_TIMES = (
    Taken(
        name="since",
        meaning="From this time on: 2026-03-01, 2026-03-01T10:00 or 30d (so long ago).",
        schema=_WHEN,
        example="30d",
    ),
    Taken(name="until", meaning="Before this time.", schema=_WHEN),
)
_LIST = (
    Taken(
        name="q",
        meaning="Words in the language of brand queries (docs/queries.md).",
        schema=TEXT,
        example='"battery drains" OR price',
    ),
    *_TIMES,
    Taken(
        name="time",
        meaning="`collected`: the times are those at which mentions were first collected, not of their posts.",
        schema={"enum": [COLLECTED]},
    ),
    *(
        Taken(name=sign + path, meaning=f"{says} what the team entered as {path.partition('.')[2]}.", schema=many(TEXT))
        for path in TRIAGE
        for sign, says in (("", "One of these values of"), ("not.", "None of these values of"))
    ),
    Taken(
        name="private",
        meaning="`only` what was written to the team alone (analysts), or `none` of it.",
        schema={"enum": ["only", "none"]},
    ),
    *(
        Taken(name=sign + info.path, meaning=f"{says} {info.meaning}.", schema=many(TEXT))
        for info in mention_fields()
        if info.path in FIELDS
        for sign, says in (("", "One of these values:"), ("not.", "None of these values:"))
    ),
)
_ID = (Taken(name="id", meaning="The id, as lists show it.", schema=TEXT),)
_PERIOD = (Taken(name="days", meaning="So many days that end with today.", schema={"enum": list(PERIODS)}), *_TIMES)
API_WAYS: tuple[ApiWay, ...] = (
    ApiWay(
        path="/mentions",
        answer=mentions,
        gives="MentionsPage",
        says="Mentions of a list, page after page without a cap: ask again with `after` set to `next`.",
        takes=(
            *_LIST,
            Taken(name="sort", meaning="The order.", schema={"enum": list(SORTS)}),
            Taken(name="after", meaning="The place that the last page's `next` named.", schema=TEXT),
            Taken(
                name="limit",
                meaning="Mentions of a page.",
                schema={"type": "integer", "minimum": 1, "maximum": MOST_PAGE, "default": PAGE},
            ),
        ),
    ),
    ApiWay(path="/mentions/{id}", answer=mention, gives="MentionNow", says="One mention.", names=_ID),
    ApiWay(
        path="/counts",
        answer=counts,
        gives="Counts",
        says="How many mentions a list has, and how many of each value of some fields.",
        takes=(
            *_LIST,
            Taken(
                name="by",
                meaning="Fields whose values are counted; without it those of the page's facets.",
                schema=many({"enum": sorted(COUNTED)}),
            ),
            Taken(
                name="values",
                meaning="Values of a field at most.",
                schema={"type": "integer", "minimum": 1, "maximum": MOST_VALUES, "default": VALUES},
            ),
        ),
    ),
    ApiWay(
        path="/report",
        answer=report,
        gives="Report",
        says="The report of a period, as `candor report --json` writes it.",
        takes=_PERIOD,
    ),
    ApiWay(
        path="/report/{section}",
        answer=section,
        gives="Section",
        says="One section of the report, under the report's own keys.",
        takes=_PERIOD,
        names=(Taken(name="section", meaning="Which one.", schema={"enum": list(PARTS)}),),
    ),
    ApiWay(
        path="/alerts",
        answer=alerts,
        gives="Alerts",
        says="Alerts, newest first.",
        takes=(Taken(name="state", meaning="Those in this state.", schema={"enum": list(STATES)}),),
    ),
    ApiWay(path="/alerts/{id}", answer=alert, gives="Alert", says="One alert.", names=_ID),
    ApiWay(
        path="/corrections",
        answer=corrections,
        gives="CorrectionsPage",
        says="Corrections in the order in which they were made: ask again with `after` set to `next`.",
        takes=(
            Taken(name="after", meaning="The place that the last page's `next` named.", schema=TEXT),
            Taken(
                name="limit",
                meaning="Corrections of a page.",
                schema={"type": "integer", "minimum": 1, "maximum": MOST_PAGE, "default": PAGE},
            ),
        ),
    ),
    ApiWay(path="/sources", answer=sources, gives="SourceStates", says="How each configured source does."),
)
