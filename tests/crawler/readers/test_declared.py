"""What pages declare of themselves, and where it is broken, somebody else's, or not theirs at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from analysis.model import Post
from crawler.readers.facts.structured import json_ld
from crawler.readers.page import Page
from crawler.readers.reading import read

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
URL = "https://paper.example/news/kettle-recalled"
PROSE = "".join(
    f"<p>The {word} of the kettle was looked at for three weeks by editors who wrote down each day what it did.</p>"
    for word in ("lid", "spout", "handle", "base", "cord", "switch")
)


def post_of(script: str, *, kind: str = "article", title: str = "A kettle is recalled", body: str = PROSE) -> Post:
    (post,) = posts_of(script, kind=kind, title=title, body=body)
    return post


def posts_of(script: str, *, kind: str, title: str = "", body: str = "") -> tuple[Post, ...]:
    html = (
        f"<html><head><title>{title}</title><script type='application/ld+json'>{script}</script></head>"
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    )
    return read(kind, Page(content=html.encode(), url=URL, fetched_at=NOW)).posts


def story(**more: Any) -> dict[str, Any]:
    return {"@type": "NewsArticle", "headline": "A kettle is recalled", **more}


WHOLE = json.dumps(story(author={"name": "Ann Lee"}, datePublished="2026-11-20T10:00:00Z"))


@pytest.mark.parametrize(
    "script",
    [
        WHOLE,
        WHOLE[:-1],
        WHOLE[:-1] + ",}",
        WHOLE + "}",
        WHOLE.replace('"Ann Lee"}, ', '"Ann Lee"} '),
        WHOLE.replace("A kettle is recalled", 'A "good" kettle, "really", is recalled'),
        WHOLE.replace("A kettle is recalled", r"A kettle\'s recall"),
        WHOLE.replace("A kettle is recalled", "A kettle\nis\trecalled"),
        WHOLE.replace('"', "&quot;"),
        WHOLE.replace('"', "&#34;"),
        WHOLE.replace('"', "'"),
        WHOLE.replace('"', "\u201d"),
        WHOLE.replace('"', "&#8220;"),
        "// ours\n" + WHOLE,
        "/* ours */" + WHOLE + "; /* end */",
        "<!-- " + WHOLE + " -->",
        '{"@type":"WebSite","name":"Paper"}' + WHOLE,
        WHOLE.replace('"headline"', "headline"),
    ],
)
def test_broken_json_ld_is_repaired(script: str) -> None:
    post = post_of(script)
    assert (post.author, post.published_at) == ("Ann Lee", datetime(2026, 11, 20, 10, tzinfo=UTC))


@pytest.mark.parametrize("script", ["", "{", "[[[[", '{"a":' * 5000, "[" * 5000, "no json at all", '"words"', "17"])
def test_what_is_no_json_declares_nothing(script: str) -> None:
    page = Page(content=f"<script type='application/ld+json'>{script}</script><p>x".encode(), url=URL, fetched_at=NOW)
    assert [node for node in json_ld(page.tree) if node.get("headline")] == []
    post = post_of(script)
    assert (post.author, post.published_at) == ("", None)


@pytest.mark.parametrize("held_by", ["liveBlogUpdate", "comment", "hasPart", "mentions"])
def test_the_page_speaks_and_not_what_it_holds(held_by: str) -> None:
    other = {"@type": "BlogPosting", "headline": "Doors open", "articleBody": "Doors open.", "author": {"name": "Bob"}}
    other |= {"datePublished": "2026-11-21T10:00:00Z"}
    kind = "LiveBlogPosting" if held_by == "liveBlogUpdate" else "NewsArticle"
    whole = story(author={"name": "Ann Lee"}, datePublished="2026-11-20T10:00:00Z") | {"@type": kind, held_by: [other]}
    post = post_of(json.dumps(whole))
    assert (post.author, post.published_at) == ("Ann Lee", datetime(2026, 11, 20, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    "script",
    [
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": "OTHER"}]},
        {"@type": "ItemList", "itemListElement": ["OTHER"]},
        {"@graph": ["OTHER"]},
        {"@type": "WebPage", "mainEntity": {"@type": "CollectionPage", "hasPart": ["OTHER"]}},
        "OTHER",
    ],
)
def test_another_story_is_never_taken_for_the_page(script: Any) -> None:
    other: dict[str, Any] = {
        "@type": "NewsArticle",
        "headline": "Rain in spring",
        "url": "https://paper.example/news/rain",
    }
    other |= {"datePublished": "2025-01-01T00:00:00Z", "author": {"name": "Tom Reed"}}
    post = post_of(json.dumps(script).replace('"OTHER"', json.dumps(other)))
    assert (post.author, post.published_at) == ("", None)


@pytest.mark.parametrize(
    "own",
    [
        {"url": URL},
        {"mainEntityOfPage": {"@id": URL.replace("https", "http") + "/"}},
        {"url": "https://paper.example/"},  # a template's mistake; the heading tells
        {"@id": f"{URL}#article"},
        {},
    ],
)
def test_the_page_is_known_by_its_address_or_its_heading(own: dict[str, Any]) -> None:
    post = post_of(json.dumps(story(author="Ann Lee", **own)))
    assert post.author == "Ann Lee"


@pytest.mark.parametrize(
    ("author", "right"),
    [
        ([[{"name": "Ann Lee"}, {"name": "Tom Reed"}]], "Ann Lee, Tom Reed"),
        ([[["Ann Lee"]], "Tom Reed"], "Ann Lee, Tom Reed"),
        ({"@list": [{"name": "Ann Lee"}, {"name": "Tom Reed"}]}, "Ann Lee, Tom Reed"),
        ({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": {"name": "Ann Lee"}}]}, "Ann Lee"),
        ({"@type": "Person", "name": [["Ann Lee"], "Tom Reed"]}, "Ann Lee, Tom Reed"),
        ({"@type": "Person", "givenName": "Ann", "familyName": "Lee"}, "Ann Lee"),
        ({"@type": "Person", "name": {"@value": "Ann Lee"}}, "Ann Lee"),
        ("https://paper.example/people/ann", ""),
        ({"@type": "Person", "url": "https://paper.example/people/ann"}, ""),
    ],
)
def test_all_authors_are_read_however_they_are_nested(author: Any, right: str) -> None:
    assert post_of(json.dumps(story(author=author))).author == right


@pytest.mark.parametrize("sign", ["\u00ad", "\u200b", "\u2060", "&shy;", "&#8203;"])
def test_signs_for_breaking_words_stand_in_no_title(sign: str) -> None:
    assert post_of("{}", title=f"A ket{sign}tle is re{sign}called").title == "A kettle is recalled"


def comment(text: str, name: str = "", at: str = "") -> dict[str, Any]:
    return {"@type": "Comment", "text": text, "author": {"name": name}, "datePublished": at}


def test_two_people_may_say_the_same_and_one_who_is_declared_twice_is_one() -> None:
    said = [comment("Same here", "tom", "2026-11-21"), comment("Same here", "uwe", "2026-11-22")]
    said += [comment("Same here", "tom", "2026-11-23"), comment("Same here", "uwe", "2026-11-22"), comment("Same here")]
    opening = {"@type": "DiscussionForumPosting", "text": "My kettle drips.", "author": {"name": "ida"}}
    posts = posts_of(json.dumps(opening | {"comment": said}), kind="forum")
    assert [post.author for post in posts] == ["ida", "tom", "uwe", "tom"]
    assert len({post.url for post in posts}) == 4


def review(**more: Any) -> str:
    whole = {"@type": "Review", "author": {"name": "ida"}, "reviewRating": {"ratingValue": 2}} | more
    return json.dumps({"@type": "Product", "name": "Kettle", "review": [whole]})


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("Leaks.&lt;br&gt;A&nbsp;lot &amp; more <b>bad</b>", "Leaks.\nA lot & more bad"),
        ("&lt;p&gt;Leaks.&lt;/p&gt;&lt;p&gt;A lot.&lt;/p&gt;", "Leaks.\nA lot."),
        ("5 &lt; 6 and <3", "5 < 6 and <3"),
        ("Leaks.<br/>A lot.", "Leaks.\nA lot."),
    ],
)
def test_a_review_is_words_without_markup(said: str, right: str) -> None:
    assert post_of(review(reviewBody=said), kind="review").text == right


@pytest.mark.parametrize("author", ["https://shop.example/u/9", "//shop.example/u/9", "www.shop.example", "/u/9"])
def test_an_address_is_no_author(author: str) -> None:
    assert post_of(review(reviewBody="Leaks.", author=author), kind="review").author == ""
    assert post_of(review(reviewBody="Leaks.", author={"name": author}), kind="review").author == ""


@pytest.mark.parametrize(
    "notes",
    [
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "name": "the lid leaks"}, {"name": "loud"}]},
        ["the lid leaks", "loud"],
        [{"@type": "ListItem", "item": {"name": "the lid leaks"}}, {"item": "loud"}],
    ],
)
def test_what_is_listed_as_bad_is_part_of_the_review(notes: Any) -> None:
    assert post_of(review(negativeNotes=notes), kind="review").text == "the lid leaks\nloud"
    both = post_of(review(reviewBody="Well: the lid leaks.", negativeNotes=notes, positiveNotes="quick"), kind="review")
    assert both.text == "Well: the lid leaks.\nquick\nloud"


@pytest.mark.parametrize("tag", ["aside", "nav", "footer"])
def test_the_text_is_found_in_whatever_it_is_wrapped(tag: str) -> None:
    html = (
        f"<html><title>A kettle</title><body><{tag} class=main><h1>A kettle</h1>{PROSE}</{tag}>"
        "<div class=consent><p>We use cookies to make this site work for you and our partners.</p></div></body></html>"
    )
    (post,) = read("article", Page(content=html.encode(), url=URL, fetched_at=NOW)).posts
    assert "spout of the kettle" in post.text
    assert "cookies" not in post.text


def test_an_aside_beside_a_text_stays_outside() -> None:
    html = f"<html><title>A kettle</title><body><article><h1>A kettle</h1>{PROSE}</article><aside><h1>Shops</h1>"
    html += f"<p>{'Buy more of our kettles today. ' * 10}</p></aside></body></html>"
    (post,) = read("article", Page(content=html.encode(), url=URL, fetched_at=NOW)).posts
    assert "Buy more" not in post.text
