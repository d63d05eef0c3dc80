"""The two networks that are trained: one for English, one for every language."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.enrich.models.encoder.encoder import ENGLISH, FOLDER
from analysis.enrich.reading import READ_BY_RULES
from training.lessons import Lesson


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Where a network's files lie, how many layers it has, and the one language that it reads; any where empty."""

    folder: Path
    layers: int
    lang: str = ""

    def read(self, lessons: Iterator[Lesson]) -> Iterator[Lesson]:
        """Yield the lessons that it can read."""
        return (lesson for lesson in lessons if self.lang in ("", lesson.window.lang))


MULTILINGUAL = Base(folder=FOLDER, layers=6)
BASES = {"multilingual": MULTILINGUAL, "english": Base(folder=ENGLISH, layers=8, lang=READ_BY_RULES)}


def ask(parser: ArgumentParser) -> None:
    """Let the command line choose a base by name."""
    parser.add_argument("--base", choices=BASES, default="multilingual")
