"""A real Matrix server takes an alert, and a person in the room reads it.

Opt-in, because it installs Synapse into ``.build/synapse``: ``CANDOR_MATRIX=1 pytest
tests/analysis/alert/test_matrix.py``. The server stands on loopback alone, with its database in the test's own folder.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from analysis.alert.channels.configured import Channel, channels_of
from analysis.alert.message import message
from analysis.alert.outbox import Outgoing
from analysis.settings.tables import ChannelSection
from tests.support.chat.made_alerts import alert, hostile
from tests.support.hostile_words import BY_KIND

pytestmark = [pytest.mark.slow, *([] if os.environ.get("CANDOR_MATRIX") else [pytest.mark.live])]

ROOT = Path(__file__).resolve().parents[3]
SYNAPSE = "matrix-synapse==1.163.2"
SETTINGS = """
server_name: "chat.example"
listeners: [{{port: {port}, type: http, tls: false, bind_addresses: ["127.0.0.1"], resources: [{{names: [client]}}]}}]
database: {{name: sqlite3, args: {{database: "{folder}/homeserver.db"}}}}
media_store_path: "{folder}/media"
signing_key_path: "{folder}/signing.key"
log_config: "{folder}/log.yaml"
registration_shared_secret: "only for this test"
macaroon_secret_key: "only for this test"
report_stats: false
trusted_key_servers: []
enable_registration: false
rc_message: {{per_second: 1000, burst_count: 1000}}
"""
LOG = """
version: 1
handlers: {{file: {{class: logging.FileHandler, filename: "{folder}/synapse.log"}}}}
root: {{level: WARNING, handlers: [file]}}
"""


@dataclass(frozen=True, slots=True)
class Room:
    """A room on the server, and two who are in it: Candor, who writes, and a person, who reads."""

    server: str
    id: str
    writer: str
    reader: str

    def bodies(self) -> list[dict[str, Any]]:
        """Return what the person sees, oldest first."""
        answer = requests.get(
            f"{self.server}/_matrix/client/v3/rooms/{self.id}/messages",
            params={"dir": "b", "limit": "100"},
            headers={"Authorization": f"Bearer {self.reader}"},
            timeout=30,
        )
        answer.raise_for_status()
        events = answer.json()["chunk"]
        return [event["content"] for event in reversed(events) if event["type"] == "m.room.message"]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder, port = tmp_path_factory.mktemp("matrix"), _free_port()
    python = _installed()
    (folder / "homeserver.yaml").write_text(SETTINGS.format(port=port, folder=folder))
    (folder / "log.yaml").write_text(LOG.format(folder=folder))
    words = [python, "-m", "synapse.app.homeserver", "--config-path", str(folder / "homeserver.yaml")]
    subprocess.run([*words, "--generate-keys"], cwd=folder, check=True, timeout=120)
    server = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield _room(f"http://127.0.0.1:{port}", folder, python, server)
    finally:
        server.terminate()
        server.wait(60)


def _installed() -> str:
    folder = ROOT / ".build" / "synapse"
    python = str(folder / "bin" / "python")
    if subprocess.run([python, "-c", "import synapse"], capture_output=True).returncode if folder.exists() else True:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
        subprocess.run([python, "-m", "pip", "install", "--quiet", SYNAPSE], check=True, timeout=600)
    return python


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _room(server: str, folder: Path, python: str, process: subprocess.Popen[bytes]) -> Room:
    end = time.monotonic() + 90
    while True:
        assert process.poll() is None, (folder / "synapse.log").read_text()
        assert time.monotonic() < end, (folder / "synapse.log").read_text()
        try:
            requests.get(f"{server}/health", timeout=5).raise_for_status()
            break
        except requests.RequestException:
            time.sleep(0.5)
    for name in ("candor", "ada"):
        register = [python, "-m", "synapse._scripts.register_new_matrix_user", "--no-admin"]
        subprocess.run(
            [*register, "-u", name, "-p", f"{name}-pass", "-c", str(folder / "homeserver.yaml"), server],
            check=True,
            capture_output=True,
            timeout=60,
        )
    writer, reader = (_login(server, name) for name in ("candor", "ada"))
    made = _ask(server, "createRoom", writer, {"name": "Alerts", "invite": ["@ada:chat.example"]})["room_id"]
    _ask(server, f"rooms/{made}/join", reader, {})
    return Room(server, made, writer, reader)


def _login(server: str, name: str) -> str:
    identifier = {"type": "m.id.user", "user": name}
    found = _ask(
        server, "login", "", {"type": "m.login.password", "identifier": identifier, "password": f"{name}-pass"}
    )
    return str(found["access_token"])


def _ask(server: str, path: str, token: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.post(f"{server}/_matrix/client/v3/{path}", json=body, headers=headers, timeout=30)
    assert answer.ok, answer.text
    return answer.json()


def channel(room: Room) -> Channel:
    host = room.server.removeprefix("http://")
    section = ChannelSection(url=f"matrix://{room.writer}@{host}/{room.id}?format=markdown", id="room")
    (found,) = channels_of([section])
    found.sender.plugin.request_rate_per_sec = 0  # type: ignore[attr-defined]
    return found


def test_an_alert_arrives_in_the_room_and_reads_well(room: Room) -> None:
    one = channel(room)
    text = message([alert()], "firing", brand="Tessaro", limits=one.limits)
    sent = one.sender.send(Outgoing(id="msg_1", title=text.title, text=text.body, severity="warning", data={}))
    assert sent.state == "sent"
    (content,) = room.bodies()
    assert content["msgtype"] == "m.text"
    assert "formatted_body" not in content
    lines = content["body"].replace("\r\n", "\n").split("\n")
    assert lines == [text.title, *text.lines]
    assert lines[0] == "Tessaro: far more is said than usual (1)"
    assert lines[2] == "“It drains overnight, number 0” s0 https://s0.example/p/0"
    # A crash may repeat a message: the server knows its id, and the room sees it once.
    assert one.sender.send(Outgoing(id="msg_1", title="again", text="x", severity="info", data={})).state == "sent"
    assert len(room.bodies()) == 1


def test_hostile_words_are_taken_as_they_were_sent(room: Room) -> None:
    one, before = channel(room), len(room.bodies())
    texts: list[str] = []
    for some in BY_KIND.values():
        text = message([hostile(n, words) for n, words in enumerate(some[:5])], "firing", brand="T", limits=one.limits)
        outgoing = Outgoing(id=f"msg_{len(texts)}x", title=text.title, text=text.body, severity="info", data={})
        assert one.sender.send(outgoing).state == "sent"
        texts.append("\n".join([text.title, *text.lines]))
    found = [content["body"].replace("\r\n", "\n") for content in room.bodies()[before:]]
    assert found == texts
    assert all("m.mentions" not in content or not content["m.mentions"] for content in room.bodies())


def test_a_token_that_is_not_known_breaks_the_channel(room: Room) -> None:
    wrong = Room(room.server, room.id, "syt_wrong", room.reader)
    one = channel(wrong)
    outcome = one.sender.send(Outgoing(id="m", title="t", text="x", severity="info", data={}))
    assert outcome.state == "broken"
    assert "401" in outcome.cause
