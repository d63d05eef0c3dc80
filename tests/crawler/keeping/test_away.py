"""A crawl whose server is away from the start: pages are read, and what was understood waits in the spool."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support.crawl.crawling import HEAD, configure, crawl_alone
from tests.support.crawl.replay import Replay, article, prose, rss


def _nobody() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def test_pages_are_read_and_wait_in_the_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDOR_SPOOL", str(tmp_path / "spool"))
    head = HEAD.replace('store = "store"', f'store = "http://127.0.0.1:{_nobody()}"')
    with Replay(("127.0.0.2",)) as web:
        page = web.url("127.0.0.2", "/story")
        web.add("127.0.0.2", "/story", article("About the kettle", prose("the kettle", seed=1)))
        web.add("127.0.0.2", "/f.xml", rss(web, [(page, "About the kettle", "It leaks.")]))
        sources: dict[str, dict[str, Any]] = {
            "news": {"kind": "feed", "url": web.url("127.0.0.2", "/f.xml")},
            "site": {"kind": "pages", "url": page},
        }
        done = crawl_alone(configure(tmp_path, sources, head=head), timeout_s=300)
    assert done.sources["news"]["pages"] == 2, done.said
    assert done.sources["site"]["pages"] == 1, done.said
    lines = [
        json.loads(line) for path in (tmp_path / "spool").rglob("*.jsonl") for line in path.read_text().splitlines()
    ]
    assert page in {line["mention"]["url"] for line in lines if "mention" in line}
