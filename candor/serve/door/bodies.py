"""The body of a request, bounded in size and in time."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import Receive

SLOWEST_S = 15.0
"""In which a body must be here."""


async def body_of(receive: Receive, headers: Headers, *, most: int) -> bytes | None:
    """Return the body; None where it has more than ``most`` bytes. Raises ``TimeoutError``."""
    said = headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said[:18]) > most:
        return None
    body = bytearray()
    async with asyncio.timeout(SLOWEST_S):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return bytes(body)
            body += message.get("body", b"")
            if len(body) > most:
                return None
            if not message.get("more_body"):
                return bytes(body)
