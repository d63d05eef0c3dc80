"""Triage from the page, over both engines: one, many, themes; lists, facets and feeds by it; two people at once."""

from __future__ import annotations

import html
import re

from analysis.ledger import audit, triage
from analysis.ledger.checks import check
from analysis.ledger.triage import of_all
from tests.candor.serve.test_acts import BATTERY, ONE
from tests.candor.serve.test_browse import MENTIONS, links
from tests.support.serving import Answer, Serving


def seen(page: Answer, path: str) -> str:
    return str(re.findall(rf'action="{path}".*?name="seen" value="(\d+)"', page.text, re.DOTALL)[0])


def test_a_mention_is_triaged_told_and_taken_back(acting: Serving) -> None:
    bob, path = acting.visitor("analyst", "bob"), f"/mention/{ONE.id}"
    form = {"status": "open", "assignee": "eve <b>", "tags": "vip, second look", "note": "asked <i>them</i>"}
    at = seen(bob.get(path), f"{path}/triage")
    assert bob.post(f"{path}/triage", {**form, "seen": at, "status": "closed"}).status == 400
    done = bob.post(f"{path}/triage", {**form, "seen": at}, HX_Request="true")
    assert done.status == 200
    assert "eve &lt;b&gt;" in done.text
    assert "asked &lt;i&gt;them&lt;/i&gt;" in done.text
    late = acting.visitor("analyst", "eve").post(f"{path}/triage", {**form, "status": "done", "seen": at})
    assert late.status == 409
    assert "bob: status new to open" in html.unescape(late.text)
    assert bob.post(f"{path}/triage", {**form, "note": "", "seen": "1"}).status == 400, "it says so already"
    assert bob.post(f"{path}/triage/undo", {"seen": "1"}).status == 303
    assert of_all(acting.desk.records, "mention").of[ONE.id].now.status == "new"
    assert [entry.action for entry in audit.entries(acting.desk.records)] == ["triage", "triage"]
    assert check(acting.desk.records).sound
    viewer = acting.visitor("viewer", "vic")
    assert viewer.post(f"{path}/triage", {**form, "seen": "2"}).status == 403
    assert "asked &lt;i&gt;" not in viewer.get(path).text, "notes are between the team"
    assert bob.post("/mention/none/triage", {**form, "seen": "0"}).status == 404


def test_lists_and_facets_know_what_was_entered(acting: Serving) -> None:
    bob = acting.visitor("analyst", "bob")
    some = [one.id for one in BATTERY[:6]]
    back = "/mentions?brand.id=tessaro"
    for ids, fields in (
        (some, {"status": "open", "assignee": "bob", "tags": "vip"}),
        (some[:2], {"status": "done"}),
        (some[5:], {"status": "", "tags": "odd & even"}),
    ):
        done = bob.post("/several/triage", {**fields, "mention": [*ids, "f" * 64], "back": back})
        assert done.status == 303
        assert "entered" in bob.get(done.headers["location"]).text
    for asks, wanted in (
        ("triage.status=open", set(some[2:])),
        ("triage.status=open&triage.status=done", set(some)),
        ("triage.assignee=bob&triage.status=done", set(some[:2])),
        ("triage.tag=odd+%26+even", set(some[5:])),
        ("triage.tag=none", set()),
        (f"triage.status=done&id={some[0]}", {some[0]}),
    ):
        page = bob.get(f"/mentions?{asks}")
        assert (page.total, set(page.ids)) == (len(wanted), wanted), asks
    everything = len(MENTIONS)
    for asks, count in (
        ("triage.status=new", everything - 6),
        ("triage.status=new&triage.status=done", everything - 4),
        ("not.triage.status=done", everything - 2),
        ("not.triage.status=new", 6),
        ("not.triage.tag=vip", everything - 6),
    ):
        assert bob.get(f"/mentions?{asks}").total == count, asks
    page = bob.get("/mentions?brand.id=tessaro&triage.assignee=bob")
    facets = [(address, count) for address, count in links(page) if "triage." in address]
    assert len({address for address, _ in facets if "triage.tag" in address}) >= 2
    for address, count in facets:
        if "brand.id=tessaro" in address and address.count("triage.") == 2 and address.count("brand.id") == 1:
            assert bob.get(address).total == count, address
    assert bob.post("/several/triage", {"mention": [], "status": "open", "back": back}).status == 400
    assert bob.post("/several/triage", {"mention": some, "status": "shut", "back": back}).status == 400


def test_a_theme_is_triaged_and_every_number_opens_what_it_counts(acting: Serving) -> None:
    bob = acting.visitor("analyst", "bob")
    path = "/triage/tessaro/battery"
    page = bob.get("/triage")
    assert all(bob.get(address).total == count for address, count in links(page))
    assert len(links(page)) > 2
    form = {"status": "open", "assignee": "eve", "tags": "q4", "note": "with the makers"}
    assert bob.post(path, {**form, "seen": seen(page, path)}).status == 303
    assert bob.post(path, {**form, "seen": "0"}).status == 409
    assert bob.post("/triage/tessaro/nothing", {**form, "seen": "0"}).status == 404
    assert bob.post("/triage/nobody/battery", {**form, "seen": "0"}).status == 404
    bob.post("/several/triage", {"mention": [ONE.id], "status": "open", "tags": "q4", "back": "/"})
    page = bob.get("/triage")
    assert "with the makers" in page.text
    assert [bob.get(address).total for address, count in links(page) if "triage.tag=q4" in address] == [1]
    assert 'id="tessaro.battery"' in bob.get("/triage?status=open&assignee=eve&tag=q4").text
    assert 'id="tessaro.battery"' not in bob.get("/triage?status=done").text
    assert "Battery life of Tessaro" in bob.get("/log").text
    assert bob.post(f"{path}/undo", {"seen": "1"}).status == 303
    assert triage.of_all(acting.desk.records, "theme").of["tessaro/battery"].now.status == "new"
    assert "with the makers" not in acting.visitor("viewer", "vic").get("/triage").text


def test_a_topic_that_the_taxonomy_lacks_has_one_name_everywhere(both: Serving) -> None:
    assert "app" not in both.desk.topics
    bob = both.visitor("analyst", "bob")
    pages = {
        path: bob.get(path).text
        for path in ("/report", "/report/themes", "/triage", "/fixes", "/label", "/mentions", "/")
    }
    assert all(">App<" in pages[path] for path in ("/triage", "/fixes"))
    assert both.desk.name_of("complaint_topics", "app") == "App"
    assert both.desk.said("topic", "app battery") == "App, Battery life"
    assert [path for path, text in pages.items() if ">app<" in text] == []
