"""Every number of every page is a link to exactly the mentions that it counts: all pages are walked, on both stores."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from analysis.alert.remembered import ALERTS
from analysis.ledger import triage
from analysis.ledger.entries import Stamp
from analysis.ledger.triage import TriageChange
from analysis.model.records.view import VIEWS, View, ViewAlert
from candor.serve.app import WAYS
from tests.candor.serve.test_acts import BATTERY
from tests.candor.serve.test_sections import SECTIONS
from tests.candor.serve.test_today import firing, links
from tests.support import seeded
from tests.support.serving import Serving

BUILT_OF_OTHERS = {"/export.csv", "/export.jsonl"}
"""Files, which hold the mentions themselves."""


@pytest.fixture(scope="module")
def busy(both: Serving) -> Serving:
    """A page on which everything that can be shown is there."""
    records, stamp = both.desk.records, Stamp(at=seeded.END, who="bob")
    ALERTS.put(records, firing("spike"))
    change = TriageChange(status="open", assignee="bob", tags=["vip"])
    for one in BATTERY[:3]:
        triage.enter(records, about="mention", what=one.id, change=change, stamp=stamp)
    triage.enter(records, about="theme", what="tessaro/battery", change=change, stamp=stamp)
    alert = ViewAlert(severity="info", every="daily", who="bob", at=seeded.END - timedelta(days=2))
    asks = "brand.id=tessaro&triage.tag=vip"
    VIEWS.put(records, View(key="v", name="Ours", asks=asks, feed="s", who="bob", at=seeded.END, alert=alert))
    told = tuple(one.id for one in BATTERY[:2])
    ALERTS.put(records, firing("told", rule="saved_view", labels={"view": "v"}, where={}, evidence=told))
    return both


def pages() -> list[str]:
    """Return the address of every page, each with what its names may stand for."""
    found = []
    for way in WAYS:
        if way.acts or way.path in BUILT_OF_OTHERS:
            continue
        if way.path == "/report/{name}":
            found += [f"/report/{name}" for name in SECTIONS] + ["/report/caveats"]
        else:
            name = {"/mention/{name}": BATTERY[0].id, "/rules/{name}": "volume_spike", "/views/{key}": "v"}.get(
                way.path, ""
            )
            assert name or "{" not in way.path, f"{way.path}: say what its name stands for"
            found.append(way.path.replace("{name}", name).replace("{key}", name))
    return found


@pytest.mark.parametrize("path", pages())
def test_every_number_of_a_page_opens_what_it_counts(busy: Serving, path: str) -> None:
    ann = busy.visitor()
    page = ann.get(path)
    assert page.status == 200
    for address, count in dict(links(page)).items():
        if address.startswith("/mentions") and path != "/mentions":
            assert ann.get(address).total == count, address
    # What looks like a link to a list of so many says how many in the one way that is checked here.
    told = re.findall(r'<a class="num" href="/mentions[^"]*"(?! data-count)', page.text)
    assert told == []
