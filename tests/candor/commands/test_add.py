"""``candor add``: what a place is, what it gives, and its block in the configuration, comments kept."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from analysis.settings.blocks import block_of, with_block
from tests.candor.commands.test_commands import candor
from tests.support.crawl.counting_server import Answer, Asked, CountingServer

DATA = Path(__file__).resolve().parents[2] / "data"
CONFIG = """# Mine.
[[brands]]   # ours
name = "Tessaro"
role = "own"

[[sources]]
id = "old"
kind = "feed"
url = "https://old.example/feed"   # for years
# promise = { posts = 5 }

# How politely.
[crawl]
contact = "mailto:test@kettle.example"
allow_networks = ["127.0.0.0/8"]
delay = 0.001
"""
PAGE = b"""<html><link rel="alternate" type="application/rss+xml" href="/comments.xml">
<link rel="alternate" type="application/rss+xml" href="/feed.xml"><p>Welcome to our magazine.</p></html>"""
FEED = """<rss version="2.0"><channel><title>n</title>{}</channel></rss>""".format(
    "".join(
        f"<item><title>{'Tessaro' if n % 2 else 'Kettles'} wins prize {n}</title><link>http://127.0.0.1/a{n}</link>"
        "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate><description>The Tessaro leaks.</description></item>"
        for n in range(9)
    )
).encode()


def site(asked: Asked) -> Answer:
    pages = {"/": PAGE, "/feed.xml": FEED, "/robots.txt": b""}
    return Answer(pages[asked.path]) if asked.path in pages else Answer(status=404)


def alone(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own: a reactor runs once."""
    command = [sys.executable, "-c", "from candor.cli import main; main()", "add", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)


def test_a_place_is_found_out_shown_and_written_once(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    with CountingServer(site) as server:
        shown = alone(tmp_path, server.url("/"))
        assert shown.returncode == 0, shown.stderr
        assert "feed, because the page names this feed" in shown.stdout
        assert "5 posts: 5 with a date, 0 with an author, 5 naming a brand, the first posts, judged:" in shown.stdout
        assert "Cost: at least 24 requests a day, and one for each new article" in shown.stdout
        assert "nothing was written; --yes writes it" in shown.stderr
        assert (tmp_path / "candor.toml").read_text() == CONFIG
        done = alone(tmp_path, server.url("/"), "--yes", "--json", "--every", "6h")
        (row,) = map(json.loads, done.stdout.splitlines())
        assert (row["kind"], row["written"], row["cost"]["requests_a_day"]) == ("feed", True, 4)
        assert [post["mentions"][0]["brand"] for post in row["posts"]] == ["tessaro"] * 5
        assert row["block"] == {"kind": "feed", "url": server.url("/feed.xml"), "every": "6h"}
        paths = [asked.path for asked in server.asked]
        assert sorted(set(paths)) == ["/", "/feed.xml", "/robots.txt"]
        text = (tmp_path / "candor.toml").read_text()
        block = f'\n# {server.url("/")}: the page names this feed\n[[sources]]\nkind = "feed"\n'
        assert text.replace(f'{block}url = "{server.url("/feed.xml")}"\nevery = "6h"\n', "") == CONFIG
        again = alone(tmp_path, server.url("/feed.xml"), "--yes", "--every", "6h")
        assert (again.returncode, "reads this already" in again.stderr) == (2, True)
        gone = alone(tmp_path, server.url("/gone"))
        assert (gone.returncode, "answered 404" in gone.stderr or "no such page" in gone.stderr) == (1, True)


def test_a_file_of_one_s_own_becomes_a_table_with_its_columns(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    (tmp_path / "own.csv").write_text("Q1;Q2\nIt leaks.;2026-03-01\n")
    refused = candor(tmp_path, "add", "own.csv")
    assert "it has 'q1', 'q2'; say which column it is; `--map text=HEADING` does" in refused.stderr
    again = candor(tmp_path, "import", "own.csv")
    assert "it has 'q1', 'q2'; say which column it is; `--map text=HEADING` does" in again.stderr
    done = candor(tmp_path, "add", "own.csv", "--map", "text=Q1,date=Q2", "--about", "Tessaro", "--json", "--yes")
    (row,) = map(json.loads, done.stdout.splitlines())
    assert row["posts"][0]["published_at"] == "2026-03-01T00:00:00Z"
    assert row["posts"][0]["mentions"][0]["brand"] == "tessaro"
    sources = tomllib.loads((tmp_path / "candor.toml").read_text())["sources"]
    assert sources[1] == {
        "kind": "table", "path": "own.csv", "about": "Tessaro", "columns": {"text": "q1", "published_at": "q2"}
    }  # fmt: skip


def test_rows_that_are_left_out_are_told(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    (tmp_path / "own.csv").write_text("Comment,Date\nThe Tessaro leaks.,2026-03-01\n,2026-03-02\nFine.,soon\n")
    done = candor(tmp_path, "add", "own.csv")
    assert "1 post: 1 with a date" in done.stdout
    assert "Left out (2): wrong rows, the first in line 3: text: is missing" in done.stdout
    (row,) = map(json.loads, candor(tmp_path, "add", "own.csv", "--json").stdout.splitlines())
    assert list(row["left_out"].values()) == [2]


def test_what_would_not_be_kept_is_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    (tmp_path / "own.csv").write_text("Comment\nIt leaks.\nIt hums.\n")
    none = candor(tmp_path, "add", "own.csv").stdout
    assert "A crawl would keep none of these: none names a brand (Tessaro" in none
    assert "--about NAME" in none
    assert "A crawl" not in candor(tmp_path, "add", "own.csv", "--about", "Tessaro").stdout
    (tmp_path / "own.csv").write_text("Comment\nThe Tessaro leaks.\nIt hums.\n")
    assert "A crawl keeps the 1 that names a brand." in candor(tmp_path, "add", "own.csv").stdout


def test_several_files_are_one_source_by_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    mail = "From: a@a.example\nSubject: Kettle\nMessage-ID: <1@a.example>\n\nThe Tessaro leaks.\n"
    for name in ("one.eml", "two.eml"):
        (tmp_path / name).write_text(mail)
    (row,) = map(json.loads, candor(tmp_path, "add", "*.eml", "--json").stdout.splitlines())
    assert (row["why"], row["block"]) == ("it is mail", {"kind": "mailbox", "path": "*.eml"})
    folder = candor(tmp_path, "add", str(tmp_path))
    assert (folder.returncode, f"write '{tmp_path}/*.eml' for the mail in it" in folder.stderr) == (2, True)
    none = candor(tmp_path, "add", "*.gone")
    assert "is neither a web address, nor a file" in none.stderr


def test_an_app_s_reviews_are_looked_at_where_they_lie_and_nobody_else_is_asked(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    reviews = (DATA / "appstore" / "reviews" / "answer.xml").read_bytes()
    with CountingServer(lambda asked: Answer(b"" if asked.path == "/robots.txt" else reviews)) as server:
        done = alone(tmp_path, server.url("/kept"), "--json")
        paths = [asked.path for asked in server.asked]
    (row,) = map(json.loads, done.stdout.splitlines())
    assert row["block"] == {"kind": "appstore", "app": "900800700", "country": "gb"}
    assert [post["rating"] for post in row["posts"]] == [2.0, 5.0]
    assert paths == ["/robots.txt", "/kept"]


def test_a_saved_answer_is_no_source_and_its_posts_are_taken_by_import(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    saved = DATA / "hackernews" / "search_by_date" / "answer.json"
    refused = candor(tmp_path, "add", str(saved), "--yes")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"candor read --kind hackernews {saved} | candor import -" in refused.stderr
    read = candor(tmp_path, "read", "--kind", "hackernews", str(saved))
    taken = candor(tmp_path, "import", "-", given=read.stdout)
    assert json.loads(taken.stdout)["read"] == 3
    assert json.loads(taken.stdout)["failed"] == 0


def test_a_file_without_a_row_that_can_be_read_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    (tmp_path / "odd.json").write_text('{"status": {"up": true}}')
    done = candor(tmp_path, "add", "odd.json", "--yes")
    assert (done.returncode, "no heading says where the text is" in done.stderr) == (1, True)
    assert (tmp_path / "candor.toml").read_text() == CONFIG


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["lobsers"], 2, "did you mean lobsters"),
        ([], 2, "ADDRESS-or-NAME is missing; `candor add --list` shows the names"),
        (["https://x.com/a"], 2, "its terms forbid reading it without its paid API"),
        (["gopher:x"], 2, "is neither a web address, nor a file"),
    ],
)
def test_what_cannot_be_added_says_why(tmp_path: Path, words: list[str], status: int, said: str) -> None:
    done = candor(tmp_path, "add", *words)
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr


def test_the_names_are_listed(tmp_path: Path) -> None:
    listed = [json.loads(line) for line in candor(tmp_path, "add", "--list", "--json").stdout.splitlines()]
    assert {"lobsters", "devto", "producthunt", "googlenews", "bingnews", "stackoverflow-tag", "podcast"} <= {
        row["name"] for row in listed
    }
    assert "github-releases:ARGUMENT" in candor(tmp_path, "add", "--list").stdout


@pytest.mark.parametrize(
    "text",
    [
        "",
        "store = 'x'\n",
        CONFIG,
        CONFIG.replace("\n", "\r\n"),
        CONFIG + '\n[[sources]]\nkind = "feed"\nurl = "x"\n[sources.promise]\nposts = 3\n',
        CONFIG + 'x = """\n[[sources]]\n"""\n',
    ],
)
def test_a_block_changes_nothing_else(text: str) -> None:
    block = block_of("table", {"path": 'a "b".csv', "columns": {"text": ["A", "B"]}}, note="a\nb")
    made = with_block(text, block)
    before = tomllib.loads(text)
    added = {"kind": "table", "path": 'a "b".csv', "columns": {"text": ["A", "B"]}}
    assert tomllib.loads(made) == {**before, "sources": [*before.get("sources", []), added]}
    assert [line for line in text.split("\n") if line.strip() and line not in made.split("\n")] == []


def test_a_file_whose_sources_are_written_otherwise_is_left_alone() -> None:
    with pytest.raises(ValueError, match=r"not written as \[\[sources\]\] tables; add the block yourself"):
        with_block('sources = [{kind = "feed", url = "x"}]\n', block_of("feed", {"url": "y"}))
