"""The tools over HTTP: the package's own streamable transport, behind a door of ours.

Without a session: each request stands alone, so that nothing is kept of a client that has gone. On loopback whoever
sits at this machine may ask, as over standard input; anywhere else a token is needed, the page's own. A request that a
browser sent for another site is never answered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from analysis.model.errors import CandorError
from candor.serve.door.programs import program
from candor.serve.door.rates import Rates
from candor.serve.door.refused import problem
from candor.serve.door.tokens import TokenBook

PATH = "/mcp"
PORT = 8766
MOST_BODY = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDoor:
    """Who may ask: under which names (with their port), whether a token is ``needed``, and whether private words are
    read, which are for tokens of analysts alone.
    """

    hosts: Collection[str]
    tokens: TokenBook
    rates: Rates
    needed: bool
    private: bool
    now: Callable[[], datetime]


def over_http(server: MCPServer[Any], door: ToolDoor) -> ASGIApp:
    """Return the application that answers ``server``'s tools at ``PATH``."""
    inside = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MOST_BODY,
        transport_security=TransportSecuritySettings(allowed_hosts=sorted(door.hosts), allowed_origins=[]),
    )

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        refused = None
        if scope["type"] == "http":
            refused = await run_in_threadpool(_refused, door, Headers(scope=scope))
        await (refused or inside)(scope, receive, send)

    return answered


def _refused(door: ToolDoor, headers: Headers) -> Response | None:
    """Return why a request goes no further; None where it does."""
    if headers.get("host", "").lower() not in door.hosts:
        cure = "ask under a name that [serve] hosts lists"
        return problem(421, place="Host", problem="nothing is served under that name", cure=cure)
    said = headers.get("authorization", "")
    if not said and not door.needed:
        return None
    try:
        known = program(door.tokens, door.rates, said, door.now())
    except CandorError as error:
        return problem(503, place="Authorization", problem=error.fact, cure="ask again later")
    if isinstance(known, Response):
        return known
    if door.private and not known.may("analyst"):
        cure = "make a token of an analyst, or start it without --private"
        return problem(403, place="Authorization", problem=f"{known.name} may not read private words", cure=cure)
    return None
