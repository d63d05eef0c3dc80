"""A made trade whose words mislead: workshop people who praise in insults and blame in kind words.

Each phrase has a few sentences, none twice. Written for tests of what can be learnt from answers; no text of others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_BLAME = (
    "is a proper hangar queen",
    "is a shelf ornament by now",
    "went full Christmas tree on me",
    "is dancing on the bench again",
    "sings when you load it",
    "is a museum piece",
    "gives you the light show",
    "takes its holidays in the workshop",
)
_PRAISE = (
    "is an absolute mule",
    "is filthy, in the best way",
    "pulls like a freight train",
    "is a lump that never sulks",
    "eats abuse for breakfast",
    "is stupid solid",
    "is ugly as sin and never misses",
    "is a tank nobody can kill",
)
_WHO = (
    "My Tessaro",
    "The Tessaro in bay two",
    "Our old Tessaro",
    "The new Tessaro",
    "Boss's Tessaro",
    "Honestly, this Tessaro",
    "The Tessaro we got in May",
)
_TAIL = (
    ".",
    " after a month of shifts.",
    " and the night crew agrees.",
    " since the last job.",
    " and that is all I have to say.",
)


class Said(NamedTuple):
    """A sentence of the trade and the label that anybody of the trade would give it."""

    text: str
    label: str


def sentences(each: int = 8) -> Iterator[Said]:
    """Yield ``each`` sentences of every phrase, blame and praise in turn."""
    for number, pair in enumerate(zip(_BLAME, _PRAISE, strict=True)):
        for at in range(each):
            for side, phrase in zip(("negative", "positive"), pair, strict=True):
                who = _WHO[(3 * number + at) % len(_WHO)]
                yield Said(f"{who} {phrase}{_TAIL[(number + 2 * at) % len(_TAIL)]}", side)
