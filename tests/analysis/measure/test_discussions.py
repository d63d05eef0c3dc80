"""Mentions become discussions: by thread, reviews by themselves, with people and words, and what was read back late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.flow import measure
from analysis.measure.discussions import grouped
from analysis.model import Brand, Mention, Source
from analysis.store.embedded.store import EmbeddedStore
from analysis.track.sections.emerging import EmergingSeries
from tests.support import seeded

DAY = timedelta(days=1)
END = datetime(2026, 10, 31, tzinfo=UTC)
FIRST = END - 100 * DAY
OURS = Brand(id="tessaro", name="Tessaro", role="own")
FORUM = Source(id="forum", kind="pages", url="https://forum.example/")


def said(n: int, age: float, text: str, **more: Any) -> Mention:
    at = END - age * DAY
    values = {"author": f"{n:032x}", "brand": OURS, "source": FORUM, "at": at, "label": "neutral"}
    return seeded.make(n, **{"text": text, "first_seen_at": at, **values, **more})


def test_a_thread_is_one_discussion_and_a_review_stands_by_itself() -> None:
    thread = [said(n, 10 - n, f"the lid cracks {n}", thread="https://forum.example/1", kind="post") for n in range(3)]
    reviews = [said(10 + n, 4, f"lid broke {n}", thread="https://shop.example/kettle", kind="review") for n in range(2)]
    found = sorted(grouped([*thread, *reviews], FIRST.date()), key=lambda one: one.day)
    assert [(one.day, len(one.authors)) for one in found] == [(90, 3), (96, 1), (96, 1)]
    assert found[0].words == {"lid", "cracks"}


def test_copies_are_one_and_what_was_read_back_is_late() -> None:
    copies = [said(n, 5, "recall of kettles", author="", thread="", story="wire", kind="article") for n in range(3)]
    old = said(9, 50, "lid", first_seen_at=END, thread="")
    found = sorted(grouped([*copies, old], FIRST.date()), key=lambda one: one.day)
    assert [(one.day, one.late, one.authors) for one in found] == [
        (50, True, frozenset({old.author})),
        (95, False, frozenset()),
    ]


def complaint(n: int, age: float, text: str, **more: Any) -> Mention:
    tells = {"label": "negative", "intents": ("complaint",), "topics": ("battery",), "complaint_topics": ("battery",)}
    return said(n, age, text, **{"thread": "", **tells, **more})


def emerging_in(folder: Path, burst: list[Mention]) -> list[EmergingSeries]:
    talk = [said(1000 + n, n / 4, f"Tessaro talk number {n}", thread="") for n in range(4 * 120)]
    regulars = [
        complaint(n, 10 + 6 * n, f"Tessaro battery drains again {n % 4}", author=f"{n % 3:032x}") for n in range(18)
    ]
    with EmbeddedStore(folder, write=True) as store:
        store.write([*talk, *regulars, *burst])
        store.refresh()
        found = measure(store, brands=(OURS,), sources=(FORUM,), since=END - 7 * DAY, until=END, now=END)
    return [one for one in found.emerging if one.theme == "battery"]


@pytest.mark.parametrize(("word", "strangers", "found"), [("swelling", True, True), ("drains", False, False)])
def test_few_complaints_are_news_only_in_new_words_by_new_people(
    tmp_path: Path, word: str, strangers: bool, found: bool
) -> None:
    burst = [
        complaint(
            500 + n, 1 + 1.5 * n, f"Tessaro battery {word} again {n}", author=f"{500 + n if strangers else n % 3:032x}"
        )
        for n in range(4)
    ]
    told = emerging_in(tmp_path, burst)
    assert bool(told) is found
    for one in told:
        assert one.new_words == ("swelling",)
        assert (one.newcomers, one.observed) == (4, 4)
        assert one.p_value <= 0.01


def test_people_of_one_thread_are_no_surge_of_a_sparse_complaint(tmp_path: Path) -> None:
    thread = {"thread": "https://forum.example/long", "kind": "post"}
    apart = [complaint(500 + n, 1 + n / 3, f"Tessaro battery drains again {n % 4}") for n in range(6)]
    together = [complaint(500 + n, 1 + n / 3, f"Tessaro battery drains again {n % 4}", **thread) for n in range(6)]
    assert emerging_in(tmp_path / "apart", apart)
    assert not emerging_in(tmp_path / "together", together)
