"""What is sent back to a server of its own words: never a time that lies ahead of when it said so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.model.records.crawl import Validator
from analysis.store.open import open_store
from crawler.keeping.validators import key_of, recall, remember

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
URL = "https://n.example/feed"


@pytest.mark.parametrize(
    ("modified", "is_sent"),
    [
        ("Sat, 28 Nov 2026 11:00:00 GMT", True),
        ("Sat, 28 Nov 2026 12:05:00 GMT", True),
        ("Sun, 29 Nov 2026 12:00:00 GMT", False),
        ("Mon, 01 Jan 2041 00:00:00 GMT", False),
        ("Fri, 31 Dec 9999 23:59:59 GMT", False),
        ("whenever", True),
    ],
)
def test_a_last_modified_in_the_future_is_not_sent_back(tmp_path: Path, modified: str, is_sent: bool) -> None:
    with open_store(str(tmp_path / "store"), write=True) as store:
        remember(store.records, [Validator(key=key_of(URL), etag='"v1"', last_modified=modified)], now=NOW)
        headers = recall(store.records, [URL])[URL]
    assert headers["If-None-Match"] == '"v1"'
    assert headers.get("If-Modified-Since") == (modified if is_sent else None)
