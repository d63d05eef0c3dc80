"""Views are kept, shared and fed; a list is a file without a cap; over both engines."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import timedelta

import feedparser

from analysis.alert.remembered import alerts_of
from analysis.flow import watch
from analysis.model.records.view import VIEWS, View, ViewAlert
from candor.alert_pass import watchlist_of
from candor.serve.look.watched import watched
from tests.candor.serve.test_rules import replayed
from tests.candor.serve.test_today import links
from tests.support import seeded
from tests.support.serving import Browser, Serving


def test_a_view_is_saved_opened_fed_and_removed(acting: Serving) -> None:
    store = acting.desk.store
    ours = [one for one in seeded.mentions() if "battery" in one.complaint_topics and one.brand.id == "tessaro"]
    secret = replace(ours[-1], private=True, last_seen_at=seeded.END + timedelta(days=1))
    store.write([secret])
    store.refresh()
    bob, eve = acting.visitor("analyst", "bob"), acting.visitor("viewer", "eve")
    asks = "brand.id=tessaro&complaint_topics=battery"
    assert bob.post("/views", {"name": "", "asks": asks}).status == 400
    assert bob.post("/views", {"name": "x", "asks": "nofield=1"}).status == 400
    assert bob.post("/views", {"name": "x", "asks": "q=("}).status == 400
    assert bob.post("/views", {"name": "Battery <b>", "asks": asks}).status == 303
    page = eve.get("/views")
    assert "Battery &lt;b&gt;" in page.text
    ((address, count),) = links(page)
    assert eve.get(address).total == count == len(ours) - 1
    path = re.findall(r'href="(/feeds/[^"]+)"', page.text)[0]
    answer = Browser(port=acting.port).get(path)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = feedparser.parse(answer.text)
    assert not feed.bozo
    assert feed.feed.title == "Battery <b>"
    assert len(feed.entries) == 50
    assert all(not entry.get("link", "").startswith("javascript") for entry in feed.entries)
    assert f"urn:candor:mention:{secret.id}" not in {entry.id for entry in feed.entries}
    assert Browser(port=acting.port).get(path[:-8] + "x.xml").status == 404
    (view,) = VIEWS.values(acting.desk.records)
    assert eve.post(f"/views/{view.key}/remove", {}).status == 403
    assert bob.post(f"/views/{view.key}/remove", {}).status == 303
    assert bob.post(f"/views/{view.key}/remove", {}).status == 404
    assert Browser(port=acting.port).get(path).status == 404


def test_a_list_is_a_file_without_a_cap(both: Serving) -> None:
    ann = both.visitor()
    answer = ann.get("/export.csv?not.lang=de")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    wanted = {one.id: one for one in seeded.mentions() if one.lang != "de"}
    assert len(wanted) > 500
    assert [row["id"] for row in rows] == sorted(wanted)
    assert all(row["sentiment.label"] == wanted[row["id"]].sentiment.label for row in rows)
    assert "attachment" in answer.headers["content-disposition"]
    lines = ann.get("/export.jsonl?brand.id=steamly").text.splitlines()
    assert {json.loads(line)["brand"]["id"] for line in lines} == {"steamly"}
    assert ann.get("/export.csv?nofield=1").status == 400


def test_a_view_becomes_an_alert_after_its_replay_and_tells(acting: Serving) -> None:
    desk = acting.desk
    bob, eve = acting.visitor("analyst", "bob"), acting.visitor("viewer", "eve")
    asks = "brand.id=tessaro&complaint_topics=battery&not.lang=de"
    bob.post("/views", {"name": "Battery <b>", "asks": asks})
    (view,) = VIEWS.values(desk.records)
    page = f"/views/{view.key}"
    assert eve.get(page).status == 200
    assert eve.post(f"{page}/alert", {"enabled": "yes"}).status == 403
    assert eve.post(f"{page}/replay", {}).status == 403
    begun = bob.post(f"{page}/replay", {"every": "weekly", "severity": "warning", "days": "30"})
    shown = replayed(bob, html.unescape(begun.headers["location"]))
    assert re.search(r"<strong>[45] alerts</strong> in 30 days", shown.text), "once a week at most"
    numbers = links(shown)
    assert len(numbers) >= 5
    for address, count in numbers:
        assert bob.get(address).total == count, address
    assert list(desk.records.all("alert")) == [], "nothing is written"
    for wrong in ({"every": "hourly"}, {"severity": "dire"}, {"enabled": "maybe"}):
        assert bob.post(f"{page}/alert", {"enabled": "yes", **wrong}).status == 400
    done = bob.post(f"{page}/alert", {"enabled": "yes", "every": "at once", "severity": "warning"})
    assert "told at once" in bob.get(done.headers["location"]).text
    (view,) = VIEWS.values(desk.records)
    assert view.alert is not None
    assert (view.alert.every, view.alert.severity, view.alert.who) == ("at once", "warning", "bob")

    def told() -> list[set[str]]:
        store, now = desk.store, seeded.END + timedelta(hours=3)
        watch(store, replace(watchlist_of(desk.config), sources=()), [], now=now)
        return [set(alert.evidence) for alert in alerts_of(desk.records) if alert.rule == "saved_view"]

    ours = [one for one in seeded.mentions() if "battery" in one.complaint_topics and one.brand.id == "tessaro"]
    at = seeded.END + timedelta(hours=1)
    new = replace(ours[-1], id="f" * 32, first_seen_at=at, last_seen_at=at, published_at=at, lang="en")
    desk.store.write([new])
    desk.store.refresh()
    wanted = {new.id, *(one.id for one in ours if one.first_seen_at >= seeded.END and one.lang != "de")}
    assert told() == [wanted]
    assert told() == [wanted], "once"
    shown = bob.get("/alerts")
    assert "New in the saved view: Battery" in shown.text
    assert "Battery <b>" not in shown.text
    for address, count in links(shown):
        assert bob.get(address).total == count, address
    assert f"id={new.id}" in bob.get(page).text, "what it told"
    bob.post(f"{page}/alert", {"enabled": "no"})
    assert VIEWS.get(desk.records, view.key).value.alert is None  # type: ignore[union-attr]


def test_a_view_that_means_nothing_any_more_says_so(acting: Serving) -> None:
    records, bob = acting.desk.records, acting.visitor("analyst", "bob")
    alert = ViewAlert(severity="info", every="daily", who="bob", at=seeded.END)
    VIEWS.put(records, View(key="k", name="Old", asks="gone=1", feed="f", who="b", at=seeded.END, alert=alert))
    assert "is no field of mentions" in bob.get("/views").text
    assert "is no field of mentions" in bob.get("/views/k").text
    assert watched(records, seeded.END) == []
    assert bob.get("/views/none").status == 404
