"""The team's page served on loopback as ``candor serve`` does, over a store that a test holds, at a fixed time."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import uvicorn

from analysis.settings.file import Config
from analysis.settings.tables import ServeOptions
from analysis.store.base import Store
from candor.agents.http import on_the_page
from candor.serve.app import application
from candor.serve.desk import Desk
from candor.serve.door.accounts import AccountBook
from candor.serve.door.binding import host_names
from candor.serve.door.guard import DoorRules, Vouching
from candor.serve.door.rates import Rates
from candor.serve.door.sessions import Sessions
from candor.serve.door.tokens import TokenBook
from candor.serve.door.visitors import Role, Visitor
from tests.support import seeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server answered. ``headers`` have names in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def numbers(self) -> list[int]:
        """Every count of the page that leads to a list, in its order."""
        return [int(number) for number in re.findall(r'data-count="(\d+)"', self.text)]

    @property
    def csrf(self) -> str:
        """What a form of this page's session holds."""
        return str(re.findall(r'name="csrf" value="([^"]+)"', self.text)[0])

    @property
    def total(self) -> int:
        """How many mentions the list says it has."""
        return int(re.findall(r'data-total="(\d+)"', self.text)[0])

    @property
    def ids(self) -> list[str]:
        """The mentions of a list, in order."""
        return re.findall(r'<li class="row[^"]*" data-id="([^"]+)"', self.text)


@dataclass(slots=True, kw_only=True)
class Browser:
    """A plain client with a session, without a browser's own care."""

    port: int
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        sent = {**self.headers, **({"Cookie": self.cookie} if self.cookie else {})}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        told = {name.lower(): value for name, value in answer.getheaders()}
        if "set-cookie" in told and not self.cookie:
            self.cookie = "; ".join(f"{name}={one.value}" for name, one in SimpleCookie(told["set-cookie"]).items())
        return Answer(status=answer.status, headers=told, text=text)

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return self.ask("GET", path, None, **headers)

    def post(
        self, path: str, fields: Mapping[str, str | list[str]], *, csrf: str | None = None, **headers: str
    ) -> Answer:
        """Send a form, with the token of a page of this session unless another is given."""
        token = self.get("/mentions?q=zzzz").csrf if csrf is None else csrf
        body = urlencode({**fields, "csrf": token}, doseq=True).encode()
        kind = {"Content_Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body, **{**kind, **headers})


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A running page."""

    port: int
    desk: Desk

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def link(self, role: Role = "admin", name: str = "ann") -> str:
        """Return a path that lets somebody in once."""
        return f"/open?key={self.desk.sessions.link(Visitor(name=name, role=role))}"

    def program(self, role: Role = "admin", name: str = "robot") -> Browser:
        """Return a client with a token."""
        secret = TokenBook(self.desk.config.state).make(name, role, days=1, now=self.desk.now())
        return Browser(port=self.port, headers={"Authorization": f"Bearer {secret}"})

    def visitor(self, role: Role = "admin", name: str = "ann") -> Browser:
        """Return a client that was let in."""
        browser = Browser(port=self.port)
        assert browser.get(self.link(role, name)).status == 200
        return browser


@contextmanager
def serving(
    store: Store,
    folder: Path,
    *,
    now: datetime = seeded.END,
    vouching: Vouching | None = None,
    accounts: AccountBook | None = None,
    serve: ServeOptions | None = None,
    rates: Rates | None = None,
    config: Config | None = None,
) -> Iterator[Serving]:
    """Serve ``store`` with the seeded brands and sources, or with ``config``, until the block ends."""
    config = config or Config(
        path=folder / "candor.toml",
        state=folder / "state",
        store=store.address,
        brands=seeded.BRANDS,
        sources=seeded.SOURCES,
        serve=serve or ServeOptions(),
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        desk = Desk(config, store, sessions=Sessions(time.monotonic), now=lambda: now)
        rules = DoorRules(
            hosts=host_names("127.0.0.1", port, named=()),
            cookie=f"candor-{port}",
            vouching=vouching,
            accounts=accounts,
            tokens=TokenBook(config.state),
            rates=rates or Rates(time.monotonic),
        )
        agents = on_the_page(desk, rules) if config.serve.agents else None
        server = uvicorn.Server(uvicorn.Config(application(desk, rules, agents), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Serving(port=port, desk=desk)
        finally:
            server.should_exit = True
            thread.join(60)
            desk.close()
