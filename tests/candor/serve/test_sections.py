"""The report's sections as pages, alerts, sources and fixes, over both engines: numbers, acts, two people at once."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.alert.remembered import ALERTS, SILENCES
from analysis.model.records.ledger import ACKS, FIXES
from analysis.store.base import Store
from tests.candor.serve.conftest import STORES, empty
from tests.candor.serve.test_today import firing, links
from tests.support import seeded
from tests.support.serving import Answer, Serving, serving

SECTIONS = ("themes", "fixes", "response", "moves", "switching", "reputation", "voice", "wishes", "praise", "sources")


@pytest.mark.parametrize("name", SECTIONS)
def test_every_number_of_a_section_opens_exactly_what_it_counts(both: Serving, name: str) -> None:
    ann = both.visitor()
    page = ann.get(f"/report/{name}")
    assert page.status == 200
    numbers = links(page)
    assert numbers or name == "response"
    for address, count in dict(numbers).items():
        assert ann.get(address).total == count, address
    assert "<script>alert" not in page.text
    assert "style=" not in page.text


def test_the_report_has_every_section_and_no_other(both: Serving) -> None:
    ann = both.visitor()
    page = ann.get("/report")
    contents = re.findall(r'href="/report/(\w+)"', page.text)
    assert contents[:-1] == list(SECTIONS)
    assert all(f"/report/{name}" in page.text for name in contents)
    assert ann.get("/report/nothing").status == 404
    assert ann.get("/report/hands").status == 404
    assert ann.get("/report?days=5").status == 400
    for unknown in ("since=2026-11-20&until=2026-11-01", "since=xx", "brand=tessaro"):
        refused = ann.get(f"/report?{unknown}")
        assert (refused.status, "days" in refused.text) == (400, True), unknown
    assert ann.get("/report/caveats?days=90").status == 200


def test_an_alert_is_marked_acknowledged_and_silenced(acting: Serving) -> None:
    records = acting.desk.records
    quoted = next(one for one in seeded.mentions() if one.brand.id == "tessaro")
    quote = {"id": quoted.id, "text": "said <b>this</b>", "url": "javascript:alert(1)", "source": "x", "at": ""}
    ALERTS.put(records, firing("one", quotes=(quote,), evidence=(quoted.id,), evidence_total=1, why="a test"))
    ALERTS.put(records, firing("two"))
    bob = acting.visitor("analyst", "bob")
    page = bob.get("/alerts")
    assert "said" in page.text
    assert "<b>" not in page.text
    assert "javascript:" not in page.text
    for address, count in links(page):
        assert bob.get(address).total == count
    assert bob.post("/alerts/one/mark", {"mark": "useful"}).status == 303
    assert bob.post("/alerts/one/mark", {"mark": "nice"}).status == 400
    assert bob.post("/alerts/none/mark", {"mark": "useful"}).status == 400
    stored = ALERTS.get(records, "one")
    assert stored
    assert stored.value.mark == "useful"
    assert bob.post("/alerts/one/ack", {"note": ""}).status == 400
    assert bob.post("/alerts/one/ack", {"note": "told support"}).status == 303
    (ack,) = ACKS.values(records)
    assert (ack.what, ack.who, ack.mentions) == ("one", "bob", (quoted.id,))
    assert "told support" in bob.get("/alerts").text
    assert bob.post("/alerts/two/silence", {"days": "2", "reason": "x"}).status == 400
    assert bob.post("/alerts/two/silence", {"days": "3", "reason": " "}).status == 400
    assert bob.post("/alerts/gone/silence", {"days": "3", "reason": "x"}).status == 400
    assert bob.post("/alerts/two/silence", {"days": "3", "reason": "known"}).status == 303
    (silence,) = SILENCES.values(records)
    assert (silence.match, silence.author, silence.until) == ({"id": "two"}, "bob", seeded.END + timedelta(days=3))
    assert "#two" not in bob.get("/").text
    assert bob.post(f"/silences/{silence.id}/end", {}).status == 303
    assert "#two" in bob.get("/").text


def test_sources_tell_how_they_do(both: Serving) -> None:
    page = both.visitor().get("/sources")
    assert re.findall(r"<strong><bdi>([\w-]+)", page.text) == sorted(s.id for s in seeded.SOURCES)
    assert "Last runs" in page.text


def entered(served: Serving) -> Sequence[object]:
    return [(fix.theme, fix.status, fix.shipped) for fix in FIXES.values(served.desk.records)][2:]


def version(page: Answer, key: str) -> str:
    return str(re.findall(rf'action="/fixes/{key}".*?name="seen" value="(\d+)"', page.text, re.DOTALL)[0])


def test_a_fix_is_entered_changed_and_judged(acting: Serving) -> None:
    bob, eve = acting.visitor("analyst", "bob"), acting.visitor("analyst", "eve")
    new = {"theme": "battery", "shipped": "2026-10-20", "version": "2.4 <b>", "note": "new cells", "brand": "tessaro"}
    assert bob.post("/fixes", {**new, "theme": "nothing"}).status == 400
    assert bob.post("/fixes", {**new, "shipped": "soon"}).status == 400
    assert bob.post("/fixes", new).status == 303
    again = bob.post("/fixes", new)
    assert again.status == 400
    assert "says the same" in again.text
    assert "2.4 &lt;b&gt;" in again.text
    assert entered(acting) == [("battery", "shipped", date(2026, 10, 20))]
    page = bob.get("/fixes")
    for address, count in links(page):
        assert bob.get(address).total == count
    seen = version(page, "00003")
    change = {**new, "shipped": "2026-10-22", "status": "shipped", "version": "2.4"}
    body = {"reason": "late roll-out", "seen": seen, **change}
    assert bob.post("/fixes/00003", {**body, "reason": ""}).status == 400
    assert bob.post("/fixes/00003", body).status == 303
    assert entered(acting) == [("battery", "shipped", date(2026, 10, 22))]
    late = eve.post("/fixes/00003", {**body, "note": "other words"})
    assert late.status == 400
    assert "bob changed it meanwhile (late roll-out)" in html.unescape(late.text)
    assert eve.post("/fixes/99999", body).status == 400
    assert acting.visitor("viewer", "vic").post("/fixes", new).status == 403


def test_what_an_alert_quotes_of_the_team_alone_is_kept_from_viewers(acting: Serving) -> None:
    mention = replace(seeded.mentions()[-1], private=True, last_seen_at=seeded.END + timedelta(days=1))
    acting.desk.store.write([mention])
    acting.desk.store.refresh()
    quote = {"id": mention.id, "text": "between us", "url": "", "source": "desk", "at": ""}
    ALERTS.put(acting.desk.records, firing("one", quotes=(quote,)))
    assert "between us" in acting.visitor("analyst", "bob").get("/alerts").text
    assert "between us" not in acting.visitor("viewer", "eve").get("/alerts").text


@pytest.mark.parametrize("engine", STORES)
def test_numbers_of_what_no_topic_names_open_what_they_count(engine: str, tmp_path: Path) -> None:
    with empty(engine, tmp_path, "bare") as store:
        _bare(store, tmp_path)


def _bare(store: Store, folder: Path) -> None:
    seeded.fill(store)
    some = [one for one in seeded.mentions() if one.intents and one.brand.id == "tessaro"][-40:]
    bare: dict[str, Any] = {"topics": (), "complaint_topics": (), "complaint_phrases": (), "praise_topics": ()}
    store.write([replace(one, **bare) for one in some])
    store.refresh()
    with serving(store, folder) as page:
        ann = page.visitor()
        for path, name in (("/", "complaint"), ("/report/themes", "complaint"), ("/report/praise", "praise")):
            numbers = [(link, count) for link, count in links(ann.get(path)) if f"{name}_topics=%28none%29" in link]
            assert numbers, path
            for link, count in numbers:
                assert ann.get(link).total == count > 0
            assert f"no {name} topics" in ann.get(numbers[0][0]).text
