"""The outbox on a real store and a real server: nothing lost, nothing doubled beyond a crash, in order."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from analysis.alert.channels.configured import Channel, channels_of, usable
from analysis.alert.channels.outgoing import MESSAGES
from analysis.alert.channels.reply import outcome_of, retry_after
from analysis.alert.channels.webhook import signature
from analysis.alert.outbox import Delivery, Outcome, Outgoing, deliver, deliveries, enqueue, mend, standings
from analysis.alert.remembered import alerts_of
from analysis.flow import watch
from analysis.model.errors import ConfigError
from analysis.settings.tables import ChannelSection
from analysis.store.embedded.records import SqliteRecords
from tests.support.chat.alert_chat import ChatServer, chat_server
from tests.support.chat.alert_dying import WATCHED, danger, dying_pass, webhook
from tests.support.chat.made_alerts import NOW, outgoing

STEPS = 8  # two alerts, a message, a lease, the sending, the note, the channel's state, the note of pruning
NOTE = 6


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with chat_server() as found:
        yield found


@pytest.fixture
def records(tmp_path: Path) -> Iterator[SqliteRecords]:
    found = SqliteRecords(tmp_path / "records.sqlite")
    yield found
    found.close()


@dataclass
class Clock:
    """A clock that moves when somebody waits."""

    now: datetime = NOW
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


def put(records: SqliteRecords, group: str, sequence: int, channel: str = "hook", now: datetime = NOW) -> bool:
    return enqueue(records, outgoing(group, sequence, channel=channel), now=now)


def run(records: SqliteRecords, channels: list[Channel], clock: Clock, patience: float = 0.0) -> list[Delivery]:
    senders = {channel.id: channel.sender for channel in channels}
    return list(deliver(records, senders, clock=clock, holder="test", patience=patience, pause=clock.pause))


def titles(chat: ChatServer) -> list[str]:
    return [one.json["title"] for one in chat.accepted]


def test_groups_keep_their_order_and_each_message_is_sent_once(
    records: SqliteRecords, chat: ChatServer, tmp_path: Path
) -> None:
    for sequence in (1, 2, 3):
        assert put(records, "a", sequence)
        assert put(records, "b", sequence)
    assert not put(records, "a", 1)
    channels = webhook(chat.port, tmp_path / "key")
    chat.script = [500, 200, 200, 200, "reset"]
    clock = Clock()
    for _ in range(8):
        run(records, channels, clock)
        clock.now += timedelta(minutes=5)
    found = titles(chat)
    assert Counter(found) == Counter(["a1", "a2", "a3", "b1", "b2", "b3"])
    assert [one for one in found if one[0] == "a"] == ["a1", "a2", "a3"]
    assert [one for one in found if one[0] == "b"] == ["b1", "b2", "b3"]


def test_a_server_that_asks_for_patience_gets_it_for_all_messages(
    records: SqliteRecords, chat: ChatServer, tmp_path: Path
) -> None:
    put(records, "a", 1)
    put(records, "b", 1)
    channels, clock = webhook(chat.port, tmp_path / "key"), Clock()
    chat.script = ["429:600"]
    assert [one.state for one in run(records, channels, clock)] == ["waiting"]
    for after in (60, 300, 599):
        clock.now = NOW + timedelta(seconds=after)
        assert run(records, channels, clock) == []
    clock.now = NOW + timedelta(seconds=602)
    assert [one.state for one in run(records, channels, clock)] == ["sent", "sent"]
    assert len(chat.taken) == 3


def test_a_pass_waits_a_little_for_a_retry_that_is_near(
    records: SqliteRecords, chat: ChatServer, tmp_path: Path
) -> None:
    put(records, "a", 1)
    clock = Clock()
    chat.script = ["429:3", 503]
    states = [one.state for one in run(records, webhook(chat.port, tmp_path / "key"), clock, patience=15.0)]
    assert states == ["waiting", "waiting", "sent"]
    assert sum(clock.waits) < 15


def test_pauses_grow_and_are_bounded_and_after_three_days_it_is_given_up(
    records: SqliteRecords, tmp_path: Path
) -> None:
    put(records, "a", 1)
    channels, clock, tries = webhook(9, tmp_path / "key"), Clock(), []  # nothing listens on port 9
    while True:
        found = run(records, channels, clock)
        tries.append(clock.now)
        if found[0].state == "given up":
            break
        clock.now = datetime.fromisoformat(found[0].next_try_at)
    steps = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    assert steps[:4] == pytest.approx([2, 4, 8, 16], abs=1.1)
    assert max(steps) <= 3601
    assert timedelta(days=3) < tries[-1] - NOW < timedelta(days=3, hours=2)


def test_a_dead_address_is_not_tried_again_until_it_changes_or_is_mended(
    records: SqliteRecords, chat: ChatServer, tmp_path: Path
) -> None:
    put(records, "a", 1)
    channels, clock = webhook(chat.port, tmp_path / "key"), Clock()
    chat.script = [404]
    found = run(records, channels, clock)
    assert [one.state for one in found] == ["broken"]
    assert "404" in found[0].cause
    marks = {channels[0].id: channels[0].sender.mark}
    told = standings(records, marks)["hook"]
    assert told.broken
    assert "404" in told.cause
    assert (told.since, told.waiting) == ("2026-10-31T12:00:00Z", 1)
    clock.now += timedelta(days=1)
    assert run(records, channels, clock) == []
    section = ChannelSection(url=f"http://127.0.0.1:{chat.port}/other", id="hook", secret_file=str(tmp_path / "key"))
    other = channels_of([section])
    assert not standings(records, {"hook": other[0].sender.mark})["hook"].broken
    assert mend(records, "hook")
    assert not mend(records, "hook")
    assert [one.state for one in run(records, channels, clock)] == ["sent"]
    assert len(chat.taken) == 2


def test_a_lease_keeps_another_process_away_until_it_ends(
    records: SqliteRecords, chat: ChatServer, tmp_path: Path
) -> None:
    put(records, "a", 1)
    (message,) = MESSAGES.values(records)
    MESSAGES.put(records, replace(message, state="leased", lease_until="2026-10-31T12:02:00Z"))
    channels, clock = webhook(chat.port, tmp_path / "key"), Clock()
    assert run(records, channels, clock) == []
    clock.now += timedelta(seconds=121)
    assert [one.state for one in run(records, channels, clock)] == ["sent"]


def test_eight_passes_at_once_send_each_message_once(tmp_path: Path, chat: ChatServer) -> None:
    path = tmp_path / "records.sqlite"
    first = SqliteRecords(path)
    for sequence in range(1, 4):
        for group in "abcd":
            put(first, group, sequence)
    channels = webhook(chat.port, tmp_path / "key")

    def work() -> None:
        own = SqliteRecords(path)
        run(own, channels, Clock())
        own.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run(first, channels, Clock())
    assert all(one.state == "sent" for one in deliveries(first))
    assert Counter(titles(chat)) == Counter(f"{group}{n}" for group in "abcd" for n in range(1, 4))
    first.close()


def test_a_message_for_a_channel_that_is_gone_stays(records: SqliteRecords, chat: ChatServer, tmp_path: Path) -> None:
    put(records, "a", 1, channel="gone")
    assert run(records, webhook(chat.port, tmp_path / "key"), Clock()) == []
    assert [one.state for one in deliveries(records)] == ["waiting"]


def test_a_webhook_is_signed_over_id_time_and_body(records: SqliteRecords, chat: ChatServer, tmp_path: Path) -> None:
    put(records, "a", 1)
    run(records, webhook(chat.port, tmp_path / "key"), Clock())
    (taken,) = chat.taken
    headers = {name.lower(): value for name, value in taken.headers.items()}
    told = signature("whsec_c2VjcmV0", headers["webhook-id"], int(headers["webhook-timestamp"]), taken.body)
    assert headers["webhook-signature"] == f"v1,{told}"
    assert signature("whsec_c2VjcmV0", "other", int(headers["webhook-timestamp"]), taken.body) != told
    # The example of the Standard Webhooks specification.
    assert (
        signature(
            "whsec_plJ3nmyCDGBKInavdOK15jsl",
            "msg_loFOjxBNrRLzqYUf",
            1731705121,
            b'{"event_type":"ping","data":{"success":true}}',
        )
        == "rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, "sent"), (204, "sent"), (301, "broken"), (400, "broken"), (401, "broken"), (403, "broken"), (404, "broken"),
     (408, "retry"), (410, "broken"), (413, "broken"), (429, "retry"), (500, "retry"), (502, "retry"), (503, "retry")],
)  # fmt: skip
def test_what_an_answer_means(status: int, state: str) -> None:
    assert outcome_of(status, {}, b"").state == state


def test_how_long_a_server_asks_to_wait() -> None:
    assert retry_after({"Retry-After": "7"}) == 7
    assert retry_after({"Retry-After": "-5"}) == 0
    assert retry_after({"Retry-After": "soon"}) == 0
    assert (
        3500
        < retry_after({"Retry-After": (datetime.now(UTC) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")})
        <= 3600
    )
    assert retry_after({}, b'{"retry_after_ms": 2500}') == 2.5
    assert retry_after({}, b'{"retry_after": 1.25, "global": false}') == 1.25
    assert retry_after({}, b"[]") == 0


def test_a_second_pass_on_the_same_store_sends_nothing_new(tmp_path: Path, chat: ChatServer) -> None:
    from analysis.store.embedded.store import EmbeddedStore

    danger(tmp_path / "store", NOW)
    channels = webhook(chat.port, tmp_path / "key")
    with EmbeddedStore(tmp_path / "store", write=False) as store:
        dry = watch(store, WATCHED, channels, now=NOW, dry_run=True)
        assert [change for change, _ in dry.alerts] == ["opened", "opened"]
        assert [one.attempts for one in dry.deliveries] == [0]
        assert list(store.records.all("alert")) == list(store.records.all("outbox")) == []
        assert chat.taken == []
        first = watch(store, WATCHED, channels, now=NOW)
        assert [one.state for one in first.deliveries] == ["sent"]
        for after in (0, 1, 30):
            again = watch(store, WATCHED, channels, now=NOW + timedelta(hours=after))
            assert again.deliveries == ()
        assert len(chat.taken) == 1
        told = chat.taken[0].json
        assert told["total"] == 2  # the story that was copied three times is one alert
        assert sorted(len(one["evidence"]["ids"]) for one in told["alerts"]) == [1, 3]
        assert len(alerts_of(store.records)) == 2


@pytest.mark.parametrize("kill_at", range(1, STEPS + 2))
def test_killed_in_front_of_any_step_nothing_is_lost_and_at_most_one_message_is_doubled(
    kill_at: int, tmp_path: Path, chat: ChatServer
) -> None:
    danger(tmp_path / "store", NOW)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.chat.alert_dying"])

    def a_pass(now: datetime, at: int) -> int | None:
        process = context.Process(
            target=dying_pass, args=(str(tmp_path / "store"), str(tmp_path / "key"), chat.port, now, at)
        )
        process.start()
        process.join(60)
        return process.exitcode

    killed = a_pass(NOW, kill_at)
    assert killed == (-9 if kill_at <= STEPS else 0)
    assert a_pass(NOW + timedelta(minutes=6), 0) == 0
    assert a_pass(NOW + timedelta(minutes=12), 0) == 0
    alerts = Counter(one["id"] for taken in chat.taken for one in taken.json["alerts"])
    assert len(alerts) == 2
    ids = [taken.json["id"] for taken in chat.taken]
    # Only a crash between the sending and the note that it was sent repeats a message, once and under the same id.
    if kill_at == NOTE:
        assert len(ids) == 2
        assert len(set(ids)) == 1
    else:
        assert len(ids) == len(set(ids))
        assert set(alerts.values()) == {1}


def test_secrets_stand_in_no_error_and_no_representation(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = "hush-T0PSECRET"
    wrong: list[dict[str, Any]] = [
        {"url": f"slack://{secret}/x"},
        {"url": f"nosuchscheme://{secret}@host/"},
        {"url": f"discord://{secret}"},
        {"url": f"https://hooks.example/{secret}"},
        {"url_env": "NOT_SET"},
        {"url_file": str(tmp_path / "absent")},
        {"url_env": "OLD_TEAMS"},
    ]
    environ = {"OLD_TEAMS": f"https://x.webhook.office.com/webhookb2/{secret}"}
    caplog.set_level(0)
    ready, problems = usable([ChannelSection(**one) for one in wrong], environ=environ)
    assert (ready, len(problems)) == ([], len(wrong))
    assert secret not in str(problems)
    assert "NOT_SET" in str(problems)
    assert "Workflows" in str(problems)
    good = channels_of([ChannelSection(url=f"json://user:{secret}@127.0.0.1:9/{secret}")])
    outcome: Outcome = good[0].sender.send(Outgoing(id="m", title="t", text="x", severity="info", data={}))
    assert outcome.state == "retry"
    assert secret not in repr(good) + repr(outcome) + caplog.text


def test_a_channel_that_cannot_be_used_lets_its_messages_wait_and_holds_up_no_other(
    records: SqliteRecords, chat: ChatServer
) -> None:
    sections = [
        ChannelSection(url_env="TEAM_CHAT", id="team"),
        ChannelSection(url=f"json://127.0.0.1:{chat.port}/hook", id="hook"),
    ]
    put(records, "a", 1, channel="team")
    put(records, "a", 1, channel="hook")
    clock = Clock()
    made = run(records, channels_of(sections, environ={}), clock)
    assert {one.channel: (one.state, one.cause) for one in made} == {
        "team": ("broken", "the variable TEAM_CHAT (url_env) is not set"),
        "hook": ("sent", ""),
    }
    mended = channels_of(sections, environ={"TEAM_CHAT": f"json://127.0.0.1:{chat.port}/team"})
    assert [(one.channel, one.state) for one in run(records, mended, clock)] == [("team", "sent")]


def test_quiet_hours_hold_retries_too_but_urgent_ones(records: SqliteRecords, chat: ChatServer, tmp_path: Path) -> None:
    put(records, "calm", 1)
    enqueue(records, replace(outgoing("loud", 1, channel="hook"), severity="urgent"), now=NOW)
    channels, clock = webhook(chat.port, tmp_path / "key"), Clock()
    senders = {channel.id: channel.sender for channel in channels}

    def sweep(quiet: bool) -> list[str]:
        made = deliver(records, senders, clock=clock, holder="t", patience=0, is_quiet=lambda _: quiet)
        return [one.title for one in made if one.state == "sent"]

    chat.script = [500, 500]
    assert sweep(False) == []
    clock.now += timedelta(minutes=5)
    assert sweep(True) == ["loud1"]
    clock.now += timedelta(hours=5)
    assert sweep(True) == []
    assert sweep(False) == ["calm1"]


def test_two_channels_need_two_ids() -> None:
    with pytest.raises(ConfigError, match="taken"):
        channels_of(
            [ChannelSection(url="json://127.0.0.1/a", id="x"), ChannelSection(url="json://127.0.0.1/b", id="x")]
        )
