"""A gateway on loopback between the store and the server, that does what bad ones do."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(slots=True)
class Request:
    """What the client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def bulk(self) -> bool:
        return self.path.startswith("/_bulk")


@dataclass(slots=True)
class Answer:
    """What the client gets. ``cut`` ends the connection instead."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


Pass = Callable[[Request], Answer]
Fault = Callable[[Request, Pass], Answer]


@dataclass(slots=True)
class Gateway:
    """``fault`` answers each request; it may pass it on. ``url`` is where it listens."""

    url: str
    fault: Fault
    seen: list[Request] = field(default_factory=list)


@contextmanager
def gateway(upstream: str = "", fault: Fault | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[Gateway]:
    """Run a gateway before ``upstream``."""
    parts = urlsplit(upstream)

    def onward(request: Request) -> Answer:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            connection.request(request.method, request.path, request.body or None, request.headers)
            got = connection.getresponse()
            kept = {name: value for name, value in got.getheaders() if name.lower() in {"x-elastic-product"}}
            kept["Content-Type"] = got.getheader("Content-Type") or "application/json"
            return Answer(got.status, got.read(), kept)
        finally:
            connection.close()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kept = {n: v for n, v in self.headers.items() if n.lower() in {"accept", "content-type", "authorization"}}
            request = Request(self.command, self.path, kept, body)
            made.seen.append(request)
            answer = made.fault(request, onward)
            if answer.cut:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one

        def log_message(self, format: str, *args: Any) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            return

    server = Quiet(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    made = Gateway(f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}", fault or transparent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def transparent(request: Request, onward: Pass) -> Answer:
    """Pass everything on."""
    return onward(request)


def page(status: int) -> Answer:
    """Return a gateway's page."""
    return Answer(status, HTML, {"Content-Type": "text/html"})


def busy_items(request: Request, onward: Pass) -> Answer:
    """Take two items of three and answer 429 for the third, which the server never sees."""
    lines = request.body.splitlines(keepends=True)
    pairs = [lines[at] + lines[at + 1] for at in range(0, len(lines), 2)]
    kept = [pair for n, pair in enumerate(pairs) if n % 3]
    request.body = b"".join(kept)
    answer = onward(request) if kept else Answer(200, b'{"items":[]}', {"Content-Type": "application/json"})
    done = iter(json.loads(answer.body)["items"])
    busy = {"index": {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "queue is full"}}}
    items = [next(done) if n % 3 else busy for n in range(len(pairs))]
    answer.body = json.dumps({"errors": True, "items": items}).encode()
    return answer


def cut_after_applying(request: Request, onward: Pass) -> Answer:
    """Pass it on, and lose the answer."""
    onward(request)
    return Answer(0, b"", cut=True)


def slow(request: Request, onward: Pass) -> Answer:
    """Answer late."""
    time.sleep(0.7)
    return onward(request)


def first(times: int, fault: Fault) -> Fault:
    """Return a fault that befalls the first bulk requests only."""
    left = [times]
    turn = threading.Lock()

    def befall(request: Request, onward: Pass) -> Answer:
        with turn:
            now = request.bulk and left[0] > 0
            left[0] -= now
        return fault(request, onward) if now else onward(request)

    return befall
