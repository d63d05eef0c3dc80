"""Serves the sample web on loopback: one port per site, in threads of this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from analysis.model.errors import UsageError
from candor.sample.answers import FIRST_PORT, SITES, SamplePage, base_urls, respond
from candor.sample.sites import build

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """The running sample web: each site's address without a closing slash, and the day it was made for."""

    sites: Mapping[str, str]
    today: date


@contextmanager
def serve(*, today: date | None = None, port: int = FIRST_PORT) -> Iterator[Served]:
    """Serve every site from ``port`` on, one port each, until the block ends.

    The ports are fixed, because a mention's id is made of its address: a second run then adds nothing. ``today``
    defaults to the current day in UTC; the newest text is of the day before. Raises ``UsageError`` for a taken port.
    """
    day = today or datetime.now(UTC).date()
    bases = base_urls(port, HOST)
    with ExitStack() as stack:
        for at, site in enumerate(SITES):
            server = _listen(port + at, build(site.name, day, bases=bases), first=port)
            stack.callback(server.stop)
            thread = threading.Thread(
                target=server.serve_forever, args=(0.05,), name=f"sample-{site.name}", daemon=True
            )
            thread.start()
        yield Served(bases, day)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    # A port that another program listens on must be reported, never shared.
    allow_reuse_port = False

    def __init__(self, port: int, pages: Mapping[str, SamplePage]) -> None:
        self.pages = pages
        self.open: set[socket.socket] = set()
        super().__init__((HOST, port), _Answer)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle is no news."""

    def stop(self) -> None:
        """Stop listening and hang up on clients that kept their connection."""
        self.shutdown()
        self.server_close()
        for request in list(self.open):
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "SampleWeb"
    sys_version = ""
    timeout = 20
    # One packet for head and body, sent at once: otherwise each answer waits for the client's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        etag, since = self.headers.get("If-None-Match", ""), self.headers.get("If-Modified-Since", "")
        response = respond(self.server.pages, self.path, etag=etag, since=since)
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(response.body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the crawl's own table says what was fetched."""


def _listen(port: int, pages: Mapping[str, SamplePage], *, first: int) -> _Server:
    try:
        return _Server(port, pages)
    except OSError as error:
        last = first + len(SITES) - 1
        raise UsageError(
            f"the sample web cannot listen on {HOST}:{port} ({error.strerror}); it needs the ports {first} to {last}: "
            f"stop the program that holds {port}, or choose other ports with --port"
        ) from None
