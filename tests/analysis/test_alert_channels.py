"""Each chat's own payload, through Apprise's real plug-in, against the documented limits, on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from analysis.alert.channels import Channel, channels_of
from analysis.alert.message import message
from analysis.alert.model import Alert
from analysis.alert.outbox import Outcome, Outgoing
from analysis.sections import ChannelSection
from tests.alert_chat import ChatServer, chat_server, check, texts
from tests.analysis.alerting import HOSTILE, alert, hostile

ADDRESSES = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7?format=markdown",
    "discord": "discord://417429632418316298/JHZ7lQml277CDHmQKMHI8qBe7bk2ZwO5UKjCiOAF7711o33MyqU344Qpgv7YTpadV?format=markdown",
    "teams": "workflows://teams.example:443/643e4e9b5d4d4d4f8d8d8d8d8d8d8d8d/4c4c4c4cd4c4c",
    "mattermost": "mmost://127.0.0.1:{port}/3ccdd113474722377935511fc85d3dd4",
    "matrix": "matrix://token@127.0.0.1:{port}/!room:chat.example?format=markdown",
    "webhook": "json://127.0.0.1:{port}/hook",
}


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with chat_server() as found:
        monkeypatch.setattr(requests.Session, "request", found.reroute(requests.Session.request))
        yield found


def channel(service: str, chat: ChatServer) -> Channel:
    (found,) = channels_of([ChannelSection(url=ADDRESSES[service].format(port=chat.port), id=service)])
    found.sender.plugin.request_rate_per_sec = 0  # type: ignore[attr-defined]
    return found


def send(one: Channel, alerts: list[Alert]) -> Outcome:
    text = message(alerts, "firing", brand="Tessaro", limits=one.limits)
    return one.sender.send(Outgoing(id="msg_1", title=text.title, text=text.body, severity="urgent", data={}))


@pytest.mark.parametrize("service", sorted(ADDRESSES))
def test_a_message_arrives_whole_in_one_payload_and_reads_well(service: str, chat: ChatServer) -> None:
    one = channel(service, chat)
    assert send(one, [alert()]).state == "sent"
    assert chat.faults == []
    assert len(chat.taken) == 1
    assert chat.taken[0].service == service
    read = "\n".join(texts(chat.taken[0].json)).replace("\\", "").replace("&amp;", "&")
    for words in ("far more is said than usual", "40 stories in 24 hours, 4.4 expected", "number 3", "q 0.001"):
        assert words in read
    assert alert().id in read
    assert "https://s0.example/p/0" in read


@pytest.mark.parametrize("service", sorted(ADDRESSES))
def test_hostile_words_are_dead_and_within_limits(service: str, chat: ChatServer) -> None:
    one = channel(service, chat)
    sent = 0
    for words in HOSTILE:
        for alerts in ([hostile(1, words)], [hostile(n, words) for n in range(30)]):
            assert send(one, alerts).state == "sent"
            sent += 1
    assert chat.faults == []
    assert len(chat.taken) == sent


@pytest.mark.parametrize("service", sorted(ADDRESSES))
def test_what_a_server_answers_is_seen_and_tried_once(service: str, chat: ChatServer) -> None:
    one = channel(service, chat)
    for answer, state, after in (
        ("429:17", "retry", 17.0),
        ("500", "retry", 0.0),
        ("404", "broken", 0.0),
        ("reset", "retry", 0.0),
    ):
        chat.taken.clear()
        chat.script = [int(answer) if answer.isdigit() else answer]
        found = send(one, [alert()])
        assert (found.state, found.retry_after_s) == (state, after), answer
        assert len(chat.taken) == 1
    assert send(one, [alert()]).state == "sent"


def test_a_server_that_hangs_is_left_and_asked_again(chat: ChatServer) -> None:
    one = channel("webhook", chat)
    chat.script = ["hang"]
    assert send(one, [alert()]).state == "retry"


def test_the_server_would_see_what_is_wrong(chat: ChatServer) -> None:
    assert check("discord", b'{"content": "hi @everyone"}')
    assert check("discord", b'{"content": "[a](https://x.example)"}')
    assert check("discord", b'{"content": "' + b"x" * 2001 + b'"}')
    assert check("slack", b'{"attachments": [{"text": "<!channel>"}]}')
    assert check("slack", b'{"mrkdwn": true, "attachments": [{"text": "x"}]}')
    assert check("teams", b'{"attachments": []}')
    assert check("matrix", b'{"msgtype": "m.text", "formatted_body": "x", "body": "x"}')
    assert check("mattermost", b"not json")
    assert check("webhook", '{"text": "\u202e"}'.encode())
    assert check("discord", b'{"content": "fine"}') == []
