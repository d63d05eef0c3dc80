"""``candor mcp``: tools for agents, over standard input and output."""

from __future__ import annotations

from typing import Annotated

import typer

from candor.options import ConfigPath, StoreAddress, config_of, opened


def mcp(
    private: Annotated[
        bool, typer.Option("--private", help="Let the agent read private sources too: tickets, mail.")
    ] = False,
    name: Annotated[str, typer.Option("--name", help="How its proposals are signed.")] = "agent",
    config: ConfigPath = None,
    store: StoreAddress = None,
) -> None:
    """Answer an agent over standard input and output (Model Context Protocol); an agent's program starts it.

    It reads mentions, counts, themes, alerts and sources. It changes nothing: what it proposes waits for
    `candor proposals`. Strangers' words are marked as untrusted. Ends when standard input ends.

    Examples:

      candor mcp --config /srv/candor/candor.toml

      claude mcp add candor -- candor mcp --config /srv/candor/candor.toml
    """
    import time

    from analysis.model.errors import UsageError
    from candor.agents.tools import AgentTools
    from candor.serve.desk import Desk
    from candor.serve.door.sessions import Sessions

    try:
        from candor.agents.server import server_of
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise UsageError("the package mcp is not installed; install candor[agents]") from None
    settings = config_of(config, store)
    with opened(settings) as kept:
        desk = Desk(settings, kept, sessions=Sessions(time.monotonic))
        try:
            server_of(AgentTools(desk, private=private, who=name[:60])).run("stdio")
        finally:
            desk.close()
