"""An API's refusal that was saved as a file is told as one; what only resembles it is read."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from analysis.ingest.rows import Wrong
from analysis.ingest.tables.reading import read_rows
from analysis.ingest.tables.refusals import refusal_in
from analysis.model import Post

NOW = datetime(2026, 3, 1, tzinfo=UTC)

REFUSALS: list[tuple[dict[str, Any], str]] = [
    (
        {"status": "error", "code": "apiKeyInvalid", "message": "Your API key is invalid."},
        "apiKeyInvalid: Your API key",
    ),
    ({"message": "Not Found", "documentation_url": "https://docs.example/rest", "status": "404"}, "404: Not Found"),
    ({"error": {"code": 403, "message": "Quota exceeded", "status": "PERMISSION_DENIED"}}, "Quota exceeded"),
    ({"errors": [{"message": "Sorry, that page does not exist", "code": 34}]}, "Sorry, that page does not exist"),
    ({"error_id": 502, "error_name": "throttle_violation", "error_message": "too many requests"}, "too many requests"),
    ({"error": "invalid_token", "error_description": "The token has expired"}, "The token has expired"),
    (
        {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "No plan for this"},
        "403: No plan for this",
    ),
    ({"message": "Too Many Requests", "error": 429}, "Too Many Requests"),
    ({"success": False, "message": "Subscription needed", "data": []}, "Subscription needed"),
    ({"ok": False, "error": "not_authed"}, "not_authed"),
]
POSTS: list[dict[str, Any]] = [
    {"title": "Error 403 on my Tessaro", "message": "It says forbidden whenever I print."},
    {"status": "open", "title": "Lid leaks", "message": "The Tessaro leaks.", "type": "complaint"},
    {"title": "Tessaro", "detail": "It hums.", "status": "published", "code": "403-A"},
    {"status": "error", "message": "The Tessaro hums.", "author": "jo", "created_at": "2026-03-01"},
    {"text": "The Tessaro hums.", "error": "E3", "url": "https://bench.example/1"},
]


@pytest.mark.parametrize(("answer", "said"), REFUSALS)
def test_a_refusal_is_told_in_the_words_of_the_api(answer: dict[str, Any], said: str) -> None:
    assert said in refusal_in(answer)
    [row] = read_rows(io.StringIO(json.dumps(answer)), name="answer.json", now=NOW)
    assert isinstance(row, Wrong)
    assert "an API's refusal, no post" in row.reason


@pytest.mark.parametrize("row", POSTS)
def test_a_post_that_tells_of_an_error_is_read(row: dict[str, Any]) -> None:
    assert refusal_in(row) == ""
    [post] = read_rows(io.StringIO(json.dumps([row])), name="posts.json", now=NOW)
    assert isinstance(post, Post)
