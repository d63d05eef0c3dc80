"""Serves a saved crawl case: the routes of its ``site.json``, with other ones after the first run."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.support.crawl.crawling import HEAD, crawl

_HEAD = HEAD.replace('[[brands]]\nname = "Kettle"\nrole = "own"\nquery = "kettle"\n', "")
_BRAND = '[[brands]]\nname = "Tessaro"\nrole = "own"\n'


class CaseSite:
    """The site of one case folder. Use as a context manager; ``asked`` has the paths of each run."""

    def __init__(self, case: Path) -> None:
        self.spec: dict[str, Any] = json.loads((case / "site.json").read_text("utf-8"))
        self.asked: list[list[str]] = []
        self.base = ""
        self._case = case
        self._routes: dict[str, Any] = dict(self.spec["routes"])
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._answers())

    def __enter__(self) -> Self:
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def crawled(self, folder: Path) -> Path:
        """Crawl the case as often as it says, in a new folder; return its configuration."""
        sources = "\n".join(f"[[sources]]\n{each}" for each in self.spec["sources"])
        config = folder / "candor.toml"
        text = _HEAD.replace("[crawl]", f"{self.spec.get('brands', _BRAND)}[crawl]") + sources
        config.write_text(text.replace("BASE", self.base), encoding="utf-8")
        for number in range(self.spec["runs"]):
            self.asked.append([])
            crawl(config)
            if number == 0:
                self._routes.update(self.spec["after_run_1"])
        return config

    def short(self, url: str) -> str:
        """Return an address of this site without its host."""
        return url.removeprefix(self.base)

    def _answers(site) -> type[BaseHTTPRequestHandler]:
        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                site.asked[-1].append(self.path)
                status, headers, body = site._answer(self)
                self.send_response_only(status)
                kind = (
                    "text/html" if b"<html" in body[:200] else "application/xml" if body[:1] == b"<" else "text/plain"
                )
                for name, value in ({"Content-Type": f"{kind}; charset=utf-8"} | headers).items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(b"" if status == 304 else body)

        return Answers

    def _answer(self, asked: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        found = self._routes.get(asked.path, self._routes.get(asked.path.partition("?")[0], [404, {}, "no"]))
        status, headers, body = found if isinstance(found, list) else (200, {}, found)
        headers = {name: value.replace("BASE", self.base) for name, value in headers.items()}
        content = (self._case / body[1:]).read_bytes() if body.startswith("@") else self._text(body)
        known = headers.get("ETag") and asked.headers.get("If-None-Match") == headers["ETag"]
        if known or (headers.get("X-304-If-Since") and asked.headers.get("If-Modified-Since")):
            return 304, headers, b""
        return status, headers, content

    def _text(self, body: str) -> bytes:
        return body.replace("BASE", self.base).encode()
