"""Agents that ask the team's page at /mcp: the package's own client with a token, and who is not answered."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent

from analysis.model import SourceRef
from analysis.model.records.audit import CORRECTIONS
from analysis.model.records.proposal import PROPOSALS
from analysis.settings.file import Config
from analysis.settings.tables import ServeOptions
from analysis.store.embedded.store import EmbeddedStore
from candor.serve.door import bodies
from candor.serve.door.rates import BURST, Rates
from candor.serve.door.tokens import TokenBook
from candor.serve.door.visitors import Role
from tests.candor.agents.test_mcp import MARK, PERIOD, SECRET, asked, hostile, unmarked
from tests.support import seeded
from tests.support.mentions import make_mention
from tests.support.serving import Answer, Browser, Serving, serving

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
PRIVATE = make_mention(901, url="https://desk.example/1", text=f"tessaro {SECRET} ticket")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """A seeded store with a stranger's orders and a private ticket."""
    with EmbeddedStore(tmp_path_factory.mktemp("agents") / "store", write=True) as kept:
        seeded.fill(kept)
        ticket = replace(PRIVATE, private=True, source=SourceRef(id="desk", kind="feed"))
        kept.write([hostile(), ticket])
        kept.refresh()
        yield kept


@pytest.fixture(scope="module")
def page(store: EmbeddedStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The page, which answers agents."""
    folder = tmp_path_factory.mktemp("page")
    desk = replace(seeded.SOURCES[0], id="desk", url="https://desk.example/", private=True)
    config = Config(
        path=folder / "candor.toml",
        state=folder / "state",
        store=store.address,
        brands=seeded.BRANDS,
        sources=(*seeded.SOURCES, desk),
        serve=ServeOptions(agents=True),
    )
    # A client asks several times for each answer, and tests ask more often than agents may.
    with serving(store, folder, config=config, rates=Rates(lambda: 1000 * time.monotonic())) as served:
        yield served


def held(page: Serving, role: Role, conversation: Any, name: str = "robot") -> Any:
    """Hold a conversation by a token of a role, and return what came of it."""

    async def spoken() -> Any:
        headers = page.program(role, name).headers
        async with (
            httpx2.AsyncClient(headers=headers, timeout=300) as http,
            Client(streamable_http_client(f"{page.url}/mcp", http_client=http)) as client,
        ):
            return await conversation(client)

    return anyio.run(spoken)


def sent(browser: Browser, body: Any = LIST, method: str = "POST", **headers: str) -> Answer:
    """Send one request as any program can."""
    shown = {"Content_Type": "application/json", "Accept": "application/json, text/event-stream", **headers}
    return browser.ask(method, "/mcp", json.dumps(body).encode(), **shown)


def test_every_tool_answers_an_analysts_token(page: Serving, store: EmbeddedStore) -> None:
    async def read(client: Client) -> list[Any]:
        return [
            await asked(client, "search", query=MARK, **PERIOD),
            await asked(client, "count", by=["source.id"], query=SECRET),
            await asked(client, "themes", **PERIOD),
            await asked(client, "evidence", ids=[hostile().id, PRIVATE.id]),
            await asked(client, "section", name="themes", **PERIOD),
            await asked(client, "alerts", state=""),
            await asked(client, "sources"),
            await asked(
                client, "propose_fix", theme="battery", brand="tessaro", reason="posts", evidence=[hostile().id]
            ),
            await asked(
                client, "propose_correction", mention=hostile().id, field="sentiment", to="negative", reason="angry"
            ),
            await asked(client, "proposals"),
            {one.name for one in (await client.list_tools()).tools},
        ]

    *answers, listed = held(page, "analyst", read, "robin")
    found, counted, _, whole, _, _, sources, _, _, proposals = answers
    assert len(listed) == len(answers)
    assert [one["id"] for one in found["mentions"]] == [hostile().id]
    assert (counted["total"], len(whole["mentions"])) == (1, 2)
    assert "desk" in {one["id"] for one in sources["sources"]}
    assert [text for one in answers for text in unmarked(one) if MARK in text] == []
    assert [one["what"] for one in proposals["proposals"]] == ["correction", "fix"]
    assert {one.who for one in PROPOSALS.values(store.records)} == {"robin"}
    assert list(CORRECTIONS.values(store.records)) == []


def test_a_viewers_token_reads_what_is_public_and_proposes_nothing(page: Serving, store: EmbeddedStore) -> None:
    before = len(list(PROPOSALS.values(store.records)))

    async def read(client: Client) -> list[Any]:
        fix = {"theme": "price", "reason": "posts", "evidence": [hostile().id]}
        right = {"mention": hostile().id, "field": "sentiment", "to": "neutral", "reason": "calm"}
        calls: list[tuple[str, dict[str, Any]]] = [
            *(("propose_fix", fix), ("propose_correction", right), ("proposals", {})),
            ("search", {"where": {"triage.status": ["x"]}, "query": "AND ("}),
        ]
        refused = [await client.call_tool(name, given) for name, given in calls]
        return [
            await asked(client, "search", query=SECRET),
            await asked(client, "evidence", ids=[PRIVATE.id]),
            await asked(client, "sources"),
            [(one.is_error, *(part.text for part in one.content if isinstance(part, TextContent))) for one in refused],
        ]

    found, named, sources, refused = held(page, "viewer", read, "dashboard")
    assert (found["mentions"], named["mentions"], named["not_found"]) == ([], [], [PRIVATE.id])
    assert "desk" not in {one["id"] for one in sources["sources"]}
    assert all(wrong for wrong, _ in refused)
    assert ["analysts" in words for _, words in refused] == [True, True, True, False]
    assert len(list(PROPOSALS.values(store.records))) == before


def test_nobody_is_answered_without_a_token_that_is_valid(page: Serving) -> None:
    nobody, robot = Browser(port=page.port), page.program("analyst")
    refused = sent(nobody)
    assert (refused.status, refused.headers["www-authenticate"]) == (401, 'Bearer realm="Candor"')
    assert json.loads(refused.text)["cure"]
    assert sent(nobody, Authorization="Bearer candor_no").status == 401
    assert sent(page.visitor("admin")).status == 401, "a session of the pages is no token"
    old = TokenBook(page.desk.config.state).make(
        "old", "analyst", days=1, now=page.desk.now() - timedelta(days=1, minutes=1)
    )
    ended = sent(nobody, Authorization=f"Bearer {old}")
    assert (ended.status, "ended at" in ended.text) == (401, True)
    assert sent(robot).status == 200
    assert TokenBook(page.desk.config.state).remove("robot")
    assert sent(robot).status == 401


def test_what_a_browser_may_have_been_made_to_send_is_not_answered(page: Serving) -> None:
    robot = page.program("analyst", "robot2")
    assert sent(robot, Host="evil.example").status == 421
    assert sent(robot, Origin="https://evil.example").status == 403
    assert sent(robot, Origin=page.url).status == 403
    assert sent(robot, Sec_Fetch_Site="cross-site").status == 403


def test_a_request_is_bounded_and_keeps_nothing_open(page: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    robot = page.program("analyst", "robot3")
    long = {**LIST, "params": {"x": "x" * 300_000}}
    assert sent(robot, long).status == 413
    chunk = b"%x\r\n%s\r\n" % (65536, b" " * 65536)
    assert _first_line(page, robot, "Transfer-Encoding: chunked", 5 * chunk).startswith("HTTP/1.1 413 ")
    for method in ("GET", "DELETE", "PUT"):
        refused = sent(robot, method=method)
        assert (refused.status, refused.headers["allow"]) == (405, "POST")
    begun = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    opened = sent(robot, {**LIST, "method": "initialize", "params": begun})
    assert (opened.status, "mcp-session-id" in opened.headers) == (200, False)
    assert opened.headers["cache-control"] == "no-store"
    junk: list[Any] = [[], 7, {"id": 1}, *({**LIST, "method": one} for one in ("nonsense", "subscriptions/listen"))]
    for body in junk:
        assert 200 <= sent(robot, body).status < 500
    monkeypatch.setattr(bodies, "SLOWEST_S", 0.2)
    assert _first_line(page, robot, "Content-Length: 100", b"{").startswith("HTTP/1.1 408 ")


def _first_line(page: Serving, robot: Browser, length: str, body: bytes) -> str:
    """Send a request whose length is told as ``length``, and return the first line of the answer."""
    head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n{length}\r\n"
    with socket.create_connection(("127.0.0.1", page.port), timeout=60) as line:
        line.sendall(f"{head}Authorization: {robot.headers['Authorization']}\r\n\r\n".encode() + body)
        return line.recv(200).decode().splitlines()[0]


def test_agents_share_the_rates_of_programs_and_may_ask_at_once(store: EmbeddedStore, tmp_path: Path) -> None:
    with serving(store, tmp_path, serve=ServeOptions(agents=True), rates=Rates(lambda: 0.0)) as served:
        robot = served.program("viewer")
        told: list[int] = []
        threads = [threading.Thread(target=lambda: told.append(sent(robot).status)) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert told == [200] * 8
        left = [robot.get("/api/v1/sources").status for _ in range(BURST - 8)]
        assert set(left) == {200}
        refused = sent(robot)
        assert (refused.status, re.fullmatch(r"\d+", refused.headers["retry-after"]) is not None) == (429, True)


def test_agents_are_not_answered_unless_somebody_said_so(store: EmbeddedStore, tmp_path: Path) -> None:
    with serving(store, tmp_path) as served:
        refused = sent(served.program("admin"))
        assert (refused.status, "[serve]" in json.loads(refused.text)["cure"]) == (404, True)
        assert served.visitor("admin").get("/mcp").status == 404
        assert Browser(port=served.port).get("/mcps").status == 303, "another path is a page, and needs a session"
