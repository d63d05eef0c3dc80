"""Erasure: gone from the files, kept out, logged before and after, and finished however often it is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis import flow
from analysis.enrich.enricher import Enricher
from analysis.flow import Understood
from analysis.ledger import audit, checks, copies
from analysis.ledger.entries import Stamp
from analysis.ledger.erasing import erasure
from analysis.model import Brand, Mention, Post, post_id
from analysis.model.errors import RetentionError, UsageError
from analysis.model.records.audit import ERASURES, audit_key
from analysis.model.records.run import RUNS, Run
from analysis.store.base import Filter
from analysis.store.embedded.store import EmbeddedStore
from analysis.track.parts import Period
from analysis.track.sections.hands import hands
from tests.support.mentions import NOW, make_mention

STAMP = Stamp(at=NOW + timedelta(days=1), who="ann")
SECRET = "zyxwombatq"
ANN, BOB = "a" * 32, "b" * 32


def mentions() -> list[Mention]:
    own = [make_mention(n, author=BOB, text=f"kettle number {n}") for n in range(20)]
    hers = [
        make_mention(
            n, author=ANN, text=f"{SECRET} said {SECRET}{n}", quote=SECRET, url=f"https://www.talk.org/t/{n}-{SECRET}"
        )
        for n in range(20, 26)
    ]
    return [*own, *(replace(one, domain="talk.org") for one in hers)]


def quotes(mention: Mention) -> dict[str, Any]:
    return {"id": mention.id, "text": mention.quote, "url": mention.url, "source": "forum"}


def filled(folder: Path) -> EmbeddedStore:
    store = EmbeddedStore(folder, write=True)
    made = mentions()
    store.write(made)
    store.refresh()
    hers, other = made[-1], make_mention(3, quote="harmless")
    store.records.put("alert", "a1", {"headline": "h", "quotes": [quotes(hers), quotes(other)], "evidence": [hers.id]})
    store.records.put("outbox", "o1", {"text": f"5 complaints: {SECRET}\n{hers.url}\nmore", "state": "sent"})
    store.records.put("outbox", "o2", {"text": f"harmless\n{other.url}", "state": "sent"})
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with filled(tmp_path / "store") as made:
        yield made


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def hers() -> erasure.Target:
    return erasure.by_author(ANN)


def test_no_byte_of_what_was_erased_is_left_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    filled(folder).close()
    assert SECRET.encode() in bytes_of(folder)
    with EmbeddedStore(folder, write=True) as store:
        done = erasure.erase(store, hers(), reason="request of 3 May", stamp=STAMP)
        assert (done.count, done.blanked) == (6, 2)
        assert store.count(Filter()) == 20
    assert SECRET.encode() not in bytes_of(folder)


def test_words_in_alerts_and_messages_go_and_those_of_others_stay(store: EmbeddedStore) -> None:
    erasure.erase(store, hers(), reason="request", stamp=STAMP)
    alert, gone, kept = (
        store.records.get(kind, key) for kind, key in (("alert", "a1"), ("outbox", "o1"), ("outbox", "o2"))
    )
    assert alert is not None
    assert alert.body["quotes"][0] == {
        "id": mentions()[-1].id,
        "text": copies.BLANK,
        "url": copies.BLANK,
        "source": "forum",
    }
    assert alert.body["quotes"][1]["text"] == "harmless"
    assert alert.body["evidence"] == [mentions()[-1].id]
    assert gone is not None
    assert gone.body == {"text": copies.BLANK, "state": "sent"}
    assert kept is not None
    assert "harmless" in kept.body["text"]


def test_a_message_that_quotes_without_a_link_is_blanked_too(store: EmbeddedStore) -> None:
    other = make_mention(3, quote="harmless", text="quiet")
    long = f"{SECRET} never answered me in all these weeks"
    hers = {**quotes(mentions()[-1]), "text": long, "url": ""}
    said = f"5 complaints\n\u201c{long[:30]}\u2026\u201d talk.org\n\u201charmless\u201d"
    data = {"alerts": [{"id": "a1", "headline": "5 complaints", "quotes": [hers, quotes(other)]}], "text": said}
    store.records.put("outbox", "o3", {"title": "5 complaints", "text": said, "data": data, "state": "waiting"})
    erasure.erase(store, erasure.by_author(ANN), reason="request", stamp=STAMP)
    found = store.records.get("outbox", "o3")
    assert found is not None
    assert SECRET not in str(found.body)
    assert (found.body["title"], found.body["text"], found.body["state"]) == ("5 complaints", copies.BLANK, "waiting")
    (alert,) = found.body["data"]["alerts"]
    assert (alert["headline"], alert["quotes"][1]["text"]) == ("5 complaints", "harmless")


def test_the_log_speaks_before_and_after_and_names_nobody(store: EmbeddedStore) -> None:
    done = erasure.erase(store, hers(), reason="request", stamp=STAMP)
    begun, ended = audit.entries(store.records)
    assert (begun.action, begun.reason, begun.who, begun.details["count"]) == ("erase: begun", "request", "ann", 6)
    assert (ended.action, ended.details["count"], ended.details["erasure"]) == ("erase: done", 6, begun.key)
    record = store.records.get("erasure", done.key)
    assert record is not None
    assert (record.body["state"], record.body["count"], record.body["reason"]) == ("done", 6, "request")
    for kind in ("audit", "erasure", "tombstone"):
        assert all(SECRET not in f"{one.key} {one.body}" for one in store.records.all(kind))
    found = checks.check(store.records)
    assert (found.sound, found.unfinished) == (True, ())


def test_the_report_counts_an_erasure_from_its_beginning(store: EmbeddedStore) -> None:
    period = Period(since=STAMP.at - timedelta(days=7), until=STAMP.at + timedelta(hours=1), days=7)
    erasure.erase(store, hers(), reason="request", stamp=STAMP)
    (done,) = ERASURES.values(store.records)
    found = hands([done], (), period)
    assert (found.erasures, found.erased_mentions) == (1, 6)
    assert found.entries == (1,)
    assert hands([replace(done, state="begun")], (), period).erased_mentions == 6


@pytest.mark.parametrize("kind", ["url", "author", "domain", "older"])
def test_what_was_erased_is_not_collected_again(tmp_path: Path, kind: str) -> None:
    with filled(tmp_path / "store") as store:
        old = replace(mentions()[-1], first_seen_at=NOW - timedelta(days=400))
        store.write([old])
        store.refresh()
        target = {
            "url": erasure.by_url(old.url + "?utm_source=x"),
            "author": hers(),
            "domain": erasure.by_domain("www.talk.org"),
            "older": erasure.older_than(NOW - timedelta(days=365)),
        }[kind]
        done = erasure.erase(store, target, reason="request", stamp=STAMP)
        assert done.count == (1 if kind in ("url", "older") else 6)
        (again,) = flow.ingest([Understood(url=one.url, mentions=(one,)) for one in mentions()], store=store, run="r2")
        assert again.dropped["erased before, kept out"] == done.count
        store.refresh()
        assert store.count(Filter()) == 26 - done.count
        assert SECRET not in target.values[0]


def test_a_new_post_by_an_erased_author_is_kept_out(store: EmbeddedStore) -> None:
    erasure.erase(store, hers(), reason="request", stamp=STAMP)
    fresh = make_mention(900, author=ANN)
    assert list(flow.ingest([Understood(url=fresh.url, mentions=(fresh,))], store=store, run="r"))
    assert store.get([fresh.id]) == {}


def test_what_is_not_there_is_recorded_and_kept_out(store: EmbeddedStore) -> None:
    done = erasure.erase(store, erasure.by_url("https://talk.org/never"), reason="request", stamp=STAMP)
    assert done.count == 0
    assert store.records.get("tombstone", f"url:{post_id('https://talk.org/never')}") is not None


def test_a_plan_changes_nothing_and_tells_of_copies_elsewhere(store: EmbeddedStore) -> None:
    first = mentions()[-1]
    copy = make_mention(700, author=BOB, story=first.post_id)
    store.write([replace(one, story=first.post_id) for one in (first, copy)])
    store.refresh()
    found = erasure.plan(store, hers())
    assert (found.mentions, found.posts, found.brands, found.copies_left) == (6, 6, (("tessaro", 6),), 1)
    assert store.count(Filter()) == 27
    assert [list(store.records.all(kind)) for kind in ("audit", "erasure", "tombstone")] == [[], [], []]


def test_nothing_is_erased_without_a_reason(store: EmbeddedStore) -> None:
    with pytest.raises(UsageError, match=r"^reason: is missing"):
        erasure.erase(store, hers(), reason="\n", stamp=STAMP)
    assert store.count(Filter()) == 26
    assert list(store.records.all("tombstone")) == []


def test_more_mentions_than_one_batch(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write([make_mention(n) for n in range(erasure.BATCH * 2 + 5)])
        store.refresh()
        done = erasure.erase(store, erasure.by_domain("forum.example"), reason="request", stamp=STAMP)
        assert (done.count, store.count(Filter())) == (erasure.BATCH * 2 + 5, 0)


def test_retention_takes_what_was_collected_too_long_ago_and_is_silent_where_nothing_was(tmp_path: Path) -> None:
    year = 365 * 86400.0
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write(
            [
                make_mention(1, first_seen_at=STAMP.at - timedelta(days=366)),
                make_mention(2, first_seen_at=STAMP.at - timedelta(days=364)),
                make_mention(3, first_seen_at=STAMP.at, published_at=datetime(2019, 1, 1, tzinfo=UTC)),
            ]
        )
        store.refresh()
        done = erasure.expire(store, year, stamp=STAMP)
        assert done is not None
        assert (done.count, store.count(Filter())) == (1, 2)
        assert erasure.expire(store, year, stamp=STAMP) is None
        assert [one.reason for one in audit.entries(store.records)] == [erasure.RETENTION] * 2


def test_retention_reaches_what_the_store_refused(tmp_path: Path) -> None:
    old, new = (make_mention(n, first_seen_at=STAMP.at - timedelta(days=n), tags=("x" * 40_000,)) for n in (9, 1))
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write([old, new])
        assert len(list(store.letters.all())) == 2
        assert erasure.expire(store, 7 * 86400.0, stamp=STAMP) is not None
        assert [letter["id"] for letter in store.letters.all()] == [new.id]
        assert erasure.expire(store, 7 * 86400.0, stamp=STAMP) is None


def test_retention_after_a_crawl_works_once_a_day_is_signed_and_told_apart_in_the_report(tmp_path: Path) -> None:
    week = 7 * 86400.0
    now = STAMP.at
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write([make_mention(n, first_seen_at=now - timedelta(days=n)) for n in range(10)])
        store.refresh()
        assert erasure.retain(store, None, now=now) is None
        done = erasure.retain(store, week, now=now)
        assert done is not None
        assert (done.count, store.count(Filter())) == (2, 8)
        later = now + timedelta(days=1)
        assert erasure.retain(store, week - 86400.0, now=now + timedelta(minutes=1)) is None, "done today already"
        again = erasure.retain(store, week, now=later)
        assert again is not None
        assert again.count == 1
        assert {one.who for one in audit.entries(store.records)} == {erasure.RETAINER}
        assert checks.check(store.records).sound
        period = Period(since=now - timedelta(days=7), until=later + timedelta(days=1), days=9)
        found = hands(ERASURES.values(store.records), (), period)
        assert (found.erasures, found.expiries, found.expired_mentions) == (0, 2, 3)


def test_retention_that_was_interrupted_is_finished_by_the_next_crawl(tmp_path: Path) -> None:
    week = 7 * 86400.0
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write([make_mention(n, first_seen_at=STAMP.at - timedelta(days=9)) for n in range(3)])
        store.refresh()
        details = {"target": "older", "values": ["2026-05-27T12:00:00.000Z"], "count": 3}
        stamp = Stamp(at=STAMP.at, who=erasure.RETAINER)
        audit.append(store.records, action=erasure.BEGUN, reason=erasure.RETENTION, details=details, stamp=stamp)
        erasure.retain(store, week, now=STAMP.at)
        assert store.count(Filter()) == 0
        assert erasure.unfinished(store.records) == []
        assert checks.check(store.records).unfinished == ()


# Targets --------------------------------------------------------------------------------------------------------------


def test_a_name_becomes_the_pseudonym_that_the_enricher_gives() -> None:
    brand = Brand(id="tessaro", name="Tessaro", role="own", query="tessaro")
    post = Post(url="https://old.reddit.com/r/x/1", text="My Tessaro leaks", author="Änn O.", fetched_at=NOW)
    ((mention,),) = Enricher((brand,), pseudonym_key=b"k" * 32).mentions([post])
    for platform in ("reddit.com", "www.reddit.com", "https://old.reddit.com/user"):
        target = erasure.by_author("Änn O.", platform=platform, key=b"k" * 32)
        assert target.values == (mention.author,)
    assert erasure.by_author(mention.author).values == (mention.author,)
    with pytest.raises(UsageError, match=r"^platform: is missing"):
        erasure.by_author("Änn O.")


@pytest.mark.parametrize("domain", ["old.reddit.com", "", "not a host", "a/b"])
def test_a_part_of_a_site_is_refused(domain: str) -> None:
    with pytest.raises(UsageError, match=r"^domain: "):
        erasure.by_domain(domain)


def test_an_address_is_found_in_each_of_its_forms() -> None:
    for url in ("HTTPS://Talk.org:443/t/1?utm_source=x", "https://talk.org/t/1#top"):
        assert post_id("https://talk.org/t/1") in erasure.by_url(url).values
    assert post_id("https://talk.org/t/1#p12") in erasure.by_url("https://talk.org/t/1#p12").values
    with pytest.raises(UsageError, match=r"^url: "):
        erasure.by_url("talk.org/t/1")


# Killed between two steps ---------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from analysis.ledger.erasing import erasure
from analysis.ledger.entries import Stamp
from analysis.store.embedded.store import EmbeddedStore

left = int(sys.argv[2])


def step(real):
    def dying(*words, **named):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return real(*words, **named)

    return dying


class Records:
    def __init__(self, real):
        self.real = real
        for name in ("put", "put_many"):
            setattr(self, name, step(getattr(real, name)))

    def __getattr__(self, name):
        return getattr(self.real, name)


class Store(EmbeddedStore):
    @property
    def records(self):
        return watched

    erase = step(EmbeddedStore.erase)
    compact = step(EmbeddedStore.compact)


store = Store(Path(sys.argv[1]), write=True)
watched = Records(EmbeddedStore.records.fget(store))
stamp = Stamp(at=datetime(2026, 6, 2, 12, tzinfo=UTC), who="ann")
erasure.erase(store, erasure.by_author("a" * 32), reason="request", stamp=stamp)
store.close()
"""
STEPS = 12
"""Writes of one erasure: two for each entry of the log, record, tombstones of the author and of the posts, two copies,
erase, compact, record."""


@pytest.mark.parametrize("steps", range(STEPS + 1))
def test_an_erasure_killed_before_any_step_is_seen_and_finished(tmp_path: Path, steps: int) -> None:
    folder = tmp_path / "store"
    filled(folder).close()
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(steps)], timeout=120, check=False)
    assert done.returncode == (0 if steps == STEPS else -signal.SIGKILL), "the steps have changed: correct STEPS"
    with EmbeddedStore(folder, write=True) as store:
        found = checks.check(store.records)
        assert found.sound, found
        whole = [] if steps == 0 else [f"erasure {audit_key(1)}"]
        if steps < STEPS:
            assert list(found.unfinished) == whole
        if store.count(Filter()) < 26:
            assert list(store.records.all("erasure")), "mentions are gone and no record tells of it"
        for entry in erasure.unfinished(store.records):
            erasure.finish(store, entry, stamp=STAMP)
        if steps == 0:
            erasure.erase(store, hers(), reason="request", stamp=STAMP)
        after = checks.check(store.records)
        assert (after.sound, after.unfinished) == (True, ())
        (record,) = store.records.all("erasure")
        assert (record.body["state"], record.body["count"]) == ("done", 6)
        assert store.count(Filter()) == 20
    assert SECRET.encode() not in bytes_of(folder)


# A wrong clock --------------------------------------------------------------------------------------------------------


def collected(store: EmbeddedStore, *days: int, at: datetime) -> None:
    store.write([make_mention(n, first_seen_at=at - timedelta(days=n)) for n in days])
    store.refresh()


@pytest.mark.parametrize("later", [0, 1])
def test_a_clock_that_is_far_ahead_erases_nothing_and_asks(tmp_path: Path, later: int) -> None:
    keep, ahead = 90 * 86400.0, NOW + timedelta(days=200)
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        collected(store, *range(60), at=NOW)
        store.write([make_mention(100, first_seen_at=ahead)])
        RUNS.put(store.records, Run(source="s", started_at=ahead, state="ok"))
        # Also on the day after, when a run has been seen at that time.
        with pytest.raises(RetentionError, match=r"would erase 60 of 61 mentions.*is the clock right"):
            erasure.retain(store, keep, now=ahead + timedelta(days=later))
        assert list(audit.entries(store.records)) == []
        assert store.count(Filter()) == 61
        # Asked for by hand it is done.
        done = erasure.expire(store, keep, stamp=Stamp(at=ahead, who="ann"))
        assert done is not None
        assert done.count == 60
        assert erasure.retain(store, keep, now=ahead + timedelta(days=2)) is None


def test_retention_that_was_switched_on_late_or_missed_no_day_goes_on(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        collected(store, *range(60), at=NOW)
        done = erasure.retain(store, 7 * 86400.0, now=NOW)
        assert done is not None
        assert done.count == 52


def test_where_little_is_collected_the_runs_show_that_the_clock_went_on(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        collected(store, 10, at=NOW)
        for day in range(11):
            RUNS.put(store.records, Run(source="s", started_at=NOW - timedelta(days=day), state="ok"))
        done = erasure.retain(store, 7 * 86400.0, now=NOW)
        assert done is not None
        assert done.count == 1
