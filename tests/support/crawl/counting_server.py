"""A web server on loopback that counts: who asked what when, and how many requests each host saw at once."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as the server saw it. ``host`` is the address it came in on; header names are in lower case."""

    host: str
    path: str
    at: float
    headers: Mapping[str, str]
    number: int
    """How often this host was asked for this path, from 1."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send. ``wait`` seconds pass first; ``drop`` cuts the connection instead; ``endless`` never stops."""

    body: bytes = b"<html><title>page</title><p>A page.</p></html>"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    drop: bool = False
    endless: bytes = b""
    """Sent again and again in chunks."""
    pause: float = 0.0
    """Seconds between those chunks."""


Site = Callable[[Asked], Answer]


class CountingServer:
    """Serves ``site`` on ``hosts`` (addresses in 127.0.0.0/8) at one port while the block runs."""

    def __init__(self, site: Site, *, hosts: Sequence[str] = ("127.0.0.1",), tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.connections: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self.port = 0
        self._site = site
        self._hosts = list(hosts)
        self._tls = tls
        self._now: Counter[str] = Counter()
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        """Return the address of a page; ``host`` may be any name or spelling."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def times(self, host: str, path: str = "") -> list[float]:
        """Return when the host was asked, for ``path`` or for anything."""
        return [one.at for one in self.asked if one.host == host and path in ("", one.path)]

    def paths(self, host: str = "127.0.0.1") -> list[str]:
        """Return what the host was asked for, in order, without robots.txt."""
        return [one.path for one in self.asked if one.host == host and one.path != "/robots.txt"]

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        first = await asyncio.start_server(self._talk, self._hosts[0], 0, ssl=self._tls)
        self.port = first.sockets[0].getsockname()[1]
        servers = [first]
        starting = [asyncio.start_server(self._talk, host, self.port, ssl=self._tls) for host in self._hosts[1:]]
        servers.extend(await asyncio.gather(*starting))
        self._ready.set()
        await self._stop.wait()
        for server in servers:
            server.close()
        current = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not current]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        self.connections[host] += 1
        try:
            while await self._answer_one(host, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer_one(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        self._numbers[host, path] += 1
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        asked = Asked(host, path, monotonic(), headers, self._numbers[host, path])
        self.asked.append(asked)
        self._now[host] += 1
        self.most_at_once[host] = max(self.most_at_once[host], self._now[host])
        self.most_at_once["all"] = max(self.most_at_once["all"], sum(self._now.values()))
        try:
            return await _send(self._site(asked), writer)
        finally:
            self._now[host] -= 1


async def _send(answer: Answer, writer: asyncio.StreamWriter) -> bool:
    """Send the answer; return whether the connection goes on."""
    await asyncio.sleep(answer.wait)
    if answer.drop:
        writer.transport.abort()
        return False
    empty = answer.status in (204, 304)
    headers = {"Content-Type": "text/html", **answer.headers}
    if answer.endless:
        headers["Transfer-Encoding"] = "chunked"
    elif not empty:
        headers.setdefault("Content-Length", str(len(answer.body)))
    lines = [f"HTTP/1.1 {answer.status} Said", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    while answer.endless:
        writer.write(b"%x\r\n%b\r\n" % (len(answer.endless), answer.endless))
        await writer.drain()
        await asyncio.sleep(answer.pause)
    writer.write(b"" if empty else answer.body)
    await writer.drain()
    return answer.headers.get("Connection") != "close"


def self_signed(folder: Path, host: str = "127.0.0.1") -> ssl.SSLContext:
    """Return a server context whose certificate names ``host`` and is signed by nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(key_bytes)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
