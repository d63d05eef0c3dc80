"""A real mail server on loopback: takes mail, and refuses what a test wants refused."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


@dataclass(slots=True, kw_only=True)
class MailBox:
    """What the server took, and how it answers."""

    port: int = 0
    password: str = ""
    unknown: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    answer: str = "250 OK"
    letters: list[EmailMessage] = field(default_factory=list)
    people: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _way: str, data: LoginPassword) -> AuthResult:
        """Let somebody in who knows the password."""
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == self.password, handled=False)

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """Take a sender who is not barred."""
        if address in self.barred:
            return "553 5.7.1 sender not owned"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:
        """Take a name that is known."""
        if address in self.unknown:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Take a mail."""
        if self.answer.startswith("2"):
            self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
            self.people.append(list(envelope.rcpt_tos))
        return self.answer


@contextmanager
def mail_server(box: MailBox, *, certificate: Path | None = None, tls: str = "") -> Iterator[MailBox]:
    """Serve ``box``; ``tls`` is ``starttls``, ``always`` or empty, with the certificate and key in one file."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    def made() -> SMTP:
        wants = bool(box.password)
        return SMTP(
            box,
            hostname="mail.test",
            tls_context=context if tls == "starttls" else None,
            require_starttls=tls == "starttls",
            authenticator=box.authenticate if wants else None,
            auth_required=wants and tls == "starttls",
            auth_require_tls=tls == "starttls",
            loop=loop,
        )

    async def served(listening: socket.socket) -> None:
        server = await loop.create_server(made, sock=listening, ssl=context if tls == "always" else None)
        ready.set()
        await stop.wait()
        server.close()
        await asyncio.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        box.port = listening.getsockname()[1]
        thread = threading.Thread(target=loop.run_until_complete, args=[served(listening)])
        thread.start()
        ready.wait(60)
        try:
            yield box
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(60)
            loop.close()


def self_signed(folder: Path, *, names: tuple[str, ...] = ("localhost",)) -> Path:
    """Write a certificate that signs itself for 127.0.0.1 and ``names``, with its key, into one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *map(x509.DNSName, names)]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    place = folder / "mail.pem"
    place.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return place
