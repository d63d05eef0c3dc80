"""Finding by meaning over a store: what is compared, what is passed over, and which sentence is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.enrich.models.meaning.maker import shipped
from analysis.measure.like import alike
from analysis.model import Claim, Meaning, Mention
from analysis.model.errors import UsageError
from analysis.store.base import Filter
from analysis.store.embedded.folder import MARKER, MEANING
from analysis.store.open import open_store
from tests.support.mentions import make_mention

MADE = shipped("linear")


def plain(text: str) -> str:
    return text


def judged(n: int, *sentences: str) -> Mention:
    mention = make_mention(n, claims=tuple(Claim(kind="complaint", sentence=sentence) for sentence in sentences))
    [meaning] = MADE.meanings([mention], plain)
    return make_mention(n, claims=mention.claims, meaning=meaning)


def test_the_sentence_that_is_nearest_is_shown_and_others_makers_are_passed_over(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "store"), write=True) as store:
        leaks = judged(1, "The lid is red.", "Water leaks from its base.")
        store.write(
            [leaks, judged(2, "The staff were rude."), make_mention(3), make_mention(4, meaning=Meaning(maker="old"))]
        )
        found = alike(store, Filter(), "water leaks out", limit=5, directions=MADE, hide=plain)
        assert [hit.snippet for hit in found.hits] == ["Water leaks from its base.", "The staff were rude."]
        assert found.hits[0].score > 0.5
        assert found.unmade == 2
        again = alike(store, Filter(), leaks.id, limit=5, directions=MADE, hide=plain)
        assert [hit.mention.id for hit in again.hits] == [judged(2, "The staff were rude.").id]


def test_a_store_of_an_older_candor_opens_and_its_mentions_are_counted_as_unmade(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with open_store(str(folder), write=True) as store:
        store.write([make_mention(1), make_mention(2)])
    words = json.loads((folder / MARKER).read_text())
    words["fields"] = [field for field in words["fields"] if not field.startswith("meaning.")]
    (folder / MARKER).write_text(json.dumps(words))
    (folder / MEANING).unlink()
    with open_store(str(folder)) as store:
        found = alike(store, Filter(), "water leaks out", limit=5, directions=MADE, hide=plain)
        assert (found.hits, found.unmade) == ([], 2)
    with open_store(str(folder), write=True) as store:  # rebuilds the index
        store.write([judged(3, "Water leaks from its base.")])
        found = alike(store, Filter(), "water leaks out", limit=5, directions=MADE, hide=plain)
        assert (len(found.hits), found.unmade) == (1, 2)


@pytest.mark.parametrize("like", ["", "  ", "f" * 64, "電池"])
def test_what_cannot_be_compared_is_refused(like: str, tmp_path: Path) -> None:
    with open_store(str(tmp_path / "store"), write=True) as store, pytest.raises(UsageError):
        alike(store, Filter(), like, limit=5, directions=MADE, hide=plain)
