"""JSON Feed, versions 1 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import html
import json
from datetime import UTC
from typing import Any

from analysis.model import Post
from analysis.model.addresses import is_web
from analysis.model.errors import ReadError
from analysis.model.text import one_line
from analysis.model.written.dates import parse_date
from analysis.model.written.origin import origin_at
from crawler.readers.encoding import decode
from crawler.readers.facts.names import person_name, unbroken
from crawler.readers.facts.pieces import html_text
from crawler.readers.feeds.cleaning import without_lone
from crawler.readers.page import Page, joined


def read_json_feed(page: Page) -> tuple[str, str, list[tuple[str, Post]]]:
    """Return the feed's title, its home page and its items as posts, each with its id.

    Raises ReadError where it is no JSON Feed.
    """
    try:
        data = _mended(json.loads(decode(page.content, page.content_type)))
    except (ValueError, RecursionError) as problem:
        raise ReadError(f"{page.place}: the JSON is broken ({problem}); ask the site, or use another feed") from problem
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise ReadError(f"{page.place}: this JSON is no JSON Feed (it has no items); check the address")
    posts = [(str(item.get("id") or ""), _post(item, data, page)) for item in items if isinstance(item, dict)]
    return _text(data.get("title")), _text(data.get("home_page_url")), posts


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _post(item: dict[str, Any], data: dict[str, Any], page: Page) -> Post:
    own = str(item.get("id") or "")
    said = _text(item.get("date_published")) or _text(item.get("date_modified"))
    lang = _text(item.get("language") or data.get("language"))
    at = parse_date(said, now=page.fetched_at, origin=origin_at(page.url, lang=lang))
    address = _text(item.get("url")) or _text(item.get("external_url")) or (own if is_web(own) else "")
    return Post(
        url=joined(page.url, address) if address else "",
        text=_body(item),
        # Plain text by the format's word; what looks like a tag in it is one that somebody writes about.
        title=one_line(unbroken(html.unescape(_text(item.get("title"))))),
        author=", ".join(_authors(item) or _authors(data)),
        published_at=at.astimezone(UTC) if at else None,
        published_at_source="feed" if at else "",
        fetched_at=page.fetched_at,
        lang=lang[:2].lower(),
        tags=tuple(tag for tag in item.get("tags") or () if isinstance(tag, str)) if _is_list(item.get("tags")) else (),
    )


def _mended(value: Any) -> Any:
    """Return ``value`` with half characters, which JSON's escapes may leave, as U+FFFD."""
    if isinstance(value, str):
        return without_lone(value)
    if isinstance(value, list):
        return [_mended(each) for each in value]
    return {_mended(key): _mended(each) for key, each in value.items()} if isinstance(value, dict) else value


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _body(item: dict[str, Any]) -> str:
    content = _text(item.get("content_html"))
    return html_text(content) if content else _text(item.get("content_text")) or html_text(_text(item.get("summary")))


def _authors(node: dict[str, Any]) -> list[str]:
    people = node.get("authors") if _is_list(node.get("authors")) else [node.get("author")]
    return [name for each in people or () if isinstance(each, dict) and (name := person_name(_text(each.get("name"))))]
