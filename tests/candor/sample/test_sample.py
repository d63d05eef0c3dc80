"""The sample web: enough, varied, steady, whole, and with its planted stories really in it."""

from __future__ import annotations

import json
import re
import socket
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from analysis.enrich.find.brands import brand_matcher, find_brands
from analysis.enrich.judges.relevance import RelevanceRules
from analysis.enrich.reading import Window
from analysis.model.errors import UsageError
from analysis.model.text import token_words, tokens
from candor.sample import content
from candor.sample.answers import SITES, SamplePage, base_urls, respond
from candor.sample.config import config_text
from candor.sample.content import DAYS, Entry
from candor.sample.own_files import own_files
from candor.sample.server import Served, serve
from candor.sample.sites import APIS, address, build, render
from crawler.configuration import from_text

TODAY = date(2031, 5, 4)
PORT = 28931
LOCAL = tuple(site.name for site in SITES if site.look == "local")


def every_entry() -> list[Entry]:
    groups = (*content.forum(), *content.reviews(), *content.talk(), *content.apps())
    single = [*content.news(), *content.blog(), *content.releases()]
    single += [*content.square(), *content.mail(), *content.survey()]
    single += [entry for site in LOCAL for entry in content.local(site)]
    return single + [entry for group in groups for entry in group.entries]


def weekly(story: str, entries: list[Entry]) -> list[int]:
    counts = Counter(entry.day // 7 for entry in entries if story in entry.stories)
    return [counts[week] for week in range(DAYS // 7 + 1)]


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return every_entry()


@pytest.fixture(scope="module")
def webs() -> dict[str, dict[str, SamplePage]]:
    return {site.name: build(site.name, TODAY, bases=base_urls()) for site in SITES}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve(today=TODAY, port=PORT) as running:
        yield running


def test_there_are_about_600_posts_on_every_kind_of_site(entries: list[Entry]) -> None:
    kinds = Counter("local" if entry.site in LOCAL else entry.site for entry in entries)
    assert sum(kinds.values()) >= 600
    assert kinds["forum"] >= 300
    assert kinds["reviews"] >= 120
    assert kinds["news"] >= 30
    assert kinds["blog"] >= 20
    assert kinds["releases"] >= 30
    assert kinds["local"] == 21


def test_entries_reach_over_all_days_and_none_is_of_today_or_later(entries: list[Entry]) -> None:
    newest, oldest = max(entry.at(TODAY) for entry in entries), min(entry.at(TODAY) for entry in entries)
    midnight = datetime.combine(TODAY, datetime.min.time(), tzinfo=UTC)
    assert midnight - timedelta(days=1) <= newest < midnight
    assert oldest < midnight - timedelta(days=DAYS - 5)
    assert {entry.day // 7 for entry in entries} == set(range(DAYS // 7 + 1))


def test_texts_name_no_month_and_no_year(entries: list[Entry]) -> None:
    dated = re.compile(
        r"\b(19|20)\d\d\b|\b(January|February|April|June|July|August|September|October|November|December)\b"
    )
    assert [entry.text for entry in entries if dated.search(entry.title + " " + entry.text)] == []


def test_each_address_is_used_once_and_holds_no_date(entries: list[Entry]) -> None:
    places = Counter((entry.site, address(entry)) for entry in entries)
    assert [place for place, count in places.items() if count > 1] == []
    assert not [path for _, path in places if re.search(r"20\d\d-|/20\d\d/", path)]
    every = [path for site in SITES if site.look not in APIS for path in build(site.name, TODAY, bases=base_urls())]
    assert [path for path in every if not re.fullmatch(r"404|/[a-z0-9./-]*(\?page=\d+)?", path)] == []
    slugs = Counter(group.slug for group in (*content.forum(), *content.reviews()))
    assert [slug for slug, count in slugs.items() if count > 1] == []


def test_no_text_occurs_twice(entries: list[Entry]) -> None:
    texts = Counter(own_words(entry) for entry in entries)
    assert [text for text, count in texts.items() if count > 1] == []


def own_words(entry: Entry) -> str:
    return " ".join(part for part in entry.paragraphs if not part.startswith("> "))


def test_no_eight_words_in_a_row_stand_in_more_than_two_texts(entries: list[Entry]) -> None:
    where = defaultdict(set)
    for number, entry in enumerate(entries):
        if entry.site in LOCAL or entry.slug == content.SYNDICATED:
            continue
        words = re.findall(r"\w+", own_words(entry).lower())
        for at in range(len(words) - 7):
            where[" ".join(words[at : at + 8])].add(number)
    assert [run for run, numbers in where.items() if len(numbers) > 2] == []


def test_openings_and_authors_vary(entries: list[Entry]) -> None:
    openings = Counter(" ".join(own_words(entry).lower().split()[:3]) for entry in entries if entry.site not in LOCAL)
    assert max(openings.values()) <= 4
    assert len({entry.author for entry in entries}) >= 150
    lengths = [len(own_words(entry).split()) for entry in entries if entry.site in ("forum", "reviews")]
    assert min(lengths) <= 5
    assert max(lengths) >= 90


def test_battery_complaints_start_with_the_update_grow_and_fall_with_the_fix(entries: list[Entry]) -> None:
    days = [entry.day for entry in entries if "bat" in entry.stories]
    before = sum(day < 60 for day in days)
    during = [sum(60 + 7 * week <= day < 67 + 7 * week for day in days) for week in range(5)]
    after = sum(day >= 102 for day in days)
    assert before <= 2
    assert during[0] >= 8
    assert during[1] > during[0]
    assert during[2] >= during[0]
    assert sum(during) >= 70
    assert after <= 4


def test_competitors_battery_complaints_stay_level(entries: list[Entry]) -> None:
    days = [entry.day for entry in entries if "batc" in entry.stories]
    thirds = [sum(start <= day < start + 40 for day in days) for start in (0, 40, 80)]
    assert min(thirds) >= 7
    assert max(thirds) <= 10


def test_the_battery_complaint_is_put_in_many_ways(entries: list[Entry]) -> None:
    texts = [entry.text.lower() for entry in entries if "bat" in entry.stories]
    ways = ("drain", "flat", "overnight", "charg", "lasts", "dies|died|dead", "empty", "percent|per cent|%", "standby")
    shares = [sum(bool(re.search(way, text)) for text in texts) / len(texts) for way in ways]
    assert all(0.02 < share < 0.6 for share in shares)
    assert sum("battery" in text for text in texts) < 0.5 * len(texts)


def test_the_price_rise_brings_reactions_and_leaves_in_two_directions(entries: list[Entry]) -> None:
    days = [entry.day for entry in entries if "price" in entry.stories]
    assert min(days) >= 73
    assert len(days) >= 45
    assert sum("toq" in entry.stories for entry in entries) >= 8
    assert sum("too" in entry.stories for entry in entries) >= 10


@pytest.mark.parametrize(
    ("story", "fewest", "first", "last"),
    [
        ("outage", 10, 40, 44),
        ("recall", 10, 82, 110),
        ("layoffs", 3, 100, 103),
        ("partner", 4, 25, 35),
        ("app", 50, 0, DAYS - 1),
        ("launch", 12, 131, 145),
        ("late", 20, 98, DAYS - 1),
        ("band", 15, 130, DAYS - 1),
        ("fixed", 10, 95, 110),
        ("safety", 1, 85, 90),
        ("btn", 10, 0, DAYS - 1),
        ("loan", 10, 0, DAYS - 1),
        ("sup", 12, 0, DAYS - 1),
        ("osup", 10, 0, DAYS - 1),
        ("bird", 12, 0, DAYS - 1),
        ("off", 25, 0, DAYS - 1),
    ],
)
def test_a_planted_story_is_there_in_its_time(
    entries: list[Entry], story: str, fewest: int, first: int, last: int
) -> None:
    days = [entry.day for entry in entries if story in entry.stories]
    assert len(days) >= fewest
    assert first <= min(days)
    assert max(days) <= last


def test_off_topic_and_bird_posts_name_no_maker(entries: list[Entry]) -> None:
    for entry in entries:
        if {"off", "bird"} & set(entry.stories):
            assert not re.search(r"Quillane|Dovrek|Orsolo|Leaf 2|Leaf Mini|Vista", entry.text), entry.text
        if "off" in entry.stories:
            assert "curlew" not in entry.text.lower(), entry.text
        if "bird" in entry.stories and entry.slug not in ("which-pub", "curlew-or-bird"):
            assert "curlew" in f"{entry.text} {entry.title}".lower() or entry.site == "forum", entry.text


def test_the_configuration_tells_the_maker_from_the_bird(entries: list[Entry]) -> None:
    config = from_text(config_text(), path=Path("candor.toml"), environ={})
    matchers, relevance = [brand_matcher(brand) for brand in config.brands], RelevanceRules(config.brands)
    named: dict[int, set[str]] = {}
    for entry in entries:
        text = f"{entry.title}\n{entry.text}"
        window = Window(text=text, places=find_brands(matchers, token_words(text)))
        chances = zip(window.places, relevance.judge(window, tokens(text)), strict=True)
        named[id(entry)] = {place.brand for place, p in chances if p >= 0.5}
    assert [entry.text for entry in entries if {"bird", "off"} & set(entry.stories) and named[id(entry)]] == []
    for story, brand in (("recall", "curlew"), ("bat", "quillane"), ("late", "quillane"), ("price", "dovrek")):
        told = [brand in named[id(entry)] for entry in entries if story in entry.stories]
        assert sum(told) >= 0.95 * len(told), story


def test_the_syndicated_article_is_on_eight_sites_nearly_the_same_and_never_the_same() -> None:
    original = next(entry for entry in content.news() if entry.slug == content.SYNDICATED)
    texts = [original.text, *(content.copy_for(site).text for site in LOCAL)]
    assert len(set(texts)) == 8
    whole = set(_shingles(original.text))
    for text in texts[1:]:
        assert len(whole & set(_shingles(text))) / len(whole | set(_shingles(text))) >= 0.7


def _shingles(text: str) -> list[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return [tuple(words[at : at + 3]) for at in range(len(words) - 2)]


def test_the_same_day_gives_the_same_bytes_and_another_day_the_same_addresses() -> None:
    for site in SITES:
        once, again = (build(site.name, TODAY, bases=base_urls()) for _ in range(2))
        later = build(site.name, TODAY + timedelta(days=9), bases=base_urls())
        assert once == again
        if site.look not in ("news", "talk"):
            assert set(once) == set(later)


def test_every_address_in_feeds_sitemaps_and_links_answers(webs: dict[str, dict[str, SamplePage]]) -> None:
    missing = []
    for site, base in base_urls().items():
        pages = webs[site]
        texts = {path: page.body for path, page in pages.items() if path not in ("404",)}
        for path, text in texts.items():
            found = re.findall(rf'{re.escape(base)}(/[^\s"<#]*)', text) if not path.endswith("robots.txt") else []
            found += [link for link in re.findall(r'href="(/[^"#]*)"', text) if not link.startswith("/members/")]
            missing += [(site, path, link) for link in found if link not in pages and not _forbidden(link)]
    assert missing == []


def _forbidden(link: str) -> bool:
    return link.startswith(("/members/", "/search", "/basket/")) or "/reply?" in link


def test_feeds_parse_and_hold_what_they_should(webs: dict[str, dict[str, SamplePage]]) -> None:
    rss = ElementTree.fromstring(webs["news"]["/feed.xml"].body)
    assert len(rss.findall("./channel/item")) == 25
    atom = ElementTree.fromstring(webs["blog"]["/atom.xml"].body)
    bodies = [node.text or "" for node in atom.iter("{http://www.w3.org/2005/Atom}content")]
    assert len(bodies) == len(content.blog())
    assert all(body.startswith("<p>") and body.endswith("</p>") for body in bodies)
    feed = json.loads(webs["releases"]["/feed.json"].body)
    assert len(feed["items"]) == len(content.releases())
    index = ElementTree.fromstring(webs["news"]["/sitemap.xml"].body)
    assert len(index) == 2
    fresh = ElementTree.fromstring(webs["news"]["/sitemap-news.xml"].body)
    assert 1 <= len(fresh) <= 20


def test_pages_carry_their_texts_and_data(webs: dict[str, dict[str, SamplePage]]) -> None:
    blocks = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
    for site in ("news", "releases", "reviews"):
        for page in webs[site].values():
            for found in blocks.findall(page.body):
                json.loads(found)
    shop = [page.body for path, page in webs["reviews"].items() if path.startswith("/products/")]
    assert any('"@type": "AggregateRating"' in body for body in shop)
    assert any('itemprop="reviewRating"' in body for body in shop)
    threads = "".join(page.body for path, page in webs["forum"].items() if path.startswith("/threads/"))
    assert threads.count('itemprop="datePublished"') == sum(len(thread.entries) for thread in content.forum())
    assert max(len(thread.entries) for thread in content.forum()) > 10
    assert "~" not in re.sub(r"<[^>]+>", "", threads)


def test_robots_refusals_and_missing_pages() -> None:
    assert b"Disallow: /members/" in render("forum", "/robots.txt", TODAY).body
    assert b"Crawl-delay: 0.02" in render("reviews", "/robots.txt", TODAY).body
    assert render("news", "/members-only/digest", TODAY).status == 403
    assert render("blog", "/no-such-page/", TODAY).status == 404
    moved = render("forum", address(content.forum()[0].entries[0]), TODAY)
    assert moved.status == 302
    assert "#post-" in dict(moved.headers)["Location"]


def test_a_page_that_did_not_change_is_not_sent_again() -> None:
    pages = build("blog", TODAY, bases=base_urls())
    path = address(content.blog()[0])
    headers = dict(respond(pages, path).headers)
    assert respond(pages, path, etag=headers["ETag"]).status == 304
    assert respond(pages, path, etag='"other"', since=headers["Last-Modified"]).status == 200
    assert respond(pages, path, since=headers["Last-Modified"]).status == 304
    assert respond(pages, path, since="no date").status == 200


def test_the_server_answers_on_one_port_per_site(served: Served) -> None:
    assert set(served.sites) == {site.name for site in SITES}
    for name, base in served.sites.items():
        with urllib.request.urlopen(f"{base}/", timeout=10) as answer:
            assert answer.status == 200
            assert answer.read() == render(name, "/", TODAY, bases=served.sites).body
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(f"{served.sites['news']}/members-only/digest", timeout=10)
    refused.value.close()


def test_a_taken_port_is_named_with_the_cure() -> None:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", PORT + 103))
        holder.listen()
        with (
            pytest.raises(UsageError, match=rf"127\.0\.0\.1:{PORT + 103} .*--port"),
            serve(today=TODAY, port=PORT + 100),
        ):
            pass


def test_the_configuration_is_valid_and_follows_the_port() -> None:
    config = from_text(config_text(port=8933), path=Path("candor.toml"), environ={})
    bases = base_urls(8933)
    assert [brand.role for brand in config.brands] == ["own", "competitor", "competitor", "competitor"]
    assert {source.url.removeprefix("http://").split("/")[0] for source in config.sources} == {
        *own_files(TODAY),
        *(base.removeprefix("http://") for base in bases.values()),
    }
    usual = from_text(config_text(), path=Path("candor.toml"), environ={})
    kinds = {"feed", "sitemap", "pages", "discourse", "appstore", "mastodon", "mailbox", "table"}
    assert {source.kind for source in usual.sources} == kinds
    assert config_text(store="here").startswith('store = "here"\n')


def test_the_readme_tells_the_planted_counts_as_they_are(entries: list[Entry]) -> None:
    readme = (content.FOLDER.parent / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \|[^|]*\| (\d+) \| ([\d ]+) \|$", readme, re.MULTILINE)
    told = {story: (int(total), [int(count) for count in weeks.split()]) for story, total, weeks in rows}
    stories = {story for entry in entries for story in entry.stories}
    assert told == {story: (sum(weekly(story, entries)), weekly(story, entries)) for story in stories}
    kinds = Counter(entry.site for entry in entries)
    totals = (
        f"{len(entries)} entries: {kinds['forum']} forum posts, {kinds['reviews']} reviews, {kinds['releases']} release"
    )
    assert f"{totals} notes, {kinds['news']} news articles, {kinds['blog']} blog articles" in readme
