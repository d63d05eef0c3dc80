"""The tools behind the Model Context Protocol, whatever carries it (package ``mcp``, extra ``[agents]``)."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any, get_type_hints

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

from analysis.model.errors import CandorError
from candor.agents.tools import PROPOSING, READING, AgentTools
from candor.agents.untrusted import NOTE, as_text
from candor.serve.api.call import Json

INSTRUCTIONS = (
    "Candor: what the public says about a brand and its competitors. Begin with `themes` (what to improve) or "
    "`search`; "
    "name the ids of the mentions that you rest on, and read them with `evidence` before you claim anything. "
    f"{NOTE} You change nothing here: a proposal waits until a person accepts or declines it."
)
ToolsFor = Callable[[Any], AgentTools]


class MarkedAnswer(BaseModel):
    """What every tool answers: the data with strangers' words marked, and which lists were cut to fit."""

    note: str = Field(description="How to take the data.")
    data: dict[str, Any] = Field(description='The answer; {"untrusted": ...} holds words of strangers.')
    cut: list[str] = Field(description="Lists that were too long, and how much of each is here.")


def server_of(tools_for: ToolsFor) -> MCPServer[Any]:
    """Return the server of the tools; ``tools_for`` gives those of one request (None over standard input)."""
    made: MCPServer[Any] = MCPServer(
        "candor",
        title="Candor",
        version=version("candor"),
        instructions=INSTRUCTIONS,
        log_level="WARNING",
        # The tools stay as they are: nobody needs to be told of changes, nor a stream to wait for them.
        subscriptions=False,
    )
    for tool in READING:
        hints = ToolAnnotations(read_only_hint=True, open_world_hint=False)
        made.add_tool(_answering(tool, tools_for), annotations=hints)
    for tool in PROPOSING:
        hints = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
        made.add_tool(_answering(tool, tools_for), annotations=hints)
    return made


def _answering(tool: Callable[..., Json], tools_for: ToolsFor) -> Callable[..., CallToolResult]:
    """Return ``tool`` with its answer as structure and as fenced text, and its errors in words."""

    @functools.wraps(tool)
    def answered(context: Context[Any, Any], **given: Any) -> CallToolResult:
        try:
            answer = tool(tools_for(context.request_context.request), **given)
        except CandorError as error:
            raise ToolError(str(error)) from None
        structure = {"note": NOTE, **answer}
        text = TextContent(type="text", text=as_text(answer))
        return CallToolResult(content=[text], structured_content=structure)

    # The package reads a tool's arguments from its signature; ours are written as text in another module.
    hints = get_type_hints(tool, include_extras=True)
    hints |= {"context": Context[Any, Any], "return": Annotated[CallToolResult, MarkedAnswer]}
    _, *taken = inspect.signature(tool).parameters.values()
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY)
    answered.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [one.replace(annotation=hints[one.name]) for one in (*taken, context)], return_annotation=hints["return"]
    )
    answered.__annotations__ = hints
    del answered.__wrapped__
    return answered
