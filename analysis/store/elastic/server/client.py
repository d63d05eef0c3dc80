"""The connection to an Elasticsearch server: asking it, trying again, and its errors in words."""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import elastic_transport
import elasticsearch
import orjson
from elasticsearch import Elasticsearch
from elasticsearch.serializer import JsonSerializer

from analysis.model.errors import Cure, StoreError
from analysis.model.text import one_line, shorten
from analysis.store.elastic.server.address import Address, Secrets

log = logging.getLogger(__name__)
OLDEST = (8, 14)
NEWEST_MAJOR = 9
REQUEST_TIMEOUT_S = 60.0
_JSON = "application/json"
_PASSING = {429, 502, 503, 504}


class AwayError(StoreError):
    """The server cannot be reached or cannot take writes for the moment; what was given stays in the spool."""


class RefusedError(StoreError):
    """The server answered and said no. ``status`` is HTTP's, ``kind`` is Elasticsearch's own word for it."""

    def __init__(self, fact: str, *, status: int = 0, kind: str = "", cure: Cure | None = None) -> None:
        super().__init__(fact, cure=cure)
        self.status = status
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a request is tried and the longest wait (seconds) before each new try: full jitter, doubling."""

    attempts: int = 5
    base_s: float = 0.4
    cap_s: float = 8.0

    def wait(self, attempt: int) -> float:
        """Return the seconds to wait after try number ``attempt`` (from 0)."""
        return random.uniform(0, min(self.cap_s, self.base_s * 2**attempt))


class Connection:
    """Asks the server, tries again where that can help, and turns every failure into words. Threads may share it."""

    def __init__(self, address: Address, secrets: Secrets, *, patience: Patience | None = None) -> None:
        self.address = address
        self.patience = patience or Patience()
        self._client = _client(address, secrets)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        retry: bool = True,
    ) -> Any:
        """Return the answer's JSON. Raises ``AwayError`` or ``RefusedError``.

        With ``retry`` a request that failed for the moment is tried again: only for what is safe to repeat.
        """
        for attempt in range(self.patience.attempts if retry else 1):
            if attempt:
                time.sleep(self.patience.wait(attempt - 1))
            try:
                return self._ask(method, path, body, params)
            except AwayError as error:
                failed = error
        raise failed

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def _ask(self, method: str, path: str, body: Any, params: Mapping[str, Any] | None) -> Any:
        lines = isinstance(body, bytes)
        headers = {"Accept": _JSON} | (
            {"Content-Type": "application/x-ndjson" if lines else _JSON} if body is not None else {}
        )
        try:
            answer = self._client.perform_request(method, path, params=params, headers=headers, body=body)
        except elasticsearch.UnsupportedProductError:
            words = f"{self.address.shown}: this is not Elasticsearch (OpenSearch, a gateway, something else?); {_ONLY}"
            raise RefusedError(words) from None
        except elasticsearch.ApiError as error:
            raise self._told(error) from None
        except elastic_transport.SerializationError:
            raise AwayError(f"{self.address.shown}: {_GARBLED}") from None
        except elastic_transport.TransportError as error:
            raise self._unreachable(error) from None
        if not isinstance(answer.body, dict | list):
            raise AwayError(f"{self.address.shown}: {_GARBLED}")
        return answer.body

    def _unreachable(self, error: elastic_transport.TransportError) -> StoreError:
        said = str(error.message)
        where = self.address.shown
        if isinstance(error, elastic_transport.TlsError) or "certificate" in said.lower():
            return RefusedError(
                f"{where}: the server's certificate is not trusted; name its authority in CANDOR_ELASTIC_CA_FILE or "
                f"its SHA-256 in CANDOR_ELASTIC_FINGERPRINT ({_short(said)})"
            )
        if isinstance(error, elastic_transport.ConnectionTimeout):
            return AwayError(f"{where}: no answer within {REQUEST_TIMEOUT_S:.0f} s; is the server overloaded?")
        return AwayError(
            f"{where}: the server cannot be reached ({_short(said)}); is it running, is the address right?"
        )

    def _told(self, error: elasticsearch.ApiError) -> StoreError:
        where, status, body = self.address.shown, error.status_code, error.body
        if not isinstance(body, dict):
            if status == 413:
                return RefusedError(f"{where}: the request is too large for the server", status=413)
            if status in _PASSING or status >= 500:
                return AwayError(f"{where}: {_GARBLED} (status {status})")
            return RefusedError(f"{where}: {_GARBLED} (status {status}); {_ONLY}", status=status)
        kind, reason = _cause(body)
        return told(where, status, kind, reason)


def told(where: str, status: int, kind: str, reason: str) -> StoreError:
    """Return the error for what Elasticsearch said, with the cure where one is known."""
    if kind == "cluster_block_exception":
        return AwayError(blocked(where, reason))
    if status in _PASSING:
        return AwayError(f"{where}: the server has no room for the moment ({status} {kind}: {_short(reason)})")
    if status == 401:
        cure = "check CANDOR_ELASTIC_API_KEY, or CANDOR_ELASTIC_USER and CANDOR_ELASTIC_PASSWORD"
        return RefusedError(f"{where}: the server does not accept who we say we are; {cure}", status=401, kind=kind)
    if status == 403:
        return RefusedError(f"{where}: {missing_privilege(reason)}", status=403, kind=kind, cure="make roles")
    if status >= 500:
        return AwayError(f"{where}: the server failed ({status} {kind}: {_short(reason)})")
    return RefusedError(f"{where}: {kind}: {_short(reason, 600)}", status=status, kind=kind)


def blocked(where: str, reason: str) -> str:
    """Return what a write block means and how to lift it."""
    if "flood" in reason or "read-only-allow-delete" in reason or "read_only_allow_delete" in reason:
        return (
            f"{where}: the index is read-only because the server's disk is full (flood stage); free disk space there, "
            "then set index.blocks.read_only_allow_delete to null; what was given waits in the spool"
        )
    return (
        f"{where}: the index is blocked for writing ({_short(reason)}); an upgrade may be running, else set "
        "index.blocks.write to null; what was given waits in the spool"
    )


def missing_privilege(reason: str) -> str:
    """Return in words what the server did not allow, and the privilege that would."""
    action = re.search(r"action \[([^\]]{1,200})\]", reason)
    indices = re.search(r"on (?:restricted )?indices \[([^\]]{1,500})\]", reason)
    needed = re.search(r"granted by the (index|cluster) privileges? \[([^\]]{1,500})\]", reason)
    if action is None:
        return f"not allowed ({_short(reason)})"
    place = f" on {indices[1]}" if indices else ""
    needs = (
        f"it needs the {needed[1]} privilege {needed[2].replace(',', ' or ')}{place}"
        if needed
        else "give the right to it"
    )
    return f"not allowed: {action[1]}{place}; {needs}"


def _cause(body: dict[str, Any]) -> tuple[str, str]:
    error = body.get("error", body)
    if not isinstance(error, dict):
        return "error", str(error)
    deeper = error.get("root_cause") or []
    cause = error.get("caused_by") or {}
    kind = str(error.get("type", "error"))
    reasons = [error.get("reason"), *(item.get("reason") for item in deeper[:1]), cause.get("reason")]
    if kind == "search_phase_execution_exception" and deeper:
        kind = str(deeper[0].get("type", kind))
    return kind, "; ".join(dict.fromkeys(str(reason) for reason in reasons if reason))


def _short(text: str, most: int = 200) -> str:
    return shorten(one_line(text), most, ending=" …", between_words=False)


class _Json(JsonSerializer):
    """Answers are read by orjson, in a quarter of the time. What is sent is not: orjson refuses lone surrogates."""

    def json_loads(self, data: bytes) -> Any:
        return orjson.loads(data)


def _client(address: Address, secrets: Secrets) -> Elasticsearch:
    # Each failure is told in our own words, once.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    options: dict[str, Any] = {
        "request_timeout": REQUEST_TIMEOUT_S,
        "max_retries": 0,
        "retry_on_timeout": False,
        "http_compress": not address.local,
        "verify_certs": not secrets.insecure,
        "serializers": {_JSON: _Json()},
    }
    if secrets.insecure:
        options["ssl_show_warn"] = False
        log.warning("%s: certificates are not verified (CANDOR_ELASTIC_INSECURE): anybody may listen", address.shown)
    if secrets.api_key:
        options["api_key"] = secrets.api_key
    elif secrets.user:
        options["basic_auth"] = (secrets.user, secrets.password)
    if not address.url.startswith("https:"):
        del options["verify_certs"]
        options.pop("ssl_show_warn", None)
        if (secrets.api_key or secrets.user) and not address.local:
            log.warning("%s: the key travels unencrypted; use https", address.shown)
        return Elasticsearch(address.url, **options)
    if secrets.fingerprint:
        # The fingerprint alone then says whom to trust.
        options |= {"ssl_assert_fingerprint": secrets.fingerprint}
    if secrets.ca_file:
        options["ca_certs"] = secrets.ca_file
    return Elasticsearch(address.url, **options)


def server_version(connection: Connection) -> tuple[int, ...]:
    """Return the server's version; empty where it may not be asked. Raises ``RefusedError`` for one that is unfit."""
    try:
        root = connection.ask("GET", "/")
        told_version = root.get("version", {})
        if told_version.get("distribution", "elasticsearch") != "elasticsearch":
            raise RefusedError(f"{connection.address.shown}: this is {told_version['distribution']}; {_ONLY}")
        words = str(told_version.get("number", ""))
    except RefusedError as error:
        if error.status not in {400, 403, 404, 405}:
            raise
        words = _node_version(connection)
    numbers = tuple(int(part) for part in re.findall(r"\d+", words)[:3])
    if numbers and (numbers[:2] < OLDEST or numbers[0] > NEWEST_MAJOR):
        raise RefusedError(
            f"{connection.address.shown}: Elasticsearch {words} is not supported; "
            f"Candor needs {OLDEST[0]}.{OLDEST[1]} or newer, up to {NEWEST_MAJOR}.x"
        )
    return numbers


def _node_version(connection: Connection) -> str:
    try:
        answer = connection.ask("GET", "/_nodes/_local", params={"filter_path": "nodes.*.version"})
    except RefusedError as error:
        if error.status not in {400, 403, 404, 405}:
            raise
        return ""
    return str(next((node["version"] for node in answer.get("nodes", {}).values()), ""))


_GARBLED = "the answer is no JSON: a gateway in between, or no Elasticsearch"
_ONLY = "Candor's store is a folder or an Elasticsearch server"
