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
from spacy.tokens import Doc

from analysis.enrich.enricher import Enricher
from analysis.enrich.learnt.fitting import FOLDS, Lesson, anchor_weight, fitted
from analysis.enrich.learnt.layer import LEARNT, Layer, LearntTask, log_chances, weights_hash
from analysis.enrich.learnt.shipped import LABELS, Examined, examined, ranked
from analysis.ledger.corrections import CountsAs, judged
from analysis.model import Mention, Post
from analysis.model.records.audit import CorrectedField
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
class OnHeldBack:
    """What a layer does to answers of a task that it did not see. ``gain`` is in shares of all ``answers``.

    ``missing`` and ``missing_right`` say how many more answers are needed, and how many more that say "right".
    """

    task: CorrectedField
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

    ``unread`` are mentions that the network could not read or that name their brand no more. Of ``others``, about which
    nobody answered, ``changed`` says how many each task of the layer judges otherwise.
    """

    layer: Layer
    tested: tuple[OnHeldBack, ...]
    others: int
    changed: Mapping[str, int]
    answers: int
    unread: int


@dataclass(frozen=True, slots=True)
class _Example:
    """A mention with an answer, as the shipped judges see it."""

    taught: Taught
    standing: CountsAs
    examined: Examined


def refit(taught: Sequence[Taught], make: Make, *, others: Sequence[Post] = ()) -> Refit:
    """Learn from ``taught``; ``make`` gives the enricher with a layer, or with the shipped judges alone.

    ``others`` are posts that nobody answered about: what is learnt is to leave them as they are judged.
    """
    shipped = make(None)
    examples = _examples(taught, shipped)
    answered = {one.mention for one in taught}
    anchors = [seen for id_, _, seen in _told(others, shipped) if id_ not in answered and seen.features is not None]
    found: dict[CorrectedField, OnHeldBack] = {}
    for task in LEARNT:
        if some := [example for example in examples if task in example.taught.truths]:
            found[task] = _counted(task, some)
    open_tasks = [task for task, tested in found.items() if tested.outcome == "does not help"]
    if open_tasks:
        after = dict(_held_back(examples, open_tasks, anchors, make))
        found |= {task: _judged(found[task], examples, after, len(open_tasks)) for task in open_tasks}
    helping = [task for task in open_tasks if found[task].outcome == "helps"]
    layer = _layer(examples, helping, anchors)
    return Refit(
        layer=layer,
        tested=tuple(found.values()),
        others=len(anchors),
        changed={task: _changed(part, task, anchors) for task, part in layer.tasks.items()},
        answers=sum(tested.answers for tested in found.values()),
        unread=len(taught) - len(examples),
    )


def _examples(taught: Sequence[Taught], enricher: Enricher) -> list[_Example]:
    by_id = {one.mention: one for one in taught}
    found = []
    for id_, standing, seen in _told([one.post for one in taught], enricher):
        if id_ in by_id and seen.features is not None:
            found.append(_Example(by_id[id_], standing, seen))
    return found


def _told(posts: Iterable[Post], enricher: Enricher) -> Iterator[tuple[str, CountsAs, Examined]]:
    """Yield every mention of the posts as it is judged, each post once: its id, what it counts as, the chances."""
    each = iter({post.url: post for post in posts}.values())

    def say(mention: Mention, doc: Doc | None) -> tuple[str, CountsAs, Examined]:
        return mention.id, judged(mention), examined(doc, mention.brand.id)

    while some := list(islice(each, BATCH)):
        for told in enricher.told(some, say):
            yield from told


def _counted(task: CorrectedField, examples: Sequence[_Example]) -> OnHeldBack:
    """Return what is known of a task before anything is fitted: whether there are enough answers."""
    right = sum(is_right(task, example.standing, example.taught.truths[task]) for example in examples)
    missing, missing_right = max(0, FEWEST - len(examples)), max(0, FEWEST_RIGHT - right)
    outcome: Outcome = "does not help"
    if missing or missing_right:
        outcome = "too few answers"
    elif right == len(examples):
        outcome = "nothing to mend"
    return OnHeldBack(
        task=task,
        outcome=outcome,
        answers=len(examples),
        right_before=right,
        missing=missing,
        missing_right=missing_right,
    )


def is_right(task: CorrectedField, standing: CountsAs, truth: str) -> bool:
    """Return whether what a mention counts as agrees with an answer."""
    if task == "move":
        return truth in standing.moves if truth != "none" else not standing.moves
    return standing.said(task) == truth


def _held_back(
    examples: Sequence[_Example], tasks: Sequence[CorrectedField], anchors: Sequence[Examined], make: Make
) -> Iterator[tuple[str, CountsAs]]:
    """Yield each mention as it is judged by a layer that was fitted on the other answers."""
    for part in range(FOLDS):
        held = [example for example in examples if group_of(example.taught.story) % FOLDS == part]
        others = [example for example in examples if group_of(example.taught.story) % FOLDS != part]
        if not held or not others:
            continue
        enricher = make(_layer(others, tasks, anchors))
        for id_, standing, _ in _told([example.taught.post for example in held], enricher):
            yield id_, standing


def _judged(before: OnHeldBack, examples: Sequence[_Example], after: Mapping[str, CountsAs], tests: int) -> OnHeldBack:
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


def _layer(examples: Sequence[_Example], tasks: Sequence[str], anchors: Sequence[Examined]) -> Layer:
    """Return the layer that is fitted to the answers of ``tasks``."""
    lessons = {task: _lesson(task, examples, anchors) for task in tasks}
    return Layer(weights_hash(), {task: fitted(lesson) for task, lesson in lessons.items() if lesson is not None})


def _lesson(task: str, examples: Sequence[_Example], anchors: Sequence[Examined]) -> Lesson | None:
    labels = LABELS[task]
    taught = [example for example in examples if example.taught.truths.get(task) in labels]
    if not taught:
        return None
    seen = [*(example.examined for example in taught), *anchors]
    chances = np.array([[one.chances[task].get(label, 0.0) for label in labels] for one in seen], np.float32)
    wanted = chances / chances.sum(axis=1, keepdims=True)
    for at, example in enumerate(taught):
        wanted[at] = np.array(labels) == example.taught.truths[task]
    # Within a part, stories are told apart by other digits than the part is.
    groups = [group_of(example.taught.story) // FOLDS for example in taught]
    anchored = anchor_weight(len(taught), len(anchors))
    return Lesson(
        labels,
        log_chances(chances),
        np.stack([one.features for one in seen if one.features is not None]),
        wanted,
        np.array([1.0] * len(taught) + [anchored] * len(anchors), np.float32),
        np.array(groups + [-1] * len(anchors)),
    )


def _changed(part: LearntTask, task: str, anchors: Sequence[Examined]) -> int:
    """Return of how many mentions that nobody answered about the likeliest answer becomes another."""
    return sum(
        ranked(one.chances[task])[0] != ranked(part.chances(one.chances[task], one.features))[0]
        for one in anchors
        if one.features is not None
    )


def group_of(story: str) -> int:
    """Return the number by which copies of a story are held back together: drawn by a hash, always the same."""
    return int(hashlib.sha256(story.encode()).hexdigest()[:8], 16)
