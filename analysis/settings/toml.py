"""The text of ``candor.toml`` and what it holds, or why it is no such file, in words for who wrote it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from analysis.model.errors import ConfigError
from analysis.settings.locate import key_line

LARGEST_BYTES = 16 * 1024 * 1024
DEEPEST = 32
"""Levels of tables and lists within each other; no key needs more than six."""
_MOST = 20  # mistakes of one sort that are told
_LARGEST = 2**63
_LONGEST_WHOLE = 4300  # digits; Python refuses more, without a place
_DIGITS = re.compile(rf"[0-9_]{{{_LONGEST_WHOLE},}}")
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_BACKSLASH = r"a \ within double quotes must be doubled (\\), or put the text between single quotes"
_TWICE = "the same key is written twice; keep one of them"
_NOT_CLOSED = "a text is not closed; put the same quotation mark at its end as at its beginning"
_CONTROL = "a sign that cannot be shown stands here; delete it and type the line anew"
_SAID: tuple[tuple[str, str], ...] = (
    # The words of tomllib, which speak to programmers, in its own order.
    (r"Invalid statement", 'this is no line of TOML; write key = "value", [table], or # before a remark'),
    (r"Expected newline", "something is left behind the value; text needs quotation marks, and each key a line"),
    (r"Found invalid character", _CONTROL),
    (r"Cannot declare \(([^)]*)\)", ""),
    (r"Cannot (overwrite a value|mutate|redefine)", "this name has a value already; keep one of the two"),
    (r"Expected ']'", "the name of a table is not closed by ]"),
    (r"Expected ']]'", "the name of a table is not closed by ]]"),
    (r"Expected '=' ", 'no = follows the key; write key = "value"'),
    (r"Invalid initial character", "a key begins with a letter or digit; write others between quotation marks"),
    (r"Unclosed array", "a list is not closed by ], or a comma is missing between two of its values"),
    (r"Duplicate inline table key", _TWICE),
    (r"Unclosed inline table", "a { is not closed by } on its line, or a comma is missing between two of its keys"),
    (r"Unescaped|Invalid hex|Escaped", _BACKSLASH),
    (r"Unterminated string|Expected \S+$|Illegal character '\\n'", _NOT_CLOSED),
    (r"Illegal character", _CONTROL),
    (r"Invalid date", "there is no such date or time; write 2026-03-01, 08:30:00 or 2026-03-01T08:30:00Z"),
    (r"Invalid value", 'this is no value; text needs quotation marks, as in "15m"'),
)


def text_of(path: Path) -> str:
    """Return the text of the file. Raises ``ConfigError`` where it is none in UTF-8, not there or far too large."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file"], cure="configure") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigError([f"{path}: cannot be read ({why}); it must be a text file that you may read"]) from None
    if len(data) > LARGEST_BYTES:
        words = f"holds more than {LARGEST_BYTES >> 20} MiB; name the configuration, which is a text of TOML"
        raise ConfigError([f"{path}: {words}"])
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError([f"{path}:1: is written in UTF-16; save it as UTF-8"])
    try:
        # Editors on Windows put a mark before the text, which is none of TOML's.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        sign = data[error.start : error.start + 1].decode("cp1252", "replace")
        words = f"is not written in UTF-8 (the first sign that is not: {sign!r}, if it is Latin-1); save it as UTF-8"
        raise ConfigError([f"{path}:{line}: {words}"]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def values_of(text: str, path: Path) -> dict[str, Any]:
    """Return what the ``text`` of the file at ``path`` holds. Raises ``ConfigError`` where it is no TOML for us."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_refused(str(error), text, path)]) from None
    except RecursionError:
        raise ConfigError([f"{path}: {_TOO_DEEP}"]) from None
    except ValueError:
        found = _DIGITS.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        raise ConfigError([f"{path}:{line}: {_TOO_LARGE}"]) from None
    unfit = islice(_unfit(values), _MOST)
    if problems := [f"{path}:{key_line(text, place)}: {_place(place[:6])}: {words}" for place, words in unfit]:
        raise ConfigError(problems)
    return values


_TOO_DEEP = f"tables or lists stand within each other more than {DEEPEST} deep; no key needs that"
_TOO_LARGE = "a number has more digits than TOML allows (19); write a smaller one"


def _unfit(values: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield where a value is one that TOML may hold and no key can take. Its depth may be any: it is not recursive."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), values)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            yield place, _TOO_LARGE
        elif isinstance(value, dict | list) and len(place) >= DEEPEST:
            yield place, _TOO_DEEP
        elif isinstance(value, dict):
            waiting += [((*place, key), each) for key, each in value.items()]
        elif isinstance(value, list):
            waiting += [((*place, number), each) for number, each in enumerate(value)]


def _place(place: tuple[str | int, ...]) -> str:
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _refused(said: str, text: str, path: Path) -> str:
    lines = text.splitlines()
    at = _AT.search(said)
    line = int(at[1]) if at and at[1] else max(len(lines), 1)
    column = f" at column {at[2]}" if at and at[2] else ""
    words = _in_words(_AT.sub("", said))
    if line <= len(lines) and re.search("[“”„‘’«»]", lines[line - 1]):
        words = "curly quotation marks are none for TOML; type straight ones"
    return f"{path}:{line}: not valid TOML{column}: {words}"


def _in_words(said: str) -> str:
    for pattern, words in _SAID:
        if found := re.match(pattern, said):
            return words or _declared_twice(found[1])
    return said


def _declared_twice(names: str) -> str:
    name = ".".join(re.findall(r"'([^']*)'", names))
    return f"[{name}] is written twice; put its keys together, or where there may be many, write each as [[{name}]]"
