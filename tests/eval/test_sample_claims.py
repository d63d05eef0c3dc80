"""The sample's planted stories are told right, claim by claim, in the report of its last days and of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from analysis.enrich.enricher import Enricher
from analysis.enrich.taxonomy import load_taxonomy
from analysis.flow import ingest, measure
from analysis.ingest.understand import understand
from analysis.model import Mention
from analysis.model.records.ledger import FIXES, Fix
from analysis.store.base import Filter
from analysis.store.embedded.store import EmbeddedStore
from analysis.track.results import Measures
from candor.commands.start.sample import SHIPPED
from candor.sample.content import DAYS, Entry
from tests.support.eval.sample_mentions import TODAY, address, brands, entries, midnight, post

NOW = midnight(TODAY)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    enricher = Enricher(brands(), pseudonym_key=b"sample")
    with EmbeddedStore(tmp_path_factory.mktemp("sample"), write=True) as kept:
        list(ingest(understand([post(entry) for entry in entries()], enricher), store=kept, run="sample"))
        for number, (theme, version, note, days) in enumerate(SHIPPED):
            fix = Fix(
                key=f"f{number}",
                theme=theme,
                brand="quillane",
                version=version,
                note=note,
                shipped=TODAY - timedelta(days=days),
                at=NOW,
                who="test",
            )
            FIXES.put(kept.records, fix)
        kept.refresh()
        yield kept


def report(store: EmbeddedStore, days: int) -> Measures:
    names = {topic.id: topic.name for topic in load_taxonomy().topics.values()}
    since = NOW - timedelta(days=days)
    return measure(store, brands=brands(), since=since, until=NOW, now=NOW, topic_names=names)


@pytest.fixture(scope="module")
def last(store: EmbeddedStore) -> Measures:
    return report(store, 30)


@pytest.fixture(scope="module")
def whole(store: EmbeddedStore) -> Measures:
    return report(store, DAYS)


@pytest.fixture(scope="module")
def by_address(store: EmbeddedStore) -> dict[tuple[str, str], Mention]:
    return {(mention.url, mention.brand.id): mention for mention in store.scan(Filter())}


def told(by_address: dict[tuple[str, str], Mention], story: str, brand: str) -> list[tuple[Entry, Mention]]:
    tagged = [entry for entry in entries() if story in entry.stories]
    return [(entry, found) for entry in tagged if (found := by_address.get((address(entry), brand))) is not None]


def share(by_address: dict[tuple[str, str], Mention], story: str, brand: str, kind: str, what: str) -> float:
    """Return the share of a story's mentions of a brand that have a claim of one kind and topic or value."""
    mentions = [mention for _, mention in told(by_address, story, brand)]
    right = [one for one in mentions if any(c.kind == kind and what in (c.topic, c.value) for c in one.claims)]
    return len(right) / len(mentions)


@pytest.mark.parametrize(
    ("story", "brand", "kind", "what", "least"),
    [
        ("bat", "quillane", "complaint", "battery", 0.35),
        ("late", "quillane", "complaint", "delivery", 0.6),
        ("band", "quillane", "complaint", "display", 0.84),
        ("app", "quillane", "complaint", "login", 0.9),
        ("sup", "quillane", "complaint", "support", 0.5),
        ("btn", "quillane", "wish", "keyboard", 0.3),
        ("safety", "quillane", "severity", "safety", 1.0),
    ],
)
def test_a_storys_posts_claim_it(
    by_address: dict[tuple[str, str], Mention], story: str, brand: str, kind: str, what: str, least: float
) -> None:
    assert share(by_address, story, brand, kind, what) >= least


@pytest.mark.parametrize("story", ["bird", "off"])
def test_what_is_not_the_brand_is_no_mention(by_address: dict[tuple[str, str], Mention], story: str) -> None:
    addresses = {address(entry) for entry in entries() if story in entry.stories}
    assert [url for url, _ in by_address if url in addresses] == []


def test_every_claim_rests_on_words_of_its_post(by_address: dict[tuple[str, str], Mention]) -> None:
    for mention in by_address.values():
        for claim in mention.claims:
            assert claim.sentence in f"{mention.title}\n{mention.text}", (claim, mention.text)
            assert 0 <= claim.start < claim.end <= len(claim.sentence), claim


def test_nobody_who_reports_or_ships_complains_or_praises(by_address: dict[tuple[str, str], Mention]) -> None:
    others = [mention for mention in by_address.values() if mention.genre in ("news", "patch_notes")]
    assert len(others) >= 60
    assert [mention.url for mention in others if mention.intents] == []


def test_the_fix_that_worked_and_the_one_that_came_back_are_told_as_that(last: Measures) -> None:
    assert {fix.version: fix.verdict for fix in last.fixes} == {"5.3": "worked", "Shelf 3.4": "came back"}


def test_page_one_is_what_came_back_what_is_new_and_what_comes_late(last: Measures) -> None:
    assert [theme.id for theme in last.themes[:3]] == ["login", "display", "delivery"]
    assert [(series.brand, series.theme) for series in last.emerging] == [("quillane", "display")]
    assert last.themes[0].change.direction == "rising"
    assert last.themes[0].scope == "more than at competitors"


def test_the_launch_is_told_with_its_reaction_and_nothing_else_is_a_move(last: Measures) -> None:
    assert [(move.brand, move.what, move.reaction) for move in last.moves] == [("orsolo", "launch", "better")]


def test_the_moves_of_all_days_are_the_planted_ones(whole: Measures) -> None:
    assert {(move.brand, move.what) for move in whole.moves} == {
        ("orsolo", "partnership"),
        ("dovrek", "outage"),
        ("dovrek", "price"),
        ("curlew", "recall"),
        ("curlew", "layoffs"),
        ("orsolo", "launch"),
    }
    assert all(1 <= move.stories <= move.reports for move in whole.moves)


def test_who_left_is_told_with_where_to_and_why(last: Measures, whole: Measures) -> None:
    flows = {(flow.origin, flow.target): flow for flow in whole.switching}
    assert flows["dovrek", "quillane"].done >= 8
    assert flows["dovrek", "orsolo"].done >= 4
    assert max(flows.values(), key=lambda flow: flow.done) is flows["dovrek", "quillane"]
    reasons = {share.value for flow in last.switching for share in flow.reasons}
    assert "price" in reasons
    assert reasons <= {"price", "billing", "ads", "support"}


def test_the_planted_complaints_are_the_most_frequent_of_all_days(whole: Measures) -> None:
    counts = {theme.id: theme.count for theme in (*whole.themes, *whole.other_themes)}
    ranked = sorted(counts, key=lambda theme: -counts[theme])
    # Who tells of the drained battery blames the update for it: "since that update".
    assert set(ranked[:6]) == {"battery", "login", "delivery", "display", "support", "updates"}


def test_each_quote_of_the_report_is_a_claim_of_its_section(last: Measures) -> None:
    for theme in (*last.themes, *last.other_themes):
        assert {quote.claim for quote in theme.quotes} == {"complaint"}, theme.id
    assert {quote.claim for wish in last.wishes for quote in wish.quotes} <= {"wish"}
    assert {quote.claim for praise in last.praise for quote in praise.quotes} == {"praise"}
    assert {quote.claim for move in last.moves for quote in move.quotes} == {"move"}
    assert {quote.claim for flow in last.switching for quote in flow.quotes} == {"switching"}
