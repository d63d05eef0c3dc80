"""Every post of a page has an address of its own, on the page's own site."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from crawler.readers.page import Page
from crawler.readers.reading import read

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def page(html: str, url: str = "https://forum.example/t/1") -> Page:
    return Page(html.encode(), url, NOW)


def test_a_page_cannot_speak_in_another_sites_name() -> None:
    html = """<html><head><link rel="canonical" href="https://victim.example/story">
    <meta property="og:url" content="https://victim.example/story">
    <script type="application/ld+json">{"@type":"NewsArticle","headline":"Lies","url":"https://victim.example/story",
    "mainEntityOfPage":"https://victim.example/story","articleBody":"Invented words about a brand."}</script></head>
    <body><article><h1>Lies</h1><p>Invented words about a brand, and some more of them.</p></article></body></html>"""
    for kind in ("article", "auto"):
        (post,) = read(kind, page(html)).posts
        assert post.url == "https://forum.example/t/1"


def test_a_review_cannot_either() -> None:
    html = """<html><body><script type="application/ld+json">{"@type":"Product","name":"Kettle","review":[
    {"@type":"Review","url":"https://victim.example/r/1","author":{"name":"a"},"reviewBody":"It leaks.",
    "reviewRating":{"ratingValue":1}}]}</script></body></html>"""
    (post,) = read("review", page(html)).posts
    assert post.url.startswith("https://forum.example/")


def test_posts_of_one_thread_are_told_apart() -> None:
    thread = {
        "@type": "DiscussionForumPosting",
        "headline": "Kettle",
        "text": "Does yours leak?",
        "author": {"name": "cat"},
        "comment": [
            {"@type": "Comment", "text": "It leaks.", "author": {"name": "ann"}},
            {"@type": "Comment", "text": "Mine does not.", "author": {"name": "bob"}},
        ],
    }
    html = f'<html><body><script type="application/ld+json">{json.dumps(thread)}</script></body></html>'
    first = read("forum", page(html)).posts
    assert len({post.url for post in first}) == len(first) == 3
    assert [post.url for post in read("forum", page(html)).posts] == [post.url for post in first]
