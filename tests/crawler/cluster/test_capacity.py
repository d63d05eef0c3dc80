"""What some mentions a day take: the arithmetic, and that the page in the documentation shows what it gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.capacity import DAY_S, MENTIONS_A_DAY, YEAR_DAYS, Assumed, Measured, markdown, needs

PAGE = Path(__file__).resolve().parents[3] / "docs" / "capacity.md"
RATES = Measured(page_ms=40, judged_ms=20, indexed_ms=1, answer_ms=10, stored_bytes=2**30 / 1_000_000)
PLAIN = Assumed(peak=1, busy=0.5, pages_a_mention=5, pages_a_crawl=10, threads=2, disk_elastic_gib=1000, disk_full=0.5)


def test_each_need_follows_from_the_rates() -> None:
    found = needs(10 * DAY_S, RATES, PLAIN)
    assert (found.pages_a_second, found.hosts) == (50, 50)
    # 50 pages of 40 ms are two threads, planned for half: two nodes of two.
    assert found.crawlers == 2
    # 5 crawls a second of 10 ms, planned for half.
    assert found.watches == 1
    # 864,000 mentions a day are 864,000 / 1,000,000 GiB, twice, for a year.
    assert found.stored_gib == pytest.approx(0.864 * 2 * YEAR_DAYS)
    # A year's primary: 315 GiB and 315 million mentions, 40 GiB a shard.
    assert found.shards_a_year == 8
    assert found.elastic == 3
    assert found.crawl_a_month == pytest.approx((2 * 2 + 2) * 0.05 * 730)
    assert found.elastic_a_month == pytest.approx(3 * (8 * 0.05 * 730 + 1000 * 0.10))


def test_posts_of_apis_are_judged_and_no_page_is_read() -> None:
    found = needs(100 * DAY_S, RATES, replace(PLAIN, pages_a_mention=0))
    assert found.pages_a_second == 0
    assert found.crawlers == 2
    # 10 crawls a second of 10 ms, planned for half.
    assert found.watches == 1


def test_a_hundred_times_the_mentions_take_a_hundred_times_the_nodes() -> None:
    one, _, hundred = (needs(each, RATES, PLAIN) for each in MENTIONS_A_DAY)
    assert 100 * (one.crawlers - 1) < hundred.crawlers <= 100 * one.crawlers
    assert hundred.stored_gib == pytest.approx(100 * one.stored_gib)


@pytest.mark.parametrize("assumed", [Assumed(), Assumed(pages_a_mention=0)])
def test_the_page_shows_what_the_rates_give(assumed: Assumed) -> None:
    assert markdown(Measured(), assumed) in PAGE.read_text()
