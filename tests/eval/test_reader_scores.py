"""How well the readers read real saved pages. Prints the scores; floors stand a little under what is reached."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from analysis.model.written.dates import parse_date
from crawler.readers.facts.names import clean_text, person
from crawler.readers.feeds.feed import read_feed
from crawler.readers.reading import as_published
from crawler.readers.talk.review import aggregates
from tests.support.eval.reader_scores import (
    NOW,
    Tally,
    first_post,
    gold_rows,
    plain,
    recall,
    saved,
    score_facts,
    shingle_f1,
    snippet_f1,
    table,
    word_f1,
)
from tests.support.shared import needs_shared

pytestmark = [needs_shared("web"), pytest.mark.shared, pytest.mark.slow]

# Every n-th page of the larger sets, so that the test stays short; bench/readers.py prints the scores of all pages.
SAMPLED = {"article-extraction-benchmark": 1, "fundus-news": 2, "wcxb": 5, "trafilatura-eval": 4}
FLOORS = {
    "article-extraction-benchmark": {"body": 0.975},
    "fundus-news": {"body": 0.925, "title": 0.78, "author": 0.84, "date": 0.97},
    "wcxb": {"body": 0.84, "title": 0.82, "author": 0.79, "date": 0.86},
    "trafilatura-eval": {"body": 0.89, "title": 0.75, "author": 0.65, "date": 0.78},
}


@pytest.mark.parametrize("name", FLOORS)
def test_articles_are_read_as_well_as_pinned(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    tally, pairs = Tally(), []
    for row in gold_rows(name)[:: SAMPLED[name]]:
        reading = as_published("article", saved(name, row))
        post = reading.posts[0] if reading.posts else None
        score_facts(tally, row, post)
        text = post.text if post else ""
        pairs.append((row, text))
    bodies = [(row["body"], text) for row, text in pairs if row.get("body")]
    if name == "trafilatura-eval":
        scores = {"body": snippet_f1(pairs)}
    elif name == "wcxb":
        scores = {"body": statistics.mean(word_f1(*pair) for pair in bodies)}
    else:
        scores = {"body": shingle_f1(bodies)}
    scores |= tally.shares()
    with capsys.disabled():
        print("\n" + "\n".join(table({name: scores})))
    for measure, floor in FLOORS[name].items():
        assert scores[measure] >= floor, f"{name}: {measure} fell to {scores[measure]:.3f}, under its floor {floor}"


def test_forum_posts_are_found_with_author_and_date(capsys: pytest.CaptureFixture[str]) -> None:
    tally, emitted = Tally(), 0
    for row in gold_rows("forum-html"):
        page = saved("forum-html", row, url="https://forum.example/showthread.php?threadid=1")
        posts = list(as_published("forum", page).posts)
        emitted += sum(post.kind not in ("comment", "question") for post in posts)
        for item in row["items"]:
            key = _key(item.get("text") or "") or plain(item.get("title") or "")
            found = [post for post in posts if (_key(post.text) or plain(post.title)) == key]
            tally.add("found", bool(found))
            if found:
                posts.remove(found[0])
                if item.get("author"):
                    tally.add("author", found[0].author == item["author"])
                if item.get("created"):
                    at = found[0].published_at
                    tally.add("date", at is not None and at == parse_date(item["created"], now=NOW))
    scores = tally.shares() | {"precision": tally.hits["found"] / emitted}
    with capsys.disabled():
        print("\n" + "\n".join(table({"forum-html": scores})))
    assert scores["found"] >= 0.99
    assert scores["precision"] >= 0.99
    assert scores["author"] >= 0.99
    assert scores["date"] >= 0.99


def test_threads_of_unknown_forums_are_read_whole(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row for row in gold_rows("wcxb") if row["page_type"] == "forum" and row.get("body")]
    scores, held = [], []
    for row in rows:
        page = saved("wcxb", row)
        # The words of a post that is a link are its title.
        text = "\n".join(post.text or post.title for post in as_published("forum", page).posts)
        scores.append(word_f1(row["body"], text))
        # Some pages bring an opening's first words, and all else by a script that is not run.
        held += [scores[-1]] if recall(row["body"], page.text) > 0.5 else []
    shares = {"body": statistics.mean(scores), "held": statistics.mean(held), "pages": float(len(held))}
    with capsys.disabled():
        print("\n" + "\n".join(table({"wcxb forum pages, all posts": shares})))
    assert shares["body"] >= 0.85
    assert shares["held"] >= 0.87
    assert len(scores) - len(held) <= 4


def test_every_review_of_the_saved_pages_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    tally, emitted = Tally(), 0
    for row in gold_rows("review-pages"):
        posts = as_published("review", saved("review-pages", row, url="https://shop.example/product")).posts
        emitted += len(posts)
        for item in row["reviews"]:
            key, author = _key(clean_text(item.get("text") or "")), clean_text(item.get("author") or "")
            found = [post for post in posts if _key(post.text) == key and post.author == author]
            tally.add("found", bool(found))
            for post in found[:1]:
                if item.get("rating"):
                    tally.add("rating", post.rating == float(item["rating"]))
                if item.get("created"):
                    tally.add("date", post.published_at == parse_date(item["created"], now=NOW))
    scores = tally.shares() | {"precision": tally.hits["found"] / emitted}
    with capsys.disabled():
        print("\n" + "\n".join(table({"review-pages": scores})))
    assert min(scores.values()) == 1.0


def test_every_aggregate_rating_of_the_saved_pages_is_read() -> None:
    for row in gold_rows("review-pages"):
        told = aggregates(saved("review-pages", row, url="https://shop.example/product"))
        gold = row.get("aggregate") or []
        values = [float(str(each["ratingValue"]).replace(",", ".")) for each in gold]
        stars = [value * 5 / float(each.get("bestRating") or 5) for value, each in zip(values, gold, strict=True)]
        assert [each.rating for each in told] == pytest.approx(stars, abs=0.06), row["file"]
        for each, wanted in zip(told, gold, strict=True):
            counts = [str(wanted[name]) for name in ("reviewCount", "ratingCount") if wanted.get(name)]
            assert not counts or str(each.count) in counts


def test_reviews_and_ratings_among_the_saved_structured_data_are_read() -> None:
    found: Counter[str] = Counter()
    for row in gold_rows("structured-data"):
        gold = [node for name in ("expected.json", "expected.jsonld") for node in nodes_in(row.get(name))]
        kinds = [str(node.get("@type") or node.get("type") or "") for node in gold]
        page = saved("structured-data", row, url="https://shop.example/product")
        wanted = sum(kind.endswith("Review") for kind in kinds), sum(kind.endswith("AggregateRating") for kind in kinds)
        if any(wanted):
            assert (len(as_published("review", page).posts), len(aggregates(page))) == wanted, row["file"]
            found.update(reviews=wanted[0], ratings=wanted[1])
    assert found == {"reviews": 1, "ratings": 1}


def test_every_entry_of_every_saved_feed_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    for row in gold_rows("feeds-real"):
        feed = read_feed(saved("feeds-real", row), resolve=False)
        assert len(feed.posts) == len(row["items"]), row["file"]
        for post, item in zip(feed.posts, row["items"], strict=True):
            said = {"title": post.title, "url": post.url, "author": post.author}
            for name, value in said.items():
                if item.get(name):
                    # The gold has e-mail addresses behind some names, which are not read.
                    tally.add(name, value == person(" ".join(item[name].split())))
            if item.get("created"):
                tally.add("date", post.published_at == parse_date(item["created"], now=NOW))
            if item.get("text"):
                tally.add("text", _key(post.text) == _key(item["text"]))
    scores = tally.shares()
    with capsys.disabled():
        print("\n" + "\n".join(table({"feeds-real": scores})))
    assert min(scores["title"], scores["url"], scores["author"], scores["date"]) >= 0.995
    assert scores["text"] >= 0.97


def test_the_best_guess_reads_a_page_as_its_own_kind() -> None:
    rows = [row for row in gold_rows("wcxb") if row["page_type"] in ("forum", "article")][::10]
    right = [first_post("auto", saved("wcxb", row)) for row in rows]
    forums = [post is not None and post.kind != "article" for post, row in zip(right, rows, strict=True)
              if row["page_type"] == "forum"]  # fmt: skip
    articles = [post is not None and post.kind == "article" for post, row in zip(right, rows, strict=True)
                if row["page_type"] == "article"]  # fmt: skip
    assert statistics.mean(forums) >= 0.8
    assert statistics.mean(articles) >= 0.88


def nodes_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes_in(each)


def _key(text: str) -> str:
    return re.sub(r"\W", "", text)[:60].lower()
