"""A stand-in for Kibana on loopback: it holds requests against Kibana's public interfaces and answers like it.

Also runs by itself, for a rehearsal: ``python -m tests.support.elastic.kibana_stand_in PORT USER PASSWORD``.
"""

from __future__ import annotations

import email.parser
import email.policy
import json
import re
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Json = dict[str, Any]
HIGHEST = {"index-pattern": "8.0.0", "search": "10.5.0", "dashboard": "10.3.0"}


@dataclass(slots=True, kw_only=True)
class StandIn:
    """What it was asked, what it holds, and which faults it plays: answers for the next requests on a path."""

    port: int = 0
    authorization: str = ""
    asked: list[str] = field(default_factory=list)
    objects: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    spaces: set[str] = field(default_factory=lambda: {"default"})
    default_view: dict[str, str] = field(default_factory=dict)
    faults: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    levels: list[str] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def answer(kibana: StandIn, method: str, target: str, headers: Any, body: bytes) -> tuple[int, bytes]:
    """Return status and body for a request."""
    path, _, query = target.partition("?")
    space, path = _space(path)
    kibana.asked.append(f"{method} {target}")
    for start, planned in kibana.faults.items():
        if path.startswith(start) and planned:
            return planned.pop(0)
    if kibana.authorization and headers.get("Authorization") != kibana.authorization:
        return _told(401, "Unauthorized")
    if path == "/api/status" and method == "GET":
        level = kibana.levels.pop(0) if kibana.levels else "available"
        return 200, _packed({"status": {"overall": {"level": level, "summary": f"Kibana is {level}"}}})
    if method != "GET" and not headers.get("kbn-xsrf"):
        return _told(400, "Request must contain a kbn-xsrf header.")
    if space not in kibana.spaces:
        return _told(404, "Not Found")
    if path.startswith("/api/spaces/space"):
        return _spaces(kibana, method, path, body)
    if path == "/api/saved_objects/_import" and method == "POST":
        return _import(kibana, space, query, headers, body)
    if path == "/api/data_views/default" and method == "POST":
        wanted = json.loads(body)
        if (space, "index-pattern", wanted["data_view_id"]) not in kibana.objects:
            return _told(404, "no such data view")
        kibana.default_view[space] = wanted["data_view_id"]
        return 200, _packed({"acknowledged": True})
    return _told(404, "Not Found")


def _spaces(kibana: StandIn, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    if method == "GET":
        name = path.rpartition("/")[2]
        return (200, _packed({"id": name})) if name in kibana.spaces else _told(404, "Not Found")
    name = json.loads(body)["id"]
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        return _told(400, "lower case, a-z, 0-9, _ and - only")
    if name in kibana.spaces:
        return _told(409, "space exists")
    kibana.spaces.add(name)
    return 200, _packed({"id": name})


def _import(kibana: StandIn, space: str, query: str, headers: Any, body: bytes) -> tuple[int, bytes]:
    kind = headers.get("Content-Type", "")
    if not kind.startswith("multipart/form-data; boundary="):
        return _told(415, "Unsupported Media Type")
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        f"Content-Type: {kind}\r\n\r\n".encode() + body
    )
    (part,) = message.iter_parts()
    if part.get_param("name", header="content-disposition") != "file" or not (part.get_filename() or "").endswith(
        ".ndjson"
    ):
        return _told(400, "Invalid file extension")
    lines = [line for line in part.get_payload(decode=True).decode("utf-8").splitlines() if line.strip()]  # type: ignore[union-attr]
    found = [json.loads(line) for line in lines]
    errors = [*kibana.errors, *_refused(found)]
    if "overwrite=true" not in query:
        known = [item for item in found if (space, item["type"], item["id"]) in kibana.objects]
        errors += [{"type": one["type"], "id": one["id"], "error": {"type": "conflict"}} for one in known]
    bad = {(error["type"], error["id"]) for error in errors}
    taken = [item for item in found if (item["type"], item["id"]) not in bad]
    results = [_taken(kibana, space, item) for item in taken]
    told: Json = {"success": not errors, "successCount": len(taken), "successResults": results}
    told |= {"errors": errors} if errors else {}
    return 200, _packed(told)


def _taken(kibana: StandIn, space: str, item: Json) -> Json:
    """Keep an object; where its id is another space's already, under a new one that is told as ``destinationId``.

    An id is known once over all spaces (saved objects of the kind "multiple-isolated").
    """
    kind, name = item["type"], item["id"]
    told = {"type": kind, "id": name}
    if any(key[0] != space and key[1:] == (kind, name) for key in kibana.objects):
        name = f"{uuid5(NAMESPACE_URL, space + name)}"
        told["destinationId"] = name
    kibana.objects[space, kind, name] = item
    return told


def _refused(found: list[Json]) -> Iterator[Json]:
    """Yield an error for each object that Kibana would not take, or could not read later."""
    there = {(item["type"], item["id"]) for item in found}
    for item in found:
        name = {"type": item["type"], "id": item["id"]}
        if item["type"] not in HIGHEST:
            yield {**name, "error": {"type": "unsupported_type"}}
            continue
        absent = [ref for ref in item["references"] if (ref["type"], ref["id"]) not in there]
        if absent:
            yield {**name, "error": {"type": "missing_references", "references": absent}}
        version = item.get("typeMigrationVersion", "")
        if not item.get("coreMigrationVersion") or not version or _numbers(version) > _numbers(HIGHEST[item["type"]]):
            yield {**name, "error": {"type": "unknown", "message": f"migration version {version or 'absent'}"}}


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _space(path: str) -> tuple[str, str]:
    found = re.match(r"/s/([^/]+)(/.*)", path)
    return (found[1], found[2]) if found else ("default", path)


def _told(status: int, message: str) -> tuple[int, bytes]:
    return status, _packed({"statusCode": status, "error": message, "message": message})


def _packed(value: Any) -> bytes:
    return json.dumps(value).encode()


@contextmanager
def standing_in(*, port: int = 0, authorization: str = "") -> Iterator[StandIn]:
    """Serve until the block ends."""
    kibana = StandIn(authorization=authorization)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, told = answer(kibana, self.command, self.path, self.headers, body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", told.decode())
                told = b""
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = _serve

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    kibana.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield kibana
    finally:
        server.shutdown()
        server.server_close()


def basic(user: str, password: str) -> str:
    """Return the header's value for a user and password."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


if __name__ == "__main__":
    with standing_in(port=int(sys.argv[1]), authorization=basic(sys.argv[2], sys.argv[3])) as running:
        print(running.url, flush=True)
        threading.Event().wait()
