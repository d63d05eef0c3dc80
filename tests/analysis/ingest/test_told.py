"""Times and ratings in imports, as exports of all sorts write them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from analysis.ingest.rows import Wrong
from analysis.ingest.tables.reading import read_rows
from analysis.ingest.told import told_rating, told_time
from analysis.model import Post
from analysis.model.written.origin import NOWHERE, Origin

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def time_of(value: Any, origin: Origin = NOWHERE) -> str | None:
    at = told_time(value, name="published_at", now=NOW, origin=origin)
    return at.strftime("%Y-%m-%dT%H:%M") if at else None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-11-24T10:00:00.1234567Z", "2026-11-24T10:00"),
        ("Tue, 24 Nov 2026 10:00:00 CET", "2026-11-24T09:00"),
        ("24.11.2026 10:00", "2026-11-24T10:00"),
        ("11/24/2026 10:00 PM", "2026-11-24T22:00"),
        ("24/11/2026", "2026-11-24T00:00"),
        ("Nov 24, 2026", "2026-11-24T00:00"),
        ("24 novembre 2026", "2026-11-24T00:00"),
        ("1795514400", "2026-11-24T10:00"),
        (1795514400000, "2026-11-24T10:00"),
        (1795514400000000, "2026-11-24T10:00"),
        (20261124, "2026-11-24T00:00"),
        ("20261124", "2026-11-24T00:00"),
        ("46350.5", "2026-11-24T12:00"),
        ("1985-03-01", "1985-03-01T00:00"),
        ("N/A", None),
        ("null", None),
        (float("nan"), None),
        ("", None),
        (None, None),
        (0, None),
        (-62135596800, None),
        ("0001-01-01T00:00:00", None),
        ("0000-00-00 00:00:00", None),
    ],
)
def test_times_are_read_as_exports_write_them(cell: Any, expected: str | None) -> None:
    assert time_of(cell) == expected


@pytest.mark.parametrize(
    "cell", ["yesterday", "2 hours ago", "soon", "2099-01-01", "9999-12-31T23:59:59-05:00", True, 1e999, -1e999, 7]
)
def test_what_is_no_time_is_refused_with_its_cure(cell: Any) -> None:
    with pytest.raises(ValueError, match=r"published_at: .*is not a time.*write 2026-03-01T12:00:00Z, or leave it out"):
        time_of(cell)


@pytest.mark.parametrize(
    ("cell", "stars"),
    [
        ("4,5", 4.5),
        ("8/10", 4.0),
        ("4 stars", 4.0),
        ("★★★★☆", 4.0),
        ("90%", 4.5),
        ("4.5 out of 5 stars", 4.5),
        (3, 3.0),
        ("N/A", None),
        ("", None),
    ],
)
def test_ratings_are_read_as_exports_write_them(cell: Any, stars: float | None) -> None:
    assert told_rating(cell) == stars


@pytest.mark.parametrize("cell", [8, "8", "good", True, -1, float("inf")])
def test_what_is_no_rating_is_refused_with_its_cure(cell: Any) -> None:
    with pytest.raises(ValueError, match=r"rating: .*is not a number of stars from 0 to 5"):
        told_rating(cell)


def test_a_row_is_dated_by_its_language_and_its_site() -> None:
    rows = [
        {
            "url": "https://shop.example/1",
            "text": "The lid drips",
            "published_at": "05/11/2026",
            "lang": "de",
            "rating": "8/10",
        },
        {"url": "https://shop.example.co.uk/2", "text": "The lid drips", "published_at": "05/11/2026", "rating": "4½"},
        {"url": "https://shop.example/3", "text": "The lid drips", "published_at": "05/11/2026"},
        {"url": "https://shop.example/4", "text": "The lid drips", "published_at": "whenever"},
    ]
    found = list(read_rows(io.StringIO("\n".join(map(json.dumps, rows))), name="rows.jsonl", now=NOW))
    posts = [row for row in found if isinstance(row, Post)]
    assert [post.published_at and post.published_at.month for post in posts] == [11, 11, 5]
    assert [post.rating for post in posts] == [4.0, 4.5, None]
    assert [row.line for row in found if isinstance(row, Wrong)] == [4]
