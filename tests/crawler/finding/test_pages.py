"""What a place is by its front page: all saved pages whose kind is known from elsewhere, and small ones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from analysis.model.errors import CandorError, UsageError
from crawler.finding.found import FoundPlace
from crawler.finding.pages import recognised
from crawler.readers.facts.links import feed_links
from crawler.readers.page import Page
from tests.support.shared import WEB, lines, needs_shared, page

NOW = datetime(2026, 3, 10, tzinfo=UTC)
HOSTS = {
    "reddit.com": "reddit", "old.reddit.com": "reddit", "lemmy.ml": "lemmy", "lobste.rs": "feed",
    "quora.com": "refused",
    "stackoverflow.com": "stackexchange", "superuser.com": "stackexchange", "serverfault.com": "stackexchange",
    "askubuntu.com": "stackexchange",
}  # fmt: skip
ENGINES = {"askbot": "askbot", "discourse": "discourse"}
NO_FEED = "DuplicateContentAtomFeed"
"""A saved page that its name calls a feed."""


def place(content: bytes | str, url: str = "https://place.example/") -> FoundPlace:
    raw = content.encode() if isinstance(content, str) else content
    return recognised(Page(raw, url, NOW))[0]


def kind_of(content: bytes, url: str) -> str:
    try:
        return place(content, url).kind
    except UsageError:
        return "refused"


def known_pages(web: Path) -> Iterator[tuple[str, str, bytes, str]]:
    """Yield the set, the kind that is known from elsewhere, the bytes and the address of each saved page."""
    for row in lines(web / "wcxb" / "gold.jsonl.gz"):
        content = page(web / "wcxb" / row["file"])
        host = (urlsplit(row["url"]).hostname or "").removeprefix("www.")
        if row["page_type"] == "forum":
            kind = HOSTS.get(host) or ("stackexchange" if host.endswith("stackexchange.com") else "forum")
            yield "boards", "discourse" if b'content="Discourse ' in content else kind, content, row["url"]
        elif row["page_type"] == "listing" and feed_links(Page(content, row["url"], NOW)):
            yield "front pages with a feed", "feed", content, row["url"]
    for row in lines(web / "forum-html" / "gold.jsonl"):
        content = page(web / "forum-html" / row["file"])
        yield (
            "boards",
            ENGINES.get(row["engine"].split()[0].split("-")[0], "forum"),
            content,
            row.get("url") or "https://place.example/",
        )
    for path in sorted((web / "feeds-real").glob("*.gz")):
        if not path.name.startswith(NO_FEED):
            yield "feeds", "feed", page(path), "https://place.example/feed"
    for row in lines(web / "review-pages" / "gold.jsonl"):
        if len(row.get("reviews", ())) >= 3:
            yield "reviews", "reviews", page(web / "review-pages" / row["file"]), "https://place.example/"
    for path in sorted((web / "appstore-reviews").glob("*.xml.gz")):
        yield "app stores", "appstore", page(path), "https://place.example/reviews"


@needs_shared("web")
def test_the_kind_of_every_saved_front_page_is_told() -> None:
    right, total, wrong = Counter[str](), Counter[str](), []
    for name, kind, content, url in known_pages(WEB):
        total[name] += 1
        found = kind_of(content, url)
        right[name] += found == kind
        wrong += [f"{url}: {found}, where it is {kind}"] if found != kind else []
    for name, count in total.items():
        print(f"{name}: {right[name]} of {count}")
    assert total.total() > 150
    assert wrong == []


@pytest.mark.parametrize(
    ("content", "kind", "keys"),
    [
        ('<rss version="2.0"><channel></channel></rss>', "feed", {"url": "https://place.example/"}),
        ('<urlset xmlns="x"><url><loc>https://place.example/a</loc></url></urlset>', "sitemap", {}),
        ('<html><link rel="alternate" type="application/rss+xml" href="/comments/feed/">'
         '<link rel="alternate" type="application/atom+xml" href="/feed/"><p>Hello.</p></html>',
         "feed", {"url": "https://place.example/feed/"}),
        ('<html><head><meta name="generator" content="Discourse 3.4"></head><p>x</p></html>', "discourse",
         {"url": "https://place.example"}),
        ('<html><body id="phpbb" class="nojs"><p>Board index</p></body></html>', "forum", {}),
        ("<html><div id='mastodon'></div><script id='initial-state' type='application/json'>{}</script></html>",
         "mastodon", {}),
        ("<html><p>A page.</p></html>", "sitemap", {"url": "https://place.example/robots.txt"}),
    ],
)  # fmt: skip
def test_small_pages(content: str, kind: str, keys: dict[str, str]) -> None:
    found = place(content)
    assert found.kind == kind
    assert {name: found.keys[name] for name in keys} == keys


DATA = Path(__file__).resolve().parents[2] / "data"
REVIEWS = {
    "feed": {
        "entry": [
            {
                "id": {"label": "101"},
                "im:rating": {"label": "1"},
                "title": {"label": "Crashes"},
                "content": {"label": "The Tessaro app crashes each morning."},
                "author": {"name": {"label": "kim"}},
                "link": {"attributes": {"href": "https://mirror.example/us/review?id=77&type=x"}},
            }
        ],
        "id": {"label": "https://mirror.example/us/rss/customerreviews/id=77/json"},
    }
}


def answer(source: str, case: str) -> bytes:
    return (DATA / source / case / "answer.json").read_bytes()


@pytest.mark.parametrize("indent", [None, 2])
def test_reviews_in_json_are_known_by_apple_s_names_wherever_they_lie(indent: int | None) -> None:
    found = place(json.dumps(REVIEWS, indent=indent))
    assert (found.kind, dict(found.keys)) == ("appstore", {"app": "77", "country": "us"})
    assert [post.text for post in found.posts or ()] == ["The Tessaro app crashes each morning."]
    kept = place(json.dumps(REVIEWS), "https://own.example/apple/us/rss/customerreviews/id=77/sortby=mostrecent/json")
    assert dict(kept.keys) == {"app": "77", "country": "us", "api": "https://own.example/apple"}
    assert kept.posts is None


def test_reviews_of_an_app_that_nothing_names_are_told_with_the_cure() -> None:
    feed = {"feed": {"entry": REVIEWS["feed"]["entry"]}}
    with pytest.raises(UsageError, match=r"Apple's feed of an app's reviews.*candor add appstore:NUMBER"):
        place(json.dumps(feed))


@pytest.mark.parametrize(
    ("source", "case", "kind", "keys"),
    [
        ("hackernews", "search_by_date", "hackernews", {"api": "https://place.example"}),
        ("discourse", "topic", "discourse", {"api": "https://place.example"}),
        ("webhook", "two_posts", "table", {"url": "https://place.example/api/rows"}),
    ],
)
def test_an_api_s_answer_is_known_by_its_shape_and_no_other_host_is_meant(
    source: str, case: str, kind: str, keys: dict[str, str]
) -> None:
    found = place(answer(source, case), "https://place.example/api/rows")
    assert (found.kind, dict(found.keys)) == (kind, keys)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (answer("github", "issues"), "what the API of github answers.*repository.*docs/configuration.md"),
        (b'{"error": {"code": 401, "message": "no key"}}', "something is wrong: .*no key"),
        (b'{"hits": [{"a": 1},', "this JSON is cut or damaged"),
        (b'{"status": {"up": true}}', "the answer of no API that is known, and no table"),
    ],
)
def test_json_is_never_a_page(content: bytes, words: str) -> None:
    with pytest.raises(CandorError, match=words):
        place(content, "https://place.example/api/rows")


def test_what_is_the_last_resort_is_the_page_itself() -> None:
    found = recognised(Page(b"<html><p>A page.</p></html>", "https://place.example/a", NOW))
    assert [each.kind for each in found] == ["sitemap", "pages"]
