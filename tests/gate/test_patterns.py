"""No regular expression takes more than linear time, on its worst strings and with the methods it is used by."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import process_time
from types import ModuleType
from typing import Any

import pytest

import analysis
import candor
import crawler
from tests.support.worst_strings import worst_strings

# In small steps at first: what doubles with each sign must be seen before it hangs.
SIZES = (*(int(10 * 1.25**step) for step in range(20)), 1000, 2000, 4000, 8000)
LEAST_S = 0.02
"""What takes less is too short to be told from the machine's own unrest."""
AGAIN = 3
_METHODS = ("search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer")


def _modules() -> Iterator[ModuleType]:
    for package in (analysis, crawler, candor):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def _held(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | set | frozenset):
        for part in value:
            yield from _held(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _held(part)


def _patterns() -> dict[str, tuple[re.Pattern[Any], frozenset[str]]]:
    """Return each pattern with the methods that it is used by; all of them where that cannot be read."""
    found: dict[str, tuple[re.Pattern[Any], frozenset[str]]] = {}
    for module in _modules():
        source = Path(module.__file__ or "").read_text() if module.__file__ else ""
        for name, value in vars(module).items():
            for number, pattern in enumerate(_held(value)):
                if f"{name} = " not in source and f"{name}: " not in source:
                    continue
                used = set(re.findall(rf"\b{name}\.({'|'.join(_METHODS)})\(", source))
                is_whole = isinstance(value, re.Pattern) and len(re.findall(rf"\b{name}\b", source)) == 1 + len(
                    re.findall(rf"\b{name}\.(?:{'|'.join(_METHODS)})\(", source)
                )
                found[f"{module.__name__}.{name}[{number}]"] = (
                    pattern,
                    frozenset(used if is_whole else ("search", "sub")),
                )
        for number, (method, text) in enumerate(_in_functions(source)):
            found[f"{module.__name__} re.{method}[{number}]"] = (re.compile(text), frozenset({method}))
    return found


def _in_functions(source: str) -> Iterator[tuple[str, str | bytes]]:
    """Yield the patterns that are written where they are used, with the method."""
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    for call in (node for function in functions for node in ast.walk(function)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
            continue
        name, text = call.func, call.args[0]
        if isinstance(name.value, ast.Name) and name.value.id == "re" and isinstance(text, ast.Constant):
            method = name.attr.replace("compile", "search")
            if method in _METHODS and isinstance(text.value, str | bytes):
                yield method, text.value


PATTERNS = _patterns()


def _seconds(run: Callable[[], object]) -> float:
    began = process_time()
    run()
    return process_time() - began


def _run(pattern: re.Pattern[Any], method: str, text: str) -> Callable[[], object]:
    given: Any = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    if method in ("sub", "subn"):
        return lambda: pattern.sub(given[:0], given)
    if method == "finditer":
        return lambda: sum(1 for _ in pattern.finditer(given))
    return lambda: getattr(pattern, method)(given)


def _is_slow(pattern: re.Pattern[Any], method: str) -> str:
    """Return the string on which the pattern takes more than twice as long for twice the length, or nothing."""
    for kinds in zip(*(worst_strings(pattern, size) for size in SIZES), strict=True):
        before, length = 0.0, 1
        for text in kinds:
            took = _seconds(_run(pattern, method, text))
            if took > LEAST_S:
                # Again: what a busy machine adds does not come each time.
                took = min(took, *(_seconds(_run(pattern, method, text)) for _ in range(AGAIN)))
            if took > LEAST_S and (len(text) < 1000 or took > 1.5 * before * len(text) / length):
                return f"{text[:60]!r}: {took:.3f} s for {len(text)} characters, {before:.3f} s for {length}"
            before, length = took, len(text)
    return ""


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_pattern_is_linear(name: str) -> None:
    pattern, methods = PATTERNS[name]
    for method in sorted(methods):
        slow = _is_slow(pattern, method)
        assert not slow, f"{name}.{method} on {slow}"


@pytest.mark.parametrize("text", [r"(a+)+$", r"\s+$", r"(\w|\d)*x", r"^\s*sitemap\s*:\s*(\S+)", r"<!--.*?-->"])
def test_a_slow_pattern_is_found(text: str) -> None:
    assert _is_slow(re.compile(text, re.MULTILINE | re.DOTALL), "search")
