"""Learning from answers: for each task a layer, kept only where it makes more of held-back answers right.

Every answer is held back once: the layer that judges it was fitted on the others, and it is judged as a mention is,
by the whole pipeline. So what is told of a layer is what it does to mentions, not to scores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import numpy as np

from analysis.enrich.enricher import Enricher
from analysis.enrich.learnt.fitting import FOLDS, Lesson, fitted
from analysis.enrich.learnt.layer import LEARNT, Layer, log_chances, weights_hash
from analysis.enrich.learnt.shipped import LABELS, Examined, examined
from analysis.ledger.corrections import CountsAs, judged
from analysis.model import Mention, Post
from analysis.track.statistics.intervals import Interval, paired_gain

FEWEST, FEWEST_RIGHT = 30, 10
"""Answers to a task from which it is learnt, and how many of them must say that the shipped judgement is right."""
BATCH = 64
ERROR = 0.05
"""How probable it may be that anything is taken for a help that is none, over all tasks of one call."""
Outcome = Literal["helps", "does not help", "harms by lot", "too few answers", "nothing to mend"]
Make = Callable[[Layer | None], Enricher]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """A mention about which people answered: its post, its id, its story, and the right label of each task.

    ``by_lot`` are the tasks about which it was asked by lot.
    """

    post: Post
    mention: str
    story: str
    truths: Mapping[str, str]
    by_lot: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What a layer does to answers of a task that it did not see. ``gain`` is in shares of all ``answers``.

    ``missing`` and ``missing_right`` say how many more answers are needed, and how many more that say "right".
    """

    task: str
    outcome: Outcome
    answers: int
    right_before: int
    right_after: int = 0
    mended: int = 0
    broken: int = 0
    gain: Interval | None = None
    missing: int = 0
    missing_right: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """The layer of the tasks that it helps, what was found of each task with answers, and how many answers there were.

    ``unread`` are mentions that the network could not read or that name their brand no more.
    """

    layer: Layer
    tested: tuple[Tested, ...]
    answers: int
    unread: int


@dataclass(frozen=True, slots=True)
class _Example:
    """A mention with an answer, as the shipped judges see it."""

    taught: Taught
    standing: CountsAs
    examined: Examined


def refit(taught: Sequence[Taught], make: Make) -> Refit:
    """Learn from ``taught``; ``make`` gives the enricher with a layer, or with the shipped judges alone."""
    examples = _examples(taught, make(None))
    found: dict[str, Tested] = {}
    for task in LEARNT:
        if some := [example for example in examples if task in example.taught.truths]:
            found[task] = _counted(task, some)
    open_tasks = [task for task, tested in found.items() if tested.outcome == "does not help"]
    if open_tasks:
        after = dict(_held_back(examples, open_tasks, make))
        found |= {task: _judged(found[task], examples, after, len(open_tasks)) for task in open_tasks}
    helping = [task for task in open_tasks if found[task].outcome == "helps"]
    layer = _layer(examples, helping)
    return Refit(
        layer=layer,
        tested=tuple(found.values()),
        answers=sum(tested.answers for tested in found.values()),
        unread=len(taught) - len(examples),
    )


def _examples(taught: Sequence[Taught], enricher: Enricher) -> list[_Example]:
    by_id = {one.mention: one for one in taught}
    found = []
    for mention, seen in _told(taught, enricher):
        if mention.id in by_id and seen.features is not None:
            found.append(_Example(by_id[mention.id], judged(mention), seen))
    return found


def _told(taught: Iterable[Taught], enricher: Enricher) -> Iterator[tuple[Mention, Examined]]:
    """Yield every mention of the posts as it is judged, each post once."""
    posts = iter({one.post.url: one.post for one in taught}.values())
    while some := list(islice(posts, BATCH)):
        for told in enricher.told(some, lambda mention, doc: (mention, examined(doc, mention.brand.id))):
            yield from told


def _counted(task: str, examples: Sequence[_Example]) -> Tested:
    """Return what is known of a task before anything is fitted: whether there are enough answers."""
    right = sum(is_right(task, example.standing, example.taught.truths[task]) for example in examples)
    missing, missing_right = max(0, FEWEST - len(examples)), max(0, FEWEST_RIGHT - right)
    outcome: Outcome = "does not help"
    if missing or missing_right:
        outcome = "too few answers"
    elif right == len(examples):
        outcome = "nothing to mend"
    return Tested(
        task=task,
        outcome=outcome,
        answers=len(examples),
        right_before=right,
        missing=missing,
        missing_right=missing_right,
    )


def is_right(task: str, standing: CountsAs, truth: str) -> bool:
    """Return whether what a mention counts as agrees with an answer."""
    if task == "move":
        return truth in standing.moves if truth != "none" else not standing.moves
    return bool(standing.said(task) == truth)  # type: ignore[arg-type]


def _held_back(examples: Sequence[_Example], tasks: Sequence[str], make: Make) -> Iterator[tuple[str, CountsAs]]:
    """Yield each mention as it is judged by a layer that was fitted on the other answers."""
    for part in range(FOLDS):
        held = [example for example in examples if group_of(example.taught.story) % FOLDS == part]
        others = [example for example in examples if group_of(example.taught.story) % FOLDS != part]
        if not held or not others:
            continue
        enricher = make(_layer(others, tasks))
        for mention, _ in _told([example.taught for example in held], enricher):
            yield mention.id, judged(mention)


def _judged(before: Tested, examples: Sequence[_Example], after: Mapping[str, CountsAs], tests: int) -> Tested:
    """Return what held-back answers say of a task's layer, and whether it is to be kept."""
    task = before.task
    mended = broken = lot_mended = lot_broken = 0
    for example in examples:
        truth = example.taught.truths.get(task)
        now = after.get(example.taught.mention)
        if truth is None or now is None:
            continue
        was_right, is_now = is_right(task, example.standing, truth), is_right(task, now, truth)
        mended, broken = mended + (is_now and not was_right), broken + (was_right and not is_now)
        if task in example.taught.by_lot:
            lot_mended, lot_broken = lot_mended + (is_now and not was_right), lot_broken + (was_right and not is_now)
    gain = paired_gain(mended, broken, before.answers, level=1 - ERROR / tests)
    outcome: Outcome = "helps" if gain.low > 0 else "does not help"
    if outcome == "helps" and lot_broken > lot_mended:
        outcome = "harms by lot"
    right = before.right_before + mended - broken
    return replace(before, outcome=outcome, right_after=right, mended=mended, broken=broken, gain=gain)


def _layer(examples: Sequence[_Example], tasks: Sequence[str]) -> Layer:
    """Return the layer that is fitted to the answers of ``tasks``."""
    lessons = {task: _lesson(task, examples) for task in tasks}
    return Layer(weights_hash(), {task: fitted(lesson) for task, lesson in lessons.items() if lesson is not None})


def _lesson(task: str, examples: Sequence[_Example]) -> Lesson | None:
    labels = LABELS[task]
    rows = [
        (example.examined, labels.index(example.taught.truths[task]), group_of(example.taught.story))
        for example in examples
        if example.taught.truths.get(task) in labels
    ]
    if not rows:
        return None
    chances = [[seen.chances[task].get(label, 0.0) for label in labels] for seen, _, _ in rows]
    return Lesson(
        labels,
        log_chances(np.array(chances, np.float32)),
        np.stack([seen.features for seen, _, _ in rows if seen.features is not None]),
        np.array([truth for _, truth, _ in rows]),
        np.array([group for _, _, group in rows]) // FOLDS,  # within a part, told apart by other digits
    )


def group_of(story: str) -> int:
    """Return the number by which copies of a story are held back together: drawn by a hash, always the same."""
    return int(hashlib.sha256(story.encode()).hexdigest()[:8], 16)
