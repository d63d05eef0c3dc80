"""A stand-in for any API on loopback: it answers by a function of the path and the query that it is asked with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit

Answers = Callable[[str, Mapping[str, str]], str]


class ApiStandIn:
    """Serves what ``answers`` returns, 404 where that is empty; ``asked`` are the paths with their queries."""

    def __init__(self, answers: Answers) -> None:
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                body = answers(parts.path, dict(parse_qsl(parts.query))).encode()
                if parts.path != "/robots.txt":
                    outer.asked.append(self.path)
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", _type(body))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.api = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _type(body: bytes) -> str:
    if body.startswith(b"<html"):
        return "text/html; charset=utf-8"
    return "text/xml" if body.startswith(b"<") else "application/json"
