"""What is new since a visit, over both engines, and the log that shows what everybody entered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from analysis.alert.model import stamp
from analysis.alert.remembered import ALERTS
from analysis.ledger import audit, corrections
from analysis.ledger.entries import Stamp
from analysis.model import Mention
from candor.serve.door.looked import APART, NAME, LookedBook
from tests.candor.serve.test_acts import BATTERY, ONE, form
from tests.candor.serve.test_today import firing, links
from tests.support import seeded
from tests.support.serving import Serving

MONDAY = seeded.END + timedelta(hours=1)
"""By then all that is seeded was collected."""


def at(served: Serving, moment: datetime) -> None:
    """Let it be ``moment`` on the page."""
    clock: Callable[[], datetime] = lambda: moment  # noqa: E731
    served.desk.now = clock
    served.desk.forget_measures()


def collected(mention: Mention, moment: datetime, url: str) -> Mention:
    return replace(mention, id=(url * 64)[:64], url=url, first_seen_at=moment, last_seen_at=moment)


def test_what_is_new_since_the_last_visit_is_said_with_its_mentions(acting: Serving) -> None:
    bob = acting.visitor("analyst", "bob")
    at(acting, MONDAY)
    assert "Since your last visit" not in bob.get("/").text
    later = MONDAY + timedelta(hours=8)
    new = [collected(one, MONDAY + timedelta(hours=n + 1), f"n{n}") for n, one in enumerate(BATTERY[:3])]
    other = next(one for one in seeded.mentions() if one.brand.id == "steamly")
    acting.desk.store.write([*new, collected(other, MONDAY + timedelta(hours=1), "other")])
    acting.desk.store.refresh()
    eve = acting.visitor("analyst", "eve")
    path = f"/mention/{ONE.id}"
    at(acting, MONDAY + timedelta(hours=2))
    eve.post(f"{path}/correct", form(eve.get(path), "neutral"))
    eve.post("/several/triage", {"mention": [one.id for one in BATTERY[:2]], "status": "open", "back": "/"})
    ALERTS.put(acting.desk.records, firing("new", opened_at=stamp(MONDAY + timedelta(hours=3))))
    ALERTS.put(acting.desk.records, firing("old"))
    at(acting, later)
    page = bob.get("/")
    told = re.sub(r"<[^>]+>", "", re.findall(r'<p class="since".*?</p>', page.text)[0])
    assert "4 new mentions, 3 of them complaints about us; 1 alert opened" in told
    assert "others entered 1 correction, 2 triage steps" in told
    assert [count for address, count in links(page) if "time=collected" in address] == [4, 3]
    for address, count in links(page):
        assert bob.get(address).total == count, address
    # Looking again is the same visit; what one did oneself is no news.
    at(acting, later + APART)
    assert "4 new mentions" in re.sub(r"<[^>]+>", "", bob.get("/").text)
    at(acting, later + 3 * APART)
    assert "0 new mentions; 0 alerts opened." in re.sub(r"<[^>]+>", "", bob.get("/").text)
    assert "others entered" not in eve.get("/").text


def test_visits_are_remembered_and_a_folder_that_is_closed_keeps_nobody_out(tmp_path: Path) -> None:
    book = LookedBook(tmp_path)
    assert book.since("ann", MONDAY) is None
    assert LookedBook(tmp_path).since("ann", MONDAY + timedelta(days=1)) == MONDAY
    assert book.since("ann", MONDAY + timedelta(days=1, minutes=10)) == MONDAY
    assert book.since("bob", MONDAY) is None
    (tmp_path / NAME).write_text("{", encoding="utf-8")
    assert book.since("ann", MONDAY) is None
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    assert LookedBook(blocked / "state").since("ann", MONDAY) is None


def test_the_log_is_shown_to_analysts_page_by_page(acting: Serving) -> None:
    bob, records = acting.visitor("analyst", "bob"), acting.desk.records
    assert "Nothing was entered yet" in bob.get("/log").text
    for n in range(130):
        stamp_of = Stamp(at=MONDAY, who="eve <b>")
        corrections.correct(records, ONE, to=("neutral", "negative")[n % 2], reason=f"no {n} <script>", stamp=stamp_of)
    page = bob.get("/log")
    numbers = [int(one) for one in re.findall(r'<tr><td class="n">(\d+)<', page.text)]
    assert numbers == list(range(130, 30, -1))
    assert f"/mention/{ONE.id}" in page.text
    assert "eve &lt;b&gt;" in page.text
    assert "<script>" not in page.text.replace("<script src", "")
    older = bob.get(re.findall(r'href="(/log\?before=\d+)"', page.text)[0])
    assert re.findall(r'<tr><td class="n">(\d+)<', older.text) == [str(n) for n in range(30, 0, -1)]
    assert bob.get("/log?before=x").status == 400
    assert acting.visitor("viewer", "vic").get("/log").status == 403
    assert [entry.seq for entry in audit.newest(records, before=4)] == [3, 2, 1]
