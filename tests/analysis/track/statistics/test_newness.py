"""What is new in a sparse series: words, people, topics that come and go by themselves, and what counts alone miss."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from analysis.track.statistics.complaint_days import ComplaintSeries
from analysis.track.statistics.emergence import asked_for, emerging
from analysis.track.statistics.newness import Discussion, crowd, newness, with_newness

FIRST = 100
REGULARS = ("ann", "bo", "cy")


def said(day: int, words: str, *authors: str, late: bool = False) -> Discussion:
    return Discussion(day=day, authors=frozenset(authors or [f"x{day}"]), words=frozenset(words.split()), late=late)


def past(number: int = 30, *authors: str) -> list[Discussion]:
    """Discussions every third day, of words that come back; each by the next of the authors, or by a stranger."""
    return [
        said(3 * at, f"battery drains word{at % 7} other{at % 5}", *([authors[at % len(authors)]] if authors else []))
        for at in range(number)
    ]


def test_a_word_that_the_series_never_had_marks_the_window_exactly() -> None:
    found = newness([*past(27), *(said(FIRST + n, f"battery swelling say{n}") for n in range(3))], first_day=FIRST)
    assert found is not None
    assert found.words == ("swelling",)
    # Three of 30 discussions have it, those of the window: 1 of 4060 choices of three. Another word ("word6") is said
    # three times and could be as rare, and authors were looked at beside words: times two, and times two.
    assert found.p == pytest.approx(4 / 4060, rel=0.02)


def test_a_word_that_it_always_had_marks_nothing() -> None:
    found = newness([*past(), *(said(FIRST + n, f"battery drains say{n}") for n in range(3))], first_day=FIRST)
    assert found is not None
    assert (found.words, found.p > 0.5) == ((), True)


def test_strangers_are_new_where_the_series_had_its_regulars_and_usual_where_it_had_none() -> None:
    window = [said(FIRST + n, f"say{n}", f"stranger{n}") for n in range(5)]
    among_regulars = newness([*past(30, *REGULARS), *window], first_day=FIRST)
    among_strangers = newness([*past(30), *window], first_day=FIRST)
    assert among_regulars is not None
    assert among_strangers is not None
    assert among_regulars.newcomers == among_strangers.newcomers == 5
    assert among_regulars.p < 0.001
    assert among_strangers.p > 0.5


def test_one_stranger_who_writes_again_and_again_is_one() -> None:
    window = [said(FIRST + n, f"say{n}", "stranger") for n in range(5)]
    found = newness([*past(30, *REGULARS), *window], first_day=FIRST)
    assert found is not None
    assert found.newcomers == 1
    assert found.p > 0.1


def test_words_of_the_day_are_less_new_where_every_week_has_its_own() -> None:
    fads = [said(3 * at, f"battery drains fad{at // 3}", f"a{at}") for at in range(30)]
    window = [said(FIRST + n, f"battery fad99 say{n}", f"b{n}") for n in range(3)]
    in_a_calm = newness([*past(30), *window], first_day=FIRST)
    among_fads = newness([*fads, *window], first_day=FIRST)
    assert in_a_calm is not None
    assert among_fads is not None
    assert in_a_calm.p < 0.002
    assert among_fads.p > 20 * in_a_calm.p


def test_without_a_history_or_with_one_text_nothing_is_said() -> None:
    window = [said(FIRST + n, "swelling") for n in range(3)]
    assert newness([*past(4), *window], first_day=FIRST) is None
    assert newness([*past(), window[0]], first_day=FIRST) is None
    late = [said(FIRST + n, "swelling", late=True) for n in range(3)]
    assert newness([*past(), *late], first_day=FIRST) is None, "what was read back is no news"


def test_a_count_with_nothing_new_pays_a_factor_of_two_and_one_without_texts_nothing() -> None:
    count = np.array([0.001, 0.001, 0.02, 1.0])
    new = np.array([math.nan, 1.0, 0.001, 1.0])
    plain, nothing_new, both, calm = with_newness(count, new).tolist()
    assert plain == 0.001
    assert 0.001 < nothing_new <= 0.002
    assert both < 0.001
    assert calm > 0.5


def test_the_joint_level_holds_where_count_and_newness_are_chance() -> None:
    rng = np.random.default_rng(5)
    joint = with_newness(rng.random(200_000), rng.random(200_000))
    for level in (0.05, 0.01, 0.001):
        assert (joint <= level).mean() <= 1.1 * level


def series(counts: list[int]) -> list[ComplaintSeries]:
    calm = np.random.default_rng(8).poisson(0.3, (30, len(counts))).tolist()
    every = [counts, *calm]
    return [
        ComplaintSeries(brand="ours", topic="battery", phrase=str(at), counts=one, authors=5, stories=4)
        for at, one in enumerate(every)
    ]


def test_three_texts_with_a_new_word_are_told_where_their_number_says_too_little() -> None:
    days = 120
    counts = [0] * days
    for day in range(0, 112, 4):
        counts[day] = 1
    for day in (114, 116, 117, 119):
        counts[day] = 1
    every, start = series(counts), date(2026, 1, 5)
    assert every[0] in asked_for(every, start=start)
    assert [one.phrase for one in emerging(every, start=start).risen] == []
    history = [said(day, f"battery drains word{day % 7}", REGULARS[day % 3]) for day in range(0, 112, 4)]
    news = [said(day, f"battery swelling say{day}", f"stranger{day}") for day in (114, 116, 117, 119)]
    found = emerging(every, start=start, said={every[0].key: [*history, *news]})
    assert [one.phrase for one in found.risen] == ["0"]
    assert found.risen[0].newness is not None
    assert found.risen[0].newness.words == ("swelling",)


def test_a_busy_series_is_not_asked_for_its_texts() -> None:
    counts = [4] * 113 + [9] * 7
    every = series(counts)
    assert every[0] not in asked_for(every, start=date(2026, 1, 5))


def thread(day: int, *joined: int) -> Discussion:
    """A discussion that began on a day and that further people joined on others."""
    return Discussion(day=day, authors=frozenset(), words=frozenset(), joined=joined)


def test_one_thread_that_many_join_is_news_where_threads_have_one_or_two() -> None:
    before = [thread(day, day) if day % 2 else thread(day) for day in range(0, 90, 9)]
    assert crowd(before, first_day=FIRST) == 1.0
    # 10 threads ended and 5 people had joined them, which counts as 8 and 4; with what is believed at first 10 and 8.
    # One that n more join has a probability of B(10, 8 + n) / B(10, 8).
    assert crowd([*before, thread(FIRST, FIRST)], first_day=FIRST) == pytest.approx(8 / 18)
    assert crowd([*before, thread(FIRST, *[FIRST + 1] * 20)], first_day=FIRST) < 1e-3
    assert crowd([*before, thread(FIRST - 1, *[FIRST + 1] * 20)], first_day=FIRST) < 1e-3, "one that began before"
    late = Discussion(day=FIRST, authors=frozenset(), words=frozenset(), joined=(FIRST,) * 20, late=True)
    assert crowd([*before, late], first_day=FIRST) == 1.0, "what was read back is no news"


def test_many_threads_that_many_join_make_one_more_of_them_usual() -> None:
    before = [thread(day, *[day] * 15) for day in range(0, 90, 9)]
    assert crowd([*before, thread(FIRST, *[FIRST + 1] * 15)], first_day=FIRST) > 0.2


def test_a_thread_that_seventeen_join_emerges_and_one_of_three_does_not() -> None:
    days, start = 120, date(2026, 1, 5)
    history = [said(day, f"battery drains word{day % 7}", f"p{day}") for day in range(0, 112, 14)]
    for people, risen in ((3, []), (17, ["0"])):
        counts = [int(day % 14 == 0 and day < 112) for day in range(days)]
        came = [113 + at % 7 for at in range(people)]
        for day in came:
            counts[day] += 1
        every = series(counts)
        one = Discussion(
            day=113,
            authors=frozenset(f"new{at}" for at in range(people)),
            words=frozenset({"battery", "drains"}),
            joined=tuple(came[1:]),
        )
        found = emerging(every, start=start, said={every[0].key: [*history, one]})
        assert [each.phrase for each in found.risen] == risen
