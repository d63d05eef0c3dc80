"""WARC files for tests, written by warcio: an info record, then a request and a response for each page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.support.crawl.replay import article, prose

DATE = "2026-02-01T10:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """One page as a WARC file keeps it."""

    url: str
    body: bytes
    date: str = DATE
    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = field(default=(("Content-Type", "text/html; charset=utf-8"),))


def story(number: int, *, name: str = "kettle", words: str = "") -> Archived:
    """Return a page of the news site that names a brand."""
    text = f"The {name} number {number} leaks at its lid, says a reader. {words}\n\n" + prose(name, seed=number)
    return Archived(url=f"https://news.example/story/{number}", body=article(f"Story {number}", text).body)


def warc(pages: Iterable[Archived], *, packed: bool = True) -> bytes:
    """Return a WARC file with ``pages``."""
    return b"".join(records(pages, packed=packed))


def records(pages: Iterable[Archived], *, packed: bool = True) -> Iterator[bytes]:
    """Yield the bytes of each record of such a file."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    writer.write_record(writer.create_warcinfo_record("test.warc.gz", {"software": "a test"}))
    yield _taken(out)
    for page in pages:
        named = {"WARC-Date": page.date}
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "news.example")], is_http_request=True)
        writer.write_record(writer.create_warc_record(page.url, "request", http_headers=asked, warc_headers_dict=named))
        yield _taken(out)
        said = StatusAndHeaders(page.status, list(page.headers), protocol="HTTP/1.1")
        # Without a length warcio buffers the body in a file that it leaves open.
        body = {"payload": io.BytesIO(page.body), "length": len(page.body)}
        writer.write_record(
            writer.create_warc_record(page.url, "response", **body, http_headers=said, warc_headers_dict=named)
        )
        yield _taken(out)


def _taken(out: io.BytesIO) -> bytes:
    taken = out.getvalue()
    out.seek(0)
    out.truncate()
    return taken
