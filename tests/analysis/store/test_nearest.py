"""Finding by meaning, asked of every store in the same words; the oracle compares every direction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.model import Meaning, Mention
from analysis.store.base import Filter, Store
from analysis.store.directions import WIDTH, Direction, nearness, packed, unpacked
from analysis.store.embedded.folder import MEANING
from analysis.store.open import open_store
from tests.support.elastic.servers import TESTED, empty_store
from tests.support.mentions import make_mention

STORES = ("embedded", *(f"elastic {line}" for line in TESTED))
MAKER = "made-here"
RANDOM = np.random.default_rng(11)
AIM, OTHER = (RANDOM.integers(-127, 128, WIDTH).astype(np.int8) for _ in range(2))


def directed(n: int, *directions: Direction, maker: str = MAKER, **changes: Any) -> Mention:
    meaning = Meaning(maker=maker, vectors=tuple(map(packed, directions)))
    return make_mention(n, meaning=meaning, **changes)


def near(share: float) -> Direction:
    return np.asarray(np.round(share * AIM + (1 - share) * OTHER), np.int8)


def some(n: int = 30) -> list[Mention]:
    """Mentions ever farther from ``AIM``; each third has a second direction that is farther still."""
    return [
        directed(number, near(1 - number / n), *([OTHER] if number % 3 == 0 else []), brand=("one", "two")[number % 2])
        for number in range(n)
    ]


@contextmanager
def fresh(name: str, folder: Path) -> Iterator[Store]:
    if name == "embedded":
        with open_store(str(folder / "store"), write=True) as store:
            yield store
        return
    with empty_store(name.partition(" ")[2], folder, name="near") as store:
        yield store


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with fresh(request.param, tmp_path) as empty:
        yield empty


def oracle(mentions: Sequence[Mention], wanted: Sequence[Direction]) -> list[tuple[str, float]]:
    scored = [
        (mention.id, max(map(float, nearness(np.stack([*map(unpacked, mention.meaning.vectors)]), wanted))))
        for mention in mentions
        if mention.meaning.maker == MAKER and mention.meaning.vectors
    ]
    return sorted(scored, key=lambda row: (-row[1], row[0]))


def found(store: Store, where: Filter | None = None, *, limit: int = 100, **more: object) -> list[tuple[str, float]]:
    wanted = more.pop("wanted", [AIM])
    hits = store.nearest(where or Filter(), wanted, maker=MAKER, limit=limit, **more)  # type: ignore[arg-type]
    return [(hit.mention.id, hit.score) for hit in hits]


def alike(got: Sequence[tuple[str, float]], wanted: Sequence[tuple[str, float]]) -> bool:
    return [name for name, _ in got] == [name for name, _ in wanted] and np.allclose(
        [score for _, score in got], [score for _, score in wanted], atol=1e-4
    )


def test_the_nearest_come_first_by_their_best_direction_and_filters_hold(store: Store) -> None:
    mentions = some()
    store.write([*mentions, make_mention(90), directed(91, AIM, maker="another")])
    store.refresh()
    assert alike(found(store), oracle(mentions, [AIM]))
    assert alike(found(store, limit=4), oracle(mentions, [AIM])[:4])
    both = dict(found(store, wanted=[AIM, OTHER]))
    assert all(abs(both[name] - score) < 1e-4 for name, score in oracle(mentions, [AIM, OTHER]))
    one = [mention for mention in mentions if mention.brand.id == "one"]
    assert alike(found(store, Filter(terms={"brand.id": ["one"]}), limit=6), oracle(one, [AIM])[:6])
    nearest = mentions[0].id
    assert alike(found(store, limit=3, without=[nearest]), oracle(mentions[1:], [AIM])[:3])
    assert found(store, Filter(terms={"brand.id": ["nobody"]})) == []
    assert found(store, limit=0) == []
    # What was kept is what was written.
    assert store.get([nearest])[nearest].meaning == mentions[0].meaning


def test_what_is_erased_or_written_anew_is_found_no_more_as_it_was(store: Store) -> None:
    mentions = some(9)
    store.write(mentions)
    later = mentions[0].last_seen_at + timedelta(days=9)
    turned = replace(mentions[0], meaning=Meaning(maker=MAKER, vectors=(packed(OTHER),)), last_seen_at=later)
    emptied = replace(mentions[1], meaning=Meaning(maker=MAKER), last_seen_at=later)
    store.write([turned, emptied])
    # A copy that is older than what is stored changes nothing.
    store.write(
        [replace(mentions[2], meaning=turned.meaning, last_seen_at=mentions[2].last_seen_at - timedelta(days=9))]
    )
    assert store.erase([mentions[3].id]) == 1
    store.refresh()
    assert alike(found(store), oracle([turned, mentions[2], *mentions[4:]], [AIM]))


def test_a_direction_that_is_none_is_refused_with_the_reason(store: Store) -> None:
    written = store.write([make_mention(1, meaning=Meaning(maker=MAKER, vectors=("no direction",)))])
    assert [reason for _, reason in written.refused] == ["'no direction' is no direction: 256 bytes in base64"]


def test_a_reader_sees_what_another_wrote_and_a_lost_file_is_made_anew(tmp_path: Path) -> None:
    folder, mentions = tmp_path / "store", some(6)
    with open_store(str(folder), write=True) as store:
        store.write(mentions)
    with open_store(str(folder)) as reader:
        assert alike(found(reader), oracle(mentions, [AIM]))
        with open_store(str(folder), write=True) as store:
            store.write([directed(50, AIM)])
        reader.refresh()
        assert len(found(reader)) == 7
    (folder / MEANING).unlink()
    with open_store(str(folder)) as reader:  # it reads the mentions themselves, and writes nothing
        assert len(found(reader)) == 7
        assert not (folder / MEANING).exists()
    with open_store(str(folder), write=True) as store:
        store.write([directed(51, AIM)])
        assert rows(folder) == 8
        assert len(found(store)) == 8


def test_a_file_that_lags_or_is_damaged_is_not_believed(tmp_path: Path) -> None:
    folder, mentions = tmp_path / "store", some(6)
    with open_store(str(folder), write=True) as store:
        store.write(mentions)
    with closing(sqlite3.connect(folder / MEANING)) as connection, connection:
        connection.execute("UPDATE mark SET words = 'mentions-1:1'")
        connection.execute("DELETE FROM mentions")
    with open_store(str(folder)) as reader:
        assert alike(found(reader), oracle(mentions, [AIM]))
    (folder / MEANING).write_bytes(b"no database at all" * 100)
    with open_store(str(folder), write=True) as store:
        assert alike(found(store), oracle(mentions, [AIM]))
        store.write([directed(50, AIM)])
        assert rows(folder) == 7
        store.compact()  # type: ignore[attr-defined]
        assert len(found(store)) == 7
        store.erase([mentions[1].id])
    assert not packed_in(folder, mentions[1])
    assert packed_in(folder, mentions[2])


def rows(folder: Path) -> int:
    with closing(sqlite3.connect(folder / MEANING)) as connection:
        return int(connection.execute("SELECT count(*) FROM mentions").fetchone()[0])


def packed_in(folder: Path, mention: Mention) -> bool:
    return unpacked(mention.meaning.vectors[0]).tobytes() in (folder / MEANING).read_bytes()
