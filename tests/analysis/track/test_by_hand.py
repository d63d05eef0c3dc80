"""The pure tracks on figures worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from analysis.model import Mention
from analysis.model.records.run import Run
from analysis.model.times import read_time
from analysis.track import questions, silence
from analysis.track.parts import BrandName, Estimate, Period
from analysis.track.sections import contrasts, fixes, hands, moves, praise, themes, voice
from analysis.track.statistics import bins, rates
from tests.support import entries, seeded

DAY = timedelta(days=1)

# Worked out by hand ---------------------------------------------------------------------------------------------------


def test_normalised_share_of_voice_gives_every_source_one_vote() -> None:
    # Large source: 90 of 100 ours. Two others: 1 of 10 each. Two tiny ones stand together: 2 of 4.
    table = {
        "large": {"a": 90, "b": 10},
        "one": {"a": 1, "b": 9},
        "two": {"a": 1, "b": 9},
        "tiny": {"a": 2},
        "tinier": {"b": 2},
    }
    assert voice.normalised(table)["a"] == pytest.approx((0.9 + 0.1 + 0.1 + 0.5) / 4)


def test_ratio_of_rates_by_hand() -> None:
    found = rates.ratio(20, 100, 10, 100)
    assert found is not None
    # log((20.5/100.5)/(10.5/100.5)) = 0.6690; se = sqrt(1/20.5 - 1/100.5 + 1/10.5 - 1/100.5) = 0.3523
    assert found.value == pytest.approx(20.5 / 10.5)
    assert found.low == pytest.approx(0.9788, abs=2e-4)
    assert found.high == pytest.approx(3.8946, abs=1e-3)
    assert rates.change(20, 100, 10, 100).direction == "no clear change"
    assert rates.change(40, 200, 20, 200).direction == "rising"
    assert rates.change(20, 200, 40, 200).direction == "falling"
    assert rates.change(4, 10, 3, 10).direction == "too little data"
    assert rates.change(40, 100, 0, 0).direction == "too little data"


def test_doubling_every_count_narrows_every_interval() -> None:
    for one, other in ((rates.share(5, 40), rates.share(10, 80)), (bins.net(5, 9, 6), bins.net(10, 18, 12))):
        assert one is not None
        assert other is not None
        assert other.high - other.low < one.high - one.low


def test_difference_by_hand() -> None:
    one = Estimate(value=0.5, low=0.4, high=0.7)
    other = Estimate(value=0.2, low=0.1, high=0.5)
    found = rates.difference(one, other)
    assert found.value == pytest.approx(0.3)
    assert found.low == pytest.approx(0.3 - (0.1**2 + 0.3**2) ** 0.5)
    assert found.high == pytest.approx(0.3 + (0.2**2 + 0.1**2) ** 0.5)


def runs(*rows: tuple[str, bool]) -> list[Run]:
    return [
        Run(source="s", started_at=read_time(started), state="ok" if ok else "failing", cause="" if ok else "timed out")
        for started, ok in rows
    ]


DAYS = [date(2026, 5, 1) + step * DAY for step in range(10)]
NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rows", "silent"),
    [
        ([], []),
        ([(f"2026-05-{day:02}T03:00:00Z", True) for day in range(1, 11)], []),
        ([(f"2026-05-{day:02}T03:00:00Z", day not in (4, 5)) for day in range(1, 11)], [4, 5]),
        ([(f"2026-05-{day:02}T03:00:00Z", day > 3) for day in range(1, 11)], [1, 2, 3]),
        ([(f"2026-05-{day:02}T03:00:00Z", day < 8) for day in range(1, 11)], [8, 9, 10]),
        ([("2026-05-03T03:00:00Z", False)], [3, 4, 5, 6, 7, 8, 9, 10]),
        # Run by hand once a week: the days between are read back, the days since are not.
        (
            [("2026-04-20T03:00:00Z", True), ("2026-04-27T03:00:00Z", True), ("2026-05-04T03:00:00Z", True)],
            range(5, 11),
        ),
    ],
    ids=["never polled", "every day", "failed twice", "failed at first", "fails now", "never worked", "by hand"],
)
def test_silent_days(rows: list[tuple[str, bool]], silent: list[int]) -> None:
    found = silence.silent_days(runs(*rows), every_s=3600, days=DAYS, now=NOW)
    assert sorted(day.day for day in found) == list(silent)


def test_left_out_days_come_in_pairs() -> None:
    silent = {"s": frozenset({DAYS[6]}), "t": frozenset({date(2020, 1, 1)})}
    assert silence.counterparts(silent, DAYS[5:], DAYS[:5]) == {"s": frozenset({DAYS[6], DAYS[1]})}


def test_what_hands_changed_is_counted_in_the_period_only() -> None:
    period = Period(since=datetime(2026, 5, 1, tzinfo=UTC), until=NOW, days=9.5)
    erasures = [
        entries.erasure(1, at=datetime(2026, 5, 2, tzinfo=UTC), count=4),
        entries.erasure(2, at=datetime(2026, 4, 2, tzinfo=UTC), count=9),
        entries.erasure(3, at=datetime(2026, 5, 3, tzinfo=UTC), count=50, target="older"),
    ]
    corrections = [entries.correction(number, at=datetime(2026, 5, 2, tzinfo=UTC)) for number in (7, 8)]
    found = hands.hands(erasures, corrections, period)
    assert (found.erasures, found.erased_mentions, found.corrections) == (1, 4, 2)
    assert (found.expiries, found.expired_mentions) == (1, 50)
    assert found.entries == (8, 7, 3, 1)
    assert [(one.name, one.count) for one in found.corrected] == [("negative to positive", 2)]


def test_reports_four_days_apart_are_one_event_and_five_are_two() -> None:
    days = {date(2026, 5, 1): 2, date(2026, 5, 5): 1, date(2026, 5, 10): 3}
    found = moves.events({("b", "recall"): days})
    assert [(one.first.day, one.last.day, one.reports) for one in found] == [(10, 10, 3), (1, 5, 3)]


def told(number: int, day: int, text: str, *, story: str = "") -> Mention:
    at = datetime(2026, 5, day, 9, tzinfo=UTC)
    return seeded.make(
        number,
        brand=seeded.BRANDS[1],
        at=at,
        source=seeded.SOURCES[1],
        author="",
        text=text,
        label="neutral",
        story=story or f"story {number}",
    )


def launches(*mentions: Mention) -> list[tuple[int, int, int, int]]:
    found = moves.told_apart("northkettle", "launch", mentions, ["Northkettle"])
    return [(one.first.day, one.last.day, one.reports, len(one.stories)) for one in found]


def test_two_launches_of_one_brand_in_a_week_stay_two() -> None:
    assert launches(
        told(1, 4, "Northkettle launches the K5, a kettle for the office kitchen"),
        told(2, 5, "The Northkettle K5 is out: we boiled twelve litres for the office"),
        told(3, 6, "Northkettle launches a travel mug that keeps tea hot for a day"),
        told(4, 7, "A mug that keeps tea hot: Northkettle's travel launch"),
        told(5, 7, "Northkettle launches the X2, a kettle for the office kitchen"),
    ) == [(7, 7, 1, 1), (6, 7, 2, 2), (4, 5, 2, 2)]


def test_one_launch_that_five_outlets_tell_of_over_four_days_is_one() -> None:
    assert launches(
        told(1, 4, "Northkettle launches the K5, its first kettle with a scale", story="wire"),
        told(2, 4, "Northkettle launches the K5, its first kettle with a scale", story="wire"),
        told(3, 5, "With the K5, Northkettle wants to weigh your tea water"),
        told(4, 7, "Hands on: the new Northkettle K5"),
        told(5, 8, "Northkettle's K5 goes on sale on Friday"),
    ) == [(4, 8, 5, 4)]


def test_copies_of_one_story_are_one_event_however_late_they_are() -> None:
    texts = ["Northkettle launches a travel mug"] * 2
    assert launches(
        *(told(n, day, text, story="wire") for n, (day, text) in enumerate(zip((4, 19), texts, strict=True)))
    ) == [(4, 19, 2, 1)]


def test_the_mood_around_a_move() -> None:
    day = date(2026, 5, 15)
    before, after = day - 3 * DAY, day + 3 * DAY
    labels = {"positive": {before: 40, after: 10}, "negative": {before: 10, after: 40}}
    assert moves.around(labels, day)[2] == "worse"
    assert moves.around({"positive": {before: 2}, "negative": {after: 2}}, day)[2] == "too little data"
    assert moves.around({"positive": {before: 30, after: 31}}, day)[2] == "no clear change"


def test_bins_are_counted_back_from_the_last_day() -> None:
    days = [date(2026, 5, 1) + step * DAY for step in range(17)]
    assert bins.stretches(days, period_days=30) == [(date(2026, 5, 4), 7), (date(2026, 5, 11), 7)]
    assert len(bins.stretches(days, period_days=14)) == 17
    assert bins.stretches(days[:3], period_days=30) == [(date(2026, 5, 1), 3)]


def test_a_gap_is_where_a_seventh_of_the_usual_is_missing() -> None:
    silent = {"large": frozenset({date(2026, 5, 1)})}
    assert bins.silent_share(date(2026, 5, 1), 1, silent, {"large": 90, "small": 10}) == pytest.approx(0.9)
    assert bins.silent_share(date(2026, 5, 1), 7, silent, {"large": 90, "small": 10}) == pytest.approx(0.9 / 7)
    [point] = bins.trend({date(2026, 5, 1): 3}, {}, [(date(2026, 5, 1), 1)], silent, {"large": 90, "small": 10})
    assert point.gap


def test_severity_dimension_and_versions() -> None:
    assert themes.worst({"safety": 1, "annoyance": 20}, 30) == "annoyance"
    assert themes.worst({"safety": 3, "annoyance": 20}, 30) == "safety"
    assert themes.worst({}, 3) == ""
    assert themes.most({"time": 2, "product": 2, "odd": 9}, ("time", "product")) == "time"
    assert [one.version for one in themes.versions({"2": 20, "1": 5}, {"1": 100, "2": 40})] == ["2"]
    assert themes.versions({"2": 2}, {"1": 100, "2": 4}) == ()


def test_praise_of_competitors_against_blame_of_ours() -> None:
    own = (BrandName(id="a", name="A", role="own"),)
    others = (BrandName(id="b", name="B", role="competitor"), BrandName(id="c", name="C", role="competitor"))
    complaints = {("a", "lid"): {"doc_count": 40}, ("c", "lid"): {"doc_count": 40}}
    praises = {("a", "lid"): {"doc_count": 5}, ("b", "lid"): {"doc_count": 30}, ("c", "lid"): {"doc_count": 5}}
    [gap] = contrasts.gaps(own, others, complaints, praises)
    assert (gap.competitor, gap.ours, gap.theirs) == ("b", (40, 5), (0, 30))
    assert gap.gap.high < 0
    assert praise.praised_at("lid", others, praises) == ("b", "c")


def test_a_fix_that_halves_the_complaints_worked_and_a_market_wide_fall_is_none() -> None:
    last, shipped = date(2026, 10, 31), date(2026, 8, 1)
    days = [last - step * DAY for step in range(240)]
    mentions = dict.fromkeys(days, 40)
    level = {day: 10 + day.toordinal() % 3 for day in days}
    fell = {day: count // 3 if day >= shipped else count for day, count in level.items()}
    worked, step = fixes.verdict(shipped, last, (fell, mentions), [(level, mentions)], ())
    assert (worked.word, step) == ("worked", 1)
    assert worked.high is not None
    assert worked.high < 0
    market, _ = fixes.verdict(shipped, last, (fell, mentions), [(fell, mentions)], ())
    assert market.word == "no effect seen"
    few, step = fixes.verdict(shipped, shipped + 9 * DAY, ({shipped - DAY: 1}, {shipped - DAY: 3}), [], ())
    assert (few.word, step) == ("too little data", 7)
    assert fixes.needed(few, step).endswith(".")


def test_long_periods_are_asked_in_pieces_that_neither_overlap_nor_leave_a_hole() -> None:
    since, until = datetime(2026, 1, 5, 7, 30, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
    pieces = list(questions.stretches(since, until))
    assert pieces[0][0] == since
    assert pieces[-1][1] == until
    assert all(one[1] == other[0] for one, other in pairwise(pieces))
    assert all(piece[0].hour == 0 for piece in pieces[1:])
