"""Lessons as the network reads them: the same chunks that the run time cuts, with the answers beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.enrich.models.encoder.encoder import vocabulary_of
from analysis.enrich.models.encoder.inputs import Chunk, chunks_of
from analysis.enrich.reading import Bounds
from training.bases import Base
from training.lessons import Lesson, of_sentences, of_sets

MEASURED = 1200  # texts on which is measured how far figures reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A chunk: its pieces, the places of each target and which of the lesson's it is, and the lesson."""

    ids: Sequence[int]
    spans: Sequence[Bounds]
    places: Sequence[Sequence[int]]
    targets: Sequence[int]
    lesson: Lesson
    offset: int = field(default=0)  # characters before the body


def examples(lessons: Iterable[Lesson], base: Base) -> Iterator[Example]:
    """Yield the chunks of ``lessons`` that hold a target, as ``base`` reads them."""
    pieces = vocabulary_of(base.folder)
    for lesson in lessons:
        order = {place.brand: number for number, place in enumerate(lesson.window.places)}
        for chunk in chunks_of(lesson.window, pieces):
            yield _example(chunk, lesson, order)


def _example(chunk: Chunk, lesson: Lesson, order: dict[str, int]) -> Example:
    named = sorted(chunk.positions, key=lambda target: order[target])
    return Example(
        ids=chunk.ids,
        spans=chunk.spans,
        places=[chunk.positions[target] for target in named],
        targets=[order[target] for target in named],
        lesson=lesson,
        offset=lesson.window.title_end + bool(lesson.window.title_end),
    )


def calibration(folder: Path, base: Base) -> list[Example]:
    """Return examples of every set and language in equal parts."""
    every = [*examples(of_sets(folder), base), *examples(base.read(of_sentences("sentences")), base)]
    step = max(1, len(every) // MEASURED)
    return every[::step]
