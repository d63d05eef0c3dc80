"""A board and a shop's reviews, crawled whole on loopback: each message once, nothing new later."""

from __future__ import annotations

from pathlib import Path

from tests.support.crawl.counting_server import Answer, Asked, CountingServer
from tests.support.crawl.crawling import configure, crawl, mentions

NEXT = '<a rel="next" href="/t/1?page=2">2</a>'
LIST = """<html><body>{rows}{more}</body></html>"""
ROW = '<li class="row"><a class="topictitle" href="/t/{0}">Kettle {0}</a><span class="author"><a>ann</a></span></li>'
MESSAGE = """<div class="post" id="p{id}"><div class="postprofile"></div><p class="author">
<a class="username">ann{id}</a> <time datetime="2026-03-0{day}T10:00:00Z">then</time></p>
<div class="postbody"><div class="content">The kettle number {id} leaks.</div></div></div>"""


def board(asked: Asked) -> Answer:
    path = asked.path
    if path == "/robots.txt":
        return Answer(body=b"User-agent: *\nDisallow: /t/4\n")
    if path.startswith("/f"):
        first = "page=2" not in path
        rows = "".join(ROW.format(number) for number in ((1, 2) if first else (3, 4)))
        return page(LIST.format(rows=rows, more='<a rel="next" href="/f?page=2">next</a>' if first else ""))
    if path.startswith("/t/1") and "page=2" not in path:
        return page(MESSAGE.format(id=11, day=1) + MESSAGE.format(id=12, day=2) + NEXT)
    number = 13 if path.startswith("/t/1") else 10 * int(path[3])
    return page(MESSAGE.format(id=number, day=3) + MESSAGE.format(id=number + 5, day=4))


def page(inner: str) -> Answer:
    return Answer(body=f"<html><head><title>Board</title></head><body>{inner}</body></html>".encode())


def test_a_board_is_read_whole_and_only_once(tmp_path: Path) -> None:
    with CountingServer(board) as server:
        config = configure(tmp_path, {"board": {"kind": "forum", "url": server.url("/f")}})
        first, asked = crawl(config).sources["board"], server.paths()
        second = crawl(config).sources["board"]
        base = server.url("")
    assert (first["state"], first["mentions_new"], first["authored"]) == ("ok", 8, 8)
    anchors = {url.removeprefix(base).partition("#")[2] for url in mentions(config)}
    assert anchors == {f"p{number}" for number in (11, 12, 13, 18, 20, 25, 30, 35)}
    assert asked.count("/t/1?page=2") == 1
    assert "/t/4" not in asked
    assert (second["mentions_new"], second["mentions_updated"]) == (0, 0)


def test_a_page_that_is_no_board_fails_with_a_cure(tmp_path: Path) -> None:
    with CountingServer(lambda asked: page("<p>Welcome</p>")) as server:
        sources = {
            "board": {"kind": "forum", "url": server.url("/f")},
            "shop": {"kind": "reviews", "url": server.url("/s")},
        }
        rows = crawl(configure(tmp_path, sources)).sources
    assert rows["board"]["state"] == rows["shop"]["state"] == "failing"
    assert "is it the address of a board?" in rows["board"]["cause"]
    assert "is it the page that shows them?" in rows["shop"]["cause"]
