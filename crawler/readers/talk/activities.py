"""Objects of ActivityPub (https://www.w3.org/TR/activitystreams-vocabulary/), which servers tell each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from analysis.model import Post
from analysis.model.addresses import is_web, same_site
from analysis.model.written.dates import parse_date
from crawler.readers.facts.pieces import html_text

WRITTEN = frozenset({"Note", "Page", "Article", "Video", "Question"})
"""The types of object that somebody wrote."""
_TELLING = frozenset({"Create", "Update", "Announce"})
_LISTS = ("orderedItems", "items", "first")
_DEEPEST = 6
_PUBLIC = ("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public")


def posts_in(answer: Any, fetched_at: datetime) -> tuple[Post, ...] | None:
    """Return the posts that an object, an activity or a collection holds, in its order; None where it is none of them.

    What is addressed to some people alone is ``private``.
    """
    if not isinstance(answer, dict) or not all(isinstance(answer.get(name), str) for name in ("id", "type")):
        return None
    return tuple(_post(each, fetched_at) for each in _written(answer, _DEEPEST))


def _written(node: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if not isinstance(node, dict) or not depth:
        return
    kind = node.get("type")
    if kind in WRITTEN:
        yield node
    elif kind in _TELLING:
        yield from _written(node.get("object"), depth - 1)
    elif str(kind).endswith(("Collection", "CollectionPage")):
        for name in _LISTS:
            rows = node.get(name)
            for row in rows if isinstance(rows, list) else (rows,):
                yield from _written(row, depth - 1)


def _post(node: Mapping[str, Any], fetched_at: datetime) -> Post:
    at = parse_date(str(node.get("published") or ""), now=fetched_at)
    content = str(node.get("content") or "")
    is_html = node.get("mediaType", "text/html") == "text/html"
    is_reply, url = bool(node.get("inReplyTo")), _address(node)
    return Post(
        url=url,
        text=html_text(content) if is_html else content.strip(),
        title=str(node.get("name") or node.get("summary") or "").strip(),
        author=_author(node.get("attributedTo") or node.get("actor")),
        published_at=at,
        published_at_source="api" if at else "",
        fetched_at=fetched_at,
        kind="comment" if is_reply else "post",
        lang=_language(node),
        thread="" if is_reply else url,
        tags=tuple(_tags(node.get("tag"))),
        private=not any(each in _PUBLIC for name in ("to", "cc") for each in _several(node.get(name))),
    )


def _address(node: Mapping[str, Any]) -> str:
    """Return the address of the page where that is on the object's own site; that of a link may be its target's."""
    own = str(node.get("id") or "")
    for each in _several(node.get("url")):
        url = each.get("href") if isinstance(each, dict) and each.get("mediaType", "text/html") == "text/html" else each
        if isinstance(url, str) and is_web(url) and same_site(url, own):
            return url
    return own


def _author(told: Any) -> str:
    """Return the first of its authors: a person before a group."""
    people = _several(told)
    first = next((each for each in people if isinstance(each, dict) and each.get("type") == "Person"), None)
    one = first or next(iter(people), "")
    return str(one.get("id") or "") if isinstance(one, dict) else str(one)


def _language(node: Mapping[str, Any]) -> str:
    told = node.get("language")
    if isinstance(told, dict) and told.get("identifier"):
        return str(told["identifier"])
    texts = node.get("contentMap")
    return next((name for name in texts if texts[name] == node.get("content")), "") if isinstance(texts, dict) else ""


def _tags(told: Any) -> Iterator[str]:
    for each in _several(told):
        if isinstance(each, dict) and each.get("type") == "Hashtag" and each.get("name"):
            yield str(each["name"]).lstrip("#")


def _several(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (() if value is None else (value,))
