"""What no topic names and several tell alike, over a store."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from analysis.enrich.models.meaning.maker import Directions
from analysis.measure.unnamed import told_alike
from analysis.model import Claim, Mention
from analysis.store.base import Filter
from analysis.store.directions import WIDTH, Direction
from analysis.store.open import open_store
from tests.support.mentions import make_mention


class ByFirstWord(Directions):
    """Directions by hand: sentences that begin alike point the same way, and signs alone nowhere."""

    def __init__(self) -> None:
        super().__init__(None)

    @cached_property
    def together(self) -> float:
        return 0.9

    def of_all(self, texts: Sequence[str]) -> list[Direction | None]:
        found: list[Direction | None] = []
        for text in texts:
            made = np.zeros(WIDTH, np.int8)
            made[sum(map(ord, text.split()[0])) % WIDTH] = 100
            found.append(made if text[0].isalpha() else None)
        return found


def told(n: int, sentence: str, *, kind: str = "complaint", topic: str = "", story: str = "") -> Mention:
    return make_mention(n, claims=(Claim(kind=kind, sentence=sentence, topic=topic),), story=story or f"story-{n}")


def test_sentences_that_several_tell_alike_are_a_group_and_copies_are_one(tmp_path: Path) -> None:
    mentions = [
        *(told(n, f"Lids pop open on day {n}.") for n in range(3)),
        *(told(n, "Hoses burst.", story="one and the same") for n in range(3, 6)),
        *(told(n, f"Doors jam {n}.", topic="design") for n in range(6, 9)),
        *(told(n, f"Lids in blue, please, {n}.", kind="wish") for n in range(9, 11)),
        *(told(n, f"Staff smiled {n}.", kind="praise") for n in range(11, 14)),
        told(14, "?!"),
    ]
    with open_store(str(tmp_path / "store"), write=True) as store:
        store.write(mentions)
        found = told_alike(store, Filter(), directions=ByFirstWord(), hide=str)
    [group] = found.groups
    assert (group.kind, group.stories, {each.sentence for each in group.told}) == (
        "complaint", 3, {f"Lids pop open on day {n}." for n in range(3)},
    )  # fmt: skip
    assert "lids" in group.words
    assert group.first == min(mention.published_at for mention in mentions[:3])
    assert (found.read, found.left) == (9, 1)


def test_brands_are_kept_apart(tmp_path: Path) -> None:
    ours = [told(n, f"Lids pop open {n}.") for n in range(2)]
    theirs = [make_mention(n, brand="ulmo", claims=ours[0].claims, story=f"s{n}") for n in range(2, 4)]
    with open_store(str(tmp_path / "store"), write=True) as store:
        store.write([*ours, *theirs])
        assert told_alike(store, Filter(), directions=ByFirstWord(), hide=str).groups == ()
