"""Posts that are pushed: a real receiver and requests, a crawl that stores what waits; what is not right is refused."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from analysis.alert.channels.webhook import signature
from candor.inbox.signed import WINDOW_S, refusal
from crawler.own.pushed import ENDING
from tests.support.crawl.crawling import HEAD, configure, crawl, mentions

ROOT = Path(__file__).resolve().parents[3]
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
LINEAR = HEAD + '[enrich]\nmodel = "linear"\n'
LEAK = {"url": "https://shop.example/r/1", "text": "My kettle leaks.", "author": "ann", "rating": 1}


def configured(folder: Path, **more: Any) -> Path:
    (folder / "secret").write_text(SECRET + "\n")
    sources: dict[str, dict[str, Any]] = {
        "shop": {"kind": "webhook", "secret_file": "secret", "max_bytes": 4096, **more},
        "desk": {"kind": "webhook", "secret_env": "DESK_SECRET", "about": "Kettle", "private": True},
    }
    return configure(folder, sources, head=LINEAR)


@contextmanager
def receiving(config: Path) -> Iterator[int]:
    """Run ``candor receive`` and give its port."""
    command = [sys.executable, "-W", "error", "-m", "candor", "receive", "--port", "0", "--config", str(config)]
    env = {**os.environ, "DESK_SECRET": "plain"}
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)/\{shop,desk\}", line)
            assert found, line + process.stderr.read()
            yield int(found[1])
        finally:
            process.terminate()
            process.wait(30)


def push(
    port: int,
    body: object,
    *,
    to: str = "shop",
    secret: str = SECRET,
    name: str = "m1",
    at: float | None = None,
    signed: str = "",
) -> tuple[int, dict[str, Any]]:
    """Push a body, and return the status and the answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    now = int(time.time() if at is None else at)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(now),
        "webhook-signature": signed or f"v1,{signature(secret, name, now, content)}",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", f"/{to}", content, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def waiting(folder: Path, source: str = "shop") -> list[Path]:
    return sorted((folder / "webhooks" / source).glob(f"*{ENDING}"))


def test_what_is_pushed_waits_until_a_crawl_has_stored_it(tmp_path: Path) -> None:
    config = configured(tmp_path, max_waiting=3)
    with receiving(config) as port:
        assert push(port, LEAK) == (202, {"accepted": 1, "known": False})
        # Sent again because the answer was lost.
        assert push(port, LEAK) == (202, {"accepted": 0, "known": True})
        lines = b'{"url":"https://shop.example/r/2","text":"A kettle."}\n{"text":"No address, but a kettle.","id":7}\n'
        assert push(port, lines, name="m2") == (202, {"accepted": 2, "known": False})
        assert push(port, {"posts": [{**LEAK, "url": "https://shop.example/r/3"}]}, name="m3")[0] == 202
        assert len(waiting(tmp_path)) == 3
        status, said = push(port, LEAK, name="m4")
        assert (status, said) == (429, {"error": "3 bodies wait to be stored"})
        assert push(port, [{"text": "It drips."}], to="desk", secret="plain")[0] == 202
        row = crawl(config).sources
        assert (row["shop"]["state"], row["shop"]["mentions_new"]) == ("ok", 4)
        assert waiting(tmp_path) == []
        found = mentions(config)
        assert set(found) == {
            *(f"https://shop.example/r/{n}" for n in (1, 2, 3)),
            "https://shop.invalid/7",
            *(u for u in found if "desk" in u),
        }
        assert [mention.private for url, mention in found.items() if "desk" in url] == [True]
        assert push(port, LEAK, name="m4")[0] == 202
    again = crawl(config).sources["shop"]
    assert (again["state"], again["posts"], again["mentions_new"]) == ("ok", 1, 0)
    quiet = crawl(config).sources["shop"]
    assert (quiet["state"], quiet["posts"]) == ("ok", 0)


def test_what_is_not_signed_too_big_or_wrong_is_refused_and_nothing_of_it_kept(tmp_path: Path) -> None:
    config = configured(tmp_path)
    with receiving(config) as port:
        assert push(port, LEAK, secret="another")[0] == 401
        assert push(port, LEAK, at=time.time() - WINDOW_S - 60)[0] == 401
        assert push(port, LEAK, signed="v1,")[0] == 401
        assert push(port, LEAK, to="nobody")[0] == 404
        assert push(port, {**LEAK, "text": "x" * 5000})[0] == 413
        assert chunked(port, b"x" * 5000) == 413
        status, said = push(port, [LEAK, {"url": "https://shop.example/r/2"}])
        assert (status, said["error"]) == (
            422,
            "wrong rows, the first in line 2: text: is missing; every row needs a text or a title",
        )
        assert push(port, b"\x1f\x8bzip")[0] == 422
        assert push(port, 7)[0] == 422
        assert not (tmp_path / "webhooks").exists()
        # Whoever sends half a body holds nobody up.
        with socket.create_connection(("127.0.0.1", port), timeout=60) as slow:
            slow.sendall(b"POST /shop HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
            assert push(port, LEAK)[0] == 202
        # Many at once are all kept.
        threads = [threading.Thread(target=push, args=(port, LEAK), kwargs={"name": f"n{n}"}) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(waiting(tmp_path)) == 21


def chunked(port: int, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/shop", iter([body]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        return connection.getresponse().status


def headers(at: str, signed: str) -> Mapping[str, str]:
    return {"webhook-id": "m", "webhook-timestamp": at, "webhook-signature": signed}


@pytest.mark.parametrize("at", ["", "soon", "-1", "1e3", "²", "9" * 30, str(1000 - WINDOW_S - 1), str(1001 + WINDOW_S)])
def test_a_time_that_is_none_or_far_off_is_refused(at: str) -> None:
    number = int(at) if at.isascii() and at.isdigit() else 0
    assert refusal(headers(at, f"v1,{signature('s', 'm', number, b'x')}"), b"x", secret="s", now=1000)


def test_one_of_several_signatures_is_enough_and_none_stands_for_another_body() -> None:
    right = signature("s", "m", 1000, b"x")
    assert refusal(headers("1000", f"v1,AAAA v1a,{right} v1,{right}"), b"x", secret="s", now=1000 + WINDOW_S) == ""
    assert refusal(headers("1000", f"v1,{right}"), b"y", secret="s", now=1000)
    assert refusal(headers("1001", f"v1,{right}"), b"x", secret="s", now=1000)
    assert refusal({}, b"x", secret="s", now=1000)
    assert refusal(headers("1000", "v1,é"), b"x", secret="s", now=1000)
