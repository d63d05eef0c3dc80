"""Issues on the page: proposed from a theme and from a mention, sent by an analyst's click, once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.model.records.issue import ISSUES
from analysis.model.records.proposal import PROPOSALS
from analysis.settings.tables import TrackerSection
from candor.tracker.asking import KEY as VARIABLE
from tests.candor.serve.test_browser import SIZES, browsing
from tests.candor.serve.test_proposals import about_battery
from tests.support import seeded
from tests.support.crawl.chromium import needs_chromium
from tests.support.serving import Browser, Serving, serving
from tests.support.trackers import KEY, TrackerStub, tracker_server

THEME = "theme-tessaro-battery"
ATTACK = "<script>window.ran=1</script> tessaro @everyone"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Serving, TrackerStub]]:
    monkeypatch.setenv(VARIABLE, KEY)
    with (
        seeded.seeded_store(tmp_path / "store") as store,
        serving(store, tmp_path) as served,
        tracker_server("github") as stub,
    ):
        options = TrackerSection(kind="github", project="tessaro/kettle", api=stub.url)
        served.desk.config = replace(served.desk.config, tracker=options)
        yield served, stub


def read(browser: Browser) -> str:
    """What the page says was read of the first issue that can be sent."""
    return str(re.findall(r'name="read" value="([0-9a-f]+)"', browser.get("/issues").text)[0])


def test_a_theme_is_proposed_read_sent_and_done(page: tuple[Serving, TrackerStub]) -> None:
    served, stub = page
    bob = served.visitor("analyst", "bob")
    assert bob.post("/issues", {"theme": "battery"}).headers["location"] == f"/issues#{THEME}"
    assert "Battery life: 52 of 148 mentions" in bob.get("/issues").text
    assert stub.asked == []
    assert bob.post(f"/issues/{THEME}/send", {"read": "other"}).status == 400
    mark = read(bob)
    assert bob.post(f"/issues/{THEME}/send", {"read": mark}).status == 303
    assert bob.post(f"/issues/{THEME}/send", {"read": mark}).status == 303
    assert len(stub.issues) == 1
    (issue,) = ISSUES.values(served.desk.records)
    assert (issue.state, issue.sent_by) == ("sent", "bob")
    told = bob.get("/issues").text
    assert 'href="https://github.example/tessaro/kettle/issues/1" rel="noopener noreferrer nofollow"' in told
    stub.close("1", "done")
    assert bob.post("/issues-sync", {}).headers["location"].startswith("/proposals")
    (offered,) = PROPOSALS.values(served.desk.records)
    assert (offered.what, offered.values["shipped"]) == ("fix", "2026-10-30")


def test_a_mention_is_proposed_from_its_page_and_attacks_nobody(page: tuple[Serving, TrackerStub]) -> None:
    served, stub = page
    one = replace(about_battery(), text=ATTACK, title="", quote="", last_seen_at=seeded.END)
    served.desk.store.write([one, replace(seeded.mentions()[5], private=True, last_seen_at=seeded.END)])
    served.desk.store.refresh()
    bob = served.visitor("analyst", "bob")
    assert f'action="/mention/{one.id}/issue"' in bob.get(f"/mention/{one.id}").text
    assert bob.post(f"/mention/{one.id}/issue", {}).headers["location"] == f"/issues#mention-{one.id}"
    assert "<script>window" not in bob.get("/issues").text
    assert bob.post(f"/issues/mention-{one.id}/send", {"read": read(bob)}).status == 303
    assert "@everyone" not in stub.issues["1"]["text"] + stub.issues["1"]["title"]
    assert bob.post(f"/mention/{seeded.mentions()[5].id}/issue", {}).status == 400


def test_a_refusal_is_shown_and_a_viewer_sends_nothing(page: tuple[Serving, TrackerStub]) -> None:
    served, stub = page
    bob, eve = served.visitor("analyst", "bob"), served.visitor("viewer", "eve")
    bob.post("/issues", {"theme": "battery"})
    stub.instead = (404, {"message": "Not Found"}, {})
    refused = bob.post(f"/issues/{THEME}/send", {"read": read(bob)})
    assert refused.status == 502
    assert "check project under [tracker]" in refused.text
    assert eve.get("/issues").status == 403
    assert eve.post(f"/issues/{THEME}/send", {"read": "x"}).status == 403
    assert "Propose an issue" not in eve.get(f"/mention/{about_battery().id}").text
    assert bob.post("/issues", {"theme": "nonsense"}).status == 400


@needs_chromium
@pytest.mark.parametrize("size", SIZES)
def test_the_page_of_issues_is_sound_in_a_browser(page: tuple[Serving, TrackerStub], size: tuple[int, int]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    served, _ = page
    served.visitor("analyst", "bob").post("/issues", {"theme": "battery"})
    with browsing(served, size=size) as (shown, wrong):
        shown.goto(f"{served.url}/issues")
        assert Axe().run(shown).response["violations"] == []
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shown.get_by_role("button", name=re.compile("^Send")).click()
        shown.get_by_role("status").wait_for()
        assert wrong == []
