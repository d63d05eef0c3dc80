"""A finished visit is judged against its source's promise, over what was read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analysis.model import Source
from crawler.keeping.health import judge
from crawler.keeping.visit import Visit

SOURCE = Source(id="news", kind="sitemap", url="https://news.example/sitemap.xml", promise_posts=20, promise_dated=0.9)


def visit(**counts: int) -> Visit:
    made = Visit(source=SOURCE, run="run", started_at=datetime(2026, 3, 1, tzinfo=UTC), entries_read=1)
    for name, count in counts.items():
        setattr(made, name, count)
    return made


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({"pages": 25, "posts": 22, "dated": 22}, "ok"),
        ({"pages": 25, "posts": 3, "dated": 3}, "failing"),
        ({"pages": 25, "posts": 22, "dated": 10}, "failing"),
        ({"pages": 0, "posts": 0}, "failing"),
        ({"pages": 0, "posts": 0, "unchanged": 1}, "ok"),
        ({"pages": 1, "posts": 0, "unchanged": 3}, "ok"),
        ({"pages": 24, "posts": 2, "dated": 2, "unchanged": 2}, "failing"),
        ({"pages": 20, "posts": 18, "dated": 18, "unchanged": 6}, "ok"),
    ],
)
def test_promises_are_judged_over_what_was_read(counts: dict[str, int], state: str) -> None:
    assert judge(visit(**counts)).state == state


def test_a_broken_promise_says_what_was_promised() -> None:
    assert "layout changed: 0 posts where 20 are promised" in judge(visit(pages=3)).cause


def test_a_run_that_only_withdraws_discussions_gave_something() -> None:
    source = Source(id="desk", kind="freshdesk", url="")
    quiet = Visit(source=source, run="run", started_at=datetime(2026, 3, 1, tzinfo=UTC), entries_read=1, pages=1)
    assert judge(quiet).state == "silent"
    quiet.gone_threads.add("https://desk.example/a/tickets/4")
    assert judge(quiet).state == "ok"
