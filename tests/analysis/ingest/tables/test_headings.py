"""People's own tables as they come: headings in many languages, known exports, a mapping, rows without an address."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from analysis.ingest.rows import Row, Wrong
from analysis.ingest.tables.headings import Preset, given_columns, layout_of, presets
from analysis.ingest.tables.reading import read_rows
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


@pytest.mark.parametrize("head", ["Kommentar;Bewertung", "Comentario;Valoración", "Commentaire;Étoiles"])
def test_what_may_mean_a_review_or_its_stars_is_the_stars_where_the_words_are_elsewhere(head: str) -> None:
    (post,) = only(rows(f"{head}\nLeckt.;4\n"))
    assert (post.text, post.rating) == ("Leckt.", 4.0)


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


ARTICLE = {
    "source": {"id": None, "name": "Example News"},
    "author": "Ann",
    "title": "The kettle leaks",
    "description": "A kettle leaks.",
    "url": "https://news.example/1",
    "publishedAt": "2026-02-01T10:00:00Z",
    "content": "It leaks at its lid.",
}
"""One article as news APIs answer it."""


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "ok", "totalResults": 1, "articles": [ARTICLE]},
        {"status": "ok", "message": "success", "data": {"page": 1, "items": [ARTICLE]}},
        {"found": [ARTICLE], "facets": [{"name": "kettle"}]},
        {"title": "The feed", "items": [ARTICLE], "related": [{"title": "Another feed"}]},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_an_answer_of_an_api_is_the_list_of_rows_in_it(answer: dict[str, object], indent: int | None) -> None:
    (post,) = only(rows(json.dumps(answer, indent=indent), name="answer.json"))
    assert (post.url, post.title, post.text) == ("https://news.example/1", "The kettle leaks", "It leaks at its lid.")
    assert (post.author, post.source) == ("Ann", "Example News")
    assert post.published_at == datetime(2026, 2, 1, 10, tzinfo=UTC)


def test_what_is_null_is_no_column_and_an_empty_answer_no_row() -> None:
    (post,) = only(rows(json.dumps({"articles": [ARTICLE | {"content": None, "author": None}]}), name="answer.json"))
    assert (post.text, post.author) == ("A kettle leaks.", "")
    assert rows('{"status": "ok", "totalResults": 0, "articles": []}', name="answer.json") == []


def test_a_text_beside_a_title_and_an_address_is_read_by_its_heading() -> None:
    (post,) = only(rows('{"url": "https://a.example/1", "title": "Lid", "body": "It leaks."}', name="a.jsonl"))
    assert (post.title, post.text) == ("Lid", "It leaks.")


def test_a_post_with_answers_in_it_is_one_row() -> None:
    thread = {"title": "Lid", "text": "It leaks.", "date": "2026-03-01", "posts": [{"text": "So does mine."}]}
    (post,) = only(rows(json.dumps(thread, indent=2), name="a.json"))
    assert (post.title, post.text) == ("Lid", "It leaks.")


def test_what_stands_deeper_is_named_with_dots() -> None:
    answer = {"results": [{"q": {"answer": "It leaks."}, "by": {"person": {"name": "Ann"}}}]}
    (post,) = only(rows(json.dumps(answer), "text=q.answer,author=by.person.name", name="a.json"))
    assert (post.text, post.author) == ("It leaks.", "Ann")


def test_an_answer_whose_rows_have_no_text_is_refused_with_the_headings_of_all_its_lists() -> None:
    (wrong,) = rows(json.dumps({"status": "ok", "data": {"found": [{"a": 1, "b": {"c": "x"}}]}}), name="a.json")
    assert isinstance(wrong, Wrong)
    assert wrong.reason == (
        "no heading says where the text is; it has 'status'; say which column it is; 'found' holds 'a', 'b.c'"
    )


@pytest.mark.parametrize("preset", [each for each in presets() if each.known_by and each.columns.get("text")])
def test_a_known_export_needs_no_mapping(preset: Preset) -> None:
    columns = preset.columns
    headings = list(dict.fromkeys(names[0] for names in (*preset.known_by, *columns.values())))
    found = layout_of(headings, {}).columns
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


SURVEYS = {
    "surveymonkey": """Respondent ID,Collector ID,Date Created,Date Modified,IP Address,Email Address,First Name,\
How satisfied are you?,What should we change about it?,Which do you own?,,Anything else?
,,,,,,,Response,Open-Ended Response,Kettle,Grinder,Open-Ended Response
118,4,02/14/2026 10:00:00 AM,02/14/2026 10:02:00 AM,10.0.0.1,ann@a.example,Ann,Very satisfied,\
The lid should not leak so much,Kettle,,
119,4,02/02/2026 10:00:00 AM,02/02/2026 10:02:00 AM,10.0.0.2,,,Not at all,It is far too loud for us,,Grinder,\
Please answer your mail
""",
    "typeform": """#,What annoys you most about it?,How likely are you to recommend us?,Do you agree?,\
Start Date (UTC),Submit Date (UTC),Network ID
a1,The lid leaks after a week,7,1,2026-02-14 10:00:00,2026-02-14 10:02:00,ff
b2,"It is too loud,
and slow",3,1,2026-02-02 10:00:00,2026-02-02 10:02:00,fe
""",
    "google_forms": """Zeitstempel,Wie zufrieden sind Sie?,"Was stört Sie
am meisten?"
14.02.2026 10:02:00,Sehr zufrieden,Der Deckel tropft nach einer Woche
02.02.2026 10:02:00,Gar nicht,Er ist viel zu laut
""",
}


@pytest.mark.parametrize("name", SURVEYS)
def test_the_answers_of_a_survey_are_found_under_their_questions(name: str) -> None:
    found = only(rows(SURVEYS[name], name=f"{name}.csv"))
    assert [post.published_at and post.published_at.date().isoformat() for post in found] == [
        "2026-02-14",
        "2026-02-02",
    ]
    said = {
        "surveymonkey": ["The lid should not leak so much", "It is far too loud for us\n\nPlease answer your mail"],
        "typeform": ["The lid leaks after a week", "It is too loud,\nand slow"],
        "google_forms": ["Der Deckel tropft nach einer Woche", "Er ist viel zu laut"],
    }
    assert [post.text for post in found] == said[name]
    if name != "google_forms":
        assert [post.url.rpartition("/")[2] for post in found] == {
            "surveymonkey": ["118", "119"],
            "typeform": ["a1", "b2"],
        }[name]


def test_a_survey_without_a_written_answer_is_refused_with_its_questions() -> None:
    with pytest.raises(UsageError, match=r"no question is answered in words of one's own; it has 'how much\?', 'q2'"):
        rows("#,How much?,Q2,Submit Date (UTC)\n1,3,yes,2026-03-01\n2,4,no,2026-03-01\n")


def test_a_store_s_export_whose_rows_are_mostly_stars_loses_none_of_its_words() -> None:
    text = """Package Name,App Version Code,App Version Name,Reviewer Language,Device,Review Submit Date and Time,\
Review Submit Millis Since Epoch,Review Last Update Date and Time,Review Last Update Millis Since Epoch,Star Rating,\
Review Title,Review Text,Developer Reply Date and Time,Developer Reply Millis Since Epoch,Developer Reply Text,\
Review Link
x.kettle,7,1.7,de,shiba,2026-03-01T10:00:00Z,1,2026-03-02T10:00:00Z,2,1,,Stürzt ab.,,,Sorry!,http://play.example/r?id=1
x.kettle,7,1.7,de,shiba,2026-03-01T10:00:00Z,1,2026-03-02T10:00:00Z,2,5,,,,,,
"""
    words, stars = only(rows(text))
    assert (words.text, words.rating, words.product_version, words.lang) == ("Stürzt ab.", 1.0, "1.7", "de")
    assert (words.kind, stars.kind, stars.text, stars.rating) == ("review", "review", "", 5.0)
    assert words.tags == ("device: shiba",)


def test_what_a_known_export_calls_by_our_names_means_something_else() -> None:
    text = (
        "Ticket ID,Subject,Source,Created time,Full name,Title,Description\n7,Lid,Portal,2026-03-01,Ann,Dr.,It leaks.\n"
    )
    (post,) = only(rows(text, name="fresh.csv"))
    assert (post.title, post.text, post.author, post.source) == ("Lid", "It leaks.", "Ann", "import")
    assert post.url == "https://fresh.invalid/7"


def test_rows_of_nobody_that_say_the_same_are_as_many_as_they_are() -> None:
    found = only(rows("Comment\nGood.\nGood.\nBad.\n"))
    assert len({post.url for post in found}) == 3
    found = only(rows("Comment,Author\nGood.,Ann\nGood.,Ann\n"))
    assert len({post.url for post in found}) == 1


def test_the_same_rows_are_the_same_whatever_their_file_is_called() -> None:
    def addresses(text: str, name: str) -> list[str]:
        return [post.url for post in only(rows(text, name=name))]

    told = "Comment,Author,Date\nGood.,Ann,\nGood.,,2026-03-01\n"
    assert addresses(told, "march.csv") == addresses(told, "march (1).csv")
    ids = "Comment,ID\nGood.,65f1c0ffee65f1c0ffee\n"
    assert addresses(ids, "march.csv") == addresses(ids, "april.csv") == ["https://import.invalid/65f1c0ffee65f1c0ffee"]
    # These may be of others: a number that is counted from 1, and nobody's word.
    for text in ("Comment,ID,Author\nGood.,7,Ann\n", "Comment\nGood.\n"):
        assert not set(addresses(text, "march.csv")) & set(addresses(text, "april.csv"))


def test_a_line_of_json_without_an_address_is_refused_with_what_makes_one() -> None:
    line = '{"text": "The Tessaro leaks.", "author": "Ann"}\n'
    (wrong,) = rows(line, name="a.jsonl")
    assert isinstance(wrong, Wrong)
    assert wrong.reason.endswith(
        "every row needs one, it makes the id: where you say which heading is the text, one is made of its words"
    )
    (post,) = only(rows(line, "text=text", name="a.jsonl"))
    assert post.url.startswith("https://import.invalid/")


def test_the_order_of_day_and_month_is_that_of_the_other_dates() -> None:
    found = only(rows("Comment,Date\nA.,05/03/2026\nB.,23/02/2026\n"))
    assert [post.published_at and post.published_at.month for post in found] == [3, 2]
    found = only(rows("Comment,Date\nA.,03/05/2026\nB.,02/23/2026\n"))
    assert [post.published_at and post.published_at.month for post in found] == [3, 2]
