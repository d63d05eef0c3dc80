"""``candor read --kind commoncrawl``: a WARC file in, one line out, written as it is read."""

from __future__ import annotations

import json
from pathlib import Path

from tests.candor.commands.test_commands import candor
from tests.support.crawl.warc_files import records, story, warc


def test_a_file_is_a_line_with_the_posts_of_all_its_pages_among_other_files(tmp_path: Path) -> None:
    parts = list(records([story(1), story(2), story(3)]))
    parts[4] = parts[4][:100] + bytes(30) + parts[4][130:]
    (tmp_path / "a.warc.gz").write_bytes(b"".join(parts))
    (tmp_path / "none.warc.gz").write_bytes(warc([]))
    (tmp_path / "page.html").write_bytes(story(7).body)
    rows = [
        {"file": "page.html", "url": "https://news.example/7", "kind": "article"},
        {"file": "a.warc.gz", "url": "", "kind": "commoncrawl"},
        {"file": "none.warc.gz", "url": "https://data.example/none.warc.gz", "kind": "commoncrawl"},
    ]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = candor(tmp_path, "read", "--manifest", str(tmp_path / "list.jsonl"))
    assert done.returncode == 0, done.stderr
    page, archive, none = map(json.loads, done.stdout.splitlines())
    assert [post["title"] for post in page["posts"]] == ["Story 7"]
    assert [post["url"] for post in archive["posts"]] == [
        "https://news.example/story/1",
        "https://news.example/story/3",
    ]
    assert (archive["file"], archive["dropped"]) == ("a.warc.gz", {"a damaged record": 1})
    assert archive["posts"][0].keys() == page["posts"][0].keys()
    assert none == {"file": "none.warc.gz", "url": rows[2]["url"], "posts": [], "dropped": {}}


def test_what_is_no_archive_is_an_error_of_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"<html>")
    done = candor(tmp_path, "read", "--kind", "commoncrawl", str(tmp_path / "a.warc.gz"), str(tmp_path / "b.warc.gz"))
    assert done.returncode == 1
    wrong, missing = map(json.loads, done.stdout.splitlines())
    assert (wrong["posts"], wrong["error"].partition(": ")[2]) == (
        [],
        "this is no WARC file; it begins with neither gzip nor WARC/",
    )
    assert missing["error"] == f"{tmp_path}/b.warc.gz: cannot be read (No such file or directory)"
