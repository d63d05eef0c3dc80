"""A chat server on loopback that takes messages as the chats do, and checks them.

``faults`` holds what breaks a documented limit or would be live in the chat. The limits: Slack 40,000 characters of
text and 100 attachments (chat.postMessage), Discord 2,000 characters of content and 80 of the name (webhook resource),
Teams 28 KB of JSON (message size), Mattermost 16,383 characters (post), Matrix 65,536 bytes of an event (client-server
API, size limits), Zulip 10,000 characters and 60 of the topic (send a message), Google Chat 32,000 bytes (messages),
Telegram 4,096 characters once its entities are read (sendMessage).
"""

from __future__ import annotations

import html
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

HOSTS = {
    "hooks.slack.com": "slack",
    "discord.com": "discord",
    "teams.example": "teams",
    "acme.zulipchat.com": "zulip",
    "chat.googleapis.com": "googlechat",
    "api.telegram.org": "telegram",
}
LIVE = {
    "mention": re.compile(r"(?i)@(everyone|here|channel|all|room)\b|@_?\*|#\*\*|<[!@#&]|<users/|(?<![\w.])@\w"),
    "masked link": re.compile(r"\[[^\]]*\]\s?\(|<https?:[^>]*\||\]\["),
    "tag": re.compile(r"</?[a-zA-Z!?:]"),
    "card function": re.compile(r"\{\{"),
    "unseen": re.compile(
        "[\u00ad\u034f\u115f\u1160\u180b-\u180f\u3164\uffa0\u200b-\u200c\u200e-\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff\U000e0020-\U000e007f]"
    ),
    "control": re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]"),
    "half a character": re.compile("[\ud800-\udfff]"),
    "stranger's address": re.compile(r"(?i)\bevil\.example|\b(javascript|data|vbscript|file|tg|slack|msteams):\S"),
    "person": re.compile(r"jane(?:\.doe)?@|170 1234567"),
}


@dataclass(slots=True)
class Taken:
    """One request: which service, its path, headers and body, and how it was answered."""

    service: str
    path: str
    headers: dict[str, str]
    body: bytes
    answer: str
    at: float

    @property
    def json(self) -> Any:
        return form(self.service, self.body)


@dataclass(slots=True)
class ChatServer:
    """The running server. ``script`` holds the next answers: 200, 429 or "429:3", 500, 404, "reset", "hang"."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    script: list[int | str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> list[Taken]:
        """The messages that were answered with success."""
        return [one for one in self.taken if one.answer == "200"]

    def reroute(self, request: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``requests.Session.request`` that leads the chats' own hosts to this server."""

        def sent(session: Any, method: str, url: str, *rest: Any, **options: Any) -> Any:
            parts = urlsplit(url)
            host = parts.hostname or ""
            if host in HOSTS:
                path = f"/{HOSTS[host]}{parts.path}"
                url = urlunsplit(("http", f"127.0.0.1:{self.port}", path, parts.query, ""))
            return request(session, method, url, *rest, **options)

        return sent


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """Run the server until the end of the block."""
    chat = ChatServer()

    class Handler(_Handler):
        server_chat = chat

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    chat.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_chat: ClassVar[ChatServer]
    protocol_version = "HTTP/1.0"

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        self._reply(200, _matrix_state(self.path))

    def do_POST(self) -> None:
        self._take()

    def do_PUT(self) -> None:
        self._take()

    def _take(self) -> None:
        chat = self.server_chat
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service = _service(self.path)
        if (service == "matrix" and "/send/" not in self.path) or (
            service == "telegram" and "Message" not in self.path
        ):
            chat.joined.append(self.path)
            self._reply(200, _matrix_state(self.path))
            return
        answer = str(chat.script.pop(0)) if chat.script else "200"
        chat.taken.append(Taken(service, self.path, dict(self.headers), body, answer, time.monotonic()))
        if answer == "200":
            chat.faults += [f"{service}: {fault}" for fault in check(service, body)]
        if answer == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif answer == "hang":
            time.sleep(6)
        else:
            status, _, after = answer.partition(":")
            self._reply(int(status), {"event_id": "$1"} if service == "matrix" else {"ok": status == "200"}, after)

    def _reply(self, status: int, body: Any, after: str = "") -> None:
        # Slack's webhooks answer in words.
        raw = b"ok" if self.path.startswith("/slack") and status == 200 else json.dumps(body).encode()
        self.send_response(status)
        if after:
            self.send_header("Retry-After", after)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def _service(path: str) -> str:
    if path.startswith("/_matrix"):
        return "matrix"
    if path.startswith("/hooks/"):
        return "mattermost"
    first = path.split("/")[1].split("?")[0]
    return first if first in HOSTS.values() else "webhook"


def _matrix_state(path: str) -> dict[str, Any]:
    if "whoami" in path:
        return {"user_id": "@candor:chat.example", "device_id": "D"}
    if "joined_rooms" in path:
        return {"joined_rooms": ["!room:chat.example"]}
    return {"room_id": "!room:chat.example", "versions": ["v1.11"]}


def check(service: str, body: bytes) -> list[str]:
    """Return what is wrong with a message for a service."""
    try:
        found = form(service, body)
    except ValueError:
        return ["not JSON in UTF-8"]
    checked = CHECKS.get(service)
    faults = checked(found, body) if checked else []
    return [*faults, *_live(service, found)]


def form(service: str, body: bytes) -> Any:
    """Return the payload: JSON in UTF-8, or for Zulip the fields of a form. Raises ``ValueError``."""
    text = body.decode("utf-8")
    if service != "zulip":
        return json.loads(text)
    return {name: "\n".join(values) for name, values in parse_qs(text, strict_parsing=True, errors="strict").items()}


def _slack(found: Any, _: bytes) -> list[str]:
    pieces = found.get("attachments", [])
    text = "".join(piece.get("text", "") for piece in pieces) + found.get("text", "")
    faults = [] if 0 < len(text) <= 40_000 else [f"{len(text)} characters"]
    return faults + (["Markdown is on"] if found.get("mrkdwn") else []) + (["many pieces"] if len(pieces) > 100 else [])


def _discord(found: Any, _: bytes) -> list[str]:
    size = len(found.get("content", "").encode("utf-16-le")) // 2
    faults = [] if 0 < size <= 2000 else [f"{size} characters"]
    return faults + (["name too long"] if len(found.get("username", "")) > 80 else [])


def _teams(found: Any, raw: bytes) -> list[str]:
    cards = [one["content"] for one in found.get("attachments", [])]
    faults = [] if len(raw) <= 28 * 1024 else [f"{len(raw)} bytes"]
    faults += [] if len(cards) == 1 and cards[0]["type"] == "AdaptiveCard" else ["no card"]
    return faults + (["mentions somebody"] if any("entities" in card.get("msteams", {}) for card in cards) else [])


def _mattermost(found: Any, _: bytes) -> list[str]:
    return [] if 0 < len(found.get("text", "")) <= 16_383 else ["length"]


def _matrix(found: Any, raw: bytes) -> list[str]:
    faults = [] if len(raw) <= 65_536 - 1024 else [f"{len(raw)} bytes"]
    return (
        faults
        + ([] if found.get("msgtype") in ("m.text", "m.notice") else ["type"])
        + (["HTML"] if "formatted_body" in found else [])
    )


def _zulip(found: Any, _: bytes) -> list[str]:
    faults = [] if 0 < len(found["content"]) <= 10_000 else ["length"]
    return faults + ([] if 0 < len(found["topic"]) <= 60 else ["topic"])


def _googlechat(found: Any, raw: bytes) -> list[str]:
    faults = [] if len(raw) <= 32_000 else [f"{len(raw)} bytes"]
    faults += [] if 0 < len(found["text"]) <= 4096 else [f"{len(found['text'])} characters"]
    # It shows backslashes and entities as they are.
    return faults + (["escapes"] if re.search(r"\\[_*.]|&amp;", found["text"]) else [])


def _telegram(found: Any, _: bytes) -> list[str]:
    text = found["text"]
    if found.get("parse_mode") == "HTML":
        # The title is ours and stands in <b>; everything else must be escaped.
        text = html.unescape(re.sub(r"^<b>([^<]*)</b>", r"\1", text))
    size = len(text.encode("utf-16-le")) // 2
    return [] if 0 < size <= 4096 else [f"{size} characters"]


CHECKS: dict[str, Callable[[Any, bytes], list[str]]] = {
    "slack": _slack,
    "discord": _discord,
    "teams": _teams,
    "mattermost": _mattermost,
    "matrix": _matrix,
    "zulip": _zulip,
    "googlechat": _googlechat,
    "telegram": _telegram,
}


def texts(found: Any) -> Iterator[str]:
    """Yield the strings that a person would read: every value, but not the names and addresses of the form itself."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, list):
        for one in found:
            yield from texts(one)
    elif isinstance(found, dict):
        for name, one in found.items():
            if name not in ("$schema", "contentType", "url"):
                yield from texts(one)


def _live(service: str, found: Any) -> list[str]:
    faults = []
    for text in texts(found):
        shown = re.sub(r"^<b>([^<]*)</b>", r"\1", text) if service == "telegram" else text
        for name, pattern in LIVE.items():
            hit = pattern.search(shown)
            if hit:
                faults.append(f"{name}: {shown[max(0, hit.start() - 20) : hit.end() + 20]!r}")
    return faults
