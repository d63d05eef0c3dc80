"""A rule's page, over both engines: replayed before it is switched on, switched in the file with comments kept."""

from __future__ import annotations

import html
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analysis.alert.model import stamp
from candor.serve.live.replaying import Replayed
from crawler.configuration import load
from tests.candor.commands.test_add import CONFIG
from tests.candor.serve.test_sources import page_of
from tests.candor.serve.test_today import firing, links
from tests.support.serving import Answer, Browser, Serving

RULE = "/rules/severe_complaint"


def replayed(browser: Browser, address: str) -> Answer:
    """Return the page once the replay is done."""
    for _ in range(600):
        page = browser.get(address)
        if "It is being replayed" not in page.text:
            return page
        time.sleep(0.2)
    raise AssertionError("the replay does not end")


def test_a_rule_is_replayed_and_its_evidence_opens(acting: Serving) -> None:
    bob = acting.visitor("analyst", "bob")
    assert "alerts in" not in bob.get(RULE).text
    begun = bob.post(f"{RULE}/replay", {"least": "1", "severity": "urgent", "days": "30"})
    assert begun.status == 303
    page = replayed(bob, html.unescape(begun.headers["location"]))
    told = re.findall(r"<strong>(\d+) alerts?</strong> in 30 days", page.text)
    assert int(told[0]) > 0
    assert len(re.findall(r"<title>week of", page.text)) == 5
    for address, count in links(page):
        assert bob.get(address).total == count, address
    assert links(page)
    assert list(acting.desk.records.all("alert")) == [], "nothing is written"
    many = bob.post(f"{RULE}/replay", {"least": "9999", "severity": "urgent", "days": "30"})
    assert "<strong>0 alerts</strong>" in replayed(bob, html.unescape(many.headers["location"])).text


def test_what_means_nothing_is_refused(both: Serving) -> None:
    bob = both.visitor("analyst", "bob")
    for wrong in ({"least": "0"}, {"least": "x"}, {"days": "5"}, {"severity": "dire"}):
        assert bob.post(f"{RULE}/replay", wrong).status == 400, wrong
        assert bob.get(f"{RULE}?{'&'.join(f'{name}={value}' for name, value in wrong.items())}").status == 400
    assert bob.get("/rules/none").status == 404
    assert bob.post("/rules/none/replay", {}).status == 404
    vic = both.visitor("viewer", "vic")
    assert vic.get(RULE).status == 200
    assert vic.post(f"{RULE}/replay", {"least": "1"}).status == 403
    assert bob.post(f"{RULE}/switch", {"enabled": "no"}).status == 403
    admin = both.visitor("admin", "ann")
    assert admin.post(f"{RULE}/switch", {"enabled": "maybe"}).status == 400
    assert admin.post(f"{RULE}/switch", {"enabled": "no"}).status == 400, "there is no file to change"


def test_a_rule_is_switched_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "candor.toml"
    path.write_text(CONFIG)
    with page_of(tmp_path) as served:
        admin = served.visitor("admin", "ann")
        done = admin.post(f"{RULE}/switch", {"enabled": "no"})
        assert done.status == 303
        assert 'class="label">off' in admin.get(done.headers["location"]).text
        assert not load(path).alerts.rules["severe_complaint"].enabled
        assert "# for years" in path.read_text()
        admin.post(f"{RULE}/switch", {"enabled": "yes", "least": "3", "severity": "warning"})
        own = load(path).alerts.rules["severe_complaint"]
        assert (own.enabled, own.least, own.severity) == (True, 3, "warning")
        page = admin.get(RULE).text
        assert 'value="3"' in page
        assert "<option selected>warning" in page


def test_weeks_hold_every_alert_once() -> None:
    until = datetime(2026, 11, 1, tzinfo=UTC)
    since = until - timedelta(days=30)
    opened = [since, since + timedelta(days=1), until - timedelta(hours=1), until - timedelta(days=7)]
    made = Replayed(
        since=since,
        until=until,
        done=True,
        alerts=tuple(firing(str(n), opened_at=stamp(at)) for n, at in enumerate(opened)),
    )
    assert [count for _, count in made.weeks()] == [2, 0, 0, 0, 2]
    assert sum(count for _, count in made.weeks()) == len(opened)
