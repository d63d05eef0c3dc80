"""One request to each source, as ``candor doctor`` makes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.crawl.crawling import configure


def test_doctor_says_what_it_found_and_nothing_of_scrapy(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("text\nIt leaks.\n")
    configure(
        tmp_path,
        {
            "news": {"kind": "feed", "url": "http://127.0.0.9:9/feed.xml"},
            "own": {"kind": "table", "path": "*.csv"},
            "gone": {"kind": "table", "path": "gone.csv"},
        },
    )
    command = [sys.executable, "-c", "from candor.cli import main; main()", "doctor"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "news: " in done.stdout
    assert "own: 1 file\n" in done.stdout
    assert f"gone: {tmp_path}/gone.csv: there is no such file; path is relative to" in done.stdout
    assert done.stderr == ""
