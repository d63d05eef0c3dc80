"""A mail server on loopback: takes what SMTP clients send (RFC 5321, no extensions but 8BITMIME) and keeps it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail: who it is from and to on the envelope, and its bytes as they came."""

    sender: str
    to: tuple[str, ...]
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        """The mail as Python reads it."""
        found = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


@dataclass(slots=True)
class MailServer:
    """The running server. ``refuse``: the next answers to DATA's end, such as ``451 try later``; then 250."""

    port: int = 0
    letters: list[Letter] = field(default_factory=list)
    refuse: list[str] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run the server until the end of the block."""
    mail = MailServer()

    class Handler(_Handler):
        server_mail = mail

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        mail.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield mail
        finally:
            server.shutdown()
            thread.join()


class _Handler(socketserver.StreamRequestHandler):
    server_mail: ClassVar[MailServer]

    def handle(self) -> None:
        self._say("220 mail.example")
        sender, to = "", list[str]()
        while line := self.rfile.readline().decode("utf-8", "replace").rstrip("\r\n"):
            word = line.upper()
            if word.startswith(("EHLO", "HELO")):
                self._say("250-mail.example\r\n250 8BITMIME")
            elif word.startswith("MAIL FROM:"):
                sender, to = line[10:].strip(" <").partition(">")[0], []
                self._say("250 ok")
            elif word.startswith("RCPT TO:"):
                to.append(line[8:].strip(" <").partition(">")[0])
                self._say("250 ok")
            elif word == "DATA":
                self._say("354 go on")
                self._take(sender, tuple(to))
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok" if word in ("RSET", "NOOP") else "502 not known")

    def _take(self, sender: str, to: tuple[str, ...]) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        answer = self.server_mail.refuse.pop(0) if self.server_mail.refuse else "250 taken"
        if answer.startswith("250"):
            self.server_mail.letters.append(Letter(sender, to, b"".join(lines)))
        self._say(answer)

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")
