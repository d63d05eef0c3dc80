"""What a feed says for itself where its pages say nothing, and what a listing remembers: only what was taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.spiders.sitemap import ASKED_ANYWAY
from tests.support.crawl.crawling import configure, crawl, mentions
from tests.support.crawl.replay import Answer, Replay, article, prose, rss, sitemap

HOST = "127.0.0.2"
WALL = article("Before you go on", "We and our partners keep cookies on your device. " * 12)
HOME = article("The valley paper", prose("the town hall", seed=3) + "\n\n" + prose("the kettle", seed=4))


@pytest.fixture
def web() -> Iterator[Replay]:
    with Replay((HOST,)) as replay:
        yield replay


def feed_at(web: Replay, folder: Path, items: str, **options: object) -> Path:
    body = f'<rss version="2.0"><channel><title>A feed</title>{items}</channel></rss>'
    web.add(HOST, "/feed", Answer(body=body.encode(), headers={"Content-Type": "application/rss+xml"}))
    return configure(folder, {"news": {"kind": "feed", "url": web.url(HOST, "/feed"), **options}})


def asked(web: Replay) -> list[str]:
    """Return the pages that were asked for since the last call."""
    paths = [path for _, path in web.asked if path.startswith("/p")]
    web.asked.clear()
    return paths


def item(web: Replay, path: str, words: str, *, guid: str = "", date: str = "") -> str:
    said = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    said += f"<pubDate>{date}</pubDate>" if date else ""
    link = f"<link>{web.url(HOST, path)}</link>" if path else ""
    return f"<item><title>{words}</title>{link}<description>{words}, readers say.</description>{said}</item>"


def pages(web: Replay, count: int) -> list[str]:
    for number in range(count):
        web.add(HOST, f"/p{number}", article(f"Story {number}", prose(f"the kettle of {number}", seed=number)))
    return [web.url(HOST, f"/p{number}") for number in range(count)]


def test_a_wall_is_read_again_until_it_is_gone_and_the_feed_speaks_meanwhile(web: Replay, tmp_path: Path) -> None:
    web.add(HOST, "/p1", WALL)
    config = feed_at(web, tmp_path, item(web, "/p1", "The kettle is called back"))
    first = crawl(config).sources["news"]
    (kept,) = mentions(config).values()
    assert (kept.title, kept.url) == ("The kettle is called back", web.url(HOST, "/p1"))
    assert first["kept_short"] == {"the page names no tracked brand": 1}
    web.add(HOST, "/p1", article("The kettle is called back", prose("the kettle", seed=1)))
    crawl(config)
    assert asked(web) == ["/p1", "/p1"]
    (kept,) = mentions(config).values()
    assert len(kept.text) > 300
    crawl(config)
    assert asked(web) == [], "what was read is remembered"


@pytest.mark.parametrize("script", [b"<script>go()</script>", b"<noscript>Please switch on JavaScript.</noscript>"])
def test_a_page_that_needs_a_script_leaves_the_feeds_words(web: Replay, tmp_path: Path, script: bytes) -> None:
    web.add(HOST, "/p1", Answer(body=b"<html><title>App</title><body>" + script + b"</body></html>"))
    config = feed_at(web, tmp_path, item(web, "/p1", "The kettle leaks"))
    crawl(config)
    assert [kept.title for kept in mentions(config).values()] == ["The kettle leaks"]


def test_a_page_that_leads_home_is_not_its_article(web: Replay, tmp_path: Path) -> None:
    web.add(HOST, "/p1", Answer(status=301, headers={"Location": web.url(HOST, "/")}, etag=False))
    web.add(HOST, "/", HOME)
    config = feed_at(web, tmp_path, item(web, "/p1", "The kettle leaks"))
    done = crawl(config).sources["news"]
    assert {url: kept.title for url, kept in mentions(config).items()} == {web.url(HOST, "/p1"): "The kettle leaks"}
    assert done["kept_short"] == {"its page leads to the front page": 1}


def test_entries_are_told_apart_by_their_guid(web: Replay, tmp_path: Path) -> None:
    web.add(HOST, "/", HOME)
    items = [item(web, "/", f"The kettle, offer {number}", guid=f"g{number}") for number in range(3)]
    items += [item(web, "", f"The kettle, note {number}", guid=f"n{number}") for number in range(2)]
    items.append(items[0])
    config = feed_at(web, tmp_path, "".join(items))
    done = crawl(config).sources["news"]
    found = mentions(config)
    assert len(found) == 5
    assert {kept.title for kept in found.values()} == {f"The kettle, offer {n}" for n in range(3)} | {
        f"The kettle, note {n}" for n in range(2)
    }
    assert done["dropped"] == {"the same entry twice in the feed": 1}
    crawl(config)
    assert len(mentions(config)) == 5


def test_a_comment_is_not_replaced_by_the_article_under_it(web: Replay, tmp_path: Path) -> None:
    pages(web, 1)
    items = (item(web, f"/p0#comment-{number}", f"My kettle drips, case {number}") for number in (11, 12))
    config = feed_at(web, tmp_path, "".join(items))
    crawl(config)
    assert {kept.title for kept in mentions(config).values()} == {f"My kettle drips, case {n}" for n in (11, 12)}
    assert asked(web) == []


def test_the_next_run_of_a_feed_goes_on_with_the_rest_newest_first(web: Replay, tmp_path: Path) -> None:
    pages(web, 5)
    items = [item(web, f"/p{n}", f"Kettle {n}", date=f"Tue, 0{n + 1} Dec 2020 10:00:00 GMT") for n in range(5)]
    config = feed_at(web, tmp_path, "".join(items), max_pages=2)
    read = []
    for _ in range(4):
        crawl(config)
        read.append(asked(web))
    assert read == [["/p4", "/p3"], ["/p2", "/p1"], ["/p0"], []]


def test_pages_that_cannot_be_fetched_do_not_keep_the_others_away(web: Replay, tmp_path: Path) -> None:
    urls = pages(web, 3)
    for path in ("/p0", "/p1"):
        web.add(HOST, path, Answer(status=404, etag=False))
    web.add(HOST, "/s.xml", sitemap([(url, None) for url in urls]))
    config = configure(tmp_path, {"site": {"kind": "sitemap", "url": web.url(HOST, "/s.xml"), "max_pages": 2}})
    crawl(config)
    crawl(config)
    assert list(mentions(config)) == [urls[2]]


def test_the_next_run_of_a_sitemap_goes_on_with_the_rest(web: Replay, tmp_path: Path) -> None:
    urls = pages(web, 5)
    web.add(HOST, "/s.xml", sitemap([(url, None) for url in urls]))
    config = configure(tmp_path, {"site": {"kind": "sitemap", "url": web.url(HOST, "/s.xml"), "max_pages": 2}})
    read = []
    for _ in range(3):
        crawl(config)
        read.append(asked(web))
    assert read == [["/p0", "/p1"], ["/p2", "/p3"], ["/p4", "/p0"]]


def test_a_lastmod_of_today_says_nothing_of_later_hours(web: Replay, tmp_path: Path) -> None:
    (url, *_) = pages(web, 1)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    web.add(HOST, "/s.xml", sitemap([(url, today)]))
    config = configure(tmp_path, {"site": {"kind": "sitemap", "url": web.url(HOST, "/s.xml")}})
    crawl(config)
    assert asked(web) == ["/p0"]
    # Another lastmod would do the same; the sitemap's own answer must differ, or it is not read.
    web.add(HOST, "/s.xml", sitemap([(url, today), (web.url(HOST, "/p9"), today)]))
    crawl(config)
    assert asked(web) == ["/p0", "/p9"]
    web.add(HOST, "/s.xml", sitemap([(url, today - timedelta(days=9))]))
    crawl(config)
    crawl(config)
    assert asked(web) == ["/p0"]


def test_a_sitemap_whose_lastmod_stands_still_is_read_all_the_same(web: Replay, tmp_path: Path) -> None:
    urls = pages(web, 2)
    index = (
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap>'
        f"<loc>{web.url(HOST, '/child.xml')}</loc><lastmod>2020-01-01T10:00:00Z</lastmod></sitemap></sitemapindex>"
    )
    web.add(HOST, "/index.xml", Answer(body=index.encode(), headers={"Content-Type": "application/xml"}))
    web.add(HOST, "/child.xml", sitemap([(urls[0], None)]))
    config = configure(tmp_path, {"site": {"kind": "sitemap", "url": web.url(HOST, "/index.xml")}})
    crawl(config)
    web.add(HOST, "/child.xml", sitemap([(url, None) for url in urls]))
    crawl(config)
    assert set(mentions(config)) == set(urls)
    assert ASKED_ANYWAY < 500


def test_a_feed_that_is_gzipped_without_saying_so_is_read(web: Replay, tmp_path: Path) -> None:
    import gzip

    answer = rss(web, [(pages(web, 1)[0], "A kettle", "The kettle.")])
    web.add(HOST, "/feed.gz", Answer(body=gzip.compress(answer.body), headers=answer.headers))
    config = configure(tmp_path, {"news": {"kind": "feed", "url": web.url(HOST, "/feed.gz")}})
    assert crawl(config).sources["news"]["mentions_new"] == 1


def test_a_feed_of_a_search_is_asked_for_each_brand(web: Replay, tmp_path: Path) -> None:
    config = feed_at(web, tmp_path, item(web, "/a", "The kettle drips"), url=web.url(HOST, "/{query}"), full=False)
    body = f'<rss version="2.0"><channel>{item(web, "/a", "The kettle drips")}</channel></rss>'
    web.add(HOST, "/Kettle", Answer(body=body.encode(), headers={"Content-Type": "application/rss+xml"}))
    row = crawl(config).sources["news"]
    assert (row["state"], row["mentions_new"]) == ("ok", 1)
