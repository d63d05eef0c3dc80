"""``candor receive``: takes posts that others push, signed, for the sources of the kind ``webhook``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analysis.model.errors import UsageError
from candor.options import ConfigPath, config_of
from candor.streams import say

MOST_AT_ONCE = 64
"""Requests at once; who comes then is told to come again (503)."""


def receive(
    host: Annotated[str, typer.Option("--host", help="Address to listen at; put TLS in front of it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8484,
    config: ConfigPath = None,
) -> None:
    """Take posts that others push, for every source of the kind webhook: POST /SOURCE-ID, signed.

    Answers 202 when a body is on the disk; `candor crawl` or `candor watch` stores what waits. Ends with Ctrl-C.

    Examples:

      candor receive --port 8484
    """
    import uvicorn

    from candor.inbox.app import inbox_of, receiver
    from crawler.kinds.webhook import WebhookOptions
    from crawler.own.pushed import secret_of

    settings = config_of(config, None)
    folder = settings.path.parent if settings.path else Path.cwd()
    sources = [(each, each.options) for each in settings.sources if isinstance(each.options, WebhookOptions)]
    if not sources:
        raise UsageError(f'{settings.path}: no source of the kind webhook; add one: [[sources]], kind = "webhook"')
    inboxes = {
        source.id: inbox_of(source, options, secret=secret_of(options, folder), folder=folder)
        for source, options in sources
    }
    server = uvicorn.Server(
        uvicorn.Config(
            receiver(inboxes),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_keep_alive=5,
            h11_max_incomplete_event_size=16 * 1024,
        )
    )
    server.config.load()
    with server.config.bind_socket() as socket:
        # Whoever reads the address may push at once.
        socket.listen()
        shown = f"[{host}]" if ":" in host else host
        say(f"candor: takes posts at http://{shown}:{socket.getsockname()[1]}/{{{','.join(inboxes)}}}")
        server.run(sockets=[socket])
