"""Receipts and health: pure parts of a crawl."""

from __future__ import annotations

from datetime import UTC, datetime

from analysis.model import Source
from crawler.keeping.health import judge
from crawler.keeping.receipts import Receipt
from crawler.keeping.visit import Visit


def test_an_answer_is_remembered_only_when_all_its_parts_are_kept() -> None:
    kept: list[str] = []
    feed = Receipt(lambda: kept.append("feed"))
    article = Receipt(lambda: kept.append("article"), parent=feed)
    article.hold()
    feed.settle()
    article.settle()
    assert kept == []
    article.settle()
    assert kept == ["article", "feed"]


def test_one_lost_part_leaves_the_answer_and_its_listing_forgotten() -> None:
    kept: list[str] = []
    feed = Receipt(lambda: kept.append("feed"))
    good, bad = Receipt(lambda: kept.append("good"), parent=feed), Receipt(lambda: kept.append("bad"), parent=feed)
    bad.settle(kept=False)
    good.settle()
    feed.settle()
    assert kept == ["good"]


def _visit(*, posts: int = 0, promise: int = 0, read: int = 1, **more: int) -> Visit:
    source = Source(id="s", kind="feed", url="http://s.example/", promise_posts=promise, promise_dated=0.9)
    visit = Visit(source=source, run="r", started_at=datetime(2026, 3, 1, tzinfo=UTC))
    visit.posts, visit.entries_read = posts, read
    visit.dated = more.get("dated", posts)
    visit.unchanged = more.get("unchanged", 0)
    return visit


def test_a_kept_promise_is_ok() -> None:
    assert judge(_visit(posts=20, promise=20)).state == "ok"


def test_a_broken_promise_says_by_how_much() -> None:
    assert judge(_visit(promise=20)).cause == "no posts where 20 are promised"
    assert judge(_visit(posts=1, promise=20)).cause == "1 post where 20 are promised"
    health = judge(_visit(posts=10, dated=5))
    assert (health.state, health.cause) == ("failing", "50% of the posts have a date where 90% are promised")


def test_what_is_unchanged_counts_towards_the_promise() -> None:
    assert judge(_visit(posts=1, unchanged=19, promise=20)).state == "ok"


def test_an_entry_that_cannot_be_read_fails_with_its_cause() -> None:
    visit = _visit(read=0)
    visit.entry_causes["refused us: 403"] += 1
    health = judge(visit)
    assert (health.state, health.cause) == ("failing", "refused us: 403")


def test_nothing_without_a_promise_is_silent_and_says_why() -> None:
    visit = _visit()
    visit.drop("no post on the page", 3)
    health = judge(visit)
    assert (health.state, health.cause) == ("silent", "no posts: no post on the page, 3 times")


def test_a_stopped_visit_broke_no_promise() -> None:
    visit = _visit(promise=20)
    visit.stopped = True
    assert judge(visit).state == "stopped"
