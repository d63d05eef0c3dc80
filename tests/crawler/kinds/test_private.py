"""Whatever kind a post comes by, what identifies a private person in it does not reach the store."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analysis.ingest.understand import understand
from analysis.model import Mention, Post
from crawler.kinds import KINDS
from crawler.readers.cases import read_case

DATA = Path(__file__).resolve().parents[2] / "data"
PRIVATE = ("ann.lee@mail.example", "+49 170 1234567", "DE89370400440532013000", "@annlee")
SAID = f" Write to {PRIVATE[0]} or {PRIVATE[1]} or {PRIVATE[2]} or {PRIVATE[3]} please "


class Seen:
    """An enricher that keeps the posts which it is given."""

    def __init__(self) -> None:
        self.posts: list[Post] = []

    def mentions(self, posts: Any) -> list[list[Mention]]:
        self.posts += posts
        return [[] for _ in posts]


def cases() -> list[Path]:
    """Return a case of each kind that has a post with words."""
    found = []
    for kind in sorted(KINDS):
        folders = sorted(path.parent for path in (DATA / kind).glob("*/case.json"))
        found += [folder for folder in folders if words_in(folder)][:1]
    return found


def words_in(folder: Path) -> str:
    """Return words that stand in the case's answer as they stand in a post of it."""
    answer = (folder / json.loads((folder / "case.json").read_text())["answer"]).read_bytes()
    for row in json.loads((folder / "expected.json").read_text()):
        for line in (row.get("text") or "").split("\n"):
            words = " ".join(line.split()[:2])
            if len(words) > 5 and words.isascii() and words.encode() in answer:
                return words
    return ""


@pytest.mark.parametrize("folder", cases(), ids=lambda folder: folder.parent.name)
def test_no_kind_lets_a_private_person_through(folder: Path) -> None:
    said = json.loads((folder / "case.json").read_text())
    words = words_in(folder).encode()
    answer = (folder / said["answer"]).read_bytes().replace(words, words + SAID.encode())
    rows = read_case(said, answer).rows
    assert any(PRIVATE[0] in row["text"] for row in rows)
    seen, now = Seen(), datetime(2026, 3, 10, tzinfo=UTC)
    understand([Post(url=row["url"], title=row["title"], text=row["text"], fetched_at=now) for row in rows], seen)
    assert [each for post in seen.posts for each in PRIVATE if each in f"{post.title}\n{post.text}"] == []
    assert any("Write to (e-mail) or (number) or (account) or @someone please" in post.text for post in seen.posts)


def test_nearly_every_kind_is_tried() -> None:
    # Lists of pages have no words of their own, and an archive is packed.
    without = {"gdelt", "commoncrawl", "pages", "sitemap"}
    assert set(KINDS) - {folder.parent.name for folder in cases()} <= without
