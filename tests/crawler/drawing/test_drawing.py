"""Pages that need a script: named with the cure, drawn in a real browser, which reaches only what a crawl may."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.drawing.browser import BrowserError, checked_browser
from crawler.kinds.base import Ask, Drop, Knowledge
from crawler.kinds.pages import KIND, PagesOptions
from crawler.readers.page import Page
from tests.support.crawl.asking import ask
from tests.support.crawl.chromium import needs_chromium
from tests.support.crawl.counting_server import Answer, Asked, CountingServer
from tests.support.crawl.crawling import HEAD, configure, crawl, mentions
from tests.support.crawl.replay import article, prose

SITE, OTHER = "127.0.0.2", "127.0.0.3"
HERE = HEAD.replace("127.0.0.0/8", f"{SITE}/32") + '[enrich]\nmodel = "linear"\n'
SHELL = """<!doctype html><html><head><title>%s</title><link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.png"></head><body><noscript>You need to enable JavaScript to run this app.</noscript>
<div id="root"></div><img src="/picture.png"><script src="/app.js"></script></body></html>"""
STORY = prose("the kettle", seed=3).replace("\n\n", " ")
APP = """
const elsewhere = "http://OTHER:" + location.port;
const tried = [fetch(elsewhere + "/secret"), fetch("/closed/secret.json"), fetch("/like", {method: "POST", body: "1"})];
new WebSocket("ws://OTHER:" + location.port + "/socket");
const frame = document.createElement("iframe"); frame.src = elsewhere + "/frame"; document.body.append(frame);
document.cookie = "seen=1";
(async () => {
  await Promise.allSettled(tried);
  const name = location.pathname.split("/").pop();
  const told = await (await fetch("/api/" + name + ".json")).json();
  const article = document.createElement("article");
  article.innerHTML = "<h1>" + told.title + "</h1><p>" + told.text + "</p><p>cookie:" + document.cookie + "</p>";
  document.getElementById("root").append(article);
})();
""".replace("OTHER", OTHER)


def site(one: Asked) -> Answer:
    if one.host == OTHER:
        return Answer(b"secret", headers={"Access-Control-Allow-Origin": "*"})
    if one.path == "/robots.txt":
        return Answer(b"User-agent: *\nDisallow: /closed", headers={"Content-Type": "text/plain"})
    if one.path == "/app.js":
        return Answer(APP.encode(), headers={"Content-Type": "text/javascript"})
    if one.path.startswith("/api/"):
        name = one.path.removeprefix("/api/").removesuffix(".json")
        told = {"title": f"Story {name}", "text": f"The kettle {name} leaks. {STORY}"}
        return Answer(json.dumps(told).encode(), headers={"Content-Type": "application/json"})
    if one.path == "/moved":
        return Answer(status=302, headers={"Location": "/story/moved"})
    if one.path == "/leads":
        body = SHELL.replace('src="/app.js"', "").replace("<script >", "<script>location.href = '/story/led';//")
        return Answer((body % "Leads").encode())
    if one.path == "/endless":
        return Answer(b"<!doctype html><title>Endless</title><div id=root></div><script src=/busy.js></script>")
    if one.path == "/busy.js":
        return Answer(b"while (true) {}", headers={"Content-Type": "text/javascript"})
    if one.path == "/plain":
        return Answer(article("Plain", f"The kettle is plain. {STORY}").body)
    return Answer((SHELL % "Loading").encode())


def configured(folder: Path, sources: Mapping[str, Mapping[str, object]], head: str = HERE) -> Path:
    return configure(folder, {name: {"kind": "pages", **values} for name, values in sources.items()}, head=head)


@needs_chromium
def test_pages_are_drawn_and_what_they_ask_for_is_asked_as_a_crawl_asks(tmp_path: Path) -> None:
    with CountingServer(site, hosts=(SITE, OTHER)) as server:
        urls = [server.url(path, host=SITE) for path in ("/story/1", "/story/2", "/moved", "/leads", "/plain")]
        sources = {"drawn": {"url": urls[0], "urls": urls[1:], "render": True}}
        row = crawl(configured(tmp_path, sources)).sources["drawn"]
        assert (row["state"], row["pages"], row["mentions_new"]) == ("ok", 5, 5)
        found = mentions(tmp_path / "candor.toml")
        paths = {url.rpartition(str(server.port))[2] for url in found}
        assert paths == {"/story/1", "/story/2", "/story/moved", "/story/led", "/plain"}
        assert "The kettle 1 leaks." in found[server.url("/story/1", host=SITE)].text
        # Nothing went elsewhere, neither a request, a socket nor a frame; nothing that robots.txt forbids was asked.
        assert server.times(OTHER) == []
        assert server.connections[OTHER] == 0
        asked = server.paths(SITE)
        assert not {"/closed/secret.json", "/like", "/style.css", "/icon.png", "/picture.png", "/frame"} & set(asked)
        # A script that pages share is asked for once.
        assert asked.count("/app.js") == 1
        assert row["dropped"]["what a page asks for: private address"] >= 1
        assert row["dropped"]["what a page asks for: robots.txt forbids"] >= 1
        assert {one.headers["user-agent"].partition("/")[0] for one in server.asked} == {"Candor"}
        assert not [one for one in server.asked if "cookie" in one.headers]


@needs_chromium
def test_a_page_that_never_rests_costs_its_time_and_no_more(tmp_path: Path) -> None:
    with CountingServer(site, hosts=(SITE,)) as server:
        urls = [server.url(path, host=SITE) for path in ("/endless", "/story/1")]
        head = HERE.replace("timeout = 20", "timeout = 8")
        sources = {"drawn": {"url": urls[0], "urls": urls[1:], "render": True}}
        row = crawl(configured(tmp_path, sources, head)).sources["drawn"]
        assert row["mentions_new"] == 1
        assert "took too long to draw" in row["cause"]


def test_pages_that_need_a_script_are_named_with_the_cure(tmp_path: Path) -> None:
    with CountingServer(site, hosts=(SITE,)) as server:
        url = server.url("/story/1", host=SITE)
        config = configured(
            tmp_path,
            {"site": {"url": url, "urls": [server.url("/plain", host=SITE)]}, "board": {"kind": "forum", "url": url}},
        )
        sources = crawl(config).sources
        assert sources["site"]["dropped"]["needs a script: set render = true"] == 1
        assert sources["site"]["mentions_new"] == 1
        assert sources["board"]["cause"] == f"{url}: needs a script: set render = true"


def test_without_a_browser_the_source_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDOR_BROWSER", "/nowhere/chromium")
    with pytest.raises(BrowserError, match="CANDOR_BROWSER names '/nowhere/chromium', which is no program; install it"):
        checked_browser()
    monkeypatch.delenv("CANDOR_BROWSER")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BrowserError, match="needs a browser, and no Chromium is installed; install it"):
        checked_browser()


def test_what_a_page_of_the_public_web_asks_for_is_never_private_whatever_the_crawl_may_read(tmp_path: Path) -> None:
    with CountingServer(lambda one: Answer()) as server:
        urls = [server.url("/a"), server.url("/a", host="localhost")]
        refused = ask(tmp_path, urls, meta={"public_addresses_only": True, "reads_robots_txt": True})
        assert set(refused.causes().values()) == {"private address"}
        assert server.asked == []


def test_only_a_page_of_next_to_no_words_with_a_frame_or_a_plea_needs_one() -> None:
    def needs(body: str, head: str = "<script src=/a.js></script>") -> bool:
        url, now = "https://a.example/1", datetime(2026, 3, 1, tzinfo=UTC)
        page = Page(f"<html><head>{head}</head><body>{body}</body></html>".encode(), url, now)
        steps = KIND.steps(page, Ask(url=url), PagesOptions(url=url), Knowledge(now=now))
        return any(isinstance(step, Drop) for step in steps)

    assert needs("<div id='root'></div>")
    assert needs("<app-root></app-root>")
    assert needs("<p>Please enable JavaScript.</p>")
    assert needs("<noscript>This app works best with JavaScript</noscript><div class=x></div>")
    assert not needs("<div id='root'></div>", head="")
    assert not needs("<p>Closed today.</p>")
    assert not needs(f"<div id='root'></div><p>{'word ' * 80}</p>")
    assert not needs(f"<noscript>Enable JavaScript</noscript><p>{'word ' * 80}</p>")
