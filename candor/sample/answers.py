"""What a site of the sample web is, and what its server answers to a request: pure, no clock, file or network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime, parsedate_to_datetime

FIRST_PORT = 8931


@dataclass(frozen=True, slots=True)
class Site:
    """One site: its name in URLs of this package, what it calls itself, and which kind of markup it has."""

    name: str
    title: str
    look: str


SITES: tuple[Site, ...] = (
    Site("news", "Harbour Ledger", "news"),
    Site("forum", "Inkwell Talk", "forum"),
    Site("reviews", "Weighed & Wanting", "reviews"),
    Site("blog", "Dog-Eared", "blog"),
    Site("releases", "Firmware Shelf", "releases"),
    Site("morwen", "Morwen Valley Post", "local"),
    Site("eastfold", "Eastfold Echo", "local"),
    Site("stellan", "Stellan County Record", "local"),
    Site("brackwater", "Brackwater Gazette", "local"),
    Site("highmoor", "Highmoor Observer", "local"),
    Site("pellam", "Pellam Daily", "local"),
    Site("oxgate", "Oxgate Star", "local"),
    Site("talk", "The Reading Table", "talk"),
    Site("apps", "App Counter", "apps"),
    Site("square", "Reading Square", "square"),
)


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answers; header names as they are sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class SamplePage:
    """A page of a site before the request is known. ``changed`` is the newest date that it shows, if any."""

    body: str
    content_type: str = "text/html; charset=utf-8"
    changed: datetime | None = None
    status: int = 200
    location: str = ""


def site_named(name: str) -> Site:
    """Return the site called ``name``. Raises ``KeyError``."""
    return {site.name: site for site in SITES}[name]


def base_urls(port: int = FIRST_PORT, host: str = "127.0.0.1") -> dict[str, str]:
    """Return each site's address without a closing slash: one port per site, in the order of ``SITES``."""
    return {site.name: f"http://{host}:{port + at}" for at, site in enumerate(SITES)}


def respond(pages: Mapping[str, SamplePage], path: str, *, etag: str = "", since: str = "") -> Response:
    """Return the answer to ``path``; 304 where If-None-Match or If-Modified-Since still holds."""
    page = pages.get(path.partition("#")[0]) or pages["404"]
    body = page.body.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = [("Content-Type", page.content_type), ("Cache-Control", "max-age=0, must-revalidate")]
    if page.location:
        return Response(page.status, (*headers, ("Location", page.location)), b"")
    if page.status != 200:
        return Response(page.status, tuple(headers), body)
    headers.append(("ETag", tag))
    if page.changed:
        headers.append(("Last-Modified", format_datetime(page.changed, usegmt=True)))
    fresh = tag in etag if etag else bool(page.changed and since and page.changed <= _http_date(since))
    return Response(304, tuple(headers), b"") if fresh else Response(200, tuple(headers), body)


def _http_date(value: str) -> datetime:
    """Return the date of an HTTP header; the oldest date where it is none, so that nothing counts as fresh."""
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except ValueError:
        return datetime.combine(date.min, time(), tzinfo=UTC)
