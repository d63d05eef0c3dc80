"""Raw pages kept by a real crawl: without secrets, read anew without asking a site, erased with what is stored."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.ledger.erasing.erasure import by_domain, by_url
from analysis.model.errors import StoreError
from crawler.archive.answers import KeptAnswer, answers_in
from crawler.archive.erasing import erase
from crawler.archive.notes import Note, without_secrets
from crawler.archive.writing import Archive, expire, files_in
from crawler.kinds.base import Ask
from crawler.readers.page import Page
from crawler.warc.reading import records_of
from tests.candor.commands.test_commands import candor
from tests.support.crawl.crawling import HEAD, configure, crawl, mentions
from tests.support.crawl.replay import Answer as Said
from tests.support.crawl.replay import Replay, article, prose, rss, sitemap

HOST = "127.0.0.2"
LINEAR = HEAD + '[enrich]\nmodel = "linear"\n'
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
THREAD = """<html><head><script type="application/ld+json">{"@context":"https://schema.org",
"@type":"DiscussionForumPosting","headline":"Kettle leaks","url":"%s",
"text":"My kettle leaks at the seam after a week.",
"author":{"@type":"Person","name":"ann"},"datePublished":"2026-02-01T10:00:00Z","comment":[{"@type":"Comment",
"text":"My kettle never leaked, and the teapot is fine too.","author":{"@type":"Person","name":"bob"},
"datePublished":"2026-02-01T11:00:00Z"}]}</script></head><body><h1>Kettle leaks</h1></body></html>"""


@pytest.fixture
def web() -> Iterator[Replay]:
    with Replay((HOST,)) as replay:
        yield replay


def site(web: Replay) -> dict[str, dict[str, object]]:
    """Fill the site, and return the sources that read it."""
    story = article("A story", "The kettle leaks, and so does the teapot.\n\n" + prose("the kettle", seed=1))
    web.add(HOST, "/story", Said(body=story.body, headers={"Set-Cookie": "visitor=4711", "X-Auth-Token": "hush"}))
    entries = [
        (web.url(HOST, "/story"), "A story", "Our kettle."),
        (web.url(HOST, "/gone"), "Kettle gone", "The teapot and the kettle are gone."),
    ]
    web.add(HOST, "/feed", rss(web, entries))
    listed = article("Listed", "A teapot was listed.\n\n" + prose("the garden", seed=2))
    web.add(HOST, "/listed", listed)
    web.add(HOST, "/map", sitemap([(web.url(HOST, "/listed"), NOW)]))
    web.add(HOST, "/thread", Said(body=(THREAD % web.url(HOST, "/thread")).encode()))
    return {
        "news": {"kind": "feed", "url": web.url(HOST, "/feed?api_key=hush")},
        "site": {"kind": "sitemap", "url": web.url(HOST, "/map")},
        "talk": {"kind": "forum", "url": web.url(HOST, "/thread")},
        "none": {"kind": "pages", "url": web.url(HOST, "/story"), "archive": ""},
    }


def configured(folder: Path, sources: dict[str, dict[str, object]], *, brands: str = "") -> Path:
    return configure(folder, sources, head=LINEAR.replace("[crawl]", f'{brands}[crawl]\narchive = "raw"'))


def raw(folder: Path) -> bytes:
    """Return every byte of every record that is kept, unpacked."""
    import gzip

    return b"".join(gzip.decompress(path.read_bytes()) for path in files_in(folder))


def rows(said: str) -> dict[str, dict[str, Any]]:
    return {row["source"]: row for row in map(json.loads, said.splitlines())}


def test_pages_are_read_anew_for_a_new_brand_and_erasure_reaches_them(web: Replay, tmp_path: Path) -> None:
    sources = site(web)
    web.add(HOST, "/feed?api_key=hush", web.answers[HOST, "/feed"])
    config = configured(tmp_path, sources)
    first = crawl(config).sources
    assert {row["state"] for row in first.values()} == {"ok"}
    kept = raw(tmp_path / "raw")
    assert b"leaks at the seam" in kept
    assert not [secret for secret in (b"4711", b"hush", b"ookie:") if secret in kept]
    # The page of a source that keeps none stands there once, by the other source.
    assert kept.count(b"<h1>A story</h1>") == 1
    before = mentions(config)
    web.asked.clear()

    teapot = '[[brands]]\nname = "Teapot"\nrole = "competitor"\n'
    configured(tmp_path, sources, brands=teapot)
    anew = candor(tmp_path, "reread", "--config", str(config))
    assert anew.returncode == 0, anew.stderr
    gave = {name: row["mentions"] for name, row in rows(anew.stdout).items()}
    assert {name: each["new"] for name, each in gave.items()} == {"news": 2, "site": 1, "talk": 1, "none": 0}
    assert not web.asked
    after = mentions(config)
    assert set(after) == {*before, web.url(HOST, "/listed")}
    again = rows(candor(tmp_path, "reread", "--config", str(config), "--source", "talk", "--source", "news").stdout)
    assert again.keys() == {"talk", "news"}
    assert all(row["mentions"] == {"new": 0, "updated": 0} for row in again.values())
    later = rows(candor(tmp_path, "reread", "--config", str(config), "--since", "2100-01-01").stdout)
    assert {row["pages"] for row in later.values()} == {0}

    words = ["--config", str(config), "--reason", "asked for", "--yes", "--json"]
    done = candor(tmp_path, "erase", "--author", "bob", "--platform", HOST, *words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["raw"] == 1
    assert b"never leaked" not in raw(tmp_path / "raw")
    assert b"<h1>A story</h1>" in raw(tmp_path / "raw")
    done = candor(tmp_path, "erase", "--url", web.url(HOST, "/gone"), *words)
    # The feed told of it, so that the feed's own answer goes; its article was never there.
    assert json.loads(done.stdout)["raw"] == 1
    assert b"are gone" not in raw(tmp_path / "raw")
    assert candor(tmp_path, "reread", "--config", str(config)).returncode == 0
    left = mentions(config)
    assert web.url(HOST, "/gone") not in left
    assert not [mention for mention in left.values() if "never leaked" in mention.text]


def page(number: int, *, at: datetime = NOW, host: str = "news.example") -> Page:
    return Page(
        b"<p>words of page %d</p>" % number, f"https://{host}/{number}", at, headers={"content-type": "text/html"}
    )


def note(*posts: str) -> Note:
    return Note(source="news", kind="pages", ask=Ask(url="https://news.example/"), posts=posts)


def answers(folder: Path) -> list[KeptAnswer]:
    return [answer for path in files_in(folder) for answer in answers_in(path) if answer.page]


def test_files_are_rotated_and_expire_and_what_was_cut_off_is_no_loss_to_the_rest(tmp_path: Path) -> None:
    archive = Archive(tmp_path, file_bytes=2000)
    for number in range(6):
        archive.keep(page(number), note(str(number)))
    archive.keep(page(6, at=NOW + timedelta(days=1, seconds=1)), note("6"))
    archive.close()
    assert len(files_in(tmp_path)) == 3
    kept = answers(tmp_path)
    assert sorted(answer.page.url for answer in kept if answer.page) == [page(n).url for n in range(7)]
    assert {answer.note.posts for answer in kept if answer.note} == {(str(n),) for n in range(7)}
    assert {answer.page.fetched_at for answer in kept if answer.page} == {NOW, NOW + timedelta(days=1, seconds=1)}
    last = files_in(tmp_path)[-1]
    last.write_bytes(last.read_bytes()[:-200])
    assert len(answers(tmp_path)) >= 5
    old = (datetime.now(UTC) - timedelta(days=40)).timestamp()
    os.utime(last, (old, old))
    assert expire(tmp_path, keep_s=30 * 86400, now=datetime.now(UTC)) == 1
    assert last not in files_in(tmp_path)


def test_an_erasure_takes_what_is_meant_or_may_be_and_waits_for_who_is_writing(tmp_path: Path) -> None:
    archive = Archive(tmp_path, file_bytes=1 << 20)
    target = by_url("https://news.example/post/7")
    archive.keep(page(1), note(target.values[0]))
    archive.keep(page(2), note("another"))
    archive.keep(page(3, host="forum.example"), note())
    with pytest.raises(StoreError, match="a crawl is writing into it; run `candor erase --resume`"):
        erase([tmp_path], target)
    archive.close()
    (path,) = files_in(tmp_path)
    written = path.stat().st_mtime_ns
    time.sleep(0.01)
    assert erase([tmp_path], by_domain("nowhere.example")) == 0
    assert erase([tmp_path], target) == 1
    # Its age is that of its answers, not that of the erasure.
    assert path.stat().st_mtime_ns == written
    assert [answer.page.url for answer in answers(tmp_path) if answer.page] == [page(2).url, "https://forum.example/3"]
    assert [kept.dropped for kept in records_of(path) if kept.dropped] == []
    assert erase([tmp_path], by_domain("forum.example")) == 1
    assert erase([tmp_path], by_domain("news.example")) == 1
    assert files_in(tmp_path) == []


def test_addresses_are_kept_without_keys() -> None:
    assert without_secrets("https://u:pw@api.example/v3/a?part=x&key=AIza1&access_token=t&q=monkey+key") == (
        "https://api.example/v3/a?part=x&key=-&access_token=-&q=monkey+key"
    )
