"""``candor mcp``: tools for agents, over standard input and output, or over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from candor.options import ConfigPath, StoreAddress, config_of, opened

if TYPE_CHECKING:
    from collections.abc import Collection

    from mcp.server.mcpserver import MCPServer

    from candor.serve.desk import Desk


def mcp(
    private: Annotated[
        bool, typer.Option("--private", help="Let the agent read private sources too: tickets, mail.")
    ] = False,
    name: Annotated[str, typer.Option("--name", help="How its proposals are signed.")] = "agent",
    http: Annotated[bool, typer.Option("--http", help="Answer over HTTP instead, at /mcp.")] = False,
    host: Annotated[str, typer.Option("--host", help="With --http: others than loopback need tokens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="With --http: 0 takes a free one.")] = 8766,
    config: ConfigPath = None,
    store: StoreAddress = None,
) -> None:
    """Answer an agent over standard input and output (Model Context Protocol); an agent's program starts it.

    It reads mentions, counts, themes, alerts and sources. It changes nothing: what it proposes waits for
    `candor proposals`. Strangers' words are marked as untrusted. Ends when standard input ends.

    Examples:

      candor mcp --config /srv/candor/candor.toml

      claude mcp add candor -- candor mcp --config /srv/candor/candor.toml

      candor mcp --http --port 8766
    """
    import time

    from candor.agents import extra
    from candor.agents.tools import AgentTools
    from candor.serve.desk import Desk
    from candor.serve.door.sessions import Sessions
    from candor.serve.door.visitors import Visitor

    extra.needed()
    from candor.agents.server import server_of

    settings = config_of(config, store)
    with opened(settings) as kept:
        desk = Desk(settings, kept, sessions=Sessions(time.monotonic))
        try:
            visitor = Visitor(name=name[:60], role="analyst" if private else "viewer")
            tools = AgentTools(desk, visitor=visitor)
            server = server_of(lambda _: tools)
            if http:
                _over_http(server, desk, private=private, host=host, port=port)
            else:
                server.run("stdio")
        finally:
            desk.close()


def _over_http(server: MCPServer[Any], desk: Desk, *, private: bool, host: str, port: int) -> None:
    """Answer over HTTP until Ctrl-C. Raises ``UsageError`` where everybody could ask, or nobody."""
    import time

    import uvicorn

    from candor.agents.http import MOST_AT_ONCE, ToolDoor, over_http
    from candor.serve.door.binding import host_names, is_loopback, listening
    from candor.serve.door.guard import AGENTS
    from candor.serve.door.rates import Rates
    from candor.serve.door.tokens import TokenBook
    from candor.streams import say

    named, tokens = desk.config.serve.hosts, TokenBook(desk.config.state)
    needed = not is_loopback(host)
    if needed:
        _reachable(host, tokens=bool(tokens.all()), hosts=named)
    with listening(host, port) as taken:
        place = taken.getsockname()[1]
        door = ToolDoor(
            hosts=host_names(host, place, named=named),
            tokens=tokens,
            rates=Rates(time.monotonic),
            needed=needed,
            private=private,
            now=desk.now,
        )
        say(f"candor: answers agents at http://{f'[{host}]' if ':' in host else host}:{place}{AGENTS}")
        made = uvicorn.Config(
            over_http(server, door),
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            limit_concurrency=MOST_AT_ONCE,
        )
        uvicorn.Server(made).run(sockets=[taken])


def _reachable(host: str, *, tokens: bool, hosts: Collection[str]) -> None:
    from analysis.model.errors import UsageError

    if not tokens:
        raise UsageError(
            f"{host} can be reached from other machines, and no program has a token; make one "
            "(`candor account token NAME`)",
            about=("host",),
        )
    if not hosts:
        raise UsageError(
            f'{host}: name under what address it is asked for: [serve] hosts = ["candor.your.example"]', about=("host",)
        )
