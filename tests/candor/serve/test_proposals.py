"""What agents propose is accepted or declined on the page, by an analyst, once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.ledger import proposals
from analysis.ledger.entries import Stamp
from analysis.ledger.fixes import Known
from analysis.model import Mention
from analysis.model.records.audit import CORRECTIONS
from analysis.model.records.ledger import FIXES
from analysis.model.records.proposal import PROPOSALS
from candor.serve.app import WAYS
from tests.candor.serve.test_browser import SIZES, browsing
from tests.support import seeded
from tests.support.crawl.chromium import needs_chromium
from tests.support.serving import Serving, serving

STAMP = Stamp(at=seeded.END, who="<b>robin</b>")
KNOWN = Known(topics=("battery",), brands=("tessaro",))


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Serving]:
    """The page over a seeded store with a fix and a correction that an agent proposed."""
    with seeded.seeded_store(tmp_path / "store") as store, serving(store, tmp_path) as served:
        mention = about_battery()
        proposals.propose_fix(
            store,
            {"theme": "battery", "note": "<script>cells</script>"},
            reason="<img src=x onerror=alert(1)> 18 posts",
            evidence=[mention.id],
            known=KNOWN,
            stamp=STAMP,
        )
        values = {"field": "sentiment", "to": "positive"}
        proposals.propose_correction(store, mention, values, reason="irony", known=KNOWN, stamp=STAMP)
        yield served


def about_battery() -> Mention:
    return next(one for one in seeded.mentions() if "battery" in one.complaint_topics and one.brand.id == "tessaro")


def states(page: Serving) -> list[tuple[str, str]]:
    return [(one.state, one.decided_by) for one in PROPOSALS.values(page.desk.records)]


def test_the_page_shows_what_waits_and_what_it_rests_on(page: Serving) -> None:
    told = page.visitor("analyst").get("/proposals").text
    assert "&lt;img src=x" in told
    assert "<img src=x" not in told
    assert "<script>cells" not in told
    assert told.count(f'href="/mention/{about_battery().id}"') == 2
    assert 'aria-current="page">Proposals' in told
    facts = re.findall(r'<dl class="facts">(.*?)</dl>', told)
    assert [re.sub("<[^>]+>", " ", one).split() for one in facts] == [
        ["theme", "Battery", "life", "note", "&lt;script&gt;cells&lt;/script&gt;"],
        ["Sentiment", "negative", "→", "positive"],
    ], "a correction is told as it changes what is seen, without the mention's id"


def test_an_analyst_accepts_a_fix_and_a_correction_in_their_own_name(page: Serving) -> None:
    bob = page.visitor("analyst", "bob")
    before = len(list(FIXES.values(page.desk.records)))
    for number in ("00001", "00002"):
        assert bob.post(f"/proposals/{number}/accept", {}).status == 303
    assert states(page) == [("accepted", "bob"), ("accepted", "bob")]
    entered = list(FIXES.values(page.desk.records))
    assert (len(entered), entered[-1].who, entered[-1].theme) == (before + 1, "bob", "battery")
    assert [(one.mention, one.to, one.who) for one in CORRECTIONS.values(page.desk.records)] == [
        (about_battery().id, "positive", "bob")
    ]
    again = bob.post("/proposals/00001/accept", {})
    assert again.status == 409
    assert "bob has accepted it already" in again.text
    assert len(list(FIXES.values(page.desk.records))) == before + 1


def test_declining_takes_a_reason(page: Serving) -> None:
    bob = page.visitor("analyst", "bob")
    assert bob.post("/proposals/00001/decline", {"note": " "}).status == 400
    assert bob.post("/proposals/00001/decline", {"note": "not ours"}).status == 303
    assert states(page) == [("declined", "bob"), ("waiting", "")]
    assert "not ours" in bob.get("/proposals").text


def test_a_viewer_decides_nothing_and_is_led_nowhere(page: Serving) -> None:
    eve = page.visitor("viewer", "eve")
    assert "/proposals" not in eve.get("/mentions").text
    assert eve.get("/proposals").status == 403
    assert [way.role for way in WAYS if way.path.startswith("/proposals")] == ["analyst"] * 3
    assert eve.post("/proposals/00001/accept", {}).status == 403
    assert states(page) == [("waiting", ""), ("waiting", "")]


def test_an_acceptance_that_was_cut_off_is_told_and_not_repeated(page: Serving) -> None:
    held = PROPOSALS.get(page.desk.records, "00001")
    assert held is not None
    PROPOSALS.put(page.desk.records, replace(held.value, state="deciding", decided_by="ann"))
    bob = page.visitor("analyst", "bob")
    assert "ann</bdi> is accepting it" in bob.get("/proposals").text
    assert "look whether its entry is there" in bob.post("/proposals/00001/accept", {}).text


@needs_chromium
@pytest.mark.parametrize("size", SIZES)
def test_the_page_is_sound_in_a_browser(page: Serving, size: tuple[int, int]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with browsing(page, size=size) as (shown, wrong):
        shown.goto(f"{page.url}/proposals")
        assert Axe().run(shown).response["violations"] == []
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shown.locator("summary.button").first.press("Enter")
        assert shown.get_by_label("Why").first.is_visible()
        assert wrong == []
