"""The reading pool: a page that hangs or kills its worker costs only that page; the rest goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from analysis.model import Brand, Post
from analysis.model.errors import ReadError
from crawler.kinds.base import Ask, Knowledge
from crawler.kinds.feed import FeedOptions
from crawler.kinds.pages import PagesOptions
from crawler.readers.page import Page
from crawler.spiders.base import posts_in
from crawler.workers.pool import ReadingPool, TookTooLongError, WorkerKilledError
from crawler.workers.work import EnricherSetup, Reader
from tests.support.crawl.replay import article, prose

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BRAND = Brand(id="kettle", name="Kettle", role="own", query="kettle")
URL = "http://shop.example/"
ARTICLE = Reader(
    kind="pages", ask=Ask(url=URL), options=PagesOptions(url=URL, read="article"), known=Knowledge(now=NOW)
)
FEED = Reader(kind="feed", ask=Ask(url=URL), options=FeedOptions(url=URL), known=Knowledge(now=NOW))
SETUP = EnricherSetup(brands=(BRAND,), key=b"k" * 32)


@pytest.fixture
def pool() -> Iterator[ReadingPool]:
    made = ReadingPool(workers=2, setup=SETUP)
    yield made
    made.close()


@pytest.fixture
def impatient() -> Iterator[ReadingPool]:
    made = ReadingPool(workers=2, timeout_s=5.0, setup=SETUP)
    yield made
    made.close()


def _page(number: int, title: str = "A kettle") -> Page:
    text = prose("the kettle", seed=number)
    return Page(article(title, text).body, f"http://shop.example/{number}", NOW)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_pages_are_read_in_other_processes(pool: ReadingPool) -> None:
    async def go() -> None:
        readings = await asyncio.gather(*(pool.read(ARTICLE, _page(number)) for number in range(12)))
        assert [posts_in(steps)[0].url for steps in readings] == [f"http://shop.example/{n}" for n in range(12)]
        assert all("kettle" in posts_in(steps)[0].text for steps in readings)
        assert await pool.call("pid", os.getpid) != os.getpid()

    asyncio.run(go())


def test_a_page_that_hangs_costs_only_itself(impatient: ReadingPool) -> None:
    async def go() -> None:
        await impatient.read(ARTICLE, _page(0))
        hung, *readings = await asyncio.gather(
            impatient.call("http://slow.example/", time.sleep, 600),
            *(impatient.read(ARTICLE, _page(number)) for number in range(6)),
            return_exceptions=True,
        )
        assert isinstance(hung, TookTooLongError)
        assert "http://slow.example/" in str(hung)
        assert "5 s" in str(hung)
        assert not [reading for reading in readings if isinstance(reading, BaseException)]

    asyncio.run(go())


def test_a_page_that_kills_its_worker_costs_only_itself(pool: ReadingPool) -> None:
    async def go() -> None:
        results = await asyncio.gather(
            pool.call("http://deadly.example/", die),
            *(pool.read(ARTICLE, _page(number)) for number in range(6)),
            return_exceptions=True,
        )
        assert isinstance(results[0], WorkerKilledError)
        assert not [reading for reading in results[1:] if isinstance(reading, BaseException)]

    asyncio.run(go())


def test_an_idle_worker_killed_from_outside_is_replaced(pool: ReadingPool) -> None:
    async def go() -> None:
        pid = await pool.call("pid", os.getpid)
        os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.5)
        assert posts_in(await pool.read(ARTICLE, _page(1)))

    asyncio.run(go())


def test_what_a_reader_cannot_read_is_a_read_error(pool: ReadingPool) -> None:
    async def go() -> None:
        with pytest.raises(ReadError, match=r"http://empty\.example/"):
            await pool.read(ARTICLE, Page(b"", "http://empty.example/", NOW))
        with pytest.raises(ReadError, match=r"http://html\.example/"):
            await pool.read(FEED, Page(article("No feed", "text").body, "http://html.example/", NOW))

    asyncio.run(go())


def is_spacy_loaded() -> bool:
    return "spacy" in sys.modules


def test_readers_do_not_wait_for_spacy(pool: ReadingPool) -> None:
    async def go() -> None:
        assert posts_in(await pool.read(ARTICLE, _page(1), whole=False))
        assert not await pool.call("spacy", is_spacy_loaded)

    asyncio.run(go())


def test_posts_are_understood_in_order(pool: ReadingPool) -> None:
    posts = [
        Post(url=f"http://shop.example/{n}", text="My kettle broke." if n % 2 else "Nothing here.", fetched_at=NOW)
        for n in range(40)
    ]
    understood = asyncio.run(pool.understand(posts))
    assert [item.url for item in understood] == [post.url for post in posts]
    assert [bool(item.mentions) for item in understood] == [bool(n % 2) for n in range(40)]
    assert understood[0].reason == "names no tracked brand"


def test_workers_are_replaced_after_their_share_and_nothing_is_lost() -> None:
    pool = ReadingPool(workers=1, timeout_s=10, recycle_after=5)

    async def go() -> set[int]:
        return {await pool.call("pid", os.getpid) for _ in range(20)}

    try:
        assert len(asyncio.run(go())) >= 4
    finally:
        pool.close()


def test_a_site_with_slow_pages_leaves_a_worker_to_the_others() -> None:
    """Each of the slow site's pages keeps a worker until its time is over."""

    async def go() -> None:
        pool = ReadingPool(workers=2, timeout_s=2.0)
        await asyncio.gather(*(pool.read(ARTICLE, _page(number)) for number in range(4)))
        heavy = _page(1).content.replace(b"</article>", b"<p>The <b>kettle</b> leaks.</p>" * 250_000 + b"</article>")
        pages = [Page(heavy, f"http://slow.example/{number}", NOW) for number in range(9)]
        slow = [asyncio.ensure_future(pool.read(ARTICLE, page)) for page in pages]
        await asyncio.sleep(0.1)
        waits = []
        for number in range(4):
            began = time.monotonic()
            await pool.read(ARTICLE, _page(number))
            waits.append(time.monotonic() - began)
        pool.close()
        # At first both workers may hang; from then on one at most.
        assert max(waits[1:]) < 1.8, waits
        assert any(isinstance(task.exception(), TookTooLongError) for task in slow if task.done())

    asyncio.run(go())
