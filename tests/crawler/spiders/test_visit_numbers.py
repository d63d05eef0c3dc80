"""A board that puts the number of the visit into every link: each page is asked for once, each post kept once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.crawl.crawling import configure, crawl, mentions
from tests.support.crawl.documented_api import DocumentedApi, texts

TOPIC = """<html lang="en"><head><title>Topic {t}</title></head><body>{links}
<div id="p{t}1" class="post"><dl class="postprofile"><dt><a class="username">ida</a></dt></dl><div class="postbody">
<p class="author">by ida » <time datetime="2026-02-20T10:00:00+00:00">x</time></p>
<div class="content">My kettle number {t} drips from the lid all day.</div></div></div></body></html>"""
LIST = """<html lang="en"><head><title>{title}</title></head><body>{links}</body></html>"""


class Board:
    """Four forums of five topics; ``name`` is what it calls the number of a visit."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _links(self, *targets: str) -> str:
        return "".join(
            f'<a href="./{target}{"&amp;" if "?" in target else "?"}{self._name}={secrets.token_hex(16)}">on</a>'
            for target in targets
        )

    def __call__(self, path: str, asked: Mapping[str, str]) -> str:
        if path in ("/", "/index.php"):
            return LIST.format(title="Board", links=self._links(*(f"viewforum.php?f={n}" for n in range(1, 5))))
        if path == "/viewforum.php":
            topics = (f"viewtopic.php?t={10 * int(asked['f']) + n}" for n in range(5))
            return LIST.format(title="Forum", links=self._links("index.php", *topics))
        if path == "/viewtopic.php":
            t = int(asked["t"])
            return TOPIC.format(t=t, links=self._links("index.php", f"viewforum.php?f={t // 10}"))
        return ""


@pytest.mark.parametrize("name", ["sid", "s", "osCsid", "sessionid"])
def test_each_page_is_asked_for_once_and_each_post_kept_once(tmp_path: Path, name: str) -> None:
    with DocumentedApi(texts(Board(name))) as host:
        source = {"kind": "pages", "url": f"{host.api}/", "read": "forum", "depth": 5, "max_pages": 60}
        config = configure(tmp_path, {"it": source})
        assert crawl(config).sources["it"]["mentions_new"] == 20
        assert len(host.asked) <= 1 + 1 + 4 + 20
        assert crawl(config).sources["it"]["mentions_new"] == 0
    assert len(mentions(config)) == 20
