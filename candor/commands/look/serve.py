"""``candor serve``: the team's page, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from candor.options import ConfigPath, StoreAddress, config_of, opened
from candor.streams import say

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

    from analysis.settings.file import Config
    from candor.serve.desk import Desk
    from candor.serve.door.guard import DoorRules, Vouching

MOST_AT_ONCE = 256
"""Requests at once; who comes then is told to come again (503)."""
PORT = 8765
GIVES_WAY = 10
"""How much nicer (nice(2)) the page is: a crawl that wants the whole machine was half as fast beside 50 readers."""


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen at. Others than loopback need accounts.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = PORT,
    config: ConfigPath = None,
    store: StoreAddress = None,
) -> None:
    """Open the team's page: read the mentions behind every number, correct what is wrong, enter what was done.

    Prints a link that opens it once. Ends with Ctrl-C. A crawl may run meanwhile: the page shows what it brings.

    Examples:

      candor serve

      candor serve --port 9000 --store http://localhost:9200
    """
    import os
    import time

    from candor.serve.app import application
    from candor.serve.desk import Desk
    from candor.serve.door.accounts import AccountBook
    from candor.serve.door.binding import allowed, host_names, is_loopback, listening
    from candor.serve.door.guard import DoorRules
    from candor.serve.door.sessions import Sessions
    from candor.serve.door.tokens import TokenBook
    from candor.serve.door.visitors import Visitor
    from candor.signing import user
    from crawler.workers.memory import keep_bounded

    settings = config_of(config, store)
    vouching = _vouching(settings)
    accounts = AccountBook(settings.state)
    allowed(host, accounts=bool(accounts.all()), proxied=vouching is not None, hosts=settings.serve.hosts)
    # Forty threads each with a region of its own kept 540 MB where two regions keep 340.
    keep_bounded()
    os.nice(GIVES_WAY)
    with opened(settings) as kept, listening(host, port) as taken_socket:
        taken = taken_socket.getsockname()[1]
        rules = DoorRules(
            hosts=host_names(host, taken, named=settings.serve.hosts),
            cookie=f"candor-{taken}",
            vouching=vouching,
            accounts=accounts,
            tokens=TokenBook(settings.state),
            secure=settings.serve.tls,
        )
        sessions = Sessions(time.monotonic)
        # A link that makes an admin of its bearer is for this machine alone.
        key = "" if vouching or not is_loopback(host) else sessions.link(Visitor(name=user(), role="admin"))
        desk = Desk(settings, kept, sessions=sessions)
        server = _server(application(desk, rules, _agents(desk, rules)))
        shown = f"http://{f'[{host}]' if ':' in host else host}:{taken}"
        say(f"candor: serves {kept.address} at {shown}/" + (f"\ncandor: open {shown}/open?key={key}" if key else ""))
        desk.warm()
        try:
            server.run(sockets=[taken_socket])
        finally:
            desk.close()


def _agents(desk: Desk, rules: DoorRules) -> Starlette | None:
    """Return what answers agents, where the configuration lets them ask. Raises ``UsageError`` without the package."""
    if not desk.config.serve.agents:
        return None
    from candor.agents import extra

    extra.needed()
    from candor.agents.http import on_the_page

    return on_the_page(desk, rules)


def _vouching(settings: Config) -> Vouching | None:
    import ipaddress

    from candor.serve.door.guard import Vouching

    proxy = settings.serve.proxy
    if proxy is None:
        return None
    return Vouching(
        networks=tuple(ipaddress.ip_network(network) for network in proxy.networks),
        header=proxy.header,
        analysts=frozenset(proxy.analysts),
        admins=frozenset(proxy.admins),
    )


def _server(app: Starlette) -> uvicorn.Server:
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            # Who is asked for by a proxy's header is decided by the guard, from the address that really speaks.
            proxy_headers=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=3,
            h11_max_incomplete_event_size=32 * 1024,
        )
    )
