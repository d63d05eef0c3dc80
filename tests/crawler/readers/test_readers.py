"""What each reader promises, on pages invented here; nothing a page holds may break a reader or hang it."""

from __future__ import annotations

import gzip
import json
import pickle
import random
import re
import tarfile
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.model.addresses import canonical, is_web, same_site
from analysis.model.errors import ReadError, UsageError
from crawler.readers.encoding import decode
from crawler.readers.facts.about import facts_of
from crawler.readers.facts.links import page_links
from crawler.readers.facts.names import clean_authors, clean_title
from crawler.readers.facts.pieces import html_text
from crawler.readers.facts.structured import things, types, walk
from crawler.readers.feeds.feed import read_feed
from crawler.readers.feeds.sitemap import MAX_ENTRIES, read_sitemap
from crawler.readers.guess import guess
from crawler.readers.page import MOST_ATTRIBUTES, Page, fewer_attributes
from crawler.readers.pages.interest import may_interest
from crawler.readers.reading import READERS, read
from crawler.readers.saved import SavedFile, read_files
from crawler.readers.talk.engines import ENGINES, TOPICS, Engine
from crawler.readers.talk.posts import select
from crawler.readers.talk.review import aggregates, scaled
from crawler.readers.unzipping import unzipped
from tests.support.crawl.replay import saved_pages
from tests.support.shared import WEB, needs_shared, page

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TEXT = "The lid of the kettle drips after a few weeks, and the shop sends a new seal to whoever asks for one. "
BODY = "".join(f"<p>{TEXT * 3}</p>" for _ in range(3))


def a_page(content: bytes | str, url: str = "https://site.example/a/page", content_type: str = "") -> Page:
    return Page(content.encode() if isinstance(content, str) else content, url, NOW, content_type)


POEM = "Grüße an die Öffentlichkeit: der Kessel tropft, sagt Frau Müller für 3 €."


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (POEM.encode(), ""),
        (POEM.encode(), "text/html; charset=iso-8859-1"),
        (b'<meta charset="windows-1251">' + POEM.encode(), ""),
        (b"\xef\xbb\xbf" + POEM.encode(), "text/html; charset=latin-1"),
        (POEM.encode("cp1252"), "text/html; charset=windows-1252"),
        (b'<meta http-equiv="content-type" content="text/html; charset=iso-8859-15">' + POEM.encode("iso-8859-15"), ""),
        (POEM.encode("utf-16"), ""),
        (POEM.encode("cp1252"), "text/html; charset=utf-8"),
    ],
)
def test_a_page_is_decoded_whatever_it_declares(content: bytes, content_type: str) -> None:
    assert POEM in decode(content, content_type)


def test_control_characters_and_lone_surrogates_are_dropped() -> None:
    assert decode(b"a\x00b\x1fc") == "abc"
    assert decode("<p>x</p>".encode("utf-8", "surrogatepass") + b"\xed\xa0\x80").startswith("<p>x</p>")


def test_a_page_travels_between_processes_without_its_parse() -> None:
    one = a_page(f"<html><body>{BODY}</body></html>")
    assert one.tree is one.tree
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Site.Example:443/a?utm_source=x&id=3#top", "https://site.example/a?id=3"),
        (
            "https://site.example/a?gallery=2&reference=7&global=1",
            "https://site.example/a?gallery=2&global=1&reference=7",
        ),
        ("https://site.example/?fbclid=abc&gclid=1", "https://site.example/"),
        ("http://site.example/a;jsessionid=9F?x=1", "http://site.example/a?x=1"),
        ("mailto:web@site.example", "mailto:web@site.example"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_a_canonical_address_keeps_what_has_a_meaning(url: str, expected: str) -> None:
    assert canonical(url) == expected
    assert canonical(expected) == expected


def test_a_declared_address_is_trusted_on_its_own_site_only() -> None:
    own = "https://m.site.co.uk/a?x=1"
    assert canonical(own, declared="https://www.site.co.uk/a") == "https://www.site.co.uk/a"
    assert canonical(own, declared="https://other.co.uk/a") == own
    assert canonical(own, declared="https://www.site.co.uk/") == own
    assert canonical("", declared="https://site.example/a") == "https://site.example/a"
    assert same_site("https://a.site.co.uk", "https://b.site.co.uk")
    assert not same_site("https://one.co.uk", "https://two.co.uk")
    assert not is_web("ftp://site.example/a")


def test_the_short_way_for_plain_links_gives_the_canonical_address() -> None:
    hrefs = ["/a/b", "/A/b.html", "/", "/a//b", "/a?x=1", "/a;jsessionid=3", "/%7Eida", "c/d", "../e",
             "//else.example/f",
             "https://else.example/g/h", "https://ELSE.example/g", "http://else.example", "/a/ä"]  # fmt: skip
    html = "".join(f'<a href="{href}">x</a>' for href in hrefs)
    own = "https://site.example/a/page"
    expected = dict.fromkeys(canonical(urljoin(own, href)) for href in hrefs)
    assert page_links(a_page(f"<meta charset=utf-8>{html}", own)) == tuple(expected)


def test_links_are_absolute_once_and_without_nofollow() -> None:
    html = """<base href="https://site.example/b/"><a href="x?utm_medium=m">1</a><a href="x#part">2</a>
    <a href="#top">3</a>
    <a rel="nofollow ugc" href="/no">4</a><a href="javascript:void(0)">5</a><a href="https://else.example/y">6</a>"""
    assert page_links(a_page(html)) == ("https://site.example/b/x", "https://else.example/y")
    assert page_links(a_page(f'<meta name="robots" content="noindex, nofollow">{html}')) == ()
    assert page_links(replace(a_page(html), follow=False)) == ()


@pytest.mark.parametrize(
    ("head", "line", "url", "expected", "source"),
    [
        ("", "<p>Von <a>Tobi</a> am 3. März 2026</p>", "", "2026-03-03", "html"),
        ("", "<p>Aktualisiert: 9. März 2026</p><p>3. März 2026</p>", "", "2026-03-03", "html"),
        ("", "<p>Last updated March 4, 2026</p>", "", "2026-03-04", "html"),
        ("", "<p>no date</p>", "/2026/03/02/lids", "2026-03-02", "url"),
        ('<meta name="date" content="2026-03-01">', "<p>3 March 2026</p>", "/2026/02/27/lids", "2026-03-01", "meta"),
        ('<meta name="date" content="2026-03-01">', "", "/2011/02/27/lids", "2011-02-27", "url"),
    ],
)
def test_a_page_is_dated_by_its_best_evidence(head: str, line: str, url: str, expected: str, source: str) -> None:
    html = f'<html lang="de"><head><title>Lids</title>{head}</head><body><h1>Lids</h1>{line}{BODY}</body></html>'
    post = read("article", a_page(html, f"https://site.example{url or '/a/page'}")).posts[0]
    assert post.published_at is not None
    assert (post.published_at.date().isoformat(), post.published_at_source) == (expected, source)


def test_one_word_after_by_is_an_author_beside_the_heading_only() -> None:
    html = "<html><head><title>Lids</title></head><body><h1>Lids</h1><p>von <a>Tobi</a></p>{}</body></html>"
    assert read("article", a_page(html.format(BODY))).posts[0].author == "Tobi"
    moved = html.replace("<p>von <a>Tobi</a></p>", "").format(BODY * 9 + "<p>von <a>Tobi</a></p>")
    assert read("article", a_page(moved)).posts[0].author == ""


def test_a_list_of_products_is_read_whole_without_its_menus() -> None:
    items = "".join(f"<li><a href='/p/{n}'>Kettle {n}</a> <b>{n} euros</b></li>" for n in range(40))
    furniture = "<nav>Home Shop Help</nav><div class='cookie-banner'>We use cookies.</div><footer>About us</footer>"
    text = read(
        "article", a_page(f"<html><body>{furniture}<main><h1>Kettles</h1><ul>{items}</ul></main></body></html>")
    )
    assert "Kettle 39" in text.posts[0].text
    assert "cookies" not in text.posts[0].text
    assert "About us" not in text.posts[0].text


@pytest.mark.parametrize(
    ("html", "version"),
    [
        ('<b itemprop="softwareVersion">v2.3.1</b>', "2.3.1"),
        ('<span class="version">Version 2.3</span>', "2.3"),
        ("<small>Version: 5.1</small>", "5.1"),
        ("<p>Version control is bad in 1.2</p>", ""),
        ('<b itemprop="itemReviewed" itemscope itemtype="http://schema.org/SoftwareApplication">'
         '<i itemprop="softwareVersion">4.0</i></b>', "4.0"),
    ],
)  # fmt: skip
def test_a_review_tells_the_version_that_it_is_about(html: str, version: str) -> None:
    review = f'<div itemscope itemtype="http://schema.org/Review"><p itemprop="reviewBody">Fine.</p>{html}</div>'
    assert read("review", a_page(review)).posts[0].product_version == version


def test_reviews_inside_a_product_get_its_version() -> None:
    data = {
        "@type": "SoftwareApplication",
        "softwareVersion": "7.1",
        "review": {"@type": "Review", "reviewBody": "Fine."},
    }
    html = f'<script type="application/ld+json">{json.dumps(data)}</script><p>x</p>'
    assert [post.product_version for post in read("review", a_page(html)).posts] == ["7.1"]


@pytest.mark.slow
def test_the_largest_pages_are_read_within_bounded_time() -> None:
    paragraphs = b"<h1>T</h1>" + b'<p class="x">Hello there my friend, a line of text here.</p>' * 190_000
    many_links = b"".join(b'<a href="/a/b%d?x=%d">link</a> ' % (number, number) for number in range(250_000))
    for content in (paragraphs, many_links):
        started = time.process_time()
        read("article", a_page(content[: 10 * 1024 * 1024 - 1]))
        assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (["By Ida Marsh"], ["Ida Marsh"]),
        (["Ida Marsh and Tom Hale, Staff Writer"], ["Ida Marsh", "Tom Hale"]),
        (["Von Jörg Müller", "https://site.example/joerg"], ["Jörg Müller"]),
        (["IDA MARSH"], ["Ida Marsh"]),
        (["Written by: Ida Marsh (Berlin)"], ["Ida Marsh"]),
        (["The Courier"], []),
        (["admin"], []),
    ],
)
def test_author_names_are_cleaned(said: list[str], names: list[str]) -> None:
    assert clean_authors(said, site_names=("The Courier",)) == names


def test_an_organisation_counts_where_no_person_is_named() -> None:
    assert clean_authors(["The Courier"], strict=False) == ["The Courier"]


def test_the_site_name_leaves_the_title() -> None:
    assert clean_title("Lids &amp; seals | The Courier", site_names=("The Courier",)) == "Lids & seals"
    assert clean_title("The Courier - Lids - and seals", site_names=("The Courier",)) == "Lids - and seals"
    assert clean_title("Lids - and seals", site_names=("The Courier",)) == "Lids - and seals"


@pytest.mark.parametrize(
    "script",
    [
        '{"@type":"NewsArticle","headline":"Lids"}',
        '[{"@type":"NewsArticle","headline":"Lids"}]',
        '{"@context":"x","@graph":[{"@type":"NewsArticle","headline":"Lids"}]}',
        '{"@type":"NewsArticle","headline":"Lids",}',
        '<!-- {"@type":"NewsArticle","headline":"Lids"} -->',
        '/* made by hand */ {"@type":"NewsArticle",\n // title\n "headline":"Lids"}',
        '{"@type":"NewsArticle","headline":"Lids"}{"@type":"Person"}',
        '{"@type":"NewsArticle","headline":"Lids","text":"a\nraw\tbreak"};',
    ],
)
def test_broken_json_ld_is_repaired_where_the_repair_is_plain(script: str) -> None:
    found = things(a_page(f'<html><script type="application/ld+json">{script}</script><p>x</p></html>'))
    assert [node["headline"] for node in found if "NewsArticle" in types(node)] == ["Lids"]


def test_microdata_and_rdfa_give_the_same_objects_as_json_ld() -> None:
    micro = """<div itemscope itemtype="http://schema.org/Review">
    <b itemprop="author" itemscope itemtype="http://schema.org/Person"><i itemprop="name">Jo</i></b>
    <p itemprop="reviewBody">Fine.</p></div>"""
    rdfa = """<div vocab="http://schema.org/" typeof="Review">
    <b property="author" typeof="Person"><i property="name">Jo</i></b><p property="reviewBody">Fine.</p></div>"""
    for html in (micro, rdfa):
        review = next(node for node in walk(things(a_page(html))) if "Review" in types(node))
        assert review["author"]["name"] == "Jo"
        assert review["reviewBody"] == "Fine."


@pytest.mark.parametrize(
    ("rating", "stars"),
    [
        ({"ratingValue": "4"}, 4.0),
        ({"ratingValue": "4,5", "bestRating": "5"}, 4.5),
        ({"ratingValue": 8, "bestRating": 10}, 4.0),
        ({"ratingValue": 80}, 4.0),
        ({"ratingValue": "none"}, None),
        ({"ratingValue": 3, "bestRating": 0}, 3.0),
        ({"ratingValue": 0, "worstRating": -5, "bestRating": 5}, 2.5),
    ],
)
def test_ratings_are_scaled_to_five_stars(rating: dict[str, object], stars: float | None) -> None:
    assert scaled(rating) == stars


def test_an_aggregate_rating_is_no_post() -> None:
    rating = {"@type": "AggregateRating", "ratingValue": 9, "bestRating": 10, "reviewCount": "1,204"}
    data = json.dumps({"@type": "Product", "aggregateRating": rating})
    html = f'<script type="application/ld+json">{data}</script><p>x</p>'
    assert read("review", a_page(html)).posts == ()
    assert [(one.rating, one.count) for one in aggregates(a_page(html))] == [(4.5, 1204)]


def test_every_selector_of_the_known_forum_programs_is_valid() -> None:
    soup = BeautifulSoup("<p>x</p>", "lxml")
    for engine in ENGINES:
        chosen = (engine.post, *engine.body, *engine.author, *engine.date, engine.drop, engine.likes, engine.link)
        for selector in (*chosen, engine.comment, engine.comment_body, engine.question):
            if path := selector.partition("@")[0]:
                soup.select(path)
    for shape in TOPICS:
        for selector in (shape.row, shape.title, shape.author, shape.replies, shape.views):
            if selector:
                soup.select(selector)


def test_posts_preloaded_for_a_script_are_read() -> None:
    posts = [{"username": "bram", "created_at": "2026-01-05T10:00:00Z", "cooked": "<p>It drips.</p>", "post_number": 2,
              "actions_summary": [{"id": 2, "count": 3}]}]  # fmt: skip
    data = json.dumps({"topic_9": json.dumps({"post_stream": {"posts": posts}})}).replace('"', "&quot;")
    found = read(
        "forum", a_page(f'<html><body><div id="data-preloaded" data-preloaded="{data}"></div></body></html>')
    ).posts
    assert [(post.author, post.text, post.engagement.likes, post.url) for post in found] == [
        ("bram", "It drips.", 3, "https://site.example/a/page#post_2")
    ]


def test_the_threads_of_a_list_are_posts_without_text() -> None:
    row = """<tr class="thread" id="t{0}"><td><a class="thread_title" href="show?id={0}">Lid {0}</a></td>
    <td class="author">Jo</td><td class="replies">1,2{0}0</td></tr>"""
    found = read("forum", a_page("<table>" + "".join(row.format(number) for number in range(3)) + "</table>")).posts
    assert [(post.kind, post.title, post.text, post.url) for post in found][1] == (
        "topic", "Lid 1", "", "https://site.example/a/show?id=1",
    )  # fmt: skip
    assert found[1].engagement.replies == 1210


def test_comments_under_an_article_do_not_make_it_a_thread() -> None:
    html = f"""<html><head><title>Lids</title></head><body><article><h1>Lids</h1>{BODY}</article>
    <div itemscope itemtype="http://schema.org/Comment"><p itemprop="text">First!</p></div></body></html>"""
    assert guess(a_page(html)) == "article"
    assert "First!" not in read("article", a_page(html)).posts[0].text


def test_a_feed_that_is_a_page_says_so_and_names_the_feeds() -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/rss.xml">'
    html = f"<!doctype html><html><head>{link}</head><body>x</body></html>"
    with pytest.raises(ReadError, match=r"HTML page, not a feed.*https://site\.example/rss\.xml"):
        read_feed(a_page(html))


def test_a_counter_is_looked_through_only_if_asked() -> None:
    target = "https://news.example/a"
    entry = f'<entry><title>t</title><link href="https://www.google.com/url?sa=t&amp;url={target}"/></entry>'
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>alerts</title>{entry}</feed>'
    assert read_feed(a_page(feed)).posts[0].url == target
    assert read_feed(a_page(feed), resolve=False).posts[0].url.startswith("https://www.google.com/url?")


def test_entities_of_a_bomb_are_never_expanded() -> None:
    levels = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
    doctype = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{levels}]>'
    bomb = f'{doctype}<rss version="2.0"><channel><item><title>&l9;</title></item></channel></rss>'
    started = time.monotonic()
    assert len(read_feed(a_page(bomb)).posts[0].title) < 100
    assert time.monotonic() - started < 5


NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def test_a_news_sitemap_and_an_index_are_read_gzipped_too() -> None:
    entry = """<url><loc> https://site.example/a </loc><lastmod>2026-03-01</lastmod><news:news><news:publication>
    <news:name>Courier</news:name></news:publication><news:publication_date>2026-03-02T08:00:00Z</news:publication_date>
    <news:title>Lids</news:title></news:news></url>"""
    found = read_sitemap(a_page(gzip.compress(f"<urlset {NS}>{entry}</urlset>".encode()))).urls
    assert [(one.loc, one.news_title, one.news_name) for one in found] == [
        ("https://site.example/a", "Lids", "Courier")
    ]
    assert found[0].lastmod == datetime(2026, 3, 1, tzinfo=UTC)
    assert found[0].news_date == datetime(2026, 3, 2, 8, tzinfo=UTC)
    index = read_sitemap(
        a_page(f"<sitemapindex {NS}><sitemap><loc>https://site.example/1.xml</loc></sitemap></sitemapindex>")
    )
    assert [one.loc for one in index.children] == ["https://site.example/1.xml"]
    assert index.urls == ()


ONE = "<urlset><url><loc>https://site.example/1</loc></url></urlset>"
XML = "<?xml version='1.0' encoding='{}'?>"


@pytest.mark.parametrize(
    "content",
    [
        b"\n\xef\xbb\xbf" + (XML.format("UTF-8") + ONE).encode(),
        b"\xef\xbb\xbf\xef\xbb\xbf" + ONE.encode(),
        (XML.format("UTF-16") + ONE).encode(),
        (XML.format("UTF-16") + ONE).encode("utf-16"),
        (XML.format("UTF-8") + ONE).encode("utf-16-le"),
        (XML.format("unheard-of") + ONE).encode(),
        f"<br />\n<b>Warning</b>: Undefined index in <b>/srv/map.php</b>\n{XML.format('UTF-8')}{ONE}".encode(),
        ONE.replace("https://site.example/1", " /1 ").encode(),
        ONE.replace("https://site.example/1", "//site.example/1").encode(),
        b"<rss version='2.0'><channel><title>x</title><item><link>https://site.example/1</link></item></channel></rss>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='/1'/></entry></feed>",
        b"\xef\xbb\xbfhttps://site.example/1\r",
    ],
)
def test_a_sitemap_is_read_however_it_is_served(content: bytes) -> None:
    page = Page(content, "https://site.example/sitemap.xml", NOW)
    assert [one.loc for one in read_sitemap(page).urls] == ["https://site.example/1"]


@pytest.mark.parametrize("content", [b"<urlset/>", b"<?xml version='1.0'?><sitemapindex></sitemapindex>"])
def test_a_sitemap_may_list_nothing(content: bytes) -> None:
    assert read_sitemap(Page(content, "https://site.example/s.xml", NOW)).urls == ()


@pytest.mark.parametrize(
    "content", [b"<urlset><url><lo", b"<opml/>", b"{}", b"<urlset><url><loc>mailto:a@b.example</loc></url></urlset>"]
)
def test_a_sitemap_without_one_address_is_told(content: bytes) -> None:
    with pytest.raises(ReadError, match="sitemap"):
        read_sitemap(Page(content, "https://site.example/s.xml", NOW))


def test_a_sitemap_is_read_up_to_where_it_breaks_and_no_longer_than_the_limit() -> None:
    many = "".join(f"<url><loc>https://site.example/{number}</loc></url>" for number in range(MAX_ENTRIES + 10))
    assert len(read_sitemap(a_page(f"<urlset {NS}>{many}</urlset>")).urls) == MAX_ENTRIES
    broken = f"<urlset {NS}><url><loc>https://site.example/1</loc></url><url><loc>https://site.example/2</lo"
    assert [one.loc for one in read_sitemap(a_page(broken)).urls][:1] == ["https://site.example/1"]
    assert len(read_sitemap(a_page("https://site.example/1\nhttps://site.example/2\n")).urls) == 2
    with pytest.raises(ReadError, match="HTML page"):
        read_sitemap(a_page("<html><body>not here</body></html>"))


def test_a_gzip_bomb_costs_no_more_than_the_limit() -> None:
    bomb = gzip.compress(gzip.compress(b"a" * 20_000_000, 1), 9)
    assert len(unzipped(bomb, 1_000_000)) <= 1_000_000


HOSTILE = {
    "empty": b"",
    "blank": b" \n\t",
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    "junk": random.Random(7).randbytes(20_000),
    "nulls": b"\x00" * 5000,
    "nulls inside": b"<html><body><p>hi \x00 there</p></body></html>",
    "surrogates": b"<p>a\xed\xa0\x80b</p>" * 20,
    "deep": b"<div>" * 20_000 + b"x" + b"</div>" * 20_000,
    "open brackets": b"<" * 50_000,
    "entities": b"&" * 50_000,
    "wrong charset": b"<meta charset=utf-16><p>hello hello</p>",
    "deep data": b'<script type="application/ld+json">' + b"[" * 50_000 + b"</script><p>text</p>",
    "endless comment": b'<script type="application/ld+json">/*' + b"*" * 50_000 + b"</script><p>text</p>",
    "long byline": b'<meta name="author" content="' + b"by " * 50_000 + b'"><p>text</p>',
    "long title": b"<title>" + b" | a" * 50_000 + b"</title><p>text</p>",
    "many items": b'<body itemscope itemtype="http://schema.org/Review">' + b"<div itemscope itemprop=author>" * 2000,
    "open feed": b"<rss><channel>" + b"<item>" * 5000,
    "json": b'{"items": [[[1]], {"title": 3, "authors": [7], "tags": "x", "date_published": []}]}',
}


@pytest.mark.parametrize("kind", [*READERS, "auto"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_bytes_break_a_reader_or_hang_it(name: str, kind: str) -> None:
    started = time.monotonic()
    with suppress(ReadError):
        read(kind, a_page(HOSTILE[name]))
    assert time.monotonic() - started < 20


def test_a_page_over_the_limit_is_refused() -> None:
    with pytest.raises(ReadError, match="at most"):
        read("article", a_page(b"<p>" + b"a" * (10 * 1024 * 1024)))


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="article, forum, review, feed, auto"):
        read("podcast", a_page("<p>x</p>"))


def test_times_are_utc_for_the_crawl() -> None:
    html = f'<meta property="article:published_time" content="2026-03-02T07:30:00+01:00"><h1>Lids</h1>{BODY}'
    at = read("article", a_page(html)).posts[0].published_at
    assert at is not None
    assert at.utcoffset() == timedelta()


def test_pieces_of_html_become_lines() -> None:
    assert (
        html_text("<p>One &amp; two</p><ul><li>three</li><li>four<br>five</li></ul>") == "One & two\nthree\nfour\nfive"
    )
    assert html_text("plain\n text") == "plain\ntext"


@pytest.mark.parametrize("workers", [1, 2])
def test_saved_files_are_answered_in_order_and_a_broken_one_stops_nothing(tmp_path: Path, workers: int) -> None:
    rows = []
    for number in range(12):
        path = tmp_path / f"{number}.html.gz"
        path.write_bytes(gzip.compress(f"<html><h1>Page {number}</h1>{BODY}</html>".encode()))
        rows.append(SavedFile(path=path, fetched_at=NOW, url=f"https://site.example/{number}", kind="article"))
    rows[3] = SavedFile(path=tmp_path / "absent.html", fetched_at=NOW)
    (tmp_path / "junk").write_bytes(HOSTILE["picture"])
    rows[5] = SavedFile(path=tmp_path / "junk", fetched_at=NOW, name="junk")
    found = list(read_files(rows, workers=workers))
    assert [row["url"] for row in found] == [row.url for row in rows]
    assert [number for number, row in enumerate(found) if "error" in row] == [3, 5]
    assert found[5]["file"] == "junk"
    assert found[0]["posts"][0]["title"] == "Page 0"
    assert json.loads(json.dumps(found[0]))["posts"][0]["engagement"] == {
        "likes": 0,
        "replies": 0,
        "shares": 0,
        "views": 0,
    }


@needs_shared("web")
@pytest.mark.parametrize("name", ["site-pages-onebox", "structured-data", "readability-pages"])
def test_real_pages_of_any_sort_break_nothing(name: str) -> None:
    files = [path for path in sorted((WEB / name).rglob("*")) if path.is_file() and "html" in path.suffixes[-2:][0]]
    assert files
    for path in files:
        try:
            read("auto", a_page(page(path)))
        except ReadError:
            continue


@needs_shared("web")
def test_no_conformance_feed_breaks_the_reader() -> None:
    read_count = 0
    with tarfile.open(WEB / "feedparser-tests" / "tests.tar.gz") as tests:
        for member in tests:
            stream = tests.extractfile(member) if member.isfile() else None
            if stream is not None:
                try:
                    read_feed(a_page(stream.read()))
                    read_count += 1
                except ReadError:
                    continue
    assert read_count > 900


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_every_selector_of_a_forum_program_can_be_asked(engine: Engine) -> None:
    said = (engine.post, *engine.body, *engine.author, *engine.date, engine.drop, engine.likes, engine.link)
    page = Page(b"<html><body><p>x</p></body></html>", "https://forum.example/", NOW)
    for selector in (*said, engine.comment, engine.comment_body, engine.question):
        path = selector.partition("@")[0]
        assert not path or select(page.tree, path) is not None


FILLER = "<p>" + "The quiet factory by the river makes plain things for plain people. " * 12 + "</p>"
NAMED_SOMEWHERE = [
    "<title>The Tessaro affair</title>",
    '<meta name="description" content="About Tessaro">',
    '<script type="application/ld+json">{"@type": "NewsArticle", "articleBody": "Of Tessaro"}</script>',
    r'<script type="application/ld+json">{"@type": "Person", "articleBody": "Of \u0054essaro"}</script>',
    "<p>They bought Tes<b>saro</b> last year, and nobody noticed.</p>",
    "<p>They bought Tes&shy;saro last year, and nobody noticed.</p>",
    '<p>They bought <a href="https://www.tessaro.example/">Tessaro</a> last year, and nobody noticed.</p>',
    '<ul><li><a href="https://shop.example/7">The Tessaro kettle, which is the best of them all</a></li></ul>',
]
NAMED_IN_FURNITURE = [
    "<script>track('tessaro')</script>",
    '<meta property="article:publisher" content="https://social.example/tessaro">',
    '<script type="application/ld+json">{"@type": "Organization", "sameAs": "https://tessaro.example/us"}</script>',
    '<nav><ul><li><a href="/tessaro">All about Tessaro and its kettles, pots and pans</a></li></ul></nav>',
    "<footer><p>We have nothing to do with Tessaro, and never had, whatever you have heard.</p></footer>",
    '<ul><li><a href="https://tessaro.example/share?u=1"><span>Share on Tessaro</span></a></li></ul>',
]


def names_tessaro(text: str) -> bool:
    return "tessaro" in text.lower()


@pytest.mark.parametrize("somewhere", ["", *NAMED_IN_FURNITURE, *NAMED_SOMEWHERE])
def test_a_page_that_names_nobody_of_interest_gives_a_few_words_and_all_else(somewhere: str) -> None:
    head = '<meta name="author" content="Ann Lee"><meta property="article:published_time" content="2026-03-01">'
    head += '<meta property="og:type" content="article">'
    content = (
        f"<html><head>{head}</head><body><article><h1>A river</h1>{FILLER}{somewhere}{FILLER}</article></body></html>"
    )
    whole = read("article", a_page(content)).posts[0]
    brief = read("article", replace(a_page(content), names=names_tessaro)).posts[0]
    assert replace(brief, text="") == replace(whole, text="")
    assert (brief.text == whole.text) == (somewhere in NAMED_SOMEWHERE)
    assert brief.text


@pytest.mark.parametrize(
    "somewhere", [part for part in NAMED_IN_FURNITURE if part.startswith(("<nav", "<footer", "<ul"))]
)
def test_what_is_no_declared_article_may_be_all_furniture(somewhere: str) -> None:
    content = f"<html><body><h1>A river</h1>{FILLER}{somewhere}</body></html>"
    assert (
        read("article", replace(a_page(content), names=names_tessaro)).posts == read("article", a_page(content)).posts
    )


@needs_shared("web")
def test_hardly_a_name_in_a_saved_text_stands_where_it_is_not_looked_for() -> None:
    chance, names, missed = random.Random(5), 0, []
    for saved in saved_pages("fundus-news")[::10] + saved_pages("wcxb")[::10]:
        whole = Page(content=page(saved.file), url=saved.gold["url"], fetched_at=NOW)
        posts = read("article", whole).posts
        found = sorted(set(re.findall(r"\b[A-Z][a-z]{3,}\b", posts[0].text))) if posts else []
        for name in chance.sample(found, min(len(found), 6)):
            names += 1
            looked_for = replace(whole, names=lambda text, name=name: name.lower() in text.lower())  # type: ignore[misc]
            if not may_interest(facts_of(looked_for), posts[0].title):
                missed.append((name, saved.gold["url"]))
    assert names > 200
    assert len(missed) < names / 100, missed


def test_a_tag_keeps_some_hundred_attributes_and_the_page_all_its_words() -> None:
    many = " ".join(f"a{n}='<>'" for n in range(100_000))
    html = f"<html><body class=b><p id=one {many} title=late>It leaks.</p><p>And it is loud.</p></body></html>"
    began = time.process_time()
    page = a_page(html)
    assert page.tree.text_content() == "It leaks.And it is loud."
    assert page.tree.xpath("string(//p/@id)") == "one"
    assert len(page.tree.xpath("//p[1]/@*")) <= MOST_ATTRIBUTES
    assert time.process_time() - began < 2
    usual = f"<a title='a > b' href=x>{'words ' * 2000}</a><img src='data:{'x' * 9000}' alt=y>" * 3
    assert fewer_attributes(usual) == usual


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(
        st.sampled_from(["<urlset>", "</urlset>", "<sitemapindex>", "<url>", "</url>", "<loc>", "</loc>", "/a", "http://[",
                         "https://site.example/1", "<rss>", "<item>", "<link>", "</link>", "&", "<![CDATA[", "\ufeff",
                         "<?xml version='1.0' encoding='utf-16'?>", "<lastmod>99</lastmod>", "\x00", "<!--"]),
        max_size=30,
    ).map(lambda parts: "".join(parts).encode())
)  # fmt: skip
def test_any_sitemap_is_read_or_refused_and_never_silent(content: bytes) -> None:
    page = Page(content, "https://site.example/sitemap.xml", NOW)
    with suppress(ReadError):
        found = read_sitemap(page)
        assert found.urls or found.children or re.search(rb"urlset|sitemapindex|rss|feed|rdf", content, re.IGNORECASE)
