"""Small records: each kind comes back from a real store as it was put in, and nobody reads or writes one otherwise."""

from __future__ import annotations

import ast
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.alert.channels.outgoing import CHANNEL_STATES, MESSAGES, ChannelState
from analysis.alert.lifecycle import Silence
from analysis.alert.remembered import ALERTS, PRUNINGS, SILENCES, Pruned
from analysis.model.errors import StoreError
from analysis.model.records.audit import (
    AUDIT_HEADS,
    AUDIT_LOG,
    CONFIRMATIONS,
    CORRECTIONS,
    ERASURES,
    TOMBSTONES,
    AuditEntry,
    AuditHead,
    Tombstone,
)
from analysis.model.records.base import RecordKind
from analysis.model.records.crawl import (
    BOOKMARKS,
    HOST_CURSORS,
    HOST_LEASES,
    HOST_WAITS,
    PAGE_LINKS,
    ROBOTS_READ,
    SEEN_PAGES,
    VALIDATORS,
    Bookmark,
    HostCursor,
    HostLease,
    HostWait,
    PageLinks,
    RobotsRead,
    SeenPage,
    Validator,
)
from analysis.model.records.issue import ISSUES, Issue
from analysis.model.records.learnt import LAYERS, KeptLayer
from analysis.model.records.ledger import ACKS, FIXES, WISHES, Ack, EntryChange
from analysis.model.records.mailing import MAILINGS, Mailing
from analysis.model.records.past import PAST_FILES, PastFile
from analysis.model.records.proposal import PROPOSALS, Proposal
from analysis.model.records.run import RUNS, Run, first_run, runs_in_months
from analysis.model.records.triage import TRIAGES, Triage, TriageStep
from analysis.model.records.view import VIEWS, View, ViewAlert
from analysis.model.records.withdrawn import EDITED, WITHDRAWN, Edited, Withdrawn
from analysis.store.embedded.records import SqliteRecords
from analysis.store.moving import COPY_MARKS, CopyMark
from tests.support import entries
from tests.support.chat.made_alerts import alert, outgoing
from tests.support.mentions import make_mention

ROOT = Path(__file__).resolve().parents[3]
AT = datetime(2026, 10, 5, 12, 30, 15, 250_000, tzinfo=UTC)
SECOND = AT.replace(microsecond=0)
LAYER = KeptLayer(
    hash="a1",
    made_for="b2",
    layer='{"made_for":"b2","tasks":{}}',
    answers=40,
    tested={"sentiment": {"outcome": "helps", "gain": 0.2}},
    who="ann",
    at=AT,
    audit="f" * 64,
)
RUN = Run(source="forum", started_at=AT, state="ok")
WHOLE_RUN = Run(
    source="forum",
    started_at=AT,
    state="failing",
    run="run-1",
    kind="pages",
    url="https://forum.example/",
    ended_at=AT + timedelta(minutes=2),
    cause="refused us: 429",
    wait_until=AT + timedelta(hours=1),
    requests=9,
    pages=8,
    unchanged=1,
    posts=7,
    dated=6,
    authored=5,
    mentions_new=4,
    mentions_updated=3,
    kept_short={"paywall": 1},
    dropped={"no text": 2, "refused by the store": 1},
)
STEP = TriageStep(at=AT, who="ann", status="open", assignee="ben", tags=("vip",), note="asked", audit=4)
CHANGE = EntryChange(at=AT, who="ben", reason="late", changes={"shipped": ("", "2026-10-04")})
DECIDED = Proposal(
    key="00002", what="correction", at=AT, who="robin", reason="irony", values={"field": "sentiment", "to": "negative"},
    was="positive", evidence=("m",), state="accepted", decided_at=AT, decided_by="ann", note="right", made="0001",
)  # fmt: skip
SENT = Issue(
    key="theme-b-battery", about="theme", what="battery", brand="b", title="t", body="x", at=AT, who="ann",
    quotes=({"id": "m", "text": "it dies"},), state="sent", tracker="github o/r", number="7", url="https://x.example/7",
    sent_at=AT, sent_by="ben", remote="done", closed_at=AT, looked_at=AT, cause="c",
)  # fmt: skip
ENTRY = AuditEntry(
    seq=3, at="2026-10-05T12:30:15.250Z", who="ann", action="correct", reason="irony",
    details={"mention": "m", "to": "negative"}, previous="0" * 64, hash="f" * 64,
)  # fmt: skip

EXAMPLES: list[tuple[RecordKind[Any], Any]] = [
    (RUNS, RUN),
    (RUNS, WHOLE_RUN),
    (SEEN_PAGES, SeenPage(source="news/uk", url="https://news.example/1", mark="2026-10-01", read_at=SECOND)),
    (TRIAGES, Triage(about="mention", what="m", steps=(STEP,))),
    (VIEWS, View(key="v1", name="Battery", asks="topics=battery", feed="s", who="ann", at=AT)),
    (
        VIEWS,
        View(
            key="v2",
            name="Loud",
            asks="",
            feed="t",
            who="ann",
            at=AT,
            alert=ViewAlert(severity="notice", every="daily", who="ann", at=AT),
        ),
    ),
    (EDITED, Edited(post_id="a" * 64, words="b" * 64, last_seen_at=SECOND, seen_at=SECOND)),
    (WITHDRAWN, Withdrawn(mention=make_mention(1), seen_at=SECOND, run="run-1")),
    (PAGE_LINKS, PageLinks(url="https://forum.example/", links=("https://forum.example/1",))),
    (VALIDATORS, Validator(key="https://news.example/", etag='"a"', last_modified="Mon", checked_at=AT)),
    (VALIDATORS, Validator(key="https://news.example/", etag='"a"')),
    (HOST_WAITS, HostWait(host="news.example", until=AT, why="refused us: 429")),
    (HOST_CURSORS, HostCursor(host="news.example", holder="crawler-1", term=7, moved_at=SECOND)),
    (HOST_LEASES, HostLease(host="news.example", holder="crawler-1", until=AT, wanted_by="crawler-2", why="busy: 429")),
    (HOST_LEASES, HostLease(host="news.example", holder="crawler-1", until=AT, is_owner=True)),
    (ROBOTS_READ, RobotsRead(origin="https://news.example", text="User-agent: *\nDisallow: /x", read_at=SECOND)),
    (ROBOTS_READ, RobotsRead(origin="https://news.example:8443", text="", read_at=SECOND)),
    (BOOKMARKS, Bookmark(source="hn", marks={"newest": "41"}, written_at=SECOND)),
    (FIXES, entries.fix()),
    (FIXES, entries.fix(shipped=date(2026, 10, 4), brand="tessaro", version="2.3", note="n", history=(CHANGE,))),
    (WISHES, entries.fix("00007", status="declined", reason="too dear")),
    (ACKS, Ack(key="00001", about="alert", what="a-1", at=AT, who="ann", note="seen", brand="b", mentions=("m",))),
    (PROPOSALS, Proposal(key="00001", what="fix", at=AT, who="robin", reason="r", values={"theme": "battery"})),
    (PROPOSALS, DECIDED),
    (MAILINGS, Mailing(report="weekly", due=date(2026, 10, 5), state="leased", since=AT, until=AT, holder="h:1")),
    (MAILINGS, Mailing(report="r", due=date(2026, 10, 6), state="waiting", since=AT, attempts=2)),
    (ISSUES, Issue(key="mention-m", about="mention", what="m", brand="b", title="t", body="x", at=AT, who="ann")),
    (ISSUES, SENT),
    (MAILINGS, Mailing(report="r", due=date(2026, 10, 5), state="sent", since=AT, sent_at=AT, people=2, cause="c")),
    (AUDIT_LOG, ENTRY),
    (AUDIT_HEADS, AuditHead(seq=3, hash="f" * 64)),
    (CORRECTIONS, entries.correction()),
    (CORRECTIONS, entries.correction(post="p", published_at=AT, field="topic", judged="battery", model="rules-1")),
    (CORRECTIONS, entries.correction(drawn="lot")),
    (CONFIRMATIONS, entries.confirmation(drawn="lot")),
    (CONFIRMATIONS, entries.confirmation(field="move", said="none", judged="none")),
    (LAYERS, LAYER),
    (ERASURES, entries.erasure()),
    (ERASURES, entries.erasure(state="done", ended_at=AT, audit_done="e" * 64)),
    (TOMBSTONES, Tombstone(of="url:abc", erasure="000000000001", at="2026-10-05T12:30:15.250Z")),
    (ALERTS, alert(where={"since": "2026-10-01T00:00:00Z", "terms": [{"field": "brand.id", "values": ["tessaro"]}]})),
    (SILENCES, Silence(id="s1", match={"rule": "x"}, until=AT, author="jo", reason="known", created_at=AT)),
    (SILENCES, Silence(id="s2", match={}, until=AT, author="jo", reason="known")),
    (MESSAGES, outgoing(told={"a-1": "firing"}, state="leased", lease_until="2026-10-05T12:32:15Z", lease_by="h:1")),
    (
        CHANNEL_STATES,
        ChannelState(channel="team", state="broken", mark="x", cause="gone", since="2026-10-05T12:30:15Z"),
    ),
    (CHANNEL_STATES, ChannelState(channel="team", wait_until="2026-10-05T12:40:15Z")),
    (PRUNINGS, Pruned(of="last", at="2026-10-05T12:30:15Z")),
    (PRUNINGS, Pruned(of="runs/forum", until=date(2026, 10, 1))),
    (PAST_FILES, PastFile(kind="warc", name="/a.warc.gz", begun_at=SECOND)),
    (
        PAST_FILES,
        PastFile(
            kind="warc",
            name="/b.warc.gz",
            begun_at=SECOND,
            size=90,
            reached=80,
            is_done=True,
            records=8,
            posts=7,
            mentions=6,
            new=5,
            updated=1,
            unmatched=2,
            errors=1,
            dropped={"no text": 1},
            error="cut",
        ),
    ),
    (COPY_MARKS, CopyMark(origin="http://localhost:9200", after="m41")),
]
"""Every kind of small record, with what it may hold."""


@pytest.fixture
def records(tmp_path: Path) -> SqliteRecords:
    return SqliteRecords(tmp_path / "records.db")


@pytest.mark.parametrize(("kind", "value"), EXAMPLES, ids=lambda part: getattr(part, "name", ""))
def test_what_is_put_in_comes_out(records: SqliteRecords, kind: RecordKind[Any], value: Any) -> None:
    key = kind.key(value)
    assert kind.put(records, value, if_version=0) == 1
    assert kind.put(records, value, if_version=0) is None
    stored = kind.get(records, key)
    assert stored is not None
    assert (stored.key, stored.version, stored.value) == (key, 1, value)
    kind.put_many(records, [value])
    assert [(again.key, again.version, again.value) for again in kind.all(records)] == [(key, 2, value)]
    assert kind.get_many(records, [key, "other"]) == {key: value}
    assert list(kind.values(records, prefix=key)) == [value]
    assert kind.delete(records, key)
    assert kind.get(records, key) is None


def test_every_kind_that_the_code_makes_is_on_the_list() -> None:
    made = {
        ast.literal_eval(word.value)
        for tree in trees().values()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "RecordKind"
        for word in call.keywords
        if word.arg == "name"
    }
    assert made == {kind.name for kind, _ in EXAMPLES}


def test_every_field_is_filled_in_some_example() -> None:
    values: dict[type, list[Any]] = {}
    for _, value in EXAMPLES:
        values.setdefault(type(value), []).append(value)
    bare = [
        f"{cls.__name__}.{item.name}"
        for cls, some in values.items()
        for item in fields(cls)
        if cls.__name__ not in ("Alert", "Message")  # their writers go through the fields themselves
        if not any(getattr(value, item.name) for value in some)
    ]
    assert bare == []


WAYS = {"get", "get_many", "put", "put_many", "all", "delete"}
ENGINES = ("analysis/store/embedded/", "analysis/store/elastic/", "analysis/model/records/base.py")
WHOLE = {"analysis/store/moving.py", "analysis/ledger/copies.py"}
"""These take records as they are, whatever their kind: moving house, and blanking the words of erased mentions."""


def test_records_are_read_and_written_through_their_kinds_alone() -> None:
    found = [
        f"{path}:{call.lineno}"
        for path, tree in trees().items()
        if not path.startswith(ENGINES) and path not in WHOLE
        for call in ast.walk(tree)
        if isinstance(call, ast.Attribute) and call.attr in WAYS and names_records(call.value)
    ]
    assert found == []


def names_records(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.strip("_") == "records"


def trees() -> dict[str, ast.Module]:
    paths = [path for top in ("analysis", "crawler", "candor") for path in sorted((ROOT / top).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def test_records_of_the_first_versions_are_read(records: SqliteRecords) -> None:
    """As they lie in stores that are in use: without what came later."""
    first: dict[str, Any] = {
        "run": "r", "source": "forum", "kind": "pages", "url": "u", "started_at": "2026-10-05T12:30:15.250Z",
        "ended_at": None, "state": "ok", "cause": "", "requests": 1, "pages": 1, "unchanged": 0, "posts": 2, "dated": 2,
        "authored": 2, "mentions_new": 1, "mentions_updated": 0, "dropped": {},
    }  # fmt: skip
    records.put("source_run", "forum/2026-10-05T12:30:15.250000Z", first)
    (run,) = RUNS.values(records)
    assert (run.state, run.posts, run.wait_until, run.kept_short) == ("ok", 2, None, {})
    body = {"mention": "m", "brand": "b", "from": "negative", "to": "positive", "reason": "r", "who": "ann"}
    records.put("correction", "000000000001", {**body, "at": "2026-10-05T12:30:15.250Z", "audit": "f" * 64})
    (correction,) = CORRECTIONS.values(records)
    assert (correction.field, correction.was, correction.at) == ("sentiment", "negative", AT)


def test_runs_of_a_source_whose_id_begins_with_anothers_are_apart(records: SqliteRecords) -> None:
    other = Run(source="forum/2026-10", started_at=AT - timedelta(days=1), state="ok")
    RUNS.put_many(records, [RUN, other])
    assert runs_in_months(records, "forum", ["2026-10", "2026-09"]) == [RUN]
    assert first_run(records, "forum") == RUN
    assert first_run(records, "nobody") is None


@pytest.mark.parametrize("body", [{"url": "x"}, {}, []])
def test_a_record_that_somebody_changed_is_told_and_no_traceback(tmp_path: Path, body: Any) -> None:
    store = SqliteRecords(tmp_path / "records.db")
    for kind in (RUNS, SEEN_PAGES, CORRECTIONS):
        store.put(kind.name, "a/b", body)
        with pytest.raises(StoreError, match=f"the record {kind.name}/a/b does not have the form that Candor writes"):
            list(kind.values(store))
        with pytest.raises(StoreError):
            kind.get(store, "a/b")
