"""The right answers of a written sentence, per target, as the heads and the judges give them."""

from __future__ import annotations

from collections.abc import Sequence

from training.lessons import Lesson
from training.written import WrittenSentence

BLAMED, PRAISED = ("negative", "mixed"), ("positive", "mixed")


def values(sentence: WrittenSentence, code: str) -> list[str]:
    """Return every value of a code."""
    return [value for name, value, _ in sentence.codes if name == code]


def intents(lesson: Lesson, at: int) -> set[str]:
    """Return what is done towards the target ``at``: of several, only who is blamed is complained of."""
    assert lesson.sentence
    said = set(values(lesson.sentence, "intent"))
    if len(lesson.labels) > 1:
        said -= {"complaint"} if lesson.labels[at] not in BLAMED else set()
        said -= {"praise"} if lesson.labels[at] not in PRAISED else set()
    return said


def severity(lesson: Lesson, at: int) -> str:
    """Return the worst harm told of the target; of several targets, who is not blamed did none."""
    assert lesson.sentence
    told = (values(lesson.sentence, "severity") or [""])[0]
    return told if len(lesson.labels) < 2 or lesson.labels[at] in BLAMED else ""


def switching(lesson: Lesson, at: int) -> str:
    """Return the part that the target takes in a switch: ``from_done``, ``to_considered`` and the like."""
    assert lesson.sentence
    if not lesson.sentence.brands:
        return ""
    name = lesson.sentence.brands[at].name
    for value in values(lesson.sentence, "switching"):
        sides, status, _ = value.split(":", 2)
        origin, target = sides.split(">")
        if name in (origin, target):
            return f"{'from' if name == origin else 'to'}_{status}"
    return ""


def moves(lesson: Lesson, at: int) -> str:
    """Return the move of the target."""
    assert lesson.sentence
    for value in values(lesson.sentence, "move"):
        kind, actor = value.split("@", 1)
        if not lesson.sentence.brands or len(lesson.labels) == 1 or lesson.sentence.brands[at].name == actor:
            return kind
    return ""


def relevance(lesson: Lesson) -> str:
    """Return how much the text is about its brands."""
    assert lesson.sentence
    return (values(lesson.sentence, "relevance") or ["about"])[0]


def comparison(lesson: Lesson) -> str:
    """Return how the first brand stands against the second."""
    assert lesson.sentence
    return (values(lesson.sentence, "comparison") or ["NONE"])[0]


def number(label: str, labels: Sequence[str]) -> int:
    """Return the number of a label; that of the first where the head does not know it."""
    return list(labels).index(label) if label in labels else 0
