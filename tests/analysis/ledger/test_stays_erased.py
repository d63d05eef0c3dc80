"""What was erased stays erased, on every way in; and a check misses what keeps it out where that is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.flow import Understood, ingest, whole
from analysis.ingest.stories import content_hash
from analysis.ledger import audit, checks
from analysis.ledger.entries import Stamp
from analysis.ledger.erasing import erasure
from analysis.model import Mention
from analysis.model.records.base import RecordKind
from analysis.model.records.crawl import PAGE_LINKS, SEEN_PAGES, VALIDATORS, PageLinks, SeenPage, Validator
from analysis.model.records.withdrawn import WITHDRAWN, Withdrawn
from analysis.store.base import Filter
from analysis.store.elastic.late import in_line
from analysis.store.embedded.store import EmbeddedStore
from analysis.store.moving import copy_store
from crawler.keeping.forgetting import unerased
from tests.support.mentions import NOW, make_mention

STAMP = Stamp(at=NOW + timedelta(days=1), who="ann")
WORDS = "the tessaro kettle leaks from the lid and nobody ever answers"


def written_by(author: str, url: str, **more: Any) -> Mention:
    made = make_mention(0, url=url, author=author, domain="forum.example", text=WORDS, tokens=WORDS, **more)
    return replace(made, content_hash=content_hash(WORDS.split()), story=made.post_id)


ANN = written_by("a" * 32, "https://forum.example/t/1")
WAYS_BACK = {
    "the author's line is gone": written_by("", "https://forum.example/t/1"),
    "another name": written_by("b" * 32, "https://forum.example/t/1"),
    "http": written_by("", "http://forum.example/t/1"),
    "www and a slash": written_by("", "https://www.forum.example/t/1/"),
    "another address of the site": written_by("", "https://forum.example/archive/1"),
}


@pytest.mark.parametrize("by", [erasure.by_url(ANN.url), erasure.by_author("a" * 32)], ids=lambda target: target.kind)
@pytest.mark.parametrize("back", WAYS_BACK)
def test_it_comes_back_by_no_way(tmp_path: Path, by: erasure.Target, back: str) -> None:
    again = WAYS_BACK[back]
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write([ANN])
        erasure.erase(store, by, reason="request", stamp=STAMP)
        for understood in (Understood(url=again.url, mentions=(again,)), whole(again)):
            (done,) = ingest([understood], store=store, run="r")
            assert (done.unmatched, dict(done.dropped)) == (1, {"erased before, kept out": 1})
        assert in_line([again], store) == []
        with EmbeddedStore(tmp_path / "other", write=True) as other:
            other.write([again])
            moved = copy_store(other, store)
        assert (moved.erased, moved.same) == (1, True)
        store.refresh()
        assert store.count(Filter()) == 0
        assert checks.check(store.records).sound


def test_by_an_address_that_was_never_stored_it_is_kept_out_in_any_form(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        erasure.erase(store, erasure.by_url("http://www.forum.example/t/1/"), reason="request", stamp=STAMP)
        assert in_line([ANN, written_by("", "https://forum.example/t/2")], store)[0].url == "https://forum.example/t/2"


def test_by_any_form_of_its_address_it_is_found(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write([written_by("", "http://www.forum.example/t/1/")])
        assert erasure.erase(store, erasure.by_url("https://forum.example/t/1"), reason="r", stamp=STAMP).count == 1


def test_the_same_words_on_another_site_and_copies_that_were_left_may_stay(tmp_path: Path) -> None:
    left = written_by("c" * 32, "https://forum.example/copy")
    elsewhere = replace(written_by("", "https://else.example/1"), domain="else.example")
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write([ANN, left])
        erasure.erase(store, erasure.by_url(ANN.url), reason="request", stamp=STAMP)
        assert in_line([left, elsewhere], store) == [left, elsewhere]


def test_addresses_leave_what_crawls_remember(tmp_path: Path) -> None:
    other, at = "https://forum.example/t/2", NOW.replace(microsecond=0)
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write([ANN])
        for url in (ANN.url, "http://forum.example/t/1/", other):
            VALIDATORS.put(store.records, Validator(key=url, etag="1"))
            SEEN_PAGES.put(store.records, SeenPage(source="s", url=url, mark="1", read_at=at))
        PAGE_LINKS.put(store.records, PageLinks(url="https://forum.example/", links=(ANN.url, other)))
        erasure.erase(store, erasure.by_author("a" * 32), reason="request", stamp=STAMP)
        assert [validator.key for validator in VALIDATORS.values(store.records)] == [other]
        assert [page.url for page in SEEN_PAGES.values(store.records)] == [other]
        assert [page.links for page in PAGE_LINKS.values(store.records)] == [(other,)]
        notes: dict[RecordKind[Any], list[Any]] = {
            SEEN_PAGES: [SeenPage(source="s", url=url, mark="1", read_at=at) for url in (ANN.url, other)],
            PAGE_LINKS: [PageLinks(url="https://forum.example/", links=(ANN.url, other))],
        }
        kept, alive = unerased(store.records, notes, [Validator(key=ANN.url), Validator(key=other)])
        assert [page.url for page in kept[SEEN_PAGES]] == [other]
        assert [page.links for page in kept[PAGE_LINKS]] == [(other,)]
        assert [validator.key for validator in alive] == [other]


def test_the_history_of_an_edited_post_is_erased_with_its_author(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        WITHDRAWN.put(store.records, Withdrawn(mention=ANN, seen_at=NOW, run="r"))
        erasure.erase(store, erasure.by_author("a" * 32), reason="request", stamp=STAMP)
        assert list(WITHDRAWN.values(store.records)) == []
        assert in_line([written_by("", ANN.url)], store) == []


@pytest.mark.parametrize("kind", ["tombstone", "erasure"])
def test_a_tombstone_or_erasure_that_is_removed_or_made_up_is_missed(tmp_path: Path, kind: str) -> None:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write([ANN])
        erasure.erase(store, erasure.by_author("a" * 32), reason="request", stamp=STAMP)
        assert checks.check(store.records).sound
        record = next(store.records.all(kind))
        store.records.delete(kind, record.key)
        found = checks.check(store.records)
        assert (found.sound, len(found.differing)) == (False, 1)
        store.records.put(kind, record.key, record.body)
        store.records.put(kind, "another", {**record.body, "erasure": "000000000099"})
        assert not checks.check(store.records).sound


def test_a_copy_leaves_the_log_and_ledgers_of_the_target_as_they_are(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "a", write=True) as origin, EmbeddedStore(tmp_path / "b", write=True) as target:
        origin.write([ANN])
        erasure.erase(origin, erasure.by_author("e" * 32), reason="request", stamp=STAMP)
        origin.records.put("fix", "00001", {"theme": "theirs"})
        audit.append(target.records, action="note", reason="own", details={}, stamp=STAMP)
        target.records.put("fix", "00001", {"theme": "own"})
        moved = copy_store(origin, target)
        assert (moved.same, moved.whole, moved.ledger_left) == (True, False, 5)
        assert [record.body for record in target.records.all("fix")] == [{"theme": "own"}]
        assert checks.check(target.records).sound
        assert in_line([written_by("e" * 32, "https://forum.example/9")], target) == [], "tombstones come over"
        again = copy_store(origin, target)
        assert (again.same, checks.check(target.records).sound) == (True, True)


def test_a_copy_into_an_empty_store_brings_the_log_and_goes_on(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "a", write=True) as origin, EmbeddedStore(tmp_path / "b", write=True) as target:
        origin.write([ANN])
        erasure.erase(origin, erasure.by_author("e" * 32), reason="request", stamp=STAMP)
        assert copy_store(origin, target).whole
        audit.append(origin.records, action="note", reason="later", details={}, stamp=STAMP)
        assert copy_store(origin, target).whole
        assert checks.check(target.records).chain.entries == 3


def test_letters_of_what_was_erased_are_burnt(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        other = make_mention(7, tags=("x" * 40_000,))
        store.write([replace(ANN, tags=("x" * 40_000,)), other])
        assert len(list(store.letters.all())) == 2
        erasure.erase(store, erasure.by_author("a" * 32), reason="request", stamp=STAMP)
        assert [letter["id"] for letter in store.letters.all()] == [other.id]
