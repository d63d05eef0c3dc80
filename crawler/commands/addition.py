"""What a new part adds to a checkout: files that are not there yet, and lines in files that are.

``scrapy newsource`` and ``python -m tools.new`` begin parts by it.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from string import Template

from analysis.model.errors import UsageError

WIDEST = 120  # columns of a line of code
ROOMS = ("analysis", "crawler", "candor")


class Addition:
    """Files and lines to be added to the checkout at ``root``. All of them are written, or none.

    Methods raise ``UsageError`` where a file is there already, or a line finds no place.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._added: dict[Path, str] = {}
        self._changed: dict[Path, str] = {}

    def add(self, path: Path, text: str) -> None:
        """Note a file to be written, which must not be there."""
        if (self.root / path).exists():
            raise UsageError(f"{path} is there already; choose another name")
        self._added[path] = text

    def change(self, path: Path, change: Callable[[str], str]) -> None:
        """Note a change of a file; one that changes nothing is a mistake."""
        if path not in self._changed and not (self.root / path).exists():
            raise UsageError(f"{path} is not there; call this in a checkout of Candor")
        text = self._changed.get(path) or (self.root / path).read_text(encoding="utf-8")
        self._changed[path] = change(text)
        if self._changed[path] == text:
            raise UsageError(f"{path}: found no place for the new line; was the file reshaped?")

    def write(self) -> list[Path]:
        """Write all that was noted and return the files, new ones first."""
        for path, text in self._added.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            with (self.root / path).open("x", encoding="utf-8") as stream:
                stream.write(text)
        for path, text in self._changed.items():
            (self.root / path).write_text(text, encoding="utf-8")
        return [*self._added, *self._changed]

    def claim(self, name: str) -> None:
        """Raise ``UsageError`` where a class of that name is there already: one word, one noun."""
        taken = re.compile(rf"^class {name}\b", re.MULTILINE)
        for path in (path for room in ROOMS for path in sorted((self.root / room).rglob("*.py"))):
            if taken.search(path.read_text(encoding="utf-8")):
                raise UsageError(f"{path.relative_to(self.root)} has a class {name} already; choose another name")


def class_name(name: str) -> str:
    """Return a module's name as a class is written: ``slow_day`` gives ``SlowDay``."""
    return "".join(word.capitalize() for word in name.split("_"))


def checked_name(name: str, what: str, example: str, *, words: bool = True) -> str:
    """Return ``name`` where it can be a module's: lower-case letters and digits, and ``_`` between ``words``.

    Raises ``UsageError`` else; ``what`` it is to name and an ``example`` stand in the message.
    """
    form = "[a-z][a-z0-9]+(_[a-z0-9]+)*" if words else "[a-z][a-z0-9]+"
    if not re.fullmatch(form, name) or len(name) > 31:
        signs = "lower-case letters, digits and _" if words else "lower-case letters and digits"
        raise UsageError(f"{name!r} cannot name {what}: use {signs}, such as {example}")
    if keyword.iskeyword(name) or hasattr(builtins, name):
        raise UsageError(f"{name!r} cannot name {what}: it is a word of Python; use another, such as {example}")
    return name


def filled(package: str, file: str, **words: str) -> str:
    """Return a template that lies in ``package`` with its ``$word`` places filled."""
    return Template(files(package).joinpath(file).read_text(encoding="utf-8")).substitute(words)


def with_import(text: str, module: str, name: str) -> str:
    """Return Python source in which ``from module import ...`` imports ``name`` too, in order, as ruff formats it."""
    listed = re.search(rf"^from {re.escape(module)} import (\([^)]*\)|[^\n]+)\n", text, re.MULTILINE)
    if not listed:
        return text
    names = sorted({*re.findall(r"\w+", listed[1]), name})
    line = f"from {module} import {', '.join(names)}\n"
    if listed[1].startswith("(") or len(line) > WIDEST + 1:
        line = f"from {module} import (\n" + "".join(f"    {each},\n" for each in names) + ")\n"
    return text[: listed.start()] + line + text[listed.end() :]


def with_last(text: str, opening: str, line: str) -> str:
    """Return Python source with ``line`` as the last in the bracket that the line ``opening`` opens."""
    indent = opening[: len(opening) - len(opening.lstrip())]
    block = re.search(rf"^{re.escape(opening)}\n(?:.*\n)*?(?={indent}[)\]}}])", text, re.MULTILINE)
    return text[: block.end()] + f"{indent}    {line}\n" + text[block.end() :] if block else text


def with_before(text: str, mark: str, more: str) -> str:
    """Return the text with ``more`` just before the first ``mark``."""
    return text.replace(mark, more + mark, 1)
