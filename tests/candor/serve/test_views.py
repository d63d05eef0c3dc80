"""Views are kept, shared and fed; a list is a file without a cap; over both engines."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import timedelta

import feedparser

from analysis.model.records.view import VIEWS
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
