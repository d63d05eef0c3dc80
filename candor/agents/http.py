"""The tools over HTTP: the package's own streamable transport, behind a door of ours.

Without a session: each request stands alone, so that nothing is kept of a client that has gone. Who asks is known by a
token, the page's own; by ``candor mcp --http`` on loopback also whoever sits at this machine may ask, as over standard
input. A request that a browser sent for another site is never answered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analysis.model.errors import CandorError
from candor.agents.server import server_of
from candor.agents.tools import AgentTools
from candor.serve.desk import Desk
from candor.serve.door.bodies import SLOWEST_S, body_of
from candor.serve.door.guard import AGENTS, DoorRules
from candor.serve.door.programs import program
from candor.serve.door.rates import Rates
from candor.serve.door.refused import problem
from candor.serve.door.tokens import TokenBook
from candor.serve.door.visitors import Visitor

PORT = 8766
MOST_BODY = 256 * 1024
MOST_AT_ONCE = 64
"""Requests at once where the tools have a port of their own; on the page's it is the page's number that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDoor:
    """Who may ask: under which names (with their port), whether a token is ``needed``, and whether private words are
    read whoever asks, so that tokens of analysts alone are taken.
    """

    hosts: Collection[str]
    tokens: TokenBook | None
    rates: Rates
    needed: bool
    private: bool
    now: Callable[[], datetime]


def on_the_page(desk: Desk, rules: DoorRules) -> Starlette:
    """Return the application that answers agents beside the page: each by its token, as the page would show it.

    A proposal is signed with the token's name, and takes an analyst as every act on the page does.
    """

    def tools_for(request: Any) -> AgentTools:
        visitor: Visitor = request.scope["candor.visitor"]
        return AgentTools(desk, visitor=visitor, proposes=visitor.may("analyst"))

    door = ToolDoor(hosts=rules.hosts, tokens=rules.tokens, rates=rules.rates, needed=True, private=False, now=desk.now)
    return over_http(server_of(tools_for), door)


def over_http(server: MCPServer[Any], door: ToolDoor) -> Starlette:
    """Return the application that answers ``server``'s tools at ``AGENTS``, with who asks in
    ``scope["candor.visitor"]``, if a token tells.
    """
    made = server.streamable_http_app(
        streamable_http_path=AGENTS,
        json_response=True,
        stateless_http=True,
        max_request_body_size=MOST_BODY,
        transport_security=TransportSecuritySettings(allowed_hosts=sorted(door.hosts), allowed_origins=[]),
    )
    made.add_middleware(_AtTheDoor, door=door)
    return made


class _AtTheDoor:
    """Lets a request through to ``app`` whole, or answers itself."""

    def __init__(self, app: ASGIApp, *, door: ToolDoor) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = await run_in_threadpool(let_in, self._door, scope["method"], headers)
        found = known if isinstance(known, Response) else await _body(receive, headers)
        if isinstance(found, Response):
            await found(scope, receive, send)
            return
        scope["candor.visitor"] = known
        await self._app(scope, _replayed(found, receive), send)


def let_in(door: ToolDoor, method: str, headers: Headers) -> Visitor | Response | None:
    """Return who asks, None where nobody needs to say so, or why the request goes no further."""
    if headers.get("host", "").lower() not in door.hosts:
        cure = "ask under a name that [serve] hosts lists"
        return problem(421, place="Host", problem="nothing is served under that name", cure=cure)
    if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
        return problem(403, place="Origin", problem="a page in a browser asks", cure="ask from an agent's program")
    if method != "POST":
        # What a client could wait for without end is not offered: nothing is told unasked.
        return problem(405, place=method, problem="no stream is kept open", cure="POST", headers={"Allow": "POST"})
    said = headers.get("authorization", "")
    if not said and not door.needed:
        return None
    try:
        known = program(door.tokens, door.rates, said, door.now())
    except CandorError as error:
        return problem(503, place="Authorization", problem=error.fact, cure="ask again later")
    if isinstance(known, Visitor) and door.private and not known.may("analyst"):
        cure = "make a token of an analyst, or start it without --private"
        return problem(403, place="Authorization", problem=f"{known.name} may not read private words", cure=cure)
    return known


async def _body(receive: Receive, headers: Headers) -> bytes | Response:
    try:
        body = await body_of(receive, headers, most=MOST_BODY)
    except TimeoutError:
        return problem(408, place="body", problem="it did not come in time", cure=f"send it within {SLOWEST_S:g} s")
    if body is None:
        return problem(413, place="body", problem="it is too long", cure=f"{MOST_BODY} bytes at most")
    return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already, and then what else the client says."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return left.pop() if left else await receive()

    return given
