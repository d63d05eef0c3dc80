"""``candor mcp --http``: the package's own client over HTTP, and who is let in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.datastructures import Headers
from starlette.responses import Response

from candor.agents.http import ToolDoor, let_in
from candor.serve.door.rates import BURST, Rates
from candor.serve.door.tokens import TokenBook
from tests.candor.agents.test_mcp import MARK, PERIOD, SECRET, asked, filled, unmarked
from tests.candor.commands.test_commands import candor
from tests.support import seeded
from tests.support.serving import Answer, Browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a seeded store."""
    return filled(tmp_path_factory.mktemp("http"))


@contextmanager
def answering(folder: Path, *words: str) -> Iterator[str]:
    """Run ``candor mcp --http`` on a free port, and give its address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "candor", "mcp", "--http", "--port", "0", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "200"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        found = re.search(r"http://\S+/mcp", server.stderr.readline())
        assert found is not None
        yield found[0]
    finally:
        server.terminate()
        server.communicate(timeout=60)


def held(url: str, tool: str, headers: Mapping[str, str] | None = None, **given: Any) -> Any:
    """Return what a tool answers the package's own client."""

    async def conversation() -> Any:
        async with (
            httpx2.AsyncClient(headers=dict(headers or {}), timeout=300) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            names = {one.name for one in (await client.list_tools()).tools}
            assert {"search", "count", "propose_fix"} <= names
            return await asked(client, tool, **given)

    return anyio.run(conversation)


def plain(url: str, body: Any, **headers: str) -> Answer:
    """Send one request as any program can."""
    port = int(url.rpartition(":")[2].partition("/")[0])
    sent = {"Content_Type": "application/json", "Accept": "application/json, text/event-stream", **headers}
    return Browser(port=port).ask("POST", "/mcp", json.dumps(body).encode(), **sent)


LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


def test_the_packages_client_is_answered_over_http_as_over_standard_input(folder: Path) -> None:
    with answering(folder) as url:
        found = held(url, "search", query=MARK, **PERIOD)
        assert found["mentions"]
        assert not [text for text in unmarked(found) if MARK in text]
        assert SECRET not in json.dumps(held(url, "search", query=SECRET))
        # What a browser sends for another site, or for a name that somebody pointed here, is not answered.
        assert plain(url, LIST, Origin="http://evil.example").status == 403
        assert plain(url, LIST, Host="evil.example").status == 421
        assert plain(url, LIST, Authorization="Bearer candor_no").status == 401
        assert plain(url, {**LIST, "params": {"x": "x" * 300_000}}).status == 413


def test_elsewhere_nobody_is_answered_without_a_token(folder: Path, tmp_path: Path) -> None:
    book, now = TokenBook(tmp_path), seeded.END
    secret = {role: book.make(role, role, days=1, now=now) for role in ("viewer", "analyst")}
    at = {"now": now}

    def asks(private: bool, said: str, host: str = "candor.example:8766") -> int:
        door = ToolDoor(
            hosts={"candor.example:8766"},
            tokens=book,
            rates=rates,
            needed=True,
            private=private,
            now=lambda: at["now"],
        )
        known = let_in(door, "POST", Headers({"host": host, **({"authorization": said} if said else {})}))
        return known.status_code if isinstance(known, Response) else 200

    rates = Rates(lambda: 0.0)
    assert asks(False, "") == 401
    assert asks(False, "Bearer candor_no") == 401
    assert asks(False, f"Bearer {secret['viewer']}", host="evil.example") == 421
    assert asks(False, f"Bearer {secret['viewer']}") == 200
    assert asks(True, f"Bearer {secret['viewer']}") == 403
    assert asks(True, f"Bearer {secret['analyst']}") == 200
    assert [asks(True, f"Bearer {secret['analyst']}") for _ in range(BURST)][-1] == 429
    at["now"] += timedelta(days=2)
    assert asks(False, f"Bearer {secret['viewer']}") == 401
    done = candor(folder, "mcp", "--http", "--host", "0.0.0.0")
    assert done.returncode == 2
    assert "candor account token NAME" in " ".join(done.stderr.split())
    assert candor(folder, "account", "token", "robot", "--role", "viewer").returncode == 0
    done = candor(folder, "mcp", "--http", "--host", "0.0.0.0")
    assert done.returncode == 2
    assert "[serve] hosts" in " ".join(done.stderr.split())
