"""How fast the brand responds: worked out by hand, and asked of a real store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.ledger import acks, fixes
from analysis.ledger.entries import Stamp
from analysis.ledger.fixes import Known
from analysis.ledger.response import Row, delay, response
from analysis.measure.sections.response import read, responses, row_of
from analysis.model import Brand, Mention, SourceRef
from analysis.model.records.run import RUNS, Run
from analysis.store.embedded.store import EmbeddedStore
from tests.support.mentions import make_mention

START = datetime(2026, 10, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = START + 30 * DAY
BRANDS = (
    Brand(id="tessaro", name="Tessaro", role="own"),
    Brand(id="brewvia", name="Brewvia", role="competitor"),
)


def after(*hours: float | None) -> list[tuple[datetime, datetime | None]]:
    return [(START, None if one is None else START + one * HOUR) for one in hours]


@pytest.mark.parametrize(
    ("hours", "median", "p90"),
    [
        ((3,), 3, 3),
        ((1, 2, 3, 4), 2, 4),
        (range(1, 11), 5, 9),
        ((), None, None),
        ((None, None), None, None),
        # Half have been answered, nine of ten have not.
        ((1, 2, None, None), 2, None),
        # One of four: no median yet, however fast that one was.
        ((1, None, None, None), None, None),
    ],
)
def test_quantiles_by_hand(hours: tuple[float | None, ...], median: float | None, p90: float | None) -> None:
    found = delay(after(*hours), NOW)
    assert found.median_s == (None if median is None else median * 3600)
    assert found.p90_s == (None if p90 is None else p90 * 3600)
    assert (found.reached, found.of) == (sum(one is not None for one in hours), len(hours))


def test_what_was_published_lately_and_waits_is_weighed_by_how_long_it_waited() -> None:
    # Kaplan-Meier by hand. Waits: 1 h answered, 2 h still open (published 2 h ago), 4 h and 8 h answered.
    # Still waiting after 1 h: 3/4; the open one leaves; after 4 h: 3/4 * 1/2 = 3/8, which is the median; after 8 h: 0.
    pairs = [*after(1, 4, 8), (NOW - 2 * HOUR, None)]
    found = delay(pairs, NOW)
    assert (found.median_s, found.p90_s, found.reached, found.of) == (4 * 3600, 8 * 3600, 3, 4)


def test_an_answer_to_come_is_no_answer_and_one_before_the_post_took_no_time() -> None:
    found = delay([(START, NOW + DAY), (START, START - HOUR)], NOW)
    assert (found.reached, found.of, found.median_s) == (1, 2, 0.0)


def test_doubling_every_row_changes_no_figure() -> None:
    rows = [Row(published_at=START, collected_at=START + n * HOUR, acknowledged_at=None) for n in range(1, 8)]
    one, two = response(rows, NOW).collected, response([*rows, *rows], NOW).collected
    assert (one.median_s, one.p90_s, 2 * one.of) == (two.median_s, two.p90_s, two.of)


def complaint(n: int, at: datetime, *, brand: str = "tessaro", source: str = "forum", **more: object) -> Mention:
    values: dict[str, object] = {
        "published_at": at,
        "published_at_source": "jsonld",
        "first_seen_at": at + n * HOUR,
        "source": SourceRef(id=source, kind="pages"),
        "intents": ("complaint",),
        "complaint_topics": ("battery",),
    }
    return make_mention(n, **({"brand": brand} | values | more))  # type: ignore[arg-type]


def test_each_post_gets_the_first_acknowledgement_that_is_its_own(tmp_path: Path) -> None:
    known = Known(topics={"battery", "price"}, brands={"tessaro"})
    with EmbeddedStore(tmp_path, write=True) as store:
        store.write(
            [
                complaint(1, START + DAY),
                complaint(2, START + 2 * DAY),
                complaint(3, START + 9 * DAY),
                complaint(4, START + DAY, complaint_topics=("price",)),
                complaint(5, START + DAY, brand="brewvia"),
                complaint(6, START + DAY, source="file"),
                complaint(7, START - 5 * DAY),
                complaint(8, START + DAY, published_at_source="collected"),
                complaint(9, START + DAY, intents=("praise",)),
            ]
        )
        store.refresh()
        RUNS.put(store.records, Run(source="forum", started_at=datetime(2026, 10, 1, tzinfo=UTC), state="ok"))

        def ack(days: int, about: acks.About, what: str, **more: object) -> None:
            stamp = Stamp(at=START + days * DAY, who="ann")
            acks.add(store.records, about=about, what=what, note="seen", stamp=stamp, **more)  # type: ignore[arg-type]

        ack(4, "theme", "battery")
        ack(3, "post", complaint(2, START).post_id)
        ack(11, "alert", "a-1", mentions=(complaint(4, START).id,))
        fixes.add(store.records, theme="battery", shipped="2026-10-07", known=known, stamp=Stamp(at=START, who="ann"))
        found = responses(store, BRANDS, since=START - 9 * DAY, until=NOW, now=NOW)
        answered = read(store.records)
        rows = {
            n: row_of(complaint(n, at), answered, {}, store.records)
            for n, at in ((1, START + DAY), (2, START + 2 * DAY), (3, START + 9 * DAY), (4, START + DAY))
        }
        rows[4] = row_of(complaint(4, START + DAY, complaint_topics=("price",)), answered, {}, store.records)
    assert rows[1].acknowledged_at == START + 4 * DAY
    assert rows[2].acknowledged_at == START + 3 * DAY
    assert rows[3].acknowledged_at is None, "the theme was acknowledged before this was published"
    assert rows[4].acknowledged_at == START + 11 * DAY
    assert (rows[1].fixed_at, rows[3].fixed_at, rows[4].fixed_at) == (START + 6 * DAY, None, None)
    # Ours with a date of their own: 1, 2, 3, 4, 6, 7. Collected while watched: 1, 2, 3, 4 after that many hours.
    assert (found.posts, found.sampled) == (6, False)
    assert (found.collected.of, found.collected.median_s, found.collected.p90_s) == (4, 2 * 3600, 4 * 3600)
    # 1 and 6 after three days, 2 after one, 4 after ten, 7 after nine; 3 still waits.
    assert (found.acknowledged.reached, found.acknowledged.of) == (5, 6)
    assert found.acknowledged.median_s == 3 * 86400
    assert (found.fixed.reached, found.fixed.of) == (4, 6)
