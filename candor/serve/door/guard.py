"""What stands before every page: hosts, sizes, sessions, forms that are ours, and the headers that a browser obeys."""

from __future__ import annotations

import hmac
import ipaddress
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from candor.serve.door.accounts import AccountBook
from candor.serve.door.bodies import body_of
from candor.serve.door.rates import Rates
from candor.serve.door.refused import problem
from candor.serve.door.sessions import Session, Sessions
from candor.serve.door.tokens import TokenBook
from candor.serve.door.visitors import Role, Visitor

MOST_BODY = 64 * 1024
MOST_ADDRESS = 16 * 1024
FREE = ("/static/", "/feeds/", "/healthz", "/open", "/login")
"""Paths that need no session."""
PROGRAMS = "/api/"
"""Below it nobody has a session: who sends a token is known by it, with each request."""
AGENTS = "/mcp"
"""Where agents ask: they are programs too."""
SAFE = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A form's own address is told to us and to nobody else: without it browsers send "Origin: null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_TOKEN = re.compile(r"[\w-]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouching:
    """A proxy that says who somebody is: from which networks it speaks, in which header, and who is what."""

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    header: str
    analysts: frozenset[str] = frozenset()
    admins: frozenset[str] = frozenset()

    def visitor(self, headers: Headers, client: str) -> Visitor | None:
        """Return whom the proxy names; None where it names nobody, or somebody else speaks."""
        name = headers.get(self.header, "").strip()
        try:
            address = ipaddress.ip_address(client)
        except ValueError:
            return None
        if not name or len(name) > 200 or not any(address in network for network in self.networks):
            return None
        role: Role = "admin" if name in self.admins else "analyst" if name in self.analysts else "viewer"
        return Visitor(name=name, role=role)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorRules:
    """By which names and with what cookie this page is asked for. ``hosts`` hold a port where it is not the usual."""

    hosts: Collection[str]
    cookie: str
    vouching: Vouching | None = None
    accounts: AccountBook | None = None
    tokens: TokenBook | None = None
    rates: Rates = field(default_factory=lambda: Rates(time.monotonic))
    secure: bool = False
    free: Sequence[str] = field(default=FREE)


class Guard:
    """Lets a request through to ``app``, with its session in ``scope["candor.session"]`` and the fields of its form in
    ``scope["candor.form"]``, or answers itself.
    """

    def __init__(self, app: ASGIApp, *, rules: DoorRules, sessions: Sessions) -> None:
        self._app, self._rules, self._sessions = app, rules, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in HEADERS.items():
                    headers[name] = value
                if not scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = "no-store"
                message["headers"] = headers.raw
            await send(message)

        refused = await self._refused(scope, receive)
        await (refused or self._app)(scope, receive, with_headers)

    async def _refused(self, scope: Scope, receive: Receive) -> Response | None:
        """Return why a request goes no further; None where it does."""
        headers = Headers(scope=scope)
        misdirected = self._misdirected(scope, headers)
        if misdirected is not None or _is_programs(scope["path"]):
            return misdirected
        if scope["method"] not in (*SAFE, "POST"):
            return _said(405, "GET, HEAD and POST are answered", {"Allow": "GET, HEAD, POST"})
        session = self._session(scope, headers)
        scope["candor.session"], scope["candor.form"] = session, []
        free = scope["path"].startswith(tuple(self._rules.free))
        if session is None and not free:
            return self._to_login(scope)
        return None if scope["method"] in SAFE else await self._form(scope, receive, headers, session)

    def _misdirected(self, scope: Scope, headers: Headers) -> Response | None:
        """Return why a request was sent to the wrong place, or None."""
        status, place, words, cure = 0, "", "", ""
        if headers.get("host", "").lower() not in self._rules.hosts:
            # A name that somebody pointed at this machine (DNS rebinding) is none of ours.
            status, place, cure = 421, "Host", "ask under a name that [serve] hosts lists"
            words = "this page is not served under that name"
        elif len(scope["path"]) + len(scope["query_string"]) > MOST_ADDRESS:
            status, place, cure = 414, "address", f"{MOST_ADDRESS} bytes at most"
            words = "the address is too long"
        if not status:
            return None
        if _is_programs(scope["path"]):
            return problem(status, place=place, problem=words, cure=cure)
        return _said(status, words)

    def _session(self, scope: Scope, headers: Headers) -> Session | None:
        client = scope["client"][0] if scope.get("client") else ""
        if self._rules.vouching is not None:
            visitor = self._rules.vouching.visitor(headers, client)
            return self._sessions.vouched(visitor) if visitor else None
        cookie = cookie_in(headers, self._rules.cookie)
        session = self._sessions.find(cookie) if cookie else None
        if session and session.visitor.mark and not self._may_still(session.visitor):
            self._sessions.end(cookie)
            return None
        return session

    def _may_still(self, visitor: Visitor) -> bool:
        return self._rules.accounts is not None and self._rules.accounts.still(visitor)

    def _to_login(self, scope: Scope) -> Response:
        if self._rules.vouching is not None:
            return _said(403, "the proxy in front of this page did not say who you are")
        if scope["method"] not in SAFE:
            return _said(401, "your session has ended; open the page again")
        if Headers(scope=scope).get("hx-request"):
            return _said(401, "your session has ended", {"HX-Redirect": "/login"})
        wanted = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='/')}", status_code=303)

    async def _form(self, scope: Scope, receive: Receive, headers: Headers, session: Session | None) -> Response | None:
        """Read the form of a POST. Return why it is refused, or None."""
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() not in self._rules.hosts:
            return _said(403, "this form was sent by another site")
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return _said(403, "this form was sent by another site")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return _said(415, "forms are sent as application/x-www-form-urlencoded")
        try:
            body = await body_of(receive, headers, most=MOST_BODY)
        except TimeoutError:
            return _said(408, "the form did not come in time")
        if body is None:
            return _said(413, f"a form holds at most {MOST_BODY} bytes")
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=2000)
        except ValueError:
            return _said(400, "the form cannot be read")
        given = headers.get("x-csrf") or dict(fields).get("csrf", "")
        if session is not None and not hmac.compare_digest(session.csrf.encode(), given.encode(errors="replace")):
            return _said(403, "this form is not of your session; load the page again")
        scope["candor.form"] = [(name, value) for name, value in fields if name != "csrf"]
        return None


def cookie_in(headers: Headers, name: str) -> str:
    """Return a cookie's value, or an empty text."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel is not None and _TOKEN.fullmatch(morsel.value) else ""


def _is_programs(path: str) -> bool:
    return path == AGENTS or path.startswith(PROGRAMS)


def _said(status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(f"Candor: {words}.\n", status_code=status, headers=dict(headers or {}))
