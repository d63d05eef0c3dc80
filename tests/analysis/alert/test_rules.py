"""Rules on a real store with planted stories, and their judgement under one error rate."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.alert.judging import Judged, inhibit, judge
from analysis.alert.model import Facts, Finding, Opinions, Rule
from analysis.alert.passes import judged, replay
from analysis.alert.rules import RULES
from analysis.alert.watchlist import Watchlist
from analysis.enrich.enricher import Enricher
from analysis.flow import watch
from analysis.model import Mention, Post, Severity, Source, Switching
from analysis.model.records.run import RUNS, Run, RunState
from analysis.settings.tables import AlertOptions, KeywordSection, RuleSection
from analysis.store.embedded.store import EmbeddedStore
from analysis.track.bursts.latest import latest
from analysis.track.statistics.false_discovery import benjamini_hochberg
from analysis.track.statistics.surprise import higher_share, lower_values
from tests.support import seeded
from tests.support.chat.made_alerts import judged as as_judged

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
BY_ID = {rule.id: rule for rule in RULES}
OWN = seeded.BRANDS[0]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    with EmbeddedStore(tmp_path_factory.mktemp("calm") / "store", write=True) as store:
        store.write(background())
        store.refresh()
        yield store


def background(days: int = 70, seed: int = 4) -> list[Mention]:
    """Some eight mentions a day of our brand, a third negative; four of a competitor."""
    rng = random.Random(seed)
    found: list[Mention] = []
    for day in range(days):
        for brand, many in ((OWN, 8), (seeded.BRANDS[1], 4)):
            for _ in range(rng.randrange(many - 3, many + 4)):
                at = NOW - timedelta(days=days - day) + timedelta(minutes=rng.randrange(24 * 60))
                label = rng.choice(("negative", "neutral", "positive"))
                found.append(one(len(found), at, brand=brand, label=label, rating=float(rng.choice((3, 4, 5)))))
    return found


def one(n: int, at: datetime, **changes: Any) -> Mention:
    values: dict[str, Any] = {
        "brand": OWN,
        "source": seeded.SOURCES[n % 3],
        "author": f"a{n:031x}",
        "text": f"Tessaro number {n}",
        "label": "neutral",
    }
    return seeded.make(n, at=at, **{**values, **changes})


def found(folder: Path, extra: Sequence[Mention], *, runs: Sequence[Run] = (), **more: Any) -> list[Judged]:
    """Judge the calm background with these mentions added, as of ``NOW``."""
    with EmbeddedStore(folder, write=True) as store:
        store.write([*background(), *extra])
        store.refresh()
        RUNS.put_many(store.records, runs)
        watched = Watchlist(brands=seeded.BRANDS, sources=seeded.SOURCES, **more)
        return list(judged(store, watched, now=NOW)[0].judged)


def fired(some: Sequence[Judged], rule: str) -> list[Finding]:
    return [each.finding for each in some if each.fires and each.finding.rule == rule]


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def test_a_calm_store_tells_nothing(calm: EmbeddedStore) -> None:
    verdict, _ = judged(calm, Watchlist(brands=seeded.BRANDS, sources=seeded.SOURCES), now=NOW)
    assert [each.finding.headline for each in verdict.judged if each.fires] == []
    assert verdict.tested >= 5


def test_a_burst_is_told_with_its_numbers_and_copies_count_once(tmp_path: Path) -> None:
    burst = [one(9000 + n, ago(n / 8)) for n in range(40)]
    (told,) = fired(found(tmp_path / "a", burst), "volume_spike")
    assert told.labels == {"brand": "tessaro"}
    assert 36 <= int(told.numbers["seen"] or 0) <= 60
    assert float(told.numbers["expected"] or 0) < 12
    copies = [one(9000 + n, ago(n / 8), story="same", domain=f"p{n}.example") for n in range(40)]
    assert fired(found(tmp_path / "b", copies), "volume_spike") == []


def test_a_new_source_and_undated_posts_are_no_surge(tmp_path: Path) -> None:
    fresh = Source(id="brand-new", kind="feed", url="https://new.example/")
    new = [one(9000 + n, ago(n / 8), source=fresh) for n in range(60)]
    assert fired(found(tmp_path / "a", new), "volume_spike") == []
    undated = [replace(one(9000 + n, ago(n / 8)), published_at_source="collected") for n in range(60)]
    assert fired(found(tmp_path / "b", undated), "volume_spike") == []


def test_without_a_baseline_nothing_is_told(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "s", write=True) as store:
        store.write([one(n, ago(n / 2), label="negative", rating=1.0) for n in range(300)])
        store.refresh()
        told = judged(store, Watchlist(brands=seeded.BRANDS), now=NOW)[0].judged
    tested = [each for each in told if each.finding.p is not None and each.fires]
    assert tested == []
    assert fired(told, "first_mention") == []


def test_a_turn_of_mood_is_told_unless_a_silent_source_explains_it(tmp_path: Path) -> None:
    angry = [one(9000 + n, ago(n), label="negative") for n in range(45)]
    (told,) = fired(found(tmp_path / "a", angry), "negative_shift")
    assert "opinions in 3 days are negative" in told.now
    # The forum, a third of the voices, has not been read for four days.
    silent = [
        Run(
            source=source.id,
            started_at=at,
            state="failing" if source.id == "kettle-forum" and at > ago(96) else "ok",
            cause="refused us: 403",
        )
        for source in seeded.SOURCES
        for at in (ago(6 * n + 1) for n in range(120))
    ]
    some = found(tmp_path / "b", angry, runs=silent)
    assert fired(some, "negative_shift") == []
    (held,) = [each.inhibited for each in some if each.finding.rule == "negative_shift"]
    assert held.startswith("sources silent")
    assert [each.labels for each in fired(some, "source_failing")] == [{"source": "kettle-forum"}]


def test_ratings_departures_and_dangers_are_told(tmp_path: Path) -> None:
    low = [one(9000 + n, ago(5 * n), rating=1.0) for n in range(25)]
    gone = [
        one(9100 + n, ago(8 * n), switching=Switching(origin="tessaro", target="brewvia", status="done"))
        for n in range(14)
    ]
    burnt = [
        one(
            9200 + n,
            ago(9),
            text="It burned my hand",
            intents=("complaint",),
            severity=Severity(level="safety", weight=1.0),
            story="burn",
        )
        for n in range(3)
    ]
    some = found(tmp_path / "a", [*low, *gone, *burnt])
    assert [each.labels for each in fired(some, "rating_drop")] == [{"brand": "tessaro"}]
    assert [each.labels for each in fired(some, "switching_surge")] == [{"brand": "tessaro"}]
    (danger,) = fired(some, "severe_complaint")
    assert danger.severity == "urgent"
    assert danger.numbers["copies"] == 3


@pytest.mark.parametrize(
    ("kind", "text", "alerts"),
    [
        ("post", "My Tessaro charger caught fire last night", 1),
        ("post", "Tessaro charged me twice and the money is gone", 1),
        ("post", "My Tessaro gets warm but it never caught fire", 0),
        ("article", "Tessaro recalls 30,000 chargers because some of them caught fire", 0),
    ],
)
def test_harm_that_an_owner_tells_of_alerts_at_once(tmp_path: Path, kind: Any, text: str, alerts: int) -> None:
    post = Post(url="https://forum.example/t/9", kind=kind, text=text, fetched_at=ago(1), published_at=ago(2))
    [mentions] = Enricher((OWN,), pseudonym_key=b"key").mentions([post])
    told = fired(found(tmp_path / "a", mentions), "severe_complaint")
    assert len(told) == alerts
    assert all(each.severity == "urgent" for each in told)


def test_moves_verdicts_words_and_new_sites_are_told(tmp_path: Path) -> None:
    moves = [
        one(9000 + n, ago(9 + n), brand=seeded.BRANDS[1], moves=("recall",), text=f"Northkettle recalls {n}")
        for n in range(3)
    ]
    known = [one(9050 + n, ago(24 * n + 1), brand=seeded.BRANDS[2], moves=("price",)) for n in range(12)]
    lawyer = [one(9100, ago(3), text="Tessaro: my lawyer will write to them", domain="law.example")]
    options = AlertOptions(
        keywords=(KeywordSection(id="legal", query="lawyer OR sue*", brands=("tessaro",), severity="urgent"),),
        rules={"competitor_move": RuleSection(least=3)},
    )
    some = found(tmp_path / "a", [*moves, *known, *lawyer], options=options)
    assert [each.labels for each in fired(some, "competitor_move")] == [{"brand": "northkettle", "move": "recall"}]
    assert [(each.labels["watch"], each.severity) for each in fired(some, "keyword")] == [("legal", "urgent")]
    assert [each.labels["site"] for each in fired(some, "first_mention")] == ["law.example"]


def test_sources_that_fail_lag_or_lose_posts_are_told(tmp_path: Path) -> None:
    def run(source: str, hours: float, state: RunState = "ok", refused: int = 0) -> Run:
        dropped = {"refused by the store": refused}
        return Run(source=source, started_at=ago(hours), state=state, posts=3, dropped=dropped)

    runs = [
        *(run("kettle-forum", h, "failing" if h < 3 else "ok") for h in range(1, 72)),
        *(run("daily-news", h) for h in range(9, 72)),
        *(run("shop-reviews", h, refused=9 if h == 2 else 0) for h in range(1, 72)),
        *(run("tea-blog", h, "failing" if h == 1 else "ok") for h in range(1, 72)),
    ]
    some = found(tmp_path / "a", [], runs=runs)
    assert [each.labels["source"] for each in fired(some, "source_failing")] == ["kettle-forum"]
    assert [each.labels["source"] for each in fired(some, "crawl_overdue")] == ["daily-news"]
    assert [each.labels["source"] for each in fired(some, "dead_letters")] == ["shop-reviews"]


def test_a_new_complaint_and_a_fixs_verdict_are_told_once_with_evidence(tmp_path: Path) -> None:
    now = datetime(2026, 10, 31, 12, tzinfo=UTC)
    with seeded.seeded_store(tmp_path / "s", with_fixes=True) as store:
        watched = Watchlist(brands=seeded.BRANDS, sources=seeded.SOURCES, names=seeded.NAMES)
        first = watch(store, watched, [], now=now)
        (told,) = [alert for _, alert in first.alerts if alert.rule == "emerging_complaint"]
        assert told.labels == {"brand": "tessaro", "theme": "battery", "phrase": "drains overnight"}
        assert told.q is not None
        assert told.q <= 0.05
        assert told.evidence_total == 26
        assert 3 <= len(told.quotes) <= 5
        assert len({quote["source"] for quote in told.quotes}) == 3
        assert set(store.get(list(told.evidence))) == set(told.evidence)
        again = watch(store, watched, [], now=now + timedelta(minutes=5))
        assert [change for change, _ in again.alerts if change == "opened"] == []


def test_a_replay_writes_nothing_and_tells_when_a_rule_would_have_fired(tmp_path: Path) -> None:
    with seeded.seeded_store(tmp_path / "s") as store:
        watched = Watchlist(brands=seeded.BRANDS, sources=seeded.SOURCES, names=seeded.NAMES)
        end = datetime(2026, 10, 31, 12, tzinfo=UTC)
        told = list(
            replay(
                store,
                watched,
                BY_ID["emerging_complaint"],
                since=end - timedelta(days=12),
                until=end,
                step=timedelta(days=1),
            )
        )
        assert [one.labels["phrase"] for one in told if "phrase" in one.labels] == ["drains overnight"]
        assert date(2026, 10, 20) <= datetime.fromisoformat(told[0].opened_at).date() <= date(2026, 10, 25)
        assert told[0].evidence
        assert list(store.records.all("alert")) == []


def test_one_error_rate_holds_over_all_tests() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005], tested=4) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert benjamini_hochberg([0.01], tested=100).tolist() == [1.0]
    assert benjamini_hochberg([], tested=5).tolist() == []


def test_many_series_of_mere_noise_rarely_tell_anything() -> None:
    """A week of looks every six hours at sixty quiet series: p keeps its promise."""
    rng = random.Random(11)
    told = looks = 0
    for _ in range(60):
        values = [float(sum(rng.random() < 0.25 for _ in range(2))) for _ in range(24 * 57)]
        for end in range(24 * 56, 24 * 57, 6):
            told += latest(values[:end], start=NOW, step_s=3600).p <= 0.01
            looks += 1
    assert told / looks <= 0.01 + 3 * (0.01 * 0.99 / looks) ** 0.5


def test_the_share_of_noise_that_looks_like_a_turn_is_under_its_rate() -> None:
    rng = random.Random(5)
    told = 0
    for _ in range(400):
        rates = [min(0.95, max(0.05, rng.gauss(0.35, 0.08))) for _ in range(31)]
        negative = [sum(rng.random() < rate for _ in range(12)) for rate in rates]
        p, _ = higher_share(sum(negative[-3:]), 36, negative[:-3], [12] * 28)
        told += p <= 0.05
    assert told / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5
    assert higher_share(34, 36, [4] * 28, [12] * 28)[0] < 1e-4


def test_lower_stars_are_found_and_equal_ones_are_not() -> None:
    assert lower_values({1.0: 8}, {5.0: 40, 4.0: 10}) < 1e-4
    assert lower_values({5.0: 8, 4.0: 2}, {5.0: 40, 4.0: 10}) > 0.3
    assert lower_values({5.0: 9}, {5.0: 9}) == 1.0


def test_a_rule_that_looks_often_needs_more_to_tell() -> None:
    found = [
        as_judged(rule=rule, labels={"brand": "tessaro"}, p=0.004).finding for rule in ("volume_spike", "rating_drop")
    ]
    rules = [replace(BY_ID[one.rule], judge=_says(one)) for one in found]
    verdict = judge(Facts(now=NOW, brands=seeded.BRANDS), rules)
    assert {each.finding.rule: each.fires for each in verdict.judged} == {"volume_spike": False, "rating_drop": True}
    assert [each.q for each in verdict.judged] == pytest.approx([0.672, 0.008])


def _says(one: Finding) -> Callable[[Facts, Rule], list[Finding]]:
    return lambda facts, rule: [one]


def test_small_numbers_count_as_tested_and_say_nothing() -> None:
    opinions = Opinions(negative=[1] * 28 + [3, 3, 3], judged=[3] * 31, silent_share=0.0, silent=())
    facts = Facts(now=NOW, brands=seeded.BRANDS, opinions={"tessaro": opinions})
    verdict = judge(facts, [BY_ID["negative_shift"]])
    assert [(each.finding.p, each.fires, verdict.tested) for each in verdict.judged] == [(1.0, False, 1)]


def test_an_overdue_crawl_is_not_told_of_a_source_told_to_be_failing() -> None:
    failing = as_judged(rule="source_failing", labels={"source": "forum"}, p=None)
    late = as_judged(rule="crawl_overdue", labels={"source": "forum"}, p=None)
    other = as_judged(rule="crawl_overdue", labels={"source": "news"}, p=None)
    assert [each.fires for each in inhibit([failing, late, other])] == [True, False, True]


def test_a_source_read_by_hand_once_a_day_is_not_late() -> None:
    runs = [Run(source="s", started_at=ago(24 * n + 3), state="ok", posts=1) for n in range(9, -1, -1)]
    facts = Facts(now=NOW, brands=seeded.BRANDS, sources=seeded.SOURCES[:1], runs={seeded.SOURCES[0].id: runs})
    assert [each.fires for each in judge(facts, [BY_ID["crawl_overdue"]]).judged] == [False]


def test_a_site_that_asked_for_patience_is_neither_failing_nor_overdue(tmp_path: Path) -> None:
    def told(wait_hours: float, *states: RunState) -> dict[str, bool]:
        runs = [Run(source="s", started_at=ago(40 - n), state="ok", posts=1) for n in range(30)]
        until = ago(-wait_hours)
        runs += [
            Run(source="s", started_at=ago(9 - n), state=state, cause="429", wait_until=until)
            for n, state in enumerate(states)
        ]
        source = seeded.SOURCES[0]
        facts = Facts(now=NOW, brands=seeded.BRANDS, sources=(source,), runs={source.id: runs})
        rules = [BY_ID["source_failing"], BY_ID["crawl_overdue"]]
        return {each.finding.rule: each.fires for each in judge(facts, rules).judged}

    assert told(2, "failing", "waiting", "waiting", "waiting") == {"source_failing": False, "crawl_overdue": False}
    # Once the time that it asked for is over, it is late as any other; and to be refused twice is a failure.
    assert told(-8, "failing") == {"source_failing": False, "crawl_overdue": True}
    assert told(2, "failing", "waiting", "failing") == {"source_failing": True, "crawl_overdue": False}
