"""An API on loopback that answers as its documentation says, with statuses and headers; and what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAsked:
    """A request: its path, its query by name, its headers by names in lower case, its body, and how often it came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str
    number: int


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What is sent: JSON, or text as it is."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answers = Callable[[ApiAsked], ApiAnswer | None]


class DocumentedApi:
    """Serves what ``answers`` returns; 404 for None. ``asked`` are all requests but those for ``robots``.txt.

    An assertion in ``answers`` says what the API does not take: such a request is answered by 400 and stands in
    ``refused``. ``most_at_once`` counts requests that were answered at the same time, ``early`` those that came while a
    ``Retry-After`` of this server was not over.
    """

    def __init__(self, answers: Answers, *, robots: str = "", host: str = "127.0.0.1") -> None:
        self.asked: list[ApiAsked] = []
        self.refused: list[str] = []
        self.most_at_once = 0
        self.early = 0
        self._answers = answers
        self._robots = robots
        self._now = 0
        self._quiet_until = 0.0
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                self._send(outer._answer(self.path, headers, body))

            do_POST = do_GET

            def _send(self, answer: ApiAnswer) -> None:
                body, kind = _written(answer.body)
                self.send_response(answer.status)
                headers = {"Content-Type": kind, **answer.headers}
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self.api = f"http://{host}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def paths(self) -> list[str]:
        """Return the paths that were asked for, in order."""
        return [one.path for one in self.asked]

    def _answer(self, address: str, headers: Mapping[str, str], body: str) -> ApiAnswer:
        parts = urlsplit(address)
        if parts.path == "/robots.txt":
            return ApiAnswer(self._robots) if self._robots else ApiAnswer("", 404)
        with self._lock:
            self._numbers[address, body] += 1
            number = self._numbers[address, body]
            query = dict(parse_qsl(parts.query))
            asked = ApiAsked(path=parts.path, query=query, headers=headers, body=body, number=number)
            self.asked.append(asked)
            self.early += time.monotonic() < self._quiet_until
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            answer = self._answers(asked) or ApiAnswer("", 404)
        except AssertionError as error:
            self.refused.append(f"{address}: {error}")
            answer = ApiAnswer({"error": "bad request"}, 400)
        with self._lock:
            self._now -= 1
            if wait := answer.headers.get("Retry-After"):
                self._quiet_until = time.monotonic() + int(wait)
        return answer


def texts(of: Callable[[str, Mapping[str, str]], str]) -> Answers:
    """Return the answers of a site that tells a text by path and query, and has no page where that is empty."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        text = of(asked.path, asked.query)
        return ApiAnswer(text) if text else None

    return answer


def _written(body: Any) -> tuple[bytes, str]:
    if not isinstance(body, str):
        return json.dumps(body).encode(), "application/json"
    if body.startswith("<html"):
        return body.encode(), "text/html; charset=utf-8"
    if body.startswith(("{", "[")):
        return body.encode(), "application/json"
    return body.encode(), "text/xml" if body.startswith("<") else "text/plain"
