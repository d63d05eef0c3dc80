"""The word lists that readers look words up in: a file each under ``data``, a line for each pattern or row."""

from __future__ import annotations

from importlib.resources import files


def rows(name: str) -> tuple[str, ...]:
    """Return the lines of the list ``name``; those that begin with # are remarks."""
    text = (files("crawler.readers") / "data" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def any_of(name: str) -> str:
    """Return a pattern that matches any line of the list ``name``, earlier ones first."""
    return "|".join(rows(name))
