"""A web of saved pages on loopback: many 127.0.0.x hosts, feeds, sitemaps, and pages that misbehave.

The server runs in a thread of its own event loop, so that the crawl under test (always another process) is the only
thing that is measured. Every request is noted in ``Replay.asked``.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import random
import socket
import threading
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from tests.support.shared import WEB, lines, page

SETS = ("fundus-news", "wcxb", "trafilatura-eval", "article-extraction-benchmark")


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved page with its gold, and where the replay serves it: ``host`` and ``path``."""

    set: str
    file: Path
    gold: dict[str, Any]

    @property
    def host(self) -> str:
        """The loopback address that stands for the page's domain."""
        return host_for(self.gold["domain"])

    @property
    def path(self) -> str:
        """The page's own path and query, so that what a reader takes from an address is still there."""
        parts = urlsplit(self.gold["url"])
        query = f"?{parts.query}" if parts.query else ""
        return quote(f"/{parts.path.lstrip('/')}{query}", safe="/?&=%+,;:@!$'()*~#-._")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server says. ``hang_s``: seconds before the first byte; ``padding``: bytes sent after ``body``."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    padding: int = 0
    etag: bool = True


class Replay:
    """Serves ``answers`` by (host, path), or by path for every host. Use as a context manager; see ``url``."""

    def __init__(self, hosts: Iterable[str] = ("127.0.0.1",)) -> None:
        self.hosts = sorted(set(hosts))
        self.answers: dict[tuple[str, str], Answer] = {}
        self.asked: list[tuple[str, str]] = []
        self.statuses: Counter[int] = Counter()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="replay", daemon=True)
        self._ready = threading.Event()

    def add(self, host: str, path: str, answer: Answer) -> None:
        """Serve ``answer`` at ``path`` of ``host``."""
        self.answers[host, path] = answer

    def url(self, host: str, path: str) -> str:
        """Return the address of ``path`` on ``host``."""
        return f"http://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        sockets = _listen(self.hosts)
        self.port = sockets[0].getsockname()[1]
        servers = [self._loop.run_until_complete(asyncio.start_server(self._talk, sock=each)) for each in sockets]
        self._ready.set()
        self._loop.run_forever()
        for server in servers:
            server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                path = head[0].split(" ")[1]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
                self.asked.append((host, path))
                await self._answer(self.answers.get((host, path)), headers, writer)
        with suppress(ConnectionError):
            writer.close()

    async def _answer(self, answer: Answer | None, asked: dict[str, str], writer: asyncio.StreamWriter) -> None:
        answer = answer or Answer(status=404, body=b"nothing here", etag=False)
        if answer.hang_s:
            await asyncio.sleep(answer.hang_s)
        tag = f'"{hashlib.sha1(answer.body).hexdigest()[:16]}"'
        headers = {"Content-Type": "text/html", **answer.headers}
        status, body, padding = answer.status, answer.body, answer.padding
        if answer.etag and status == 200:
            headers["ETag"] = tag
            if asked.get("if-none-match") == tag:
                status, body, padding = 304, b"", 0
        self.statuses[status] += 1
        headers["Content-Length"] = str(len(body) + padding)
        top = f"HTTP/1.1 {status} Replay\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(top.encode("latin-1") + b"\r\n" + body)
        for _ in range(padding // 65536):
            writer.write(b" " * 65536)
            await writer.drain()
        writer.write(b" " * (padding % 65536))
        await writer.drain()


def host_for(domain: str) -> str:
    """Return the loopback address that stands for ``domain``."""
    number = zlib.crc32(domain.encode())
    return f"127.{1 + number % 250}.{number // 250 % 250}.{2 + number // 62500 % 250}"


def saved_pages(*sets: str) -> list[Saved]:
    """Return the saved pages of the sets, each address once, in the order of their gold."""
    found: dict[tuple[str, str], Saved] = {}
    for name in sets or SETS:
        gold = next(path for path in (WEB / name / "gold.jsonl", WEB / name / "gold.jsonl.gz") if path.exists())
        for row in lines(gold):
            saved = Saved(name, WEB / name / row["file"], row)
            found.setdefault((saved.host, saved.path), saved)
    return list(found.values())


@contextmanager
def web_of(pages: Sequence[Saved]) -> Iterator[Replay]:
    """Serve the saved pages, as saved: without a charset in the header."""
    with Replay({"127.0.0.1", *(each.host for each in pages)}) as replay:
        for each in pages:
            replay.add(each.host, each.path, Answer(body=page(each.file)))
        yield replay


def rss(replay: Replay, entries: Iterable[tuple[str, str, str]], *, title: str = "A feed") -> Answer:
    """Return an RSS feed of (address, title, description)."""
    items = "".join(
        f"<item><title>{escape(name)}</title><link>{escape(url)}</link><description>{escape(text)}</description></item>"
        for url, name, text in entries
    )
    channel = f"<channel><title>{escape(title)}</title>{items}</channel>"
    body = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0">{channel}</rss>'
    return Answer(body=body.encode(), headers={"Content-Type": "application/rss+xml"})


def sitemap(entries: Iterable[tuple[str, datetime | None]]) -> Answer:
    """Return a sitemap of (address, lastmod)."""
    items = "".join(
        f"<url><loc>{escape(url)}</loc>{f'<lastmod>{at.isoformat()}</lastmod>' if at else ''}</url>"
        for url, at in entries
    )
    body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{items}</urlset>'
    return Answer(body=body.encode(), headers={"Content-Type": "application/xml"})


def sitemap_index(urls: Iterable[str]) -> Answer:
    """Return an index of sitemaps, gzipped as a file."""
    items = "".join(f"<sitemap><loc>{escape(url)}</loc></sitemap>" for url in urls)
    body = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{items}</sitemapindex>'
    return Answer(body=gzip.compress(body.encode()), headers={"Content-Type": "application/x-gzip"})


def listing(replay: Replay, pages: Iterable[tuple[str, str]]) -> Answer:
    """Return a page that links to (address, title)."""
    links = "".join(f'<li><a href="{escape(url)}">{escape(name)}</a></li>' for url, name in pages)
    return Answer(body=f"<html><head><title>All of it</title></head><body><ul>{links}</ul></body></html>".encode())


def bomb(size: int = 2 * 1024**3) -> Answer:
    """Return an answer whose gzip body unpacks to ``size`` bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    chunk = b"\0" * 2**20
    body = b"".join(packer.compress(chunk) for _ in range(size // len(chunk))) + packer.flush()
    return Answer(body=body, headers={"Content-Encoding": "gzip"})


def article(title: str, text: str, *, charset: str = "utf-8", declared: str = "utf-8", head: str = "") -> Answer:
    """Return a small article, encoded in ``charset`` while the page says ``declared``."""
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
    html = (
        f'<html><head><meta charset="{declared}"><title>{escape(title)}</title>{head}</head>'
        f"<body><article><h1>{escape(title)}</h1>{paragraphs}</article></body></html>"
    )
    return Answer(body=html.encode(charset))


def prose(about: str, *, seed: int, sentences: int = 12) -> str:
    """Return paragraphs that name ``about``; the same for the same seed."""
    chance = random.Random(seed)
    subjects = ("The battery", "Support", "The new update", "My neighbour", "The shop", "A reviewer", "The screen")
    verbs = ("fails after", "works well after", "surprised us in", "was replaced within", "got worse over", "cost us")
    rest = ("two weeks of use", "a long call", "the first winter", "a single day", "the third repair", "many evenings")
    made = [
        f"{chance.choice(subjects)} of {about} {chance.choice(verbs)} {chance.choice(rest)}." for _ in range(sentences)
    ]
    return "\n\n".join(" ".join(made[at : at + 4]) for at in range(0, sentences, 4))


def _listen(hosts: Sequence[str]) -> list[socket.socket]:
    """Return a listening socket for each host, all on one port that the system chose."""
    for _ in range(20):
        sockets: list[socket.socket] = []
        try:
            port = 0
            for host in hosts:
                one = socket.socket()
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sockets.append(one)
                one.bind((host, port))
                port = one.getsockname()[1]
        except OSError:
            for one in sockets:
                one.close()
            continue
        return sockets
    raise OSError("no port is free on every host")
