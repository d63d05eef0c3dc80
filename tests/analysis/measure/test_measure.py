"""``measure`` on a real embedded store."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.alert.passes import judged
from analysis.alert.watchlist import Watchlist
from analysis.flow import measure
from analysis.ledger import acks
from analysis.ledger.entries import Stamp
from analysis.measure.evidence import evidences
from analysis.measure.scope import last_days
from analysis.measure.sections import emerging
from analysis.model import Brand, Source, mention_id
from analysis.model.errors import UsageError
from analysis.model.records.run import RUNS, Run, RunState
from analysis.report.json import to_json
from analysis.store.base import Filter
from analysis.store.embedded.store import EmbeddedStore
from analysis.track import silence
from analysis.track.results import Measures
from analysis.track.statistics import bins
from tests.support import seeded

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    with seeded.seeded_store(tmp_path_factory.mktemp("store")) as found:
        yield found


@pytest.fixture(scope="module")
def found(store: EmbeddedStore) -> Measures:
    return ask(store)


def ask(store: EmbeddedStore, **changes: Any) -> Measures:
    values: dict[str, Any] = {
        "brands": seeded.BRANDS,
        "sources": seeded.SOURCES,
        "since": seeded.SINCE,
        "until": seeded.END,
        "now": seeded.END,
        "topic_names": seeded.NAMES,
    }
    return measure(store, **{**values, **changes})


def test_counts_are_those_of_the_mentions_themselves(store: EmbeddedStore, found: Measures) -> None:
    inside = list(store.scan(Filter(since=seeded.SINCE, until=seeded.END)))
    ours = [one for one in inside if one.brand.id == "tessaro"]
    complaints = Counter(topic for one in ours for topic in one.complaint_topics)
    assert {theme.id: theme.count for theme in (*found.themes, *found.other_themes)} == dict(complaints)
    assert found.mentions == len(inside)
    assert found.stories == len({one.story for one in inside})
    standing = {brand.brand: brand for brand in found.reputation}["tessaro"]
    assert standing.negative == sum(one.sentiment.label == "negative" for one in ours)
    assert standing.unsure == sum(one.sentiment.label == "unsure" for one in ours)
    assert standing.authors == len({one.author for one in ours})


def test_page_one_has_at_most_five_themes_and_the_most_harmful_first(found: Measures) -> None:
    assert len(found.themes) == 5
    assert found.themes[0].id == "battery"
    harms = [theme.harm for theme in found.themes if theme.harm is not None]
    assert len(harms) == 5
    assert harms == sorted(harms, reverse=True)


def test_the_planted_complaint_is_new_rising_ours_only_and_sits_in_one_version(found: Measures) -> None:
    battery = found.themes[0]
    assert battery.emerging
    assert battery.change.direction == "rising"
    assert battery.scope == "more than at competitors"
    assert [one.version for one in battery.versions] == ["2.3"]
    new = {(one.brand, one.theme, one.phrase): one for one in found.emerging}
    planted = new["tessaro", "battery", "drains overnight"]
    assert planted.observed == 26
    assert planted.first_seen == date(2026, 10, 20)
    assert planted.q_value < found.error_rate
    assert not any(one.theme in ("app", "delivery", "lid", "support") for one in found.emerging)


def test_every_finding_opens_mentions_that_bear_it_out(store: EmbeddedStore, found: Measures) -> None:
    findings: list[Any] = [
        *found.themes,
        *found.other_themes,
        *found.emerging,
        *found.moves,
        *found.switching,
        *found.contrasts,
        *found.reputation,
        *found.voice,
        *found.praise,
        *found.wishes,
        *found.response,
        *found.sources,
        found,
    ]
    assert len(findings) > 30
    for finding in findings:
        proof = finding.evidence
        where = {one.field: list(one.values) for one in proof.where}
        selected = {one.id for one in store.scan(Filter(terms=where, since=proof.since, until=proof.until))}
        assert proof.ids, finding
        assert set(proof.ids) <= selected
        assert proof.total == len(selected)
    for theme in found.themes:
        mentions = store.get([quote.mention_id for quote in theme.quotes])
        assert len({one.author for one in mentions.values()}) == len(theme.quotes)
        assert len({quote.text for quote in theme.quotes}) == len(theme.quotes)


def test_every_evidence_selects_as_many_as_it_says(store: EmbeddedStore, found: Measures) -> None:
    proofs = list(evidences(found))
    assert len(proofs) > 60
    for proof in proofs:
        where = {one.field: list(one.values) for one in proof.where}
        terms = {"brand.id": [brand.id for brand in seeded.BRANDS], **where}
        assert store.count(Filter(terms=terms, since=proof.since, until=proof.until)) == proof.total, proof
        assert len(proof.ids) <= 20
    named = {id_ for proof in proofs for id_ in proof.ids[:5]}
    assert named == {post.mention_id for post in found.posts}


def test_other_numbers_of_page_one_open_their_mentions(store: EmbeddedStore, found: Measures) -> None:
    battery = found.themes[0]
    assert battery.change.evidence_before is not None
    assert battery.change.evidence_before.total >= battery.change.before, "silent days are opened, and not compared"
    assert [one.evidence.total for one in battery.competitors if one.evidence] == [
        one.count for one in battery.competitors
    ]
    assert [one.evidence.total for one in battery.versions if one.evidence] == [one.count for one in battery.versions]
    standing = found.reputation[0]
    assert standing.criticism.total == standing.negative
    for one in (*standing.by_source_kind, *standing.by_language, *standing.by_version, *battery.phrases):
        terms = {"brand.id": ["tessaro"], one.field: [one.value]}
        where = Filter(terms=terms, since=seeded.SINCE, until=seeded.END)
        assert store.count(where) == one.count, one


def test_all_series_that_were_tested_are_listed_with_p_and_q(found: Measures) -> None:
    assert 0 < len(found.series) <= found.series_tested
    new = {(one.brand, one.theme, one.phrase): one for one in found.emerging}
    table = {(one.brand, one.theme, one.phrase): one for one in found.series}
    assert {key for key, one in table.items() if one.outcome == "new"} == set(new)
    for key, one in new.items():
        row = table[key]
        assert (row.p_value, row.q_value, row.observed) == (one.p_value, one.q_value, one.observed)
        assert one.p_value <= one.q_value <= found.error_rate
    assert [one.p_value for one in found.series] == sorted(one.p_value for one in found.series)


def test_response_times_stand_in_the_report(tmp_path: Path) -> None:
    with seeded.seeded_store(tmp_path) as store:
        before = {row.step: row for row in ask(store).response}
        stamp = Stamp(at=datetime(2026, 10, 25, tzinfo=UTC), who="ann")
        acks.add(store.records, about="theme", what="battery", note="sticky thread", stamp=stamp)
        after = {row.step: row for row in ask(store).response}
        complaints = Filter(
            terms={"brand.id": ["tessaro"], "intents": ["complaint"]}, since=seeded.SINCE, until=seeded.END
        )
        assert after["acknowledged"].of == after["acknowledged"].evidence.total == store.count(complaints)
    # Every mention of the seeded store is collected 20 minutes after it was published.
    assert (after["collected"].median_s, after["collected"].p90_s) == (1200.0, 1200.0)
    assert (before["acknowledged"].reached, before["acknowledged"].median_s) == (0, None)
    assert 0 < after["acknowledged"].reached < after["acknowledged"].of
    assert 0 < len(after["acknowledged"].reached_ids) <= 20
    assert after["fixed"].reached == 0
    assert not after["acknowledged"].few


def test_copies_of_one_article_are_eight_reports_and_one_story(found: Measures) -> None:
    rise = found.moves[0]
    assert (rise.brand, rise.what, rise.reports, rise.stories) == ("northkettle", "price", 8, 1)
    assert (rise.first, rise.last) == (date(2026, 10, 16), date(2026, 10, 18))
    assert rise.about == ()


def test_silent_days_are_gaps_and_are_left_out_of_both_periods(store: EmbeddedStore, found: Measures) -> None:
    forum = {source.id: source for source in found.sources}["kettle-forum"]
    assert forum.state == "silent"
    assert forum.silent_days == 3
    assert forum.cause == "refused us: 403"
    gaps = [point for point in found.themes[0].trend if point.gap]
    assert [point.start for point in gaps] == [date(2026, 10, 11)]
    twins = {day - 30 * DAY for day in seeded.SILENT}
    lost = [
        one
        for one in store.scan(Filter(terms={"brand.id": ["tessaro"], "source.id": ["kettle-forum"]}))
        if one.published_at.date() in twins
    ]
    standing = {brand.brand: brand for brand in found.reputation}["tessaro"]
    assert lost
    assert found.themes[0].change.before_of == standing.mentions_before - len(lost)
    assert found.themes[0].change.now_of == standing.mentions


@pytest.mark.parametrize(
    ("state", "cause", "failed"),
    [
        ("waiting", "asked us to wait until 2026-11-02 10:00 UTC (refused us: 429)", 0),
        ("stopped", "stopped before it was finished", 0),
        ("silent", "no posts on 3 pages", 0),
        ("failing", "refused us: 403", 1),
    ],
)
def test_a_source_is_what_its_last_run_was_as_the_alerts_and_the_exit_status_say(
    tmp_path: Path, state: RunState, cause: str, failed: int
) -> None:
    watchlist = Watchlist(brands=seeded.BRANDS, sources=seeded.SOURCES)
    runs = [
        Run(source="daily-news", started_at=seeded.END - timedelta(hours=hours), state=state, cause=cause)
        for hours in (3, 2, 1)
    ]
    with seeded.seeded_store(tmp_path) as store:
        RUNS.put_many(store.records, runs)
        news = {source.id: source for source in ask(store).sources}["daily-news"]
        judgements = judged(store, watchlist, now=seeded.END)[0].judged
    assert (news.state, news.cause, news.failed) == (state, cause, 3 * failed)
    fires = [one.finding.headline for one in judgements if one.fires and one.finding.rule == "source_failing"]
    assert fires == ([f"Source daily-news is {state}"] if state in ("silent", "failing") else [])


def test_without_runs_nothing_is_silent_and_sources_say_so(tmp_path: Path) -> None:
    with seeded.seeded_store(tmp_path, with_runs=False) as store:
        found = ask(store)
    assert {source.state for source in found.sources} == {"unwatched"}
    assert not any(point.gap for point in found.themes[0].trend)
    assert found.themes[0].change.left_out_days == 0


def test_an_untracked_brand_changes_nothing(tmp_path: Path, found: Measures) -> None:
    strangers = [
        replace(one, id=mention_id(one.url, "other"), brand=replace(one.brand, id="other"))
        for one in seeded.mentions()
        if one.brand.id == "tessaro"
    ]
    with seeded.seeded_store(tmp_path) as store:
        store.write(strangers)
        store.refresh()
        assert to_json(ask(store)) == to_json(found)


def test_shifting_everything_by_a_week_shifts_the_dates_only(tmp_path: Path, found: Measures) -> None:
    week = 7 * DAY
    moved = [
        replace(
            one,
            published_at=one.published_at + week,
            first_seen_at=one.first_seen_at + week,
            last_seen_at=one.last_seen_at + week,
        )
        for one in seeded.mentions()
    ]
    with EmbeddedStore(tmp_path, write=True) as store:
        store.write(moved)
        store.refresh()
        RUNS.put_many(store.records, (replace(run, started_at=run.started_at + week) for run in seeded.runs()))
        times = {"since": seeded.SINCE + week, "until": seeded.END + week, "now": seeded.END + week}
        shifted = to_json(ask(store, **times))
    dates = re.compile(r"\d{4}-\d{2}-\d{2}")
    assert dates.sub("", str(shifted)) == dates.sub("", str(to_json(found)))


def test_fixes_are_judged_and_stand_at_their_theme(tmp_path: Path) -> None:
    with seeded.seeded_store(tmp_path, with_fixes=True) as store:
        found = ask(store)
    [fix] = found.fixes
    assert (fix.theme, fix.brand, fix.shipped) == ("app", "tessaro", date(2026, 9, 15))
    assert fix.verdict == "too little data"
    assert fix.evidence.ids
    at = {theme.id: theme.ledger for theme in (*found.themes, *found.other_themes)}
    assert at["app"] == "fix shipped 2026-09-15 in 2.3"
    assert at["delivery"] == "declined: the carrier's fault"
    assert at["battery"] == ""


def test_filters_narrow_and_are_told(store: EmbeddedStore, found: Measures) -> None:
    narrow = ask(store, where=Filter(terms={"source.id": ["tea-blog"]}, exclude={"complaint_topics": ["battery"]}))
    assert 0 < narrow.mentions < found.mentions
    assert [(one.field, one.values) for one in narrow.filters] == [("source.id", ("tea-blog",))]
    assert [(one.field, one.values) for one in narrow.left_out] == [("complaint_topics", ("battery",))]
    assert "battery" not in {theme.id for theme in narrow.themes}


def test_a_filter_on_a_healthy_source_leaves_no_silent_day_out(store: EmbeddedStore) -> None:
    narrow = ask(store, where=Filter(terms={"source.id": ["shop-reviews"]}))
    for theme in narrow.themes:
        assert theme.change.now == theme.count
        assert theme.change.now_of == theme.mentions
        assert not any(point.gap for point in theme.trend)


def test_a_filter_on_a_brand_holds_for_every_question(store: EmbeddedStore, found: Measures) -> None:
    narrow = ask(store, where=Filter(terms={"brand.id": ["northkettle"]}))
    assert narrow.themes == ()
    assert narrow.mentions == {brand.brand: brand.mentions for brand in found.reputation}["northkettle"]
    assert {move.brand for move in narrow.moves} | {praise.brand for praise in narrow.praise} == {"northkettle"}
    assert not any(one.evidence.ids for one in narrow.reputation if one.brand != "northkettle")


def test_comparisons_as_asked(store: EmbeddedStore) -> None:
    alone = ask(store, compare="none")
    assert alone.compared is None
    assert alone.voice[0].raw_before is None
    assert {theme.change.direction for theme in alone.themes} == {"too little data"}
    year = ask(store, compare="year")
    assert year.compared is not None
    assert year.compared.since == seeded.SINCE - timedelta(days=364)
    assert [theme.count for theme in year.themes] == [theme.count for theme in ask(store).themes]


def test_a_period_that_begins_amid_a_silent_days_twin_counts_each_half_once(store: EmbeddedStore) -> None:
    # The day on which both periods meet, 12 September, is the counterpart of a day on which the forum was silent.
    middle = datetime(2026, 9, 12, 12, tzinfo=UTC)
    found = ask(store, since=middle, until=middle + 32 * DAY + timedelta(hours=6))
    for theme in (*found.themes, *found.other_themes):
        assert 0 <= theme.change.now <= theme.count
        assert 0 <= theme.change.before <= theme.change.before_of
    whole = [
        one
        for one in store.scan(Filter(terms={"brand.id": ["tessaro"]}, since=middle, until=found.period.until))
        if not (one.source.id == "kettle-forum" and one.published_at.date() in left_out(found))
    ]
    assert found.themes[0].change.now_of == len(whole)


def left_out(found: Measures) -> set[date]:
    """The days of this period that the forum's silence takes out of the comparison: its own, and counterparts."""
    now = bins.days_in(found.period.since, found.period.until)
    assert found.compared is not None
    before = bins.days_in(found.compared.since, found.compared.until)
    silent = {"kettle-forum": frozenset(seeded.SILENT)}
    return set(silence.counterparts(silent, now, before)["kettle-forum"])


def test_a_period_that_ends_before_it_begins_is_refused(store: EmbeddedStore) -> None:
    with pytest.raises(UsageError, match="swap"):
        ask(store, since=seeded.END, until=seeded.SINCE)
    with pytest.raises(UsageError, match="previous, year or none"):
        ask(store, compare="month")


def test_last_days_are_whole_and_hold_today() -> None:
    since, until = last_days(datetime(2026, 3, 29, 13, tzinfo=UTC), 30)
    assert (since, until) == (datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC))


def test_where_phrases_are_too_many_those_that_rose_most_are_looked_at(
    store: EmbeddedStore, found: Measures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emerging, "MOST", 3 * len(seeded.BRANDS))
    narrow = ask(store)
    assert len({one.phrase for one in narrow.series if one.phrase}) == 3
    assert narrow.series_tested == found.series_tested, "those that are not looked at are tested too"
    planted = ("tessaro", "battery", "drains overnight")
    assert planted in {(one.brand, one.theme, one.phrase) for one in narrow.emerging}


def test_a_source_added_lately_is_no_surge(tmp_path: Path) -> None:
    brand = Brand(id="tessaro", name="Tessaro", role="own")
    source = Source(id="new-feed", kind="feed", url="https://new-feed.example/")
    fresh = [
        seeded.make(
            n,
            brand=brand,
            at=seeded.END - timedelta(hours=10 * n + 1),
            source=source,
            author=f"c{n:031x}",
            text=f"Tessaro: the battery is weak, number {n}",
            label="negative",
            complaint_topics=("battery",),
            complaint_phrases=("battery/is weak",),
        )
        for n in range(40)
    ]
    with EmbeddedStore(tmp_path, write=True) as store:
        store.write(fresh)
        store.refresh()
        found = ask(store, brands=(brand,), sources=(source,))
    assert found.series_tested == 2
    assert found.emerging == ()


def test_no_question_is_put_to_the_store_twice(store: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[str] = Counter()
    answer = EmbeddedStore.aggregate

    def counted(self: EmbeddedStore, where: Filter, body: dict[str, Any]) -> dict[str, Any]:
        asked[f"{where} {body}"] += 1
        return answer(self, where, body)

    monkeypatch.setattr(EmbeddedStore, "aggregate", counted)
    ask(store)
    assert sum(asked.values()) > 20
    assert [question for question, times in asked.items() if times > 1] == []
