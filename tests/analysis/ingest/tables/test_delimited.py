"""CSV as it is found in the wild, and rows that cost no more than themselves: whatever a file holds."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ingest.plain import plain
from analysis.ingest.rows import Row, Wrong
from analysis.ingest.tables.delimited import LONGEST
from analysis.ingest.tables.reading import read_rows
from analysis.model import Mention, Post, document
from analysis.model.errors import UsageError
from tests.support.mentions import make_mention

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEAD = "url,text\n"


def rows(text: str, *, as_csv: bool | None = None) -> list[Row]:
    return list(read_rows(io.StringIO(text, newline=""), name="posts", now=NOW, as_csv=as_csv))


def told(text: str) -> list[str]:
    """Return the last part of each address, or the line of each wrong row."""
    return [f"{row.line}" if isinstance(row, Wrong) else str(row.url).rpartition("/")[2] for row in rows(text)]


@pytest.mark.parametrize(
    "text",
    [
        "url;text;author\nhttps://a.example/x;Mine, all of it;Ida\n",
        "url\ttext\tauthor\nhttps://a.example/x\tMine, all of it\tIda\n",
        "url|text|author\nhttps://a.example/x|Mine, all of it|Ida\n",
        'sep=;\nurl;text;author\nhttps://a.example/x;"Mine, all of it";Ida\n',
        'SEP=,\r\nURL, Text , AUTHOR\r\nhttps://a.example/x, "Mine, all of it", Ida\r\n',
        '\ufeff"url","text","author"\r"https://a.example/x","Mine, all of it","Ida"\r',
        '\ufeffsep=,\nurl,text,author\nhttps://a.example/x,"Mine, all of it",Ida\n',
    ],
)
def test_a_table_is_read_whatever_program_wrote_it(text: str) -> None:
    (post,) = rows(text)
    assert isinstance(post, Post)
    assert (post.url, post.text, post.author) == ("https://a.example/x", "Mine, all of it", "Ida")


def test_headings_that_are_missing_are_named_with_the_line_that_was_found() -> None:
    with pytest.raises(UsageError, match=r"no heading says where the text is; it has 'q1', 'q2'"):
        rows("q1,q2\nhttps://a.example/1,x\n")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('https://a.example/1,"never closed\nhttps://a.example/2,b\nhttps://a.example/3,c\n', ["2", "2", "3"]),
        ('https://a.example/1,a\nhttps://a.example/2,"open\nhttps://a.example/3,"c"\n', ["1", "3", "3"]),
        ('https://a.example/1,"closed" too early\nhttps://a.example/2,b\n', ["2", "2"]),
        ('https://a.example/1,"two\nlines"\nhttps://a.example/2,b\n', ["1", "2"]),
        (r'https://a.example/1,"so \"they\" say"' + "\nhttps://a.example/2,b\n", ["1", "2"]),
        ("https://a.example/1,a,b,c\nhttps://a.example/2,b\n", ["2", "2"]),
        ("https://a.example/1,a,,\nhttps://a.example/2\n\nhttps://a.example/3,c\n", ["1", "3", "3"]),
        ('https://a.example/1,5" screen\nhttps://a.example/2,b\n', ["1", "2"]),
    ],
)
def test_a_wrong_row_costs_itself_and_is_named_by_the_line_where_it_begins(body: str, expected: list[str]) -> None:
    assert told(HEAD + body) == expected


def test_a_quotation_mark_that_is_never_closed_is_said_so() -> None:
    assert rows(f'{HEAD}https://a.example/1,"open\n')[0] == Wrong(
        line=2, reason="not CSV: a quotation mark is opened and never closed"
    )


def test_long_fields_are_read_and_endless_ones_cost_one_row() -> None:
    long = "x " * 100_000
    assert told(f'{HEAD}https://a.example/1,"{long}\n{long}"\nhttps://a.example/2,b\n') == ["1", "2"]
    endless = "y" * (LONGEST + 10)
    assert told(f"{HEAD}https://a.example/1,{endless}\nhttps://a.example/2,b\n") == ["2", "2"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"published_at": 1e300}, "published_at: 1e+300 is not a time"),
        ({"published_at": "9999-12-31T23:59:59-05:00"}, "is not a time"),
        ({"published_at": "2099-01-01"}, "is not a time between 1970 and now"),
        ({"published_at": "x" * 5000}, "…"),
        ({"engagement": {"likes": float("inf")}}, "likes inf is not a count"),
        ({"engagement": {"views": 2**63}}, "views 9223372036854775808 is more than"),
        ({"engagement": {"likes": "many"}}, "likes 'many' is not a count"),
        ({"engagement": [1]}, "must be an object"),
        ({"engagement": "{"}, "Expecting property name"),
        ({"url": "https://a.example/\ud800"}, r"url: 'https://a.example/\ud800' is not a web address"),
        ({"url": "http://[::1"}, "is not a web address"),
        ({"title": {"a": 1}}, "title: dict is not text"),
        ({"author": ["a"]}, "author: list is not text"),
    ],
)
def test_a_value_that_cannot_be_is_named(row: dict[str, Any], said: str) -> None:
    (wrong,) = rows(json.dumps({"url": "https://a.example/1", "text": "x", **row}))
    assert isinstance(wrong, Wrong)
    assert said in wrong.reason


@pytest.mark.parametrize(
    "row",
    [{"published_at": "0001-01-01T00:00:00"}, {"published_at": "0001-01-01T00:00:00+01:00"}, {"rating": float("nan")}],
)
def test_what_programs_write_where_there_is_nothing_is_nothing(row: dict[str, Any]) -> None:
    (post,) = rows(json.dumps({"url": "https://a.example/1", "text": "x", **row}))
    assert isinstance(post, Post)
    assert (post.published_at, post.rating) == (None, None)


def test_a_row_names_all_its_mistakes() -> None:
    (wrong,) = rows(json.dumps({"text": "x", "kind": "thing", "rating": 9, "published_at": "soon"}))
    assert isinstance(wrong, Wrong)
    assert [part.partition(":")[0] for part in wrong.reason.split("; ")] == [
        "url",
        "every row needs one, it makes the id",
        "published_at",
        "write 2026-03-01T12",
        "rating",
        "another scale is written 8/10",
    ]


def test_a_byte_of_another_encoding_costs_its_row() -> None:
    text = "\n".join(['{"url":"https://a.example/1","text":"caf\udce9"}', '{"url":"https://a.example/2","text":"ok"}'])
    wrong, post = rows(text)
    assert isinstance(wrong, Wrong)
    assert "not UTF-8: byte 0xE9 at column 41" in wrong.reason
    assert isinstance(post, Post)
    assert told(f"{HEAD}https://a.example/1,caf\udce9\nhttps://a.example/2,ok\n") == ["2", "2"]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("id", 3, "id: 3 is no keyword"),
        ("post_id", "", "post_id: '' is no keyword"),
        ("published_at", "yesterday", "published_at: 'yesterday' is no date"),
        ("published_at", "2026-01-01", "is no date"),
        ("topics", ["a", 1], "topics: ['a', 1] is no list of keywords"),
        ("sentiment", 3, "sentiment: is not an object"),
        ("engagement", {"likes": 2**70}, "engagement.likes: 1180591620717411303424 is no integer"),
        ("rating", "5", "rating: '5' is no float"),
        ("sentiment", {"label": "positive", "score": float("inf")}, "sentiment.score: inf is no float"),
    ],
)
def test_a_whole_mention_that_was_damaged_is_named(path: str, value: object, said: str) -> None:
    (wrong,) = rows(json.dumps({**document(make_mention(1)), path: value}))
    assert isinstance(wrong, Wrong)
    assert said in wrong.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("H&amp;M don&#39;t care &lt;br&gt; really", "H&M don't care \n really"),
        ("<p>One</p><p>Two <b>bold</b></p>", "One\n\nTwo bold"),
        ("a < b and c > d, I <3 it", "a < b and c > d, I <3 it"),
        ("AT&T & co, x &nosuch; y", "AT&T & co, x &nosuch; y"),
        ("use <Tessaro> as a name", "use <Tessaro> as a name"),
    ],
)
def test_text_is_as_people_wrote_it(text: str, expected: str) -> None:
    assert plain(text) == expected


# Whatever a file holds: no exception but ours, no silence -------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ("url", "text", "title", "author", "published_at", "rating", "engagement", "kind", "lang", "tags", "thread",
     "source", "fetched_at", "post_id", "id", "brand", "engagement.likes", "product_version")
)  # fmt: skip
OBJECTS = st.dictionaries(KEYS, VALUES | st.sampled_from(("https://a.example/1", "Tessaro", "2026-01-01", 4)))


@settings(max_examples=300, deadline=None)
@given(st.lists(OBJECTS.map(json.dumps) | st.text(alphabet=st.characters(exclude_characters="\r\n")), max_size=6))
def test_every_line_of_json_becomes_a_post_or_is_named(lines: list[str]) -> None:
    found = rows("{}\n" + "\n".join(lines), as_csv=False)
    assert all(isinstance(row, (Post, Mention, Wrong)) for row in found)
    assert len(found) == 1 + sum(bool(line.strip()) for line in lines)
    assert all(row.reason for row in found if isinstance(row, Wrong))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from('",;\\\n\r\t ab1\ud800é\0') | st.characters(), max_size=200))
def test_any_text_behind_the_headings_is_rows_or_named(text: str) -> None:
    found = rows(f"{HEAD}{text}\nhttps://a.example/last,fine\n")
    assert all(isinstance(row, (Post, Wrong)) for row in found)
    last = found[-1]
    # Where a quote is open at the end of the text, the last line may be taken for a part of it, and is then named.
    assert isinstance(last, Wrong) or last.url == "https://a.example/last"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0&<\r"), min_size=1), min_size=1
    ),
    st.sampled_from(",;\t|"),
)
def test_what_csv_writes_is_read_back(texts: list[str], separator: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(["url", "text"])
    writer.writerows([f"https://a.example/{at}", f"x{text}"] for at, text in enumerate(texts))
    assert [getattr(row, "text", row) for row in rows(out.getvalue())] == [f"x{text}" for text in texts]
