"""A small site on loopback that is watched in tests: a feed that tests add posts to, a slow page, and a chat's hook."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

TEXT = "My kettle leaks after two weeks and support never answered. It is awful and I want my money back. Post {}."


@dataclass(slots=True)
class Site:
    """Serves ``/feed.xml`` (with an ETag), an article for each post, ``/slow``; takes POST at ``/hook``.

    ``/busy/6`` answers 429 and asks for 6 seconds of patience.
    """

    posts: list[tuple[int, datetime]] = field(default_factory=list)
    asked: list[tuple[float, str, int]] = field(default_factory=list)
    hooked: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    slow_s: float = 0.0
    _server: Any = None

    def add(self) -> int:
        """Publish a post now and return its number."""
        self.posts.append((len(self.posts) + 1, datetime.now(UTC)))
        return len(self.posts)

    def url(self, path: str = "/feed.xml") -> str:
        """Return the address of a page."""
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def statuses(self, path: str) -> list[int]:
        """Return the status of each answer for ``path``, in order."""
        return [status for _, one, status in self.asked if one == path]

    def __enter__(self) -> Self:
        site = self

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site._get(self)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                site.hooked.append((time.monotonic(), json.loads(body)))
                site._send(self, 200, b"ok")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _get(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path
        if path == "/feed.xml":
            body = self._feed()
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if handler.headers.get("If-None-Match") == tag:
                self._send(handler, 304, b"", tag)
            else:
                self._send(handler, 200, body, tag)
        elif path.startswith("/post/"):
            number = path.rpartition("/")[2]
            words = TEXT.format(number)
            page = (
                f"<html><title>Kettle {number}</title><article><h1>Kettle {number}</h1><p>{words}</p></article></html>"
            )
            self._send(handler, 200, page.encode())
        elif path.startswith("/busy/"):
            self._send(handler, 429, b"", after=path.rpartition("/")[2])
        elif path.startswith("/slow"):
            time.sleep(self.slow_s)
            self._send(handler, 200, f"<html><title>Kettle</title><p>{TEXT.format(path)}</p></html>".encode())
        else:
            self._send(handler, 404, b"")

    def _send(self, handler: BaseHTTPRequestHandler, status: int, body: bytes, tag: str = "", after: str = "") -> None:
        self.asked.append((time.monotonic(), handler.path, status))
        handler.send_response(status)
        handler.send_header("Content-Type", "application/xml" if handler.path.endswith(".xml") else "text/html")
        if tag:
            handler.send_header("ETag", tag)
        if after:
            handler.send_header("Retry-After", after)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _feed(self) -> bytes:
        items = "".join(
            f"<item><title>Kettle {number}</title><link>{self.url(f'/post/{number}')}</link>"
            f"<pubDate>{format_datetime(at)}</pubDate><description>{TEXT.format(number)}</description></item>"
            for number, at in self.posts
        )
        return f"<rss version='2.0'><channel><title>Kettles</title>{items}</channel></rss>".encode()
