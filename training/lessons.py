"""What is learnt from: windows with their right answers, from the permissive sets and the written sentences.

One text in twenty, told by its hash, is held out of training: what weighs the network against the rules, and how sure
an answer is, is fitted on texts that the network has not seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.enrich.judge import WHOLE
from analysis.enrich.reading import REACH_PERSONAL, BrandPlace, Window
from training.written import WrittenSentence, sentences

SETS = ("newsmtsc", "sentfin", "mams_atsa", "sentihood")
"""The sets whose licence allows shipping weights; the model card names licence and source of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A window, the label of each of its targets in order, and the written sentence that it is made of, if any.

    ``source`` is the set or the file that it stands in.
    """

    window: Window
    labels: tuple[str, ...]
    source: str
    sentence: WrittenSentence | None = None

    @property
    def held(self) -> bool:
        """Whether it is held out of training."""
        text = self.window.text[self.window.title_end :].lstrip("\n")
        return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 20 == 0


def of_sets(folder: Path, part: str = "train") -> Iterator[Lesson]:
    """Yield every text of the permissive sets once, with the targets that do not overlap; others again, alone."""
    for name in SETS:
        texts: dict[str, list[tuple[int, int, str]]] = {}
        with (folder / name / f"{part}.jsonl").open(encoding="utf-8") as stream:
            for line in stream:
                row = json.loads(line)
                texts.setdefault(row["text"], []).append((row["start"], row["end"], row["label"]))
        for text, targets in texts.items():
            for together in _apart(sorted(targets)):
                places = tuple(BrandPlace(f"t{at}", first, last) for at, (first, last, _) in enumerate(together))
                window = Window(text=text, places=places, reach=REACH_PERSONAL, aspects=True)
                yield Lesson(window=window, labels=tuple(label for _, _, label in together), source=name)


def _apart(targets: list[tuple[int, int, str]]) -> Iterator[list[tuple[int, int, str]]]:
    kept: list[tuple[int, int, str]] = []
    for target in targets:
        if kept and target[0] < kept[-1][1]:
            yield [target]
        else:
            kept.append(target)
    yield kept


def of_sentences(folder: str) -> Iterator[Lesson]:
    """Yield the written sentences of ``sentences`` or ``apart``."""
    for sentence in sentences(folder):
        yield Lesson(
            window=window_of(sentence),
            labels=tuple(brand.label for brand in sentence.brands),
            source=sentence.where.split(":")[0],
            sentence=sentence,
        )


def window_of(sentence: WrittenSentence) -> Window:
    """Return the window of a written sentence; a brand that only the title names stands there."""
    title = f"{sentence.title}\n" if sentence.title else ""
    text = title + sentence.text
    places = []
    for number, brand in enumerate(sentence.brands):
        if brand.end > brand.start:
            start = len(title) + brand.start
            places.append(BrandPlace(f"t{number}", start, start + len(brand.name)))
        else:
            start = title.index(brand.name)
            places.append(BrandPlace(f"t{number}", start, start + len(brand.name)))
    if not places:
        places = [BrandPlace(WHOLE, 0, len(text))]
    return Window(
        text=text,
        places=tuple(places),
        title_end=len(sentence.title),
        reach=REACH_PERSONAL,
        lang=sentence.lang,
        aspects=True,
    )
