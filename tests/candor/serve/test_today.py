"""The first page: each of its numbers opens exactly the mentions that it counts, on both engines and in each period."""

from __future__ import annotations

import html
import re
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analysis.alert.lifecycle import Silence
from analysis.alert.model import Alert, stamp
from analysis.alert.remembered import ALERTS, SILENCES
from tests.support import seeded
from tests.support.serving import Answer, Serving, serving


def firing(name: str, **changes: object) -> Alert:
    at = stamp(seeded.END - timedelta(hours=3))
    where = {
        "since": stamp(seeded.END - timedelta(days=3)),
        "until": stamp(seeded.END),
        "terms": [{"field": "brand.id", "values": ["tessaro"]}],
        "query": '"battery" OR drains',
    }
    alert = Alert(
        id=name,
        fingerprint=name,
        episode=1,
        rule="volume_spike",
        labels={"brand": "tessaro"},
        severity="urgent",
        state="firing",
        opened_at=at,
        last_true_at=at,
        updated_at=at,
        headline=f"More than usual <script>window.ran=1</script> {name}",
        where=where,
    )
    return replace(alert, **changes)  # type: ignore[arg-type]


def links(page: Answer) -> list[tuple[str, int]]:
    found = re.findall(r'href="([^"]+)" data-count="(\d+)"', page.text)
    return [(html.unescape(address), int(number)) for address, number in found]


@pytest.mark.parametrize("days", ["", "7", "90"])
def test_every_number_opens_exactly_what_it_counts(both: Serving, days: str) -> None:
    ids = tuple(mention.id for mention in seeded.mentions()[-5:])
    ALERTS.put(both.desk.records, firing("spike"))
    ALERTS.put(both.desk.records, firing("named", where={}, evidence=ids, evidence_total=5))
    ALERTS.put(both.desk.records, firing("false", mark="false"))
    ALERTS.put(both.desk.records, firing("silent"))
    tomorrow = seeded.END + timedelta(days=1)
    SILENCES.put(both.desk.records, Silence(id="s", match={"id": "silent"}, until=tomorrow, author="a", reason="r"))
    ann = both.visitor()
    page = ann.get(f"/?days={days}" if days else "/")
    numbers = links(page)
    assert len(numbers) > (12 if days != "7" else 6)
    for address, count in numbers:
        assert ann.get(address).total == count, address
    assert "spike" in page.text
    assert " false<" not in page.text
    assert " silent<" not in page.text
    assert "<script>window" not in page.text


def test_a_period_that_is_none_is_refused(both: Serving) -> None:
    assert both.visitor().get("/?days=12").status == 400
    assert both.visitor().get("/?days=%3Cscript%3E").status == 400


def test_what_is_private_is_counted_for_analysts_alone(acting: Serving) -> None:
    since = seeded.END - timedelta(days=29)  # The thirty days that end with the day that has just begun.
    mentions = [one for one in seeded.mentions() if one.brand.id == "tessaro" and one.published_at >= since]
    later = seeded.END + timedelta(days=1)
    ours = [replace(one, private=True, last_seen_at=later) for one in mentions[::4]]
    acting.desk.store.write(ours)
    acting.desk.store.refresh()
    analyst, viewer = acting.visitor("analyst", "bob"), acting.visitor("viewer", "eve")
    whole, public = links(analyst.get("/"))[0][1], links(viewer.get("/"))[0][1]
    assert whole - public == len(ours)
    for address, count in links(viewer.get("/")):
        assert viewer.get(address).total == count, address
    assert viewer.get(f"/mention/{ours[0].id}").status == 404
    assert analyst.get(f"/mention/{ours[0].id}").status == 200
    assert viewer.get("/mentions?private=only").status == 400
    assert viewer.get(f"/mentions?id={ours[0].id}").total == 0
    assert analyst.get("/mentions?private=only").total == len(ours)


def test_measures_that_are_a_little_old_are_shown_while_newer_ones_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Neither is shown again for a while, nor for as long as it took: the second question finds an old value.
    monkeypatch.setattr("candor.serve.measured.MEASURED_S", 0.0)
    monkeypatch.setattr("candor.serve.measured.RESTS", 0.0)
    made = 0
    begun, go = threading.Event(), threading.Event()

    def make() -> int:
        nonlocal made
        made += 1
        if made > 1:
            begun.set()
            assert go.wait(60)
        return made

    with seeded.seeded_store(tmp_path / "store") as store, serving(store, tmp_path) as served:
        desk = served.desk
        assert desk.measures.get("x", make) == 1
        assert [desk.measures.get("x", make) for _ in range(3)] == [1, 1, 1]
        assert begun.wait(60)
        # What is entered meanwhile is not covered by what was measured before.
        desk.forget_measures()
        go.set()
        assert desk.measures.get("x", make) >= 2
        assert made in (2, 3)
