"""The sentences of ``told`` and ``topics``: one problem in several wordings, one topic in ten sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parent
Part = Literal["learn", "apart"]


@dataclass(frozen=True, slots=True)
class Telling:
    """One wording: the numbers of its product and of its problem, both over all files of a part; language, text."""

    product: int
    problem: int
    lang: str
    text: str


@dataclass(frozen=True, slots=True)
class ToldTopic:
    """A topic told by ``given`` sentences, ``others`` that are of it, and ``near`` ones that are not."""

    name: str
    given: tuple[str, ...]
    others: tuple[str, ...]
    near: tuple[str, ...]


def tellings(part: Part) -> list[Telling]:
    """Return the tellings of one part. Raises ``ValueError`` with the line that cannot be read."""
    found: list[Telling] = []
    product = problem = -1
    for line in _lines("told", part):
        if line.startswith("## "):
            product += 1
            continue
        problem += 1
        found += [Telling(product, problem, lang, text) for lang, text in _cut(line)]
    return found


def examples(part: Part) -> list[ToldTopic]:
    """Return the topics of one part. Raises ``ValueError`` with the line that cannot be read."""
    blocks: list[list[str]] = []
    for line in _lines("topics", part):
        if line.startswith("## "):
            blocks.append([])
        blocks[-1].append(line)
    return [_example(*block) for block in blocks]


def _example(name: str, given: str, others: str, near: str) -> ToldTopic:
    if not near.startswith("no "):
        raise ValueError(f"no near ones below {name!r}: {near!r}")
    rows = [tuple(text for _, text in _cut(line)) for line in (given, others, near.removeprefix("no "))]
    return ToldTopic(name.removeprefix("## "), *rows)


def _lines(folder: str, part: Part) -> Iterator[str]:
    for path in sorted((FOLDER / folder).glob(f"{part}*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("## ") or (line and not line.startswith("#")):
                yield line


def _cut(line: str) -> list[tuple[str, str]]:
    rows = [part.partition(" ") for part in line.split(" // ")]
    if any(len(lang) != 2 or not text.strip() for lang, _, text in rows):
        raise ValueError(f"no language or no text: {line!r}")
    return [(lang, text) for lang, _, text in rows]
