"""An account in a source's address is told to that host alone, and shown to nobody."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

from tests.candor.commands.test_commands import candor
from tests.support.crawl.counting_server import Answer, Asked, CountingServer
from tests.support.crawl.crawling import configure, crawl, mentions

USER, PASSWORD = "bob", "s3cret/é"
SIGNED = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
FEED = "<rss version='2.0'><channel><item><title>The kettle</title><link>{}</link></item></channel></rss>"


def test_the_host_alone_is_told_and_nobody_is_shown(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.path == "/robots.txt":
            return Answer(status=404)
        if asked.path == "/feed":
            if asked.headers.get("authorization") != SIGNED:
                return Answer(status=401)
            body = FEED.format(server.url("/a", host="127.0.0.2")).encode()
            return Answer(body=body, headers={"Content-Type": "text/xml"})
        if asked.path == "/away":
            return Answer(status=302, headers={"Location": server.url("/feed", host="127.0.0.2")})
        return Answer(body=b"<html><title>The kettle</title><p>The kettle leaks, it says.</p></html>")

    with CountingServer(answer, hosts=("127.0.0.1", "127.0.0.2")) as server:
        account = server.url("/feed").replace("://", f"://{USER}:s3cret%2F%C3%A9@")
        urls = {"news": account, "moved": account.replace("feed", "away")}
        config = configure(tmp_path, {name: {"kind": "feed", "url": url} for name, url in urls.items()})
        done = crawl(config)
        told = {(asked.host, asked.path): asked.headers.get("authorization") for asked in server.asked}
    assert done.sources["news"]["mentions_new"] == 1
    assert "401" in done.sources["moved"]["cause"]
    assert {path for (host, path), signed in told.items() if signed == SIGNED} == {"/robots.txt", "/feed", "/away"}
    assert {signed for (host, _), signed in told.items() if host == "127.0.0.2"} == {None}
    assert len(mentions(config)) == 1
    shown = json.dumps(done.outcome) + candor(tmp_path, "sources", "--json").stdout
    shown += candor(tmp_path, "doctor").stdout + candor(tmp_path, "export", "--jsonl").stdout
    shown += (tmp_path / "store" / "records.db").read_bytes().decode("latin-1")
    assert "s3cret" not in shown
