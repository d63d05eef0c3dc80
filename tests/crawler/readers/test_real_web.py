"""The whole way over real saved pages: crawled through feeds, sitemaps and links, compared with what people wrote down.

The floors stand a little under what is reached; the table is printed (``pytest -s`` shows it).
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from analysis.ingest.bounds import bounded
from analysis.ingest.personal import without_persons
from analysis.model import Mention, Post
from analysis.model.addresses import canonical
from analysis.model.text import token_words
from tests.support.crawl.crawling import HEAD, Crawled, configure, crawl, mentions
from tests.support.crawl.replay import Replay, Saved, rss, saved_pages, sitemap, sitemap_index, web_of
from tests.support.shared import needs_shared

pytestmark = [needs_shared("web"), pytest.mark.shared, pytest.mark.slow]

BRANDS = ("Google", "Apple", "Microsoft", "Facebook", "Amazon", "Samsung", "Netflix", "Sony", "Instagram", "Intel")
TAKEN = {"fundus-news": 129, "article-extraction-benchmark": 36, "trafilatura-eval": 120, "wcxb": 150}


FLOORS: dict[str, dict[str, float]] = {
    "fundus-news": {"title": 0.91, "date": 0.95, "author": 0.85, "body": 0.92},
    "article-extraction-benchmark": {"body": 0.96},
    "trafilatura-eval": {"title": 0.82, "date": 0.82, "author": 0.64},
    # All sorts of pages: forums, shops, listings and documentation beside articles.
    "wcxb": {"title": 0.72, "date": 0.69, "author": 0.46, "body": 0.61},
}


@dataclass(frozen=True, slots=True)
class Web:
    """A finished crawl of the real pages, the posts that were read, and what is stored."""

    pages: list[Saved]
    done: Crawled
    posts: dict[str, list[dict[str, Any]]]
    stored: dict[str, Mention]
    address: dict[str, tuple[str, ...]]

    def rows(self, page: Saved) -> list[dict[str, Any]]:
        """Return the posts read from a page, under its address on loopback or the real one that the page declares."""
        return next((self.posts[url] for url in self.address[page.file.as_posix()] if url in self.posts), [])


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("real")
    pages = [each for name, count in TAKEN.items() for each in _spread(saved_pages(name), count)]
    with web_of(pages) as replay:
        config = configure(folder, _sources(replay, pages), head=_head())
        done = crawl(config, {"FEEDS": {f"{folder}/posts.%(slug)s.jsonl": {"format": "jsonlines"}}})
        posts = defaultdict(list)
        for path in folder.glob("posts.*.jsonl"):
            for line in path.read_text().splitlines():
                row = json.loads(line)
                # A post of a discussion may have an address of its own; its thread is the page that it was read from.
                for url in {row["url"].partition("#")[0], row["thread"].partition("#")[0]} - {""}:
                    posts[url].append(row)
        address = {each.file.as_posix(): _addresses(replay, each) for each in pages}
        yield Web(pages, done, dict(posts), mentions(config), address)


def _addresses(replay: Replay, page: Saved) -> tuple[str, ...]:
    real = page.gold["url"].partition("://")[2].removeprefix("www.")
    hosts = (f"{scheme}://{www}{real}" for scheme in ("https", "http") for www in ("www.", ""))
    return (canonical(replay.url(page.host, page.path)), *map(canonical, hosts))


def _spread(pages: list[Saved], count: int) -> list[Saved]:
    step = max(1, len(pages) // count)
    return pages[::step][:count]


def _head() -> str:
    brands = "".join(
        f'[[brands]]\nname = "{name}"\nrole = "{"competitor" if number else "own"}"\nquery = "{name}"\n'
        for number, name in enumerate(BRANDS)
    )
    return HEAD[HEAD.index("[crawl]") :].replace("[crawl]", f'store = "store"\n{brands}[crawl]')


def _sources(replay: Replay, pages: Sequence[Saved]) -> dict[str, dict[str, Any]]:
    urls = {name: [replay.url(each.host, each.path) for each in pages if each.set == name] for name in TAKEN}
    home = "127.0.0.1"
    # The feed tells addresses only, so that titles and dates come from the pages.
    replay.add(home, "/feed.xml", rss(replay, [(url, "", "") for url in urls["fundus-news"]]))
    half = len(urls["trafilatura-eval"]) // 2
    for name, part in (("1", urls["trafilatura-eval"][:half]), ("2", urls["trafilatura-eval"][half:])):
        replay.add(home, f"/s{name}.xml", sitemap([(url, None) for url in part]))
    replay.add(home, "/index.xml.gz", sitemap_index([replay.url(home, "/s1.xml"), replay.url(home, "/s2.xml")]))
    return {
        "fundus": {"kind": "feed", "url": replay.url(home, "/feed.xml"), "promise": {"posts": 120, "dated": 0.9}},
        "trafilatura": {"kind": "sitemap", "url": replay.url(home, "/index.xml.gz"), "read": "article"},
        "benchmark": _pages(urls["article-extraction-benchmark"]),
        "wcxb": _pages(urls["wcxb"]),
    }


def _pages(urls: list[str]) -> dict[str, Any]:
    return {"kind": "pages", "url": urls[0], "urls": urls, "read": "auto"}


def test_every_source_is_read_and_three_hundred_pages_give_posts(web: Web) -> None:
    assert web.done.status == 0, (web.done.said, web.done.sources)
    assert sum(bool(web.rows(each)) for each in web.pages) >= 300
    for name, row in web.done.sources.items():
        print(name, {key: row[key] for key in ("pages", "posts", "mentions_new", "dropped")})


def test_posts_match_the_gold(web: Web) -> None:
    table = {name: _scores(web, name) for name in TAKEN}
    print()
    print(f"{'set':30} {'pages':>6} {'title':>6} {'date':>6} {'author':>6} {'body':>6}")
    for name, row in table.items():
        print(f"{name:30} {row['pages']:6.0f}", *(f"{row[key]:6.3f}" for key in ("title", "date", "author", "body")))
    for name, floors in FLOORS.items():
        for key, floor in floors.items():
            assert table[name][key] >= floor, (name, key, table[name][key])


def test_what_names_a_brand_is_stored_as_it_was_read(web: Web) -> None:
    assert len(web.stored) >= 40
    for url, mention in web.stored.items():
        (post, *_) = [row for row in web.posts[url.partition("#")[0]] if row["url"] == url]
        read = Post(url=url, title=post["title"], text=post["text"], fetched_at=mention.last_seen_at)
        kept = without_persons(bounded(read), BRANDS)
        assert (mention.title, mention.text) == (kept.title, kept.text)
        if post["published_at"]:
            assert mention.published_at == datetime.fromisoformat(post["published_at"])
        words = token_words(mention.title + " " + mention.text)
        assert mention.brand.id in words
        # An author is stored as a pseudonym only.
        assert bool(mention.author) == bool(post["author"])
        assert mention.author != post["author"] or not mention.author
    brands = Counter(mention.brand.id for mention in web.stored.values())
    assert len(brands) >= 6


def _scores(web: Web, name: str) -> dict[str, float]:
    totals: dict[str, list[float]] = {key: [] for key in ("title", "date", "author", "body")}
    pages = [each for each in web.pages if each.set == name]
    for each in pages:
        for key, score in _compare(each.gold, web.rows(each)).items():
            totals[key].append(score)
    means = {key: sum(scores) / len(scores) if scores else float("nan") for key, scores in totals.items()}
    return {"pages": len(pages), **means}


def _compare(gold: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, float]:
    first = rows[0] if rows else {"title": "", "author": "", "published_at": None, "text": ""}
    found: dict[str, float] = {}
    if gold.get("title"):
        found["title"] = _f1(gold["title"], first["title"] or "")
    if gold.get("date"):
        found["date"] = float(bool(first["published_at"]) and _same_day(gold["date"], str(first["published_at"])))
    if gold.get("authors"):
        found["author"] = float(_same_author(gold["authors"], str(first["author"])))
    if gold.get("body"):
        found["body"] = _f1(gold["body"], "\n".join(row["text"] for row in rows))
    return found


def _f1(gold: str, found: str) -> float:
    ours, theirs = Counter(token_words(found)), Counter(token_words(gold))
    shared = sum((ours & theirs).values())
    return 2 * shared / (ours.total() + theirs.total()) if shared else 0.0


def _same_day(gold: str, found: str) -> bool:
    at = datetime.fromisoformat(found)
    told = datetime.fromisoformat(gold)
    if told.tzinfo is None:
        return abs((told.date() - at.date()).days) <= 1
    return told.date() == at.astimezone(told.tzinfo).date()


def _same_author(gold: list[str], found: str) -> bool:
    names = {re.sub(r"\W+", " ", name).strip().casefold() for name in gold}
    said = re.sub(r"\W+", " ", found).strip().casefold()
    return any(name and name in said for name in names)
