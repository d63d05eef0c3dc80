"""Import rows: what is taken, and that each wrong row is told apart with its line and reason."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from analysis.ingest.rows import Row, Wrong
from analysis.ingest.tables.reading import read_rows
from analysis.model import Engagement, Mention, Post, document
from analysis.model.errors import UsageError

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def rows(text: str) -> list[Row]:
    return list(read_rows(io.StringIO(text), name="posts", now=NOW))


def test_a_full_json_row_becomes_a_post() -> None:
    row = {
        "url": "https://forum.example/t/1?utm_source=x#p3",
        "title": "Leaks",
        "text": "It leaks.",
        "author": "ann",
        "published_at": "2026-02-27T10:00:00+02:00",
        "source": "forum",
        "kind": "review",
        "rating": 2,
        "engagement": {"likes": 3, "replies": 1},
        "thread": "t1",
        "product_version": "2.3",
        "lang": "en",
    }
    (post,) = rows(json.dumps(row))
    assert isinstance(post, Post)
    assert post.url == "https://forum.example/t/1#p3"
    assert post.published_at == datetime(2026, 2, 27, 8, tzinfo=UTC)
    assert (post.published_at_source, post.source, post.source_kind, post.kind) == (
        "import",
        "forum",
        "import",
        "review",
    )
    assert post.engagement == Engagement(likes=3, replies=1)
    assert (post.rating, post.thread, post.product_version) == (2.0, "t1", "2.3")


def test_wrong_rows_are_named_and_the_rest_goes_on() -> None:
    text = "\n".join(
        [
            '{"url":"https://a.example/1","text":"fine"}',
            "{broken",
            "[1]",
            '{"text":"no address"}',
            '{"url":"https://a.example/2"}',
            '{"url":"https://a.example/3","text":"x","rating":9}',
            '{"url":"https://a.example/4","text":"x","published_at":"yesterday"}',
            "",
            '{"url":"https://a.example/5","text":"fine too"}',
        ]
    )
    found = rows(text)
    wrong = {row.line: row.reason for row in found if isinstance(row, Wrong)}
    assert sorted(wrong) == [2, 3, 4, 5, 6, 7]
    assert "not JSON" in wrong[2]
    assert "every row needs one" in wrong[4]
    assert "text or a title" in wrong[5]
    assert "0 to 5" in wrong[6]
    assert "2026-03-01T12:00:00Z" in wrong[7]
    assert sum(isinstance(row, Post) for row in found) == 2


def test_csv_with_quoted_line_breaks_and_a_byte_order_mark() -> None:
    text = '\ufeffurl,text,rating,published_at\nhttps://a.example/1,"two\nlines, really",4.5,2026-02-01\nx,y,,\n'
    post, wrong = rows(text)
    assert isinstance(post, Post)
    assert post.text == "two\nlines, really"
    assert post.rating == 4.5
    assert isinstance(wrong, Wrong)
    assert wrong.line == 4


def test_a_file_of_neither_form_is_refused() -> None:
    with pytest.raises(UsageError, match="no heading says where the text is; it has 'hello'"):
        rows("hello\nworld\n")


def test_an_exported_mention_comes_back_whole() -> None:
    mention = Mention(id="a" * 64, post_id="b" * 64, url="https://a.example/1", published_at=NOW, topics=("battery",))
    (back,) = rows(json.dumps(document(mention)))
    assert back == mention


def test_an_endless_line_costs_one_row() -> None:
    text = (
        '{"url":"https://a.example/1","text":"'
        + "x" * (17 * 1024 * 1024)
        + '"}\n{"url":"https://a.example/2","text":"ok"}\n'
    )
    long, fine = rows(text)
    assert isinstance(long, Wrong)
    assert isinstance(fine, Post)


def test_an_empty_file_gives_nothing() -> None:
    assert rows("\n\n") == []
