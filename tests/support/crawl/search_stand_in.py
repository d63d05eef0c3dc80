"""A stand-in for the Hacker News search on loopback: it filters, orders and pages as the real one does."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

LIMIT = re.compile(r"created_at_i(<=|>=|<|>)(\d+)")
FITS = {"<=": int.__le__, ">=": int.__ge__, "<": int.__lt__, ">": int.__gt__}


def comment(number: int, at: int, text: str, *, story: int = 1) -> dict[str, Any]:
    """Return a comment as the search gives it."""
    return {
        "_tags": ["comment", "author_ann", f"story_{story}"],
        "author": "ann",
        "comment_text": text,
        "created_at_i": at,
        "objectID": str(number),
        "parent_id": story,
        "story_id": story,
        "story_title": "Ask HN: which kettle?",
    }


class SearchStandIn:
    """Serves ``hits``; ``asked`` are the searches, and ``broken`` says the answer to which ones is a 500."""

    def __init__(self) -> None:
        self.hits: list[dict[str, Any]] = []
        self.asked: list[dict[str, str]] = []
        self.broken: set[int] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.api = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        status, body = 404, b"{}"
        if parts.path == "/api/v1/search_by_date":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self.asked.append(query)
            status = 500 if len(self.asked) in self.broken else 200
            body = json.dumps(self._found(query)).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json; charset=utf-8")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _found(self, query: dict[str, str]) -> dict[str, Any]:
        limits = [(FITS[sign], int(value)) for sign, value in LIMIT.findall(query.get("numericFilters", ""))]
        word = query["query"].strip('"').lower()
        hits = [
            hit
            for hit in self.hits
            if word in hit["comment_text"].lower() and all(fits(hit["created_at_i"], value) for fits, value in limits)
        ]
        hits.sort(key=lambda hit: -hit["created_at_i"])
        shown = hits[: int(query["hitsPerPage"])]
        return {"hits": shown, "nbHits": len(hits), "page": 0, "hitsPerPage": len(shown), "query": query["query"]}
