"""``candor try``: one page, feed, answer or table, judged; nothing stored."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.candor.commands.test_commands import candor
from tests.support.crawl.counting_server import Answer, CountingServer
from tests.support.crawl.crawling import configure

THREAD = """<html><head><title>Tessaro kettle</title></head><body>
<div class="post" id="p1"><div class="postprofile"></div><p class="author"><a class="username">Ann</a>
 <time datetime="2026-03-01T10:00:00Z">then</time></p>
 <div class="postbody"><div class="content">My Tessaro kettle leaks after a week, awful.</div></div></div>
<div class="post" id="p2"><p class="author"><a class="username">Bob</a>
 <time datetime="2026-03-02T10:00:00Z">then</time></p>
 <div class="postbody"><div class="content">Have you asked the shop for another one?</div></div></div></body></html>"""
HITS = {
    "hits": [
        {
            "objectID": "7",
            "created_at_i": 1772359200,
            "author": "ann",
            "comment_text": "The Tessaro is great.",
            "_tags": ["comment"],
        }
    ]
}
FEED = """<rss version="2.0"><channel><title>n</title><item><title>Tessaro wins</title>
<link>https://n.example/a</link><description>The kettle of the year.</description></item></channel></rss>"""


def tried(folder: Path, *words: str) -> list[dict[str, object]]:
    done = candor(folder, "try", *words, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("page.html", THREAD, 2),
        ("answer.json", json.dumps(HITS), 1),
        ("feed.xml", FEED, 1),
        ("table.csv", "url,text\nhttps://a.example/1,The Tessaro leaks.\n", 1),
        ("array.json", json.dumps([{"Comment": "The Tessaro leaks.", "id": 1}]), 1),
        ("box.mbox", "From a@a.example\nFrom: a@a.example\nSubject: Lid\n\nThe Tessaro leaks.\n", 1),
        ("rows.jsonl", '{"url":"https://a.example/1","text":"The Tessaro leaks."}\n', 1),
    ],
)
def test_any_saved_answer_is_recognised_and_judged(tmp_path: Path, name: str, content: str, count: int) -> None:
    (tmp_path / name).write_text(content)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content.encode()))
    rows = tried(tmp_path, name, "--brand", "Tessaro")
    assert len(rows) == count
    mentions = rows[0]["mentions"]
    assert isinstance(mentions, list)
    assert [each["brand"] for each in mentions] == ["tessaro"]
    packed = tried(tmp_path, f"{name}.gz", "--brand", "Tessaro")
    assert [row["text"] for row in packed] == [row["text"] for row in rows]
    assert names_in(tmp_path) == sorted([name, f"{name}.gz"])


def test_a_person_reads_what_was_found_and_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(THREAD)
    done = candor(tmp_path, "try", "page.html")
    assert "read as forum; 2 posts: 2 with a date, 2 with an author, 0 naming a brand" in done.stdout
    assert "by Ann" in done.stdout
    assert "no brand is known" in done.stderr


def test_reviews_of_an_app_store_are_told_from_other_feeds(tmp_path: Path) -> None:
    reviews = Path(__file__).resolve().parents[2] / "data" / "appstore" / "reviews" / "answer.xml"
    done = candor(tmp_path, "try", str(reviews))
    assert "read as appstore; 2 posts" in done.stdout
    assert "of 5 stars" in done.stdout


@pytest.mark.parametrize("kind", ["article", "review", "pages"])
def test_json_is_no_page_whatever_kind_is_named(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(HITS))
    done = candor(tmp_path, "try", "a.json", "--kind", kind, "--brand", "Tessaro")
    assert (done.returncode, done.stdout) == (1, "")
    assert "a.json: this is JSON, and no page; name the API that answered it" in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "status", "told"),
    [
        ("page.html", b"<html><p></p></html>", 1, "no posts were found"),
        ("page.json", b'{"a": 1}', 1, "page.json: this JSON is the answer of no API"),
        ("cut.json", b'{"hits": [', 1, "cut.json: this JSON is cut or damaged"),
        ("map.xml", b'<?xml version="1.0"?><urlset><url><loc>https://a.example/b</loc></url></urlset>', 1, "a sitemap"),
        ("page.png", b"\x89PNG\r\n\x1a\n\x00\x00", 1, "this is no text"),
        ("", b"", 2, "no such file"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_place(
    tmp_path: Path, name: str, content: bytes, status: int, told: str
) -> None:
    if name:
        (tmp_path / name).write_bytes(content)
    done = candor(tmp_path, "try", name or "absent.html", "--brand", "Tessaro")
    assert (done.returncode, told in done.stderr) == (status, True), done.stderr
    assert done.stdout == ""


def test_an_address_is_asked_for_politely_and_nothing_is_kept(tmp_path: Path) -> None:
    configure(tmp_path, {})
    pages = {"/robots.txt": b"User-agent: *\nDisallow: /shut\n", "/t": THREAD.replace("Tessaro", "Kettle").encode()}

    def run(url: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from candor.cli import main; main()", "try", url, "--json"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    with CountingServer(lambda asked: Answer(body=pages.get(asked.path, b""))) as server:
        read, shut = run(server.url("/t")), run(server.url("/shut/t"))
        asked = [each.path for each in server.asked]
    rows = [json.loads(line) for line in read.stdout.splitlines()]
    assert [row["author"] for row in rows] == ["Ann", "Bob"], read.stderr
    assert (shut.returncode, "robots.txt" in shut.stderr) == (1, True)
    assert asked == ["/robots.txt", "/t", "/robots.txt"]
    assert names_in(tmp_path) == ["candor.toml"]


def test_a_column_of_a_table_is_named_as_in_an_import(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("Q1;Q2\nThe Tessaro leaks.;2026-03-01\n")
    refused = candor(tmp_path, "try", "own.csv")
    assert (refused.returncode, "`--map text=HEADING` does" in refused.stderr) == (2, True)
    (row,) = tried(tmp_path, "own.csv", "--map", "text=Q1,date=Q2", "--brand", "Tessaro")
    assert (row["text"], row["published_at"]) == ("The Tessaro leaks.", "2026-03-01T00:00:00Z")
