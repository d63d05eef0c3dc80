"""People's own tables as they come: headings in many languages, known exports, a mapping, rows without an address."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from analysis.ingest.headings import Preset, columns_of, given_columns, presets
from analysis.ingest.rows import Row, Wrong, read_rows
from analysis.model import Post
from analysis.model.errors import UsageError

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def rows(text: str, columns: str = "", name: str = "in/reviews.csv") -> list[Row]:
    return list(read_rows(io.StringIO(text), name=name, now=NOW, columns=given_columns(columns)))


def only(found: list[Row]) -> list[Post]:
    assert not [row for row in found if isinstance(row, Wrong)]
    return [row for row in found if isinstance(row, Post)]


@pytest.mark.parametrize(
    ("head", "row", "text"),
    [
        ("Datum;Bewertung;Autor", "2026-03-01;Sie leckt.;Ann", "Sie leckt."),
        ("Fecha,Comentario,Usuario", "2026-03-01,Gotea.,Ann", "Gotea."),
        ("дата\tотзыв\tавтор", "2026-03-01\tТечёт.\tAnn", "Течёт."),
        ("日付,レビュー,投稿者", "2026-03-01,漏れる。,Ann", "漏れる。"),
    ],
)
def test_headings_are_known_in_many_languages(head: str, row: str, text: str) -> None:
    (post,) = only(rows(f"{head}\n{row}\n"))
    assert (post.text, post.author, post.published_at) == (text, "Ann", datetime(2026, 3, 1, tzinfo=UTC))


def test_a_mapping_says_which_column_is_what_and_joins_texts() -> None:
    (post,) = only(rows("A,B,When\nIt leaks.,At the lid.,2026-03-01\n", "text=A+b, date=When"))
    assert post.text == "It leaks.\n\nAt the lid."
    assert post.published_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_rows_without_an_address_are_as_many_posts_and_the_same_next_time() -> None:
    text = "Comment,ID\nIt leaks.,7\nIt leaks.,8\nFine.,\nFine too.,\n"
    first, second = only(rows(text)), only(rows(text))
    assert [post.url for post in first] == [post.url for post in second]
    assert len({post.url for post in first}) == 4
    assert first[0].url == "https://reviews.invalid/7"


def test_a_json_array_is_a_table_too() -> None:
    found = rows(json.dumps([{"Comment": "It leaks."}, 3]), name="a.json")
    assert isinstance(found[0], Post)
    assert found[0].text == "It leaks."
    assert found[1] == Wrong(line=2, reason="not a JSON object")


@pytest.mark.parametrize("preset", [each for each in presets() if each.known_by and each.columns.get("text")])
def test_a_known_export_needs_no_mapping(preset: Preset) -> None:
    columns = preset.columns
    headings = list(dict.fromkeys([*preset.known_by, *(names[0] for names in columns.values())]))
    found = columns_of(headings, {})
    assert {field: found[field] for field in columns} == {field: (names[0],) for field, names in columns.items()}


def test_a_table_whose_text_is_nowhere_is_refused_with_its_headings() -> None:
    with pytest.raises(
        UsageError, match=r"no heading says where the text is; it has 'q1', 'q2'; say which column it is"
    ):
        rows("Q1;Q2\n1;2\n")
    with pytest.raises(UsageError, match=r"there is no heading 'answer'; it has 'q1', 'q2'"):
        rows("Q1,Q2\n1,2\n", "text=Answer")
    with pytest.raises(UsageError, match="is not FIELD=HEADING; fields are url, title, text"):
        given_columns("words=Q1")
