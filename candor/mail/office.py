"""The mail server: where it is, who logs in, and what its refusals mean. All of it from the environment.

``CANDOR_SMTP`` is ``smtp://user@host:587`` (STARTTLS), ``smtps://user@host:465`` (TLS from the first byte) or
``smtp+plain://host:25`` (none); ``CANDOR_SMTP_PASSWORD`` the password, ``CANDOR_MAIL_FROM`` the sender. With ``_FILE``
behind its name each comes from a file.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Literal
from urllib.parse import unquote, urlsplit

from analysis.model.errors import CandorError, ReadError, UsageError
from analysis.settings.values import mail_address
from crawler.keys import key_value

VARIABLE, PASSWORD, SENDER = "CANDOR_SMTP", "CANDOR_SMTP_PASSWORD", "CANDOR_MAIL_FROM"
TIMEOUT_S = 60.0
Security = Literal["smtp", "smtps", "smtp+plain"]
_PORTS: Mapping[Security, int] = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_FORM = "write smtp://user@host:587, smtps://user@host:465 or smtp+plain://host:25"


class MailError(CandorError):
    """A mail could not be sent: raised by ``PostOffice.send``. It is tried again; the message says what to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOffice:
    """A mail server that is known by name, and how we speak to it."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Where it is, without secrets."""
        return f"{self.security}://{self.host}:{self.port}"

    def send(self, letter: EmailMessage) -> dict[str, str]:
        """Send a mail; return who was refused, with the server's words. Blocks.

        Raises ``MailError`` where nobody gets it.
        """
        try:
            with self._opened() as server:
                refused = server.send_message(letter, from_addr=self.sender)
        except smtplib.SMTPRecipientsRefused as error:
            raise MailError(f"{self.place}: refused everybody: {_each(_refused(error.recipients))}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(f"{self.place}: {self._cause(error)}") from None
        return _refused(refused)

    def check(self) -> str:
        """Ask whether it takes our login and our sender, send nothing, and say so in words. Blocks.

        Raises ``MailError`` with what it refuses.
        """
        try:
            with self._opened() as server:
                server.ehlo_or_helo_if_needed()
                code, said = server.mail(self.sender)
                server.rset()
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(f"{self.place}: {self._cause(error)}") from None
        if code != 250:
            refused = smtplib.SMTPSenderRefused(code, said, self.sender)
            raise MailError(f"{self.place}: {self._cause(refused)}")
        login = f"the login of {self.user} and " if self.user else ""
        return f"{self.place} takes {login}the sender {self.sender}"

    def _opened(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        try:
            if self.security == "smtp":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _cause(self, error: Exception) -> str:
        """Return what went wrong in words, and what to look at. First what is told most exactly."""
        if isinstance(error, smtplib.SMTPAuthenticationError):
            said = _words(error.smtp_code, error.smtp_error)
            return (
                f"refused the login of {self.user} ({said}); check {VARIABLE} and {PASSWORD}: many providers want a "
                "password made for programs"
            )
        if isinstance(error, smtplib.SMTPSenderRefused):
            said = _words(error.smtp_code, error.smtp_error)
            return f"refused the sender {self.sender} ({said}); check {SENDER}, and whether a login is needed"
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return f"offers neither STARTTLS nor a login that we know ({error}); {_FORM}"
        if isinstance(error, smtplib.SMTPResponseException):
            return f"refused the mail ({_words(error.smtp_code, error.smtp_error)})"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({error.verify_message}); name the host as the certificate does"
        if isinstance(error, ssl.SSLError):
            return f"TLS failed ({error.reason or error}); {_FORM}"
        if isinstance(error, socket.gaierror):
            return f"there is no host of that name; check {VARIABLE}"
        if isinstance(error, TimeoutError):
            return f"does not answer within {TIMEOUT_S:g} s; check host and port in {VARIABLE}, and the firewall"
        return f"cannot be reached ({error or type(error).__name__}); check host and port in {VARIABLE}"


def office_of(environ: Mapping[str, str]) -> PostOffice:
    """Return the mail server that the environment names. Raises ``UsageError`` with what is missing or wrong."""
    address, sender, password = (_given(name, environ) for name in (VARIABLE, SENDER, PASSWORD))
    if not address:
        raise UsageError(f"{VARIABLE}: is not set, and a report is to be sent by mail; {_FORM}")
    try:
        mail_address(sender)
    except ValueError as error:
        raise UsageError(f"{SENDER}: {error}") from None
    try:
        parts = urlsplit(address)
        given_port = parts.port
    except ValueError:
        raise UsageError(f"{VARIABLE}: its port is no number; {_FORM}") from None
    security = next((one for one in _PORTS if one == parts.scheme), None)
    if security is None or not parts.hostname or parts.path not in ("", "/"):
        raise UsageError(f"{VARIABLE}: is no address of a mail server; {_FORM}")
    user, password = unquote(parts.username or ""), password or unquote(parts.password or "")
    if user and not password:
        raise UsageError(f"{PASSWORD}: is not set, and {VARIABLE} names the user {user}; set it, or {PASSWORD}_FILE")
    if user and security == "smtp+plain" and not _is_here(parts.hostname):
        raise UsageError(f"{VARIABLE}: would send a password unencrypted to {parts.hostname}; use smtp:// or smtps://")
    return PostOffice(
        host=parts.hostname,
        port=given_port or _PORTS[security],
        security=security,
        sender=sender,
        user=user,
        password=password,
    )


def _given(name: str, environ: Mapping[str, str]) -> str:
    try:
        return key_value(name, environ)
    except ReadError as error:
        raise UsageError(str(error)) from None


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _words(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())[:200]}"


def _refused(refused: Mapping[str, tuple[int, bytes]]) -> dict[str, str]:
    return {who: _words(*answer) for who, answer in refused.items()}


def _each(refused: Mapping[str, str]) -> str:
    return "; ".join(f"{who}: {words}" for who, words in refused.items())
