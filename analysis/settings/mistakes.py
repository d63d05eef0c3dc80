"""What is wrong with a value of ``candor.toml``, in plain words: pydantic's own speak to programmers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from typing import Any, NamedTuple

from pydantic import ValidationError

from analysis.settings.values import shown

Place = tuple[str | int, ...]
_TABLES = ("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type")
_LISTS = ("list_type", "tuple_type", "iterable_type", "set_type")


class Mistake(NamedTuple):
    """Something wrong: where it stands, and what is wrong with the cure."""

    at: Place
    words: str


def mistake_of(item: Mapping[str, Any], keys: Callable[[Place], Sequence[str]], *, at: Place = ()) -> Mistake:
    """Return what pydantic found wrong below ``at``; ``keys`` gives those that the table at a place may have."""
    place = (*at, *inner_place(item))
    return Mistake(place, in_words(item, place, keys(place[:-1])))


def mistakes_of(error: ValidationError, keys: Callable[[Place], Sequence[str]], *, at: Place = ()) -> list[Mistake]:
    """Return each mistake that pydantic found below ``at``, once: what only follows from another one is left out."""
    found = [item for item in error.errors() if (item.get("ctx") or {}).get("expected") != "''"]
    places = [inner_place(item) for item in found]
    return [
        mistake_of(item, keys, at=at)
        for item, place in zip(found, places, strict=True)
        if item["type"] != "too_short"
        or not any(len(other) > len(place) and other[: len(place)] == place for other in places)
    ]


def inner_place(item: Mapping[str, Any]) -> Place:
    """Return the keys that lead to what is wrong: pydantic names the checks and unions on its way too."""
    return tuple(
        part for part in item["loc"] if not (isinstance(part, str) and re.match(r"function-|literal\[|\[key\]", part))
    )


def in_words(item: Mapping[str, Any], place: Place = (), known: Sequence[str] = ()) -> str:
    """Return what is wrong with the value and how to write it, for one of pydantic's errors."""
    kind, given, context = item["type"], item.get("input"), item.get("ctx") or {}
    if kind == "extra_forbidden":
        return f"unknown key{did_you_mean(str(place[-1]), known)}"
    if kind == "missing":
        return f"is missing; every {_table_name(place[:-1])} needs {place[-1]} = ..."
    if kind == "literal_error":
        choices = re.findall(r"'([^']+)'", context["expected"])
        near = difflib.get_close_matches(str(given)[:60], choices, n=1)
        return f"{shown(given)} is not one of {', '.join(choices)}{f'; did you mean {near[0]}?' if near else ''}"
    if kind == "value_error":
        return str(context["error"])
    if brackets := _other_brackets(kind, given, place):
        return brackets
    bounded = _BOUNDED.get(kind)
    said = bounded(context) if bounded else _PLAIN.get(kind) or item["msg"][0].lower() + item["msg"][1:]
    return f"{said}; {_given(given)}"


def did_you_mean(word: str, choices: Sequence[str]) -> str:
    """Return the nearest of ``choices``, or some of them where none is near."""
    near = difflib.get_close_matches(word[:60], choices, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(choices)}"


def _table_name(place: Place) -> str:
    name = ".".join(part for part in place if isinstance(part, str))
    return (f"[[{name}]]" if place and isinstance(place[-1], int) else f"[{name}]") if name else "file"


def _other_brackets(kind: str, given: Any, place: Place) -> str:
    """Return what to write where a table stands in single brackets that should in double ones, or the reverse."""
    name = ".".join(str(part) for part in place)
    if kind in _LISTS and isinstance(given, dict):
        return f"there may be many of these: write [[{name}]], with two brackets, above each"
    if kind in _TABLES and isinstance(given, list | tuple) and all(isinstance(part, str) for part in place):
        return f"there is one of these: write [{name}], with one bracket, and all its keys below it"
    if kind in _LISTS and isinstance(given, str):
        return f"must be a list between brackets: [{shown(given)}]"
    return ""


def _given(value: Any) -> str:
    if isinstance(value, dict):
        return "a table was given"
    if isinstance(value, list | tuple):
        return "an empty list was given" if not value else f"a list of {len(value)} was given"
    if isinstance(value, str):
        return "an empty text was given" if not value else f"the text {shown(value)} was given"
    if isinstance(value, bool):
        return f"{shown(value)} was given"
    if isinstance(value, date | time):
        return f"the time {value} was given"
    return f"{shown(value)} was given"


def _number(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _least(verb: str, count: int, what: str) -> str:
    return "must not be empty" if count == 1 else f"must {verb} {count} {what} or more"


_MOMENT = "must be a date and time, such as 2026-03-01T08:30:00Z"
_PLAIN: Mapping[str, str] = {
    **dict.fromkeys(("string_type", "string_unicode"), 'must be a text between quotation marks, such as "..."'),
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
        "must be a whole number without quotation marks, such as 3",
    ),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "must be a number, such as 0.5"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false, without quotation marks"),
    **dict.fromkeys(_LISTS, 'must be a list between brackets, such as ["..."]'),
    **dict.fromkeys(_TABLES, "must be a table: keys below a line with its name in brackets"),
    **dict.fromkeys(("time_type", "time_parsing"), "must be a time of the day, such as 08:30:00"),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_object_invalid", "datetime_from_date_parsing"), _MOMENT
    ),
    **dict.fromkeys(("timezone_aware", "timezone_naive", "timezone_offset"), _MOMENT),
}
"""By pydantic's name of an error, what the value must be."""
_BOUNDED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda context: f"must be more than {_number(context['gt'])}",
    "greater_than_equal": lambda context: f"must be {_number(context['ge'])} or more",
    "less_than": lambda context: f"must be less than {_number(context['lt'])}",
    "less_than_equal": lambda context: f"must be {_number(context['le'])} or less",
    "string_too_short": lambda context: _least("have", context["min_length"], "signs"),
    "string_too_long": lambda context: f"must have {context['max_length']} signs or less",
    "too_short": lambda context: _least("hold", context["min_length"], "of them"),
    "too_long": lambda context: f"must hold {context['max_length']} of them or less",
}
"""The same where the error names a bound."""
