"""What each spider asks for and yields: the arguments it takes, what it follows, what it leaves out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.model import Post
from analysis.model.errors import UsageError
from crawler.kinds import KINDS
from crawler.kinds.feed import completed
from crawler.kinds.pages import PagesOptions
from crawler.spiders.base import source_from
from tests.support.crawl.crawling import configure, crawl, mentions
from tests.support.crawl.replay import Answer, Replay, article, listing, prose, rss, sitemap, sitemap_index

HOST, OTHER = "127.0.0.2", "127.0.0.3"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def web() -> Iterator[Replay]:
    with Replay((HOST, OTHER)) as replay:
        yield replay


def _article(web: Replay, path: str, *, host: str = HOST, links: tuple[str, ...] = ()) -> str:
    head = "".join(f'<link rel="x"><a href="{link}">{link}</a>' for link in links)
    answer = article(f"About {path}", prose("the kettle", seed=len(path)))
    body = answer.body.replace(b"</article>", head.encode() + b"</article>")
    web.add(host, path, Answer(body=body))
    return web.url(host, path)


def _paths(web: Replay) -> list[str]:
    return [path for _, path in web.asked if path != "/robots.txt"]


def test_arguments_are_those_of_a_source() -> None:
    given = {"url": "http://a.example/", "depth": "2", "allow": "/news/ /blog/", "read": "forum", "max_pages": "7"}
    options = source_from("pages", given).options
    assert options == PagesOptions(
        url="http://a.example/", depth=2, allow=("/news/", "/blog/"), read="forum", max_pages=7
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, ["url", "is missing", "-a url=..."]),
        ({"url": "ftp://a.example/"}, ["url", "http:// or https://", "ftp://a.example/"]),
        ({"url": "http://a.example/", "depth": "deep"}, ["depth", "whole number", "deep"]),
        ({"url": "http://a.example/", "deepth": "1"}, ["deepth", "no such argument", "depth"]),
        ({"url": "http://a.example/", "allow": "("}, ["allow", "not a regular expression"]),
        ({"url": "http://a.example/", "read": "novel"}, ["read", "article", "novel"]),
    ],
)
def test_wrong_arguments_are_refused_with_their_cure(arguments: dict[str, str], words: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        source_from("pages", arguments)
    for word in words:
        assert word in str(refused.value)


def test_the_feed_fills_what_the_page_lacks() -> None:
    entry = Post(
        url="u", text="short", title="Entry", author="Ann", published_at=NOW, published_at_source="feed", fetched_at=NOW
    )
    page = Post(url="u", text="the long text of the page", fetched_at=NOW)
    whole = completed(page, entry, alone=True)
    assert (whole.title, whole.author, whole.published_at, whole.published_at_source) == ("Entry", "Ann", NOW, "feed")
    assert whole.text == page.text
    told = Post(url="u", text="x", title="Page", author="Bo", fetched_at=NOW, published_at=NOW - timedelta(days=1))
    kept = completed(told, entry, alone=True)
    assert (kept.title, kept.author, kept.published_at) == ("Entry", "Bo", told.published_at)
    # A page that shows less than its feed has a wall in front of it.
    assert kept.text == "short"
    assert completed(page, entry, alone=False) == page


def test_a_refused_article_leaves_the_feeds_own_text(web: Replay, tmp_path: Path) -> None:
    web.add(HOST, "/secret", Answer(status=403, body=b"no"))
    entries = [(web.url(HOST, "/secret"), "The kettle leaks", "Readers say that the kettle leaks at the seam.")]
    web.add(HOST, "/feed.xml", rss(web, entries))
    config = configure(tmp_path, {"news": {"kind": "feed", "url": web.url(HOST, "/feed.xml")}})
    done = crawl(config)
    assert done.sources["news"]["kept_short"] == {"refused us: 403": 1}
    (kept,) = mentions(config).values()
    assert (kept.title, kept.text) == ("The kettle leaks", "Readers say that the kettle leaks at the seam.")


def test_a_feed_may_be_read_without_its_articles(web: Replay, tmp_path: Path) -> None:
    web.add(HOST, "/feed.xml", rss(web, [(_article(web, "/a"), "A kettle", "The kettle is fine.")]))
    config = configure(tmp_path, {"news": {"kind": "feed", "url": web.url(HOST, "/feed.xml"), "full": False}})
    crawl(config)
    assert _paths(web) == ["/feed.xml"]
    assert [kept.text for kept in mentions(config).values()] == ["The kettle is fine."]


def test_a_sitemap_index_leads_to_what_changed(web: Replay, tmp_path: Path) -> None:
    day = datetime(2026, 2, 1, tzinfo=UTC)
    urls = [_article(web, f"/a{number}") for number in range(4)]
    web.add(HOST, "/one.xml", sitemap([(urls[0], day), (urls[1], day)]))
    web.add(HOST, "/two.xml", sitemap([(urls[2], None), (urls[3], day), (urls[0], day)]))
    web.add(HOST, "/index.xml.gz", sitemap_index([web.url(HOST, "/one.xml"), web.url(HOST, "/two.xml")]))
    config = configure(tmp_path, {"site": {"kind": "sitemap", "url": web.url(HOST, "/index.xml.gz")}})
    first = crawl(config)
    assert first.sources["site"]["mentions_new"] == 4
    assert sorted(_paths(web)) == ["/a0", "/a1", "/a2", "/a3", "/index.xml.gz", "/one.xml", "/two.xml"]
    web.add(HOST, "/one.xml", sitemap([(urls[0], day + timedelta(days=9)), (urls[1], day)]))
    web.asked.clear()
    second = crawl(config)
    assert second.sources["site"]["mentions_new"] == 0
    # Only the page whose lastmod moved is asked for again.
    assert [path for path in _paths(web) if path.startswith("/a")] == ["/a0"]


def test_a_sitemap_obeys_since_patterns_and_cap(web: Replay, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    urls = [_article(web, f"/news/{number}") for number in range(6)]
    entries = [(url, now - timedelta(days=number)) for number, url in enumerate(urls)]
    web.add(HOST, "/s.xml", sitemap([*entries, (_article(web, "/shop/1"), now)]))
    source = {"kind": "sitemap", "url": web.url(HOST, "/s.xml"), "since": "3d12h", "allow": ["/news/"], "max_pages": 3}
    done = crawl(configure(tmp_path, {"site": source}))
    assert sorted(_paths(web)) == ["/news/0", "/news/1", "/news/2", "/s.xml"]
    assert done.sources["site"]["dropped"]["over max_pages"] == 1


def test_an_address_that_is_none_costs_only_itself(web: Replay, tmp_path: Path) -> None:
    urls = ["http://[bad/", *(_article(web, f"/a{number}") for number in range(3))]
    web.add(HOST, "/s.xml", sitemap([(url, None) for url in urls]))
    web.add(HOST, "/feed.xml", rss(web, [(url, "A kettle", "The kettle.") for url in urls]))
    sources = {"s": {"kind": "sitemap", "url": web.url(HOST, "/s.xml")}}
    sources["f"] = {"kind": "feed", "url": web.url(HOST, "/feed.xml")}
    done = crawl(configure(tmp_path, sources))
    assert done.status == 0, done.sources
    assert {web.url(HOST, f"/a{number}") for number in range(3)} <= set(mentions(tmp_path / "candor.toml"))
    assert not [reason for row in done.sources.values() for reason in row["dropped"] if "broke" in reason]


def test_a_robots_txt_names_the_sitemaps(web: Replay, tmp_path: Path) -> None:
    web.add(HOST, "/s.xml", sitemap([(_article(web, "/a"), None)]))
    robots = f"User-agent: *\nDisallow: /x\nSitemap: {web.url(HOST, '/s.xml')}\n".encode()
    web.add(HOST, "/robots.txt", Answer(body=robots, headers={"Content-Type": "text/plain"}))
    config = configure(tmp_path, {"site": {"kind": "sitemap", "url": web.url(HOST, "/robots.txt")}})
    assert crawl(config).sources["site"]["mentions_new"] == 1


def test_a_site_crawl_keeps_to_host_patterns_depth_and_cap(web: Replay, tmp_path: Path) -> None:
    elsewhere = _article(web, "/elsewhere", host=OTHER)
    _article(web, "/deep/er", links=("/too/deep",))
    _article(web, "/too/deep")
    _article(web, "/skip/me")
    _article(web, "/one", links=("/deep/er", "/", elsewhere))
    links = [(web.url(HOST, path), path) for path in ("/one", "/one", "/skip/me", "/gone")]
    web.add(HOST, "/", listing(web, [*links, (elsewhere, "else")]))
    source = {"kind": "pages", "url": web.url(HOST, "/"), "depth": 2, "deny": ["/skip/"]}
    done = crawl(configure(tmp_path, {"site": source}))
    assert sorted(_paths(web)) == ["/", "/deep/er", "/gone", "/one"]
    assert done.sources["site"]["dropped"]["no such page: 404"] == 1
    assert [path for host, path in web.asked if host == OTHER] == []


def test_an_unchanged_page_still_leads_to_what_it_linked_to(web: Replay, tmp_path: Path) -> None:
    _article(web, "/one")
    web.add(HOST, "/", listing(web, [(web.url(HOST, "/one"), "one")]))
    config = configure(tmp_path, {"site": {"kind": "pages", "url": web.url(HOST, "/"), "depth": 1}})
    crawl(config)
    web.asked.clear()
    done = crawl(config)
    assert _paths(web) == ["/", "/one"]
    assert web.statuses[304] == 2
    assert done.sources["site"]["unchanged"] == 2
    assert done.status == 0


def test_scrapys_own_commands_work_from_the_root(web: Replay, tmp_path: Path) -> None:
    def scrapy(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scrapy", *arguments, "-s", f"CANDOR_CONFIG={config}"]
        root = Path(__file__).resolve().parents[3]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)

    web.add(HOST, "/feed.xml", rss(web, [(_article(web, "/a"), "A kettle", "The kettle is fine.")]))
    config = configure(tmp_path, {})
    assert scrapy("list").stdout.split() == sorted(KINDS)
    done = scrapy("crawl", "feed", "-a", f"url={web.url(HOST, '/feed.xml')}")
    assert done.returncode == 0, done.stderr
    assert len(mentions(config)) == 1
    assert "Scraped from" not in done.stderr, "posts are logged with their authors' names"
    again = scrapy("shell", web.url(HOST, "/a"), "-c", "response.status")
    assert again.stdout.strip().endswith("200"), "somebody looks at a page: not what changed, but the page"
    wrong = scrapy("crawl", "feed", "-a", "depth=x")
    assert wrong.returncode == 1
    assert "url: is missing; add -a url=..." in wrong.stderr
    shown = scrapy("shell", _article(web, "/b"), "-c", "response.status")
    assert shown.stdout.strip().endswith("200")


def test_a_page_that_names_nobody_is_counted_and_whole_in_a_feed_export(web: Replay, tmp_path: Path) -> None:
    text = prose("the toaster", seed=4, sentences=40)
    web.add(HOST, "/other", article("A toaster", text))
    config = configure(tmp_path, {"site": {"kind": "pages", "url": web.url(HOST, "/other"), "read": "article"}})
    done = crawl(config)
    assert done.sources["site"]["posts"] == 1
    assert done.sources["site"]["dropped"] == {"names no tracked brand": 1}
    exported, again = tmp_path / "posts.jsonl", tmp_path / "again"
    again.mkdir()
    other = configure(again, {"site": {"kind": "pages", "url": web.url(HOST, "/other"), "read": "article"}})
    crawl(other, {"FEEDS": {str(exported): {"format": "jsonlines"}}})
    assert len(json.loads(exported.read_text())["text"]) > 1000


def test_what_only_the_feed_tells_is_kept_at_the_address_that_others_link_to(web: Replay, tmp_path: Path) -> None:
    links = [web.url(HOST, "/a?utm_source=rss&amp;utm_medium=feed#ref=rss"), web.url(HOST, "/#/post/b")]
    items = "".join(f"<item><title>Kettle {n}</title><link>{link}</link></item>" for n, link in enumerate(links))
    web.add(HOST, "/f.xml", Answer(body=f"<rss version='2.0'><channel>{items}</channel></rss>".encode()))
    web.add(HOST, "/a", Answer(status=403))
    config = configure(tmp_path, {"news": {"kind": "feed", "url": web.url(HOST, "/f.xml")}})
    crawl(config)
    assert set(mentions(config)) == {web.url(HOST, "/a"), web.url(HOST, "/#/post/b")}


def _robots(web: Replay, text: str, *, host: str = HOST) -> None:
    web.add(host, "/robots.txt", Answer(body=text.encode(), headers={"Content-Type": "text/plain"}))


def test_a_robots_file_leads_to_each_sitemap_once(web: Replay, tmp_path: Path) -> None:
    _robots(
        web,
        f"""Sitemap:\rUser-agent: *\rDisallow: /x\r
    Sitemap: {web.url(HOST, "/robots.txt")}\nSitemap: {web.url(OTHER, "/robots.txt")}
    sitemap: /one.xml # ours\nSitemap: //{web.url(HOST, "/two.xml").partition("//")[2]}\nSitemap: http://[::1\n""",
    )
    _robots(web, f"Sitemap: {web.url(HOST, '/robots.txt')}\nSitemap: /robots.txt", host=OTHER)
    web.add(HOST, "/one.xml", sitemap([(_article(web, "/a"), None)]))
    web.add(HOST, "/two.xml", sitemap([(_article(web, "/b"), None)]))
    done = crawl(configure(tmp_path, {"site": {"kind": "sitemap", "url": web.url(HOST, "/robots.txt")}}))
    assert sorted(_paths(web)) == ["/a", "/b", "/one.xml", "/two.xml"]
    assert sum(path == "/robots.txt" for _, path in web.asked) <= 4
    assert done.sources["site"]["posts"] == 2
    assert done.sources["site"]["dropped"]["no web address"] == 1


def test_the_newest_pages_of_an_index_are_read_first(web: Replay, tmp_path: Path) -> None:
    urls = []
    for year in (2026, 2025, 2024, 2023):
        pages = [(_article(web, f"/p{year}{month}"), datetime(year, month, 1, tzinfo=UTC)) for month in (1, 2, 3)]
        web.add(HOST, f"/{year}.xml", sitemap(pages))
        urls.append((web.url(HOST, f"/{year}.xml"), f"{year}-03-01"))
    rows = "".join(f"<sitemap><loc>{url}</loc><lastmod>{day}</lastmod></sitemap>" for url, day in urls)
    web.add(
        HOST,
        "/i.xml",
        Answer(body=f"<sitemapindex>{rows}</sitemapindex>".encode(), headers={"Content-Type": "text/xml"}),
    )
    done = crawl(configure(tmp_path, {"s": {"kind": "sitemap", "url": web.url(HOST, "/i.xml"), "max_pages": 5}}))
    read = [path for path in _paths(web) if path.startswith("/p")]
    assert sorted(read) == ["/p20252", "/p20253", "/p20261", "/p20262", "/p20263"]
    assert done.sources["s"]["dropped"]["a sitemap over max_pages"] == 2


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("sitemap", b"<?xml version='1.0'?><urlset><url><lo"),
        ("sitemap", b"{}"),
        ("sitemap", b"<sitemapindex><sitemap><loc>/child.xml</loc></sitemap></sitemapindex>"),
        ("feed", b"<?xml version='1.0'?><opml/>"),
    ],
)
def test_what_cannot_be_read_is_no_silence(web: Replay, tmp_path: Path, kind: str, body: bytes) -> None:
    web.add(HOST, "/child.xml", Answer(body=b"<html><body>Sorry.</body></html>"))
    web.add(HOST, "/list", Answer(body=body, headers={"Content-Type": "text/xml"}))
    done = crawl(configure(tmp_path, {"s": {"kind": kind, "url": web.url(HOST, "/list")}}))
    assert done.sources["s"]["state"] == "failing"
    assert done.status == 1


def test_a_robots_file_that_names_no_sitemap_is_no_place_to_start(web: Replay, tmp_path: Path) -> None:
    _robots(web, "User-agent: *\nDisallow: /x\n")
    done = crawl(configure(tmp_path, {"s": {"kind": "sitemap", "url": web.url(HOST, "/robots.txt")}}))
    assert done.sources["s"]["state"] == "failing"
    assert "names no sitemap" in done.sources["s"]["cause"]


def test_a_feed_cannot_put_words_into_another_sites_mouth(web: Replay, tmp_path: Path) -> None:
    page = _article(web, "/story")
    lies = "The kettle explodes. " * 400
    web.add(OTHER, "/f.xml", rss(web, [(page, "Explosion", lies)]))
    config = configure(tmp_path, {"evil": {"kind": "feed", "url": web.url(OTHER, "/f.xml")}})
    crawl(config)
    (told,) = mentions(config).values()
    assert (told.url, told.title) == (page, "About /story")
    assert "explodes" not in told.text
    # The same page in a form that its server refuses, so that only the feed's own words are there.
    web.add(HOST, "/story", Answer(status=414))
    web.add(OTHER, "/f.xml", rss(web, [(f"{page}?utm_term=long", "Explosion!", lies)]))
    again = crawl(config)
    assert list(mentions(config).values()) == [told]
    assert again.sources["evil"]["dropped"]["words of another site's feed, and the page is known"] == 1
