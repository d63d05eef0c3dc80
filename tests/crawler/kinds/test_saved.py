"""An API's saved answer is read offline like a page: by its kind's name, with nothing else known of the source."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from crawler.readers.saved import SavedFile, read_file

ANSWER = Path(__file__).resolve().parents[2] / "data" / "hackernews" / "search_by_date" / "answer.json"


def test_a_saved_answer_of_an_api_is_read_by_its_kind() -> None:
    at = datetime(2026, 3, 10, tzinfo=UTC)
    row = read_file(SavedFile(path=ANSWER, fetched_at=at, kind="hackernews"))
    assert "error" not in row
    assert [post["author"] for post in row["posts"]] == ["mirelle", "oanab", "tobbe"]


def test_what_is_no_answer_of_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>Not found</p>")
    row = read_file(
        SavedFile(path=tmp_path / "page.html", fetched_at=datetime(2026, 3, 10, tzinfo=UTC), kind="hackernews")
    )
    assert "this is no JSON" in row["error"]
