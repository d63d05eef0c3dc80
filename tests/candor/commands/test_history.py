"""``candor history``: files of the past as a person gives them, taken once, with a table of what each gave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.store.base import Filter
from analysis.store.open import open_store
from tests.candor.commands.test_commands import CONFIG, candor, rows
from tests.support.crawl.warc_files import story, warc

COLUMNS = ("state", "records", "posts", "mentions", "new", "unmatched", "errors")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "candor.toml").write_text(CONFIG)
    return tmp_path


def stored(folder: Path) -> set[tuple[str, str]]:
    """Return the source and address of each mention."""
    with open_store(str(folder / ".candor" / "store"), write=False) as store:
        return {(mention.source.id, mention.url) for mention in store.scan(Filter())}


def test_warc_files_are_taken_once(folder: Path) -> None:
    for file in (1, 2):
        pages = [story(10 * file + n, name="Tessaro" if n else "kettle") for n in range(3)]
        (folder / f"{file}.warc.gz").write_bytes(warc(pages))
    (folder / "list.txt").write_text("1.warc.gz\n")
    one = candor(folder, "history", "commoncrawl", "list.txt", "--source", "old-news", "--json")
    assert [[row[name] for name in COLUMNS] for row in rows(one)] == [["done", 3, 3, 2, 2, 1, 0]], one.stderr
    assert one.returncode == 0
    both = candor(folder, "history", "commoncrawl", "*.warc.gz", "--source", "old-news", "--json")
    assert [row["new"] for row in rows(both)] == [2, 2]
    assert {line.split()[0] for line in both.stderr.splitlines() if ".warc.gz" in line} == {"1.warc.gz", "2.warc.gz"}
    names = {f"https://news.example/story/{number}" for number in (11, 12, 21, 22)}
    assert stored(folder) == {("old-news", url) for url in names}


def test_rows_are_judged_and_whole_mentions_are_taken_as_they_are(folder: Path) -> None:
    posts = [
        {"url": f"https://forum.example/{n}", "text": f"The Tessaro leaks, {n}.", "author": "a"} for n in range(70)
    ]
    words = "\n".join(
        [*map(json.dumps, posts), "nonsense", json.dumps({"url": "https://forum.example/x", "text": "x"})]
    )
    (folder / "posts.jsonl").write_text(words)
    done = candor(folder, "history", "jsonl", "posts.jsonl", "--json")
    assert [[row[name] for name in COLUMNS] for row in rows(done)] == [["done", 72, 71, 70, 70, 1, 1]]
    assert (done.returncode, "posts.jsonl:71: not JSON" in done.stderr) == (1, True)
    (folder / "other").mkdir()
    (folder / "other" / "candor.toml").write_text(CONFIG)
    (folder / "other" / "all.jsonl").write_text(candor(folder, "export", "--jsonl").stdout)
    taken = candor(folder / "other", "history", "jsonl", "all.jsonl", "--json")
    assert [[row[name] for name in COLUMNS] for row in rows(taken)] == [["done", 70, 70, 70, 70, 0, 0]]
    assert taken.returncode == 0
    assert stored(folder / "other") == stored(folder)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["csv", "a.csv"], "csv: is no kind of history; write one of commoncrawl, warc, jsonl"),
        (["warc", "*.warc.gz"], "no file matches it"),
        (["warc", "."], "is a folder; write ./* for the files in it"),
        (["commoncrawl", "paths.txt"], "fetch the files first"),
        (["warc", "paths.txt", "--actors", "2"], "--actors: is for a cluster"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], said: str, folder: Path) -> None:
    (folder / "paths.txt").write_text("crawl-data/CC-NEWS/2026/01/CC-NEWS-20260101000000-00001.warc.gz\n")
    done = candor(folder, "history", *words)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


def test_a_file_that_is_none_fails_and_the_others_are_taken(folder: Path) -> None:
    (folder / "a.warc").write_text("<html>")
    (folder / "b.warc").write_bytes(warc([story(1, name="Tessaro")], packed=False))
    done = candor(folder, "history", "warc", "*.warc", "--json")
    assert [(row["state"], row["new"]) for row in rows(done)] == [("failed", 0), ("done", 1)]
    assert done.returncode == 1
    assert "1 of 2 files failed" in " ".join(done.stderr.split())
