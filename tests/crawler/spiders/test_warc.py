"""Pages out of WARC files as a whole crawl: from files, lists and addresses, once each, on from where a run ended."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

from analysis.model.records.crawl import BOOKMARKS
from crawler.keeping.intake import SIZE
from tests.support.crawl.counting_server import Answer, Asked, CountingServer
from tests.support.crawl.crawling import HEAD, configure, crawl, crawl_alone, mentions, records
from tests.support.crawl.warc_files import Archived, story, warc
from tests.support.crawl.warc_files import records as parts_of

GONE = Archived(url="https://news.example/gone", body=b"gone", status="404 Not Found")
OTHER = Archived(url="https://other.example/kettle", body=story(1).body, date="2020-01-01T00:00:00Z")
NOBODY = {"names no tracked brand": 1}


def configured(folder: Path, **more: dict[str, Any]) -> Path:
    sources = {name: {"kind": "commoncrawl", **values} for name, values in more.items()}
    return configure(folder, sources, head=HEAD + '[enrich]\nmodel = "linear"\n')


def marks(config: Path, source: str) -> dict[str, str]:
    found = {record.key: record.body["marks"] for record in records(config, BOOKMARKS.name)}
    return {Path(name).name: mark for name, mark in found.get(source, {}).items()}


def urls(*numbers: int) -> set[str]:
    return {f"https://news.example/story/{number}" for number in numbers}


def test_files_are_read_once_each_and_on_where_they_grew(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    first = warc([story(1), GONE, story(2, name="teapot"), OTHER])
    hurt = list(parts_of([story(3), story(4), story(5)]))
    hurt[4] = hurt[4][:200] + bytes(9) + hurt[4][209:]
    (folder / "a.warc.gz").write_bytes(first)
    (folder / "b.warc.gz").write_bytes(b"".join(hurt))
    (folder / "c.warc").write_bytes(warc([story(6)], packed=False)[:-300])
    (tmp_path / "some.paths").write_text("# two\nnews/a.warc.gz\nnews/a.warc.gz\n")
    (folder / "no.warc.gz").write_bytes(b"<html>")
    chosen = {"path": "some.paths", "allow": ["/story/"], "since": "2000d"}
    config = configured(
        tmp_path,
        all={"path": "news/[abc].warc*"},
        chosen=chosen,
        none={"path": "gone/*.gz"},
        wrong={"path": "news/no.warc.gz"},
    )
    sources = crawl(config).sources
    row = sources["all"]
    # The story about a teapot was read too, and names nobody.
    assert (row["state"], row["pages"], row["posts"]) == ("ok", 5, 5)
    assert row["mentions_new"] + sources["chosen"]["mentions_new"] == 4
    assert row["dropped"] == {"answered 404": 1, "a damaged record": 1, "the file ends within a record": 1} | NOBODY
    assert sources["chosen"]["dropped"] == {"left out by allow, deny or since": 1, "answered 404": 1} | NOBODY
    assert sources["none"]["cause"].endswith("no file matches it; path is relative to the folder of candor.toml")
    assert sources["wrong"]["cause"].endswith("this is no WARC file; it begins with neither gzip nor WARC/")
    found = mentions(config)
    assert set(found) == {*urls(1, 3, 5), "https://other.example/kettle"}
    # What has no date is of the day on which it was fetched, whoever fetched it.
    assert found["https://other.example/kettle"].published_at.year == 2020
    again = crawl(config).sources["all"]
    assert (again["state"], again["pages"], again["unchanged"]) == ("ok", 0, 3)
    # The rest of a file that was still being written.
    (folder / "c.warc").write_bytes(warc([story(6), story(7)], packed=False))
    assert crawl(config).sources["all"]["mentions_new"] == 2
    assert set(mentions(config)) == {*urls(1, 3, 5, 6, 7), "https://other.example/kettle"}


def test_a_run_that_was_stopped_goes_on_within_a_file(tmp_path: Path) -> None:
    count = 3 * SIZE
    (tmp_path / "a.warc.gz").write_bytes(warc(story(number) for number in range(count)))
    config = configured(tmp_path, news={"path": "a.warc.gz"})
    # Two batches are stored: the mark was written with the first.
    killed = crawl_alone(config, "--kill-after", str(SIZE + 1))
    assert killed.status < 0, killed.said
    before, stored = int(marks(config, "news").get("a.warc.gz", 0)), len(mentions(config))
    assert before > 0
    assert stored < count
    row = crawl(config).sources["news"]
    assert row["state"] == "ok"
    # What lies before the mark is not read again, and nothing is missing behind it.
    assert count - stored <= row["pages"] < count
    assert set(mentions(config)) == urls(*range(count))


def test_a_bounded_run_leaves_the_rest_to_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(story(number) for number in range(20)))
    config = configured(tmp_path, news={"path": "a.warc.gz", "max_pages": 11})
    runs = [crawl(config).sources["news"] for _ in range(3)]
    assert [run["pages"] for run in runs] == [11, 9, 0]
    assert [run["dropped"].get("over max_pages", 0) for run in runs] == [1, 0, 0]
    assert runs[-1]["unchanged"] == 1
    assert set(mentions(config)) == urls(*range(20))


def test_files_at_addresses_are_read_in_parts_and_politely(tmp_path: Path) -> None:
    pages = [story(number, words=" ".join(map(str, range(number * 997, number * 997 + 900)))) for number in range(40)]
    content = warc(pages)
    limit = 16 * 1024
    assert len(content) > 3 * limit
    asked: list[str] = []

    def site(one: Asked) -> Answer:
        if one.path == "/robots.txt":
            return Answer(b"User-agent: *\nDisallow: /closed", headers={"Content-Type": "text/plain"})
        if one.path == "/warc.paths.gz":
            return Answer(
                gzip.compress(b"crawl/a.warc.gz\ncrawl/whole.warc.gz\nclosed/b.warc.gz\ncrawl/gone.warc.gz\n")
            )
        if one.path == "/crawl/whole.warc.gz":
            return Answer(warc([story(99)]))
        if one.path != "/crawl/a.warc.gz":
            return Answer(status=404)
        said = re.fullmatch(r"bytes=(\d+)-(\d+)", one.headers["range"])
        assert said
        asked.append(one.headers["range"])
        if len(asked) == 2 and one.number == 2:
            return Answer(status=503)
        start, end = int(said[1]), min(int(said[2]), len(content) - 1)
        told = {"Content-Range": f"bytes {start}-{end}/{len(content)}"}
        return Answer(content[start : end + 1], status=206, headers=told)

    with CountingServer(site) as server:
        config = configured(tmp_path, news={"url": server.url("/warc.paths.gz"), "api": server.url("")})
        config.write_text(config.read_text().replace("retries = 1", f"retries = 1\nmax_bytes = {limit}"))
        row = crawl(config).sources["news"]
        assert (row["mentions_new"], row["pages"]) == (41, 41)
        assert row["cause"].endswith(("robots.txt forbids", "no such page: 404"))
        # A part that failed was asked for once more, and each other part once.
        assert len(asked) == -(-len(content) // limit) + 1
        assert len(set(asked)) == len(asked) - 1
        assert "/closed/b.warc.gz" not in server.paths()
        server.asked.clear()
        again = crawl(config).sources["news"]
        assert (again["pages"], again["unchanged"]) == (0, 2)
        assert server.paths() == ["/warc.paths.gz", "/crawl/gone.warc.gz"]
