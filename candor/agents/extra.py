"""Whether the package ``mcp`` is here: it is an extra that nobody needs who has no agents."""

from __future__ import annotations

from importlib import import_module

from analysis.model.errors import UsageError


def needed() -> None:
    """Raise ``UsageError`` with the cure where the package is not installed."""
    try:
        import_module("candor.agents.server")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise UsageError("the package mcp is not installed; install candor[agents]") from None
