"""An API on loopback that answers as its documentation says, with statuses and headers; and what it was asked."""

from __future__ import annotations

import json
import threading
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


class DocumentedApi:
    """Serves what ``answers`` returns; 404 for None. ``asked`` are all requests but those for ``robots``.txt."""

    def __init__(
        self, answers: Callable[[ApiAsked], ApiAnswer | None], *, robots: str = "", host: str = "127.0.0.1"
    ) -> None:
        self.asked: list[ApiAsked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size).decode()
                number = 1 + sum((one.path, one.query, one.body) == (parts.path, dict(parse_qsl(parts.query)), body)
                                 for one in outer.asked)  # fmt: skip
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = ApiAsked(
                    path=parts.path, query=dict(parse_qsl(parts.query)), headers=headers, body=body, number=number
                )
                if asked.path != "/robots.txt":
                    outer.asked.append(asked)
                rules = ApiAnswer(robots) if robots else None
                self._send((answers(asked) if asked.path != "/robots.txt" else rules) or ApiAnswer("", 404))

            do_POST = do_GET

            def _send(self, answer: ApiAnswer) -> None:
                is_text = isinstance(answer.body, str)
                body = (answer.body if is_text else json.dumps(answer.body)).encode()
                self.send_response(answer.status)
                headers = {"Content-Type": "text/plain" if is_text else "application/json", **answer.headers}
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
