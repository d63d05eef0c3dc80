"""Put the boards into Kibana: wait for it, import the file, check what it answered, set the default data view.

Talks to Kibana's public interfaces only: ``/api/status``, ``/api/spaces/space``, ``/api/saved_objects/_import`` and
``/api/data_views/default``. Sends secrets to the address given and to no other: redirects are not followed.
"""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

from analysis.model.errors import CandorError, UsageError
from analysis.store.elastic.server.address import Secrets, secrets_from
from mappings.kibana import DEFAULT_VIEW, board_link, id_in, ndjson

FIRST_BOARD = "candor-improve"
PAUSE_S = 2.0
REQUEST_S = 60.0
_BOUNDARY = "candor-boards-7c1f5f0e2b6d4f0c"
_PASSING = {429, 502, 503, 504}


class BoardsError(CandorError):
    """Kibana did not take the boards: raised by ``set_up``. The message holds Kibana's reason and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did: how many objects stand in Kibana now, and where the first board is."""

    objects: int
    board: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kibana:
    """A Kibana server and how long to be patient with it. ``clock`` and ``sleep`` are in seconds."""

    url: str
    space: str = ""
    secrets: Secrets
    wait_s: float = 300.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @property
    def base(self) -> str:
        """The address below which the space's interfaces lie."""
        return self.url.rstrip("/") + (f"/s/{quote(self.space, safe='')}" if self.space else "")


def kibana_from(url: str, *, space: str, wait_s: float, environ: Mapping[str, str]) -> Kibana:
    """Return the server at ``url`` with the secrets that the environment names.

    ``CANDOR_KIBANA_API_KEY``, ``_USER``, ``_PASSWORD`` (each also ``..._FILE``), ``_CA_FILE`` and ``_INSECURE``; where
    one is absent, its ``CANDOR_ELASTIC_...`` twin speaks. Raises ``UsageError`` for an address that cannot be used.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"{url!r} is not the address of a Kibana; write https://kibana.example:5601")
    if "@" in parts.netloc:
        raise UsageError("no user or password in Kibana's address: set CANDOR_KIBANA_USER and CANDOR_KIBANA_PASSWORD")
    own = {
        name.replace("CANDOR_KIBANA_", "CANDOR_ELASTIC_"): value
        for name, value in environ.items()
        if name.startswith("CANDOR_KIBANA_")
    }
    # A key of Kibana's own must not lose against a password of Elasticsearch's: then none of the twins speaks.
    named = any(word in name for name in own for word in ("API_KEY", "USER", "PASSWORD"))
    twins = {} if named else environ
    trust = {name: environ[name] for name in ("CANDOR_ELASTIC_CA_FILE", "CANDOR_ELASTIC_INSECURE") if name in environ}
    return Kibana(url=url, space=space, wait_s=wait_s, secrets=secrets_from({**twins, **trust, **own}))


def set_up(kibana: Kibana, *, tell: Callable[[str], None]) -> Imported:
    """Import the boards and make the mentions the default data view; a second time changes nothing.

    Raises ``BoardsError`` with the reason where Kibana is not there, refuses, or took less than the whole file.
    """
    until = kibana.clock() + kibana.wait_s
    wait_for(kibana, until=until, tell=tell)
    if kibana.space:
        _space(kibana, until=until)
    count = import_boards(kibana, until=until)
    body = json.dumps({"data_view_id": id_in(kibana.space, DEFAULT_VIEW), "force": True}).encode()
    _ask(kibana, "POST", f"{kibana.base}/api/data_views/default", body, until=until)
    return Imported(objects=count, board=board_link(kibana.url, FIRST_BOARD, space=kibana.space))


def wait_for(kibana: Kibana, *, until: float, tell: Callable[[str], None]) -> None:
    """Return when Kibana says that it is available. Raises ``BoardsError`` when ``until`` has passed."""
    said = ""
    while True:
        level, why = _status(kibana)
        if level == "available":
            return
        if (level, why) != ("", said):
            tell(f"waiting for {kibana.url} ({why})")
            said = why
        if kibana.clock() >= until:
            words = f"{kibana.url}: Kibana was not ready within {kibana.wait_s:.0f} s ({why})"
            raise BoardsError(f"{words}; look at its log, or wait longer with --wait")
        kibana.sleep(PAUSE_S)


def import_boards(kibana: Kibana, *, until: float) -> int:
    """Import the file, overwriting what is there, and return how many objects Kibana took: all of them."""
    text = ndjson(kibana.space)
    body = (
        f"--{_BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="file"; filename="boards.ndjson"\r\n'
        "Content-Type: application/ndjson\r\n\r\n"
        f"{text}\r\n--{_BOUNDARY}--\r\n"
    ).encode()
    kind = f"multipart/form-data; boundary={_BOUNDARY}"
    path = f"{kibana.base}/api/saved_objects/_import?overwrite=true"
    answer = _ask(kibana, "POST", path, body, until=until, kind=kind)
    wanted = len(text.splitlines())
    problems = [_problem(item) for item in answer.get("errors") or ()]
    taken = answer.get("successCount")
    if answer.get("success") is not True or problems or taken != wanted:
        reason = "; ".join(problems) or "no reason given"
        raise BoardsError(f"{kibana.base}: Kibana took {taken or 0} of {wanted} saved objects: {reason}")
    _under_their_own_ids(kibana, answer)
    return wanted


def _under_their_own_ids(kibana: Kibana, answer: Mapping[str, Any]) -> None:
    """Refuse copies that Kibana gave other ids: every link in a message would lead nowhere."""
    moved = [item for item in answer.get("successResults") or () if item.get("destinationId", item["id"]) != item["id"]]
    if moved:
        first = f"{moved[0]['type']} {moved[0]['id']} became {moved[0]['destinationId']}"
        raise BoardsError(
            f"{kibana.base}: {len(moved)} of our ids are taken by another space, so Kibana gave its copies others "
            f"({first}); delete the boards of that space and these copies in Saved Objects, then run this again"
        )


def _problem(item: Mapping[str, Any]) -> str:
    error = item.get("error") or {}
    kind, name = error.get("type", "unknown"), f"{item.get('type')} {item.get('id')}"
    if kind == "missing_references":
        absent = ", ".join(f"{each.get('type')} {each.get('id')}" for each in error.get("references") or ())
        return f"{name} refers to {absent}, which is not there"
    if kind in {"conflict", "ambiguous_conflict"}:
        return f"{name} is in conflict with another object of that name; delete that one in Saved Objects"
    if kind == "unsupported_type":
        return f"{name}: this Kibana does not know this type; it must be 8.14 or newer"
    return f"{name}: {error.get('message') or kind}"


def _space(kibana: Kibana, *, until: float) -> None:
    """Make the space where it does not exist yet."""
    root = kibana.url.rstrip("/")
    name = quote(kibana.space, safe="")
    try:
        _ask(kibana, "GET", f"{root}/api/spaces/space/{name}", None, until=until)
    except _AnsweredError as error:
        if error.status != 404:
            raise
        body = json.dumps({"id": kibana.space, "name": kibana.space, "description": "Made by candor"}).encode()
        try:
            _ask(kibana, "POST", f"{root}/api/spaces/space", body, until=until)
        except _AnsweredError as refused:
            # Somebody else was faster: the space is there, which is all that was wanted.
            if refused.status != 409:
                raise


class _AnsweredError(BoardsError):
    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


def _status(kibana: Kibana) -> tuple[str, str]:
    """Return Kibana's level and what it says of itself; an empty level where it cannot be asked yet."""
    try:
        answer = _send(kibana, "GET", f"{kibana.url.rstrip('/')}/api/status", None, "")
    except _AnsweredError as error:
        if error.status in _PASSING:
            return "", f"it answers {error.status}"
        raise
    except ConnectionError as error:
        return "", str(error)
    overall = (answer.get("status") or {}).get("overall") or {}
    return str(overall.get("level", "")), str(overall.get("summary") or overall.get("level") or "it says nothing")


def _ask(
    kibana: Kibana, method: str, url: str, body: bytes | None, *, until: float, kind: str = "application/json"
) -> dict[str, Any]:
    """Send a request that is safe to repeat; repeat it while Kibana is busy and there is time."""
    while True:
        try:
            return _send(kibana, method, url, body, kind)
        except _AnsweredError as error:
            failed: BoardsError = error
            if error.status not in _PASSING:
                raise
        except ConnectionError as error:
            failed = BoardsError(f"{kibana.url}: Kibana cannot be reached ({error})")
        if kibana.clock() >= until:
            raise failed
        kibana.sleep(PAUSE_S)


def _send(kibana: Kibana, method: str, url: str, body: bytes | None, kind: str) -> dict[str, Any]:
    request = urllib.request.Request(url, data=body, method=method, headers=_headers(kibana.secrets, kind))  # noqa: S310
    handlers: list[urllib.request.BaseHandler] = [_NoRedirects(), urllib.request.ProxyHandler({})]
    if url.startswith("https:"):
        handlers.append(urllib.request.HTTPSHandler(context=_trust(kibana.secrets)))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=REQUEST_S) as answer:
            raw = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            raise _answered(kibana, error.code, error.read()) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLError):
            cure = "name its authority in CANDOR_KIBANA_CA_FILE"
            raise BoardsError(f"{kibana.url}: the certificate is not trusted ({error.reason.reason}); {cure}") from None
        raise ConnectionError(str(getattr(error.reason, "strerror", None) or error.reason)) from None
    except (OSError, HTTPException) as error:
        raise ConnectionError(str(error) or type(error).__name__) from None
    return _decoded(kibana, raw)


def _decoded(kibana: Kibana, raw: bytes) -> dict[str, Any]:
    if not raw.strip():
        return {}
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise BoardsError(f"{kibana.url}: what answers there is not Kibana (no JSON); is the address right?")
    return answer


def _answered(kibana: Kibana, status: int, raw: bytes) -> _AnsweredError:
    try:
        body = json.loads(raw)
        said = str(body.get("message") or body.get("error") or "") if isinstance(body, dict) else ""
    except ValueError:
        said = ""
    words = {
        401: "Kibana does not accept who we say we are; set CANDOR_KIBANA_API_KEY, or CANDOR_KIBANA_USER and _PASSWORD",
        403: f"not allowed ({said}); the role needs Saved Objects Management and Index Patterns: all in this space",
        404: "there is no such place in Kibana; is the address right, and is the space there?",
        413: "Kibana takes no request of this size; raise server.maxPayload",
    }
    if 300 <= status < 400:
        fact = f"Kibana sends us elsewhere ({status}); give the address that it really has, with its base path"
    else:
        fact = words.get(status, f"Kibana answered {status}: {said[:300] or 'no reason given'}")
    return _AnsweredError(f"{kibana.url}: {fact}", status=status)


def _headers(secrets: Secrets, kind: str) -> dict[str, str]:
    headers = {"kbn-xsrf": "candor", "Accept": "application/json"} | ({"Content-Type": kind} if kind else {})
    if secrets.api_key:
        headers["Authorization"] = f"ApiKey {secrets.api_key}"
    elif secrets.user:
        headers["Authorization"] = "Basic " + b64encode(f"{secrets.user}:{secrets.password}".encode()).decode()
    return headers


def _trust(secrets: Secrets) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=secrets.ca_file or None)
    if secrets.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *told: object) -> None:  # noqa: ARG002
        """Follow nothing: a redirect would carry the secrets to an address that nobody gave."""
        return
