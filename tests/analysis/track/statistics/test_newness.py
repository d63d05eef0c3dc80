"""What is new in a sparse series: words, people, topics that come and go by themselves, and what counts alone miss."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from analysis.track.statistics.complaint_days import ComplaintSeries
from analysis.track.statistics.emergence import asked_for, emerging
from analysis.track.statistics.newness import (
    Discussion,
    Newness,
    PastWindow,
    crowd,
    newness,
    past_windows,
    tail_of,
    with_newness,
)

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


def test_windows_of_the_past_are_as_long_have_a_past_and_ended_weeks_ago() -> None:
    fads = [said(3 * at, f"battery drains fad{at // 3}", f"a{at}") for at in range(30)]
    windows = past_windows(fads, first_day=FIRST, days=9)
    # They end on days 73, 64, 55, 46, 37 and 28: nearer ones are within three weeks, of older ones too little is past.
    assert [one.discussions for one in windows] == [3] * 6
    calm = past_windows(past(30), first_day=FIRST, days=9)
    assert len(calm) == 6
    assert max(one.p for one in windows) < min(one.p for one in calm)
    assert past_windows(past(30), first_day=FIRST, days=60) == []
    late = [replace(one, late=True) for one in fads]
    assert past_windows(late, first_day=FIRST, days=9) == [], "what was read back is no news"


def found_at(p: float, discussions: int = 4) -> Newness:
    return Newness(p=p, discussions=discussions, newcomers=0, words=())


def test_a_past_without_windows_leaves_chance_as_it_is() -> None:
    for p in (0.5, 0.05, 1e-3, 1e-6):
        assert tail_of([]).of(found_at(p)) == pytest.approx(p)


def test_words_of_the_day_are_as_unusual_as_past_windows_with_such_words_are_rare() -> None:
    calm = [PastWindow(discussions=4, p=1.0)] * 38
    tail = tail_of(
        [*calm, PastWindow(discussions=4, p=0.05 / math.e**4), PastWindow(discussions=4, p=0.05 / math.e**6)]
    )
    # 2 of 40, and a half of 10 believed: 2.5 of 50. -ln p went 10 beyond, and 0.5: (1 + 8/10.5) ** -2.5 at e ** -8.
    assert tail.of(found_at(0.05)) == pytest.approx(0.05)
    assert tail.of(found_at(0.05 / math.e**8)) == pytest.approx(0.05 * (1 + 8 / 10.5) ** -2.5)
    assert tail.of(found_at(0.06)) == 0.06
    assert tail.of(found_at(0.001, discussions=2)) == 0.001, "two are never sure enough to have been learnt from"


def test_windows_of_many_discussions_say_more_of_the_tail() -> None:
    few, many = PastWindow(discussions=3, p=1e-6), PastWindow(discussions=9, p=1e-6)
    calm_few, calm_many = PastWindow(discussions=3, p=1.0), PastWindow(discussions=9, p=1.0)
    rare, usual = tail_of([few, *[calm_many] * 20]), tail_of([many, *[calm_few] * 20])
    assert usual.of(found_at(1e-5)) > 3 * rare.of(found_at(1e-5))


def test_the_tail_holds_where_words_of_the_day_come_by_themselves() -> None:
    rng, told, number = np.random.default_rng(6), 0, 40_000
    for _ in range(200):
        tail = tail_of([PastWindow(discussions=4, p=p) for p in fads_of(rng, 500)])
        told += sum(tail.of(found_at(p)) <= 0.001 for p in fads_of(rng, number // 200))
    assert sum(p <= 0.001 for p in fads_of(rng, number)) > 0.005 * number
    assert told <= 0.0015 * number


def fads_of(rng: np.random.Generator, number: int) -> list[float]:
    """Probabilities of which one in 25 is at most 0.05 and goes beyond two and a half times as far as chance."""
    sure = rng.random(number) < 0.04
    found: list[float] = np.where(sure, 0.05 * np.exp(-2.5 * rng.exponential(size=number)), 1.0).tolist()
    return found


def test_a_new_word_emerges_unless_the_past_of_other_series_is_full_of_such_words() -> None:
    days, start = 120, date(2026, 1, 5)
    came = (114, 116, 117, 119)
    counts = [int((day % 4 == 0 and day < 112) or day in came) for day in range(days)]
    every = [*series(counts), replace(series(counts)[0], phrase="other")]
    history = [said(day, f"battery drains word{day % 7}", REGULARS[day % 3]) for day in range(0, 112, 4)]
    news = [said(day, f"battery swelling say{day}", f"stranger{day}") for day in came]
    for other, told in (("word", ["0"]), ("fad", [])):
        talk = [
            said(day, f"battery {other}{day // 9 if other == 'fad' else day % 9}", "ann") for day in range(0, 112, 2)
        ]
        found = emerging(every, start=start, said={every[0].key: [*history, *news], every[-1].key: talk})
        assert [one.phrase for one in found.risen if one.phrase == "0"] == told


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
