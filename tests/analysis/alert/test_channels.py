"""Each chat's own payload, through Apprise's real plug-in, against the documented limits, on loopback."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator

import pytest
import requests

from analysis.alert.channels.configured import Channel, channels_of
from analysis.alert.message import message
from analysis.alert.model import Alert
from analysis.alert.outbox import Outcome, Outgoing
from analysis.settings.tables import ChannelSection
from tests.support.chat.alert_chat import ChatServer, Taken, chat_server, check, texts
from tests.support.chat.made_alerts import alert, hostile
from tests.support.chat.mail_receiver import MailServer, mail_server
from tests.support.hostile_words import BY_KIND, EVERY

ADDRESSES = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7?format=markdown",
    "discord": "discord://417429632418316298/JHZ7lQml277CDHmQKMHI8qBe7bk2ZwO5UKjCiOAF7711o33MyqU344Qpgv7YTpadV?format=markdown",
    "teams": "workflows://teams.example:443/643e4e9b5d4d4d4f8d8d8d8d8d8d8d8d/4c4c4c4cd4c4c",
    "mattermost": "mmost://127.0.0.1:{port}/3ccdd113474722377935511fc85d3dd4",
    "matrix": "matrix://token@127.0.0.1:{port}/!room:chat.example?format=markdown",
    "zulip": "zulip://candor@acme/a9i8u7y6t5r4e3w2q1a9i8u7y6t5r4e3/alerts?format=markdown",
    "googlechat": "gchat://AAAAxxxxxxx/key123456/token123456?format=markdown",
    "telegram": "tgram://123456789:alphanumeric_abcdefghijklmnopqrstuv/12315544/?format=markdown",
    "webhook": "json://127.0.0.1:{port}/hook",
}
LINK = "https://s0.example/p_0/x-y_z?a=b_c&d=e.f"


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
    read = shown(service, chat.taken[0])
    for words in ("far more is said than usual", "40 stories in 24 hours, 4.4 expected", "number 3", "q 0.001"):
        assert words in read
    assert alert().id in read
    assert "https://s0.example/p/0" in read


def shown(service: str, taken: Taken) -> str:
    """What a reader sees: Slack and Telegram undo the entities that they ask for; nobody undoes a backslash."""
    read = "\n".join(texts(taken.json))
    return html.unescape(read) if service in ("slack", "telegram") else read


@pytest.mark.parametrize("service", sorted(ADDRESSES))
def test_a_link_comes_out_as_it_went_in(service: str, chat: ChatServer) -> None:
    one = channel(service, chat)
    quote = {"id": "m", "text": "It drains", "url": LINK, "source": "s"}
    assert send(one, [alert(quotes=(quote,))]).state == "sent"
    assert LINK in shown(service, chat.taken[0])


def test_matrix_gets_each_message_under_its_own_id(chat: ChatServer) -> None:
    one = channel("matrix", chat)
    for name in ("msg_1", "msg_2", "msg_2"):
        assert one.sender.send(Outgoing(id=name, title="t", text="x", severity="info", data={})).state == "sent"
    assert [taken.path.rpartition("/")[2] for taken in chat.taken] == ["msg_1", "msg_2", "msg_2"]
    # The id of a room is whole as it stands in the address.
    (bare,) = channels_of([ChannelSection(url=f"matrix://token@127.0.0.1:{chat.port}/!roomwithoutserver", id="m")])
    bare.sender.plugin.request_rate_per_sec = 0  # type: ignore[attr-defined]
    assert send(bare, [alert()]).state == "sent"
    assert "/join/%21roomwithoutserver" in chat.joined[-1]


@pytest.mark.parametrize("service", sorted(ADDRESSES))
def test_hostile_words_are_dead_and_within_limits(service: str, chat: ChatServer) -> None:
    one = channel(service, chat)
    # Five a message: of more alerts only the five most severe are quoted.
    for start in range(0, len(EVERY), 5):
        some = [hostile(n, words) for n, words in enumerate(EVERY[start : start + 5])]
        assert send(one, some).state == "sent", EVERY[start : start + 5]
    assert send(one, [hostile(n, EVERY[n % len(EVERY)]) for n in range(500)]).state == "sent"
    assert chat.faults == []
    assert len(chat.taken) == len(EVERY) / 5 + 1


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
    assert check("zulip", b"topic=" + b"x" * 61 + b"&content=y")
    assert check("zulip", b"topic=x&content=%40%2A%2Aall%2A%2A")
    assert check("googlechat", b'{"text": "a\\\\_b"}')
    assert check("googlechat", b'{"text": "<users/all>"}')
    assert check("telegram", b'{"parse_mode": "HTML", "text": "<b>x</b> <a href=1>y</a>"}')
    assert check("telegram", b'{"parse_mode": "HTML", "text": "<b>x</b> a &lt; b"}') == []


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


def letters(mail: MailServer) -> Channel:
    url = f"mailto://127.0.0.1:{mail.port}?from=candor@candor.example&to=team@candor.example&mode=insecure&format=html"
    (found,) = channels_of([ChannelSection(url=url, id="mail")])
    found.sender.plugin.request_rate_per_sec = 0  # type: ignore[attr-defined]
    return found


def test_a_mail_arrives_as_plain_text_with_its_links_whole(mail: MailServer) -> None:
    quote = {"id": "m", "text": "It drains", "url": LINK, "source": "s"}
    assert send(letters(mail), [alert(quotes=(quote,))]).state == "sent"
    (letter,) = mail.letters
    assert (letter.sender, letter.to) == ("candor@candor.example", ("team@candor.example",))
    found = letter.parsed
    assert found["subject"] == "Tessaro: far more is said than usual (1)"
    assert [part.get_content_type() for part in found.walk() if not part.is_multipart()] == ["text/plain"]
    read = found.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "40 stories in 24 hours, 4.4 expected." in read
    assert LINK in read


def test_hostile_words_stay_in_the_body_of_a_mail(mail: MailServer) -> None:
    one = letters(mail)
    for some in BY_KIND.values():
        assert send(one, [hostile(n, words) for n, words in enumerate(some[:5])]).state == "sent"
    assert len(mail.letters) == len(BY_KIND)
    for letter in mail.letters:
        found = letter.parsed
        assert letter.to == ("team@candor.example",)
        assert not {"x-injected", "bcc"} & {name.lower() for name in found}
        assert found.defects == []
        assert len(letter.raw) < 100_000
        body = found.get_body(("plain",))
        assert body is not None
        read = json.dumps([str(found["subject"]), body.get_content()]).encode()
        assert check("webhook", read) == []


def test_a_mail_that_is_refused_for_now_is_tried_again(mail: MailServer) -> None:
    one = letters(mail)
    mail.refuse = ["451 try later"]
    assert send(one, [alert()]).state == "retry"
    assert send(one, [alert()]).state == "sent"
    assert len(mail.letters) == 1
