"""What kind of burst it is: who, about what, and what carries it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analysis.model import Mention
from analysis.track.bursts.kinds import kind_of
from tests.support import seeded

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
TEXTS = (
    "the battery drains overnight and nobody answers",
    "mine went flat before breakfast once more",
    "charged it twice yesterday, dead again this morning",
    "four days of charge became one after updating",
    "why does a full charge not last until noon any more",
    "it switches itself off in the middle of boiling",
    "dead on the counter each morning since last week",
    "I keep the dock in my bag now, that is how bad it is",
)


def said(n: int, text: str = "", **more: Any) -> Mention:
    values = {
        "text": text or TEXTS[n % len(TEXTS)],
        "author": f"{n:032x}",
        "brand": seeded.BRANDS[0],
        "at": NOW - timedelta(minutes=n),
        "source": seeded.SOURCES[n % 3],
        "label": "negative",
    }
    return seeded.make(n, **{**values, **more})


PEOPLE = [said(n, intents=("complaint",)) for n in range(8)]
BEFORE = [said(100 + n, f"ordinary talk number {n} about kettles", source=seeded.SOURCES[n % 3]) for n in range(60)]


def test_people_who_complain_in_their_own_words() -> None:
    kind = kind_of(PEOPLE, BEFORE)
    assert (kind.who, kind.what, kind.authors, kind.of) == ("people", "complaints", 8, 8)


def test_one_author_is_not_a_crowd() -> None:
    kind = kind_of([said(n, author=("a" if n < 6 else "b") * 32) for n in range(8)], BEFORE)
    assert (kind.who, kind.busiest) == ("one author", 6)


def test_a_wire_story_is_copies_however_many_places_print_it() -> None:
    text = "Tessaro recalls its second kettle after three reports of burns, the company said on Friday"
    wire = [said(n, text, author="", kind="article", story="wire") for n in range(9)]
    kind = kind_of([*wire, said(20), said(21)], BEFORE)
    assert (kind.who, kind.what, kind.alike) == ("copies", "news", 9)


@pytest.mark.parametrize(("wrote_before", "who"), [(0, "new accounts"), (1, "new accounts"), (9, "copies")])
def test_the_same_words_from_accounts_that_never_wrote_before_are_told_apart(wrote_before: int, who: str) -> None:
    texts = [f"this kettle is a total scam, avoid tessaro at all costs {word}" for word in "abcdefghij"]
    swarm = [said(n, text) for n, text in enumerate(texts)]
    kind = kind_of(swarm, BEFORE, known={mention.author for mention in swarm[:wrote_before]})
    assert (kind.who, kind.alike, kind.fresh) == (who, 10, 10 - wrote_before)


def test_praise_news_and_mixed_talk_are_named() -> None:
    praise = [said(n, intents=("praise",)) for n in range(6)]
    news = [said(n, author="", kind="article") for n in range(6)]
    assert kind_of(praise, BEFORE).what == "praise"
    assert (kind_of([*praise[:2], *(said(n) for n in range(3, 8))], BEFORE).what) == "talk"
    assert kind_of(news, BEFORE).what == "news"


def test_version_source_and_words_that_carry_it_are_found_and_common_ones_are_not() -> None:
    burst = [said(n, f"kettle drains overnight {n}", version="2.3", source=seeded.SOURCES[0]) for n in range(12)]
    mixed = [*burst, *(said(50 + n, f"kettle talk {n}", version="2.2") for n in range(4))]
    before = [said(100 + n, f"ordinary kettle talk {n}", version=("2.2", "2.3")[n % 8 == 0]) for n in range(80)]
    carried = {(one.by, one.value): one for one in kind_of(mixed, before, common={"tessaro"}).carried}
    assert set(carried) == {("version", "2.3"), ("source", "kettle-forum"), ("word", "drains"), ("word", "overnight")}
    assert carried["version", "2.3"].count == 12
    assert carried["version", "2.3"].lift > 2.0


def test_nothing_carries_a_burst_that_is_like_the_time_before_or_has_none() -> None:
    like = [said(n, f"ordinary talk number {n} about kettles") for n in range(12)]
    assert kind_of(like, BEFORE).carried == ()
    assert kind_of(PEOPLE, []).carried == ()
