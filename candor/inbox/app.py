"""The receiver of webhooks: takes signed bodies, answers when they are on the disk, and holds none that is too big."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from analysis.model import Source
from analysis.model.errors import UsageError
from candor.inbox.signed import refusal
from crawler.kinds.webhook import WebhookOptions
from crawler.own.pushed import FullError, folder_of, put
from crawler.readers.pushed import pushed_posts, rows_in, written

SLOWEST_S = 30.0
"""In which a body must be here."""
RETRY_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """Where what is pushed to one source goes, and by which secret it is signed."""

    source: str
    secret: str
    place: Path
    max_bytes: int
    max_waiting: int
    about: str = ""

    def __repr__(self) -> str:
        return f"Inbox(source={self.source!r})"


def inbox_of(source: Source, options: WebhookOptions, *, secret: str, folder: Path) -> Inbox:
    """Return the inbox of a source; ``folder`` is that of the configuration."""
    return Inbox(
        source=source.id,
        secret=secret,
        place=folder_of(options, folder),
        max_bytes=options.max_bytes,
        max_waiting=options.max_waiting,
        about=options.about,
    )


def receiver(inboxes: Mapping[str, Inbox], *, clock: Callable[[], float] = time.time) -> Starlette:
    """Return the application: ``POST /<source id>``, and ``GET /healthz``."""
    routes = [
        Route("/healthz", _healthy, methods=["GET"]),
        Route("/{source}", partial(_take, inboxes=inboxes, clock=clock), methods=["POST"]),
    ]
    return Starlette(routes=routes)


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok")


async def _take(request: Request, *, inboxes: Mapping[str, Inbox], clock: Callable[[], float]) -> Response:
    inbox = inboxes.get(request.path_params["source"])
    if inbox is None:
        return _said(404, "there is no such webhook")
    try:
        async with asyncio.timeout(SLOWEST_S):
            body = await _bounded(request, inbox.max_bytes)
    except TimeoutError:
        return _said(408, "the body did not come in time")
    except ClientDisconnect:
        return _said(400, "the body broke off")
    if body is None:
        return _said(413, f"at most {inbox.max_bytes} bytes are taken")
    headers = {name.lower(): value for name, value in request.headers.items()}
    why = refusal(headers, body, secret=inbox.secret, now=clock())
    if why:
        return _said(401, why)
    now = datetime.fromtimestamp(clock(), UTC)
    return await run_in_threadpool(_kept, inbox, headers["webhook-id"], body, now)


def _kept(inbox: Inbox, name: str, body: bytes, now: datetime) -> Response:
    try:
        rows = rows_in(body)
        count = len(pushed_posts(rows, source=inbox.source, now=now, about=inbox.about).posts)
        is_new = put(inbox.place, name, written(rows), now=now, most=inbox.max_waiting)
    except FullError as error:
        return _said(429, str(error), {"Retry-After": str(RETRY_S)})
    except UsageError as error:
        return _said(422, str(error))
    except OSError as error:
        return _said(503, f"it cannot be kept ({error.strerror or error})", {"Retry-After": str(RETRY_S)})
    return JSONResponse({"accepted": count if is_new else 0, "known": not is_new}, status_code=202)


async def _bounded(request: Request, most: int) -> bytes | None:
    """Return the body, or None where it is longer than ``most``; no more than that is held."""
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said[:18]) > most:
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            return None
    return bytes(body)


def _said(status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": words}, status_code=status, headers=dict(headers or {}))
