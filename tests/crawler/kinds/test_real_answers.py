"""Real saved answers of APIs, read offline by the kind's name, against what is known to be in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analysis.model.written.dates import parse_date
from crawler.readers.saved import SavedFile, read_file
from tests.support.shared import WEB, lines, needs_shared

AT = datetime(2026, 12, 1, tzinfo=UTC)
FOLDERS = {
    "appstore": (
        "appstore-reviews",
        "customerreviews",
        "https://itunes.apple.com/jp/rss/customerreviews/id=1404176564",
    ),
    "discourse": ("forum-api-json", "discourse", "https://forum.example/t/1.json"),
    # The other saved answer is of a pull request; see below.
    "github": ("forum-api-json", "github__github_issue_comments", "https://api.github.com"),
    "askbot": ("forum-api-json", "askbot", "https://askbot.org/en/api/v1/questions"),
}
"""For each kind: the folder, how its files begin, and an address on the host that gave them."""
NETWORKS = {
    "reddit": ("reddit-json", "gold.jsonl.gz"),
    "mastodon": ("mastodon-json", "gold.jsonl"),
    "bluesky": ("bluesky-json", "gold.jsonl"),
    "lemmy": ("activitypub-objects", "gold.jsonl"),
}
"""For each kind: the folder, and the file that says what is in each of the others."""


def squeezed(text: str) -> str:
    return "".join(text.split())


def said_wrong(post: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    at = parse_date(wanted["created"], now=AT) or datetime.fromtimestamp(int(wanted["created"]), UTC)
    read = datetime.fromisoformat(post["published_at"]) if post["published_at"] else None
    checks = {
        "text": squeezed(post["text"]).startswith(squeezed(wanted.get("text", ""))[:390]),
        "title": post["title"] == wanted.get("title", post["title"]).strip(),
        "author": post["author"] == wanted["author"],
        "date": read is not None and abs(read - at).total_seconds() < 1,
        "address": post["url"].startswith(wanted.get("url", "http")),
        "rating": post["rating"] == wanted.get("rating", post["rating"]),
        "version": post["product_version"] == wanted.get("version", ""),
    }
    return [f"{name} of {wanted['id']}: {post}" for name, is_right in checks.items() if not is_right]


@needs_shared("web")
@pytest.mark.parametrize("kind", FOLDERS)
def test_a_real_answer_is_read_whole(kind: str) -> None:
    folder, begins, url = FOLDERS[kind]
    answers = [row for row in lines(WEB / folder / "gold.jsonl") if row["file"].startswith(begins)]
    assert answers
    total, wrong = 0, []
    for answer in answers:
        row = read_file(SavedFile(path=Path(WEB / folder / answer["file"]), fetched_at=AT, kind=kind, url=url))
        assert "error" not in row
        assert len(row["posts"]) == len(answer["items"])
        assert len({post["url"] for post in row["posts"]}) == len(answer["items"])
        total += len(answer["items"])
        wrong += [said for pair in zip(row["posts"], answer["items"], strict=True) if (said := said_wrong(*pair))]
    print(f"{kind}: {total - len(wrong)} of {total} posts right in text, title, date, author, address and rating")
    assert wrong == []


@needs_shared("web")
def test_a_real_pull_request_is_no_post() -> None:
    path = WEB / "forum-api-json" / "github__github_issue_2_with_pr.json.gz"
    row = read_file(SavedFile(path=path, fetched_at=AT, kind="github", url="https://api.github.com"))
    assert (row["posts"], "error" in row) == ([], False)


@needs_shared("web")
@pytest.mark.parametrize("kind", NETWORKS)
def test_every_real_answer_of_a_network_is_read(kind: str) -> None:
    folder, gold = NETWORKS[kind]
    right, total, wrong = 0, 0, []
    for answer in lines(WEB / folder / gold):
        row = read_file(
            SavedFile(path=WEB / folder / answer["file"], fetched_at=AT, kind=kind, url=answer.get("url", ""))
        )
        assert "error" not in row
        # What has neither words nor a title is no post: pictures alone.
        items = [item for item in answer["items"] if item.get("text") or item.get("title")]
        assert len(row["posts"]) == len(items), answer["file"]
        assert len({post["url"] for post in row["posts"]}) == len(items)
        faults = [said_wrong(post, item) for post, item in zip(row["posts"], items, strict=True)]
        right, total = right + sum(not each for each in faults), total + len(items)
        wrong += [each for fault in faults for each in fault]
    print(f"{kind}: {right} of {total} posts right in text, title, date, author and address")
    # One saved object of ActivityPub ends within a tag, which is no text.
    assert len(wrong) == (1 if kind == "lemmy" else 0), wrong[:5]
    assert right >= 0.97 * total if kind == "lemmy" else right == total
