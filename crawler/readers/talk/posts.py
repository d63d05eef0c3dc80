"""The posts of a forum thread as its page shows or declares them.

Known programs are read by their markup (``engines``); pages that carry their posts as schema.org data or as preloaded
JSON by that. Whichever way tells more posts wins, known markup first.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from analysis.model import PostKind
from analysis.model.written.dates import printed_dates
from crawler.readers.facts.about import count_of, date_on, origin_of
from crawler.readers.facts.authors import names_of
from crawler.readers.facts.names import person_name
from crawler.readers.facts.pieces import html_text, told_text
from crawler.readers.facts.structured import Node, each_of, many, things, types, walk, words
from crawler.readers.facts.wording import post_text
from crawler.readers.page import Page, joined
from crawler.readers.talk.engines import ENGINES, Engine

_THREAD_TYPES = frozenset(("DiscussionForumPosting", "SocialMediaPosting", "Question", "Answer", "Comment"))
_OPENING_TYPES = frozenset(("DiscussionForumPosting", "QAPage"))
_LABEL = re.compile(r"[\w-]+")
_LONGEST_TITLE = 400
_MOST_MATCHES = 4
_PRELOADED = "data-preloaded"
_WRITTEN = (None, 1)
"""Types of Discourse's posts that people write; the others are notices of the forum."""
_DATE_ATTRIBUTES = ("datetime", "data-time", "data-timestamp", "title", "content")
_COMMENTED = ("[itemprop='datePublished']", ".comment-date span", "abbr.timeago", ".timeago", "time")
# A relative date is looked for between these: "by ida » Yesterday, 10:15".
_PARTS = re.compile(r"\s[»|·•–—-]+\s|\s{2,}|\bon\b|«")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPost:
    """One post as found on the page, before it knows its thread."""

    text: str
    author: str = ""
    at: datetime | None = None
    anchor: str = ""
    url: str = ""
    title: str = ""
    kind: PostKind = "post"
    likes: int = 0
    replies: int = 0
    views: int = 0
    is_notice: bool = False
    """Said by the forum's program, not by a person."""


def thread_entries(page: Page) -> list[ThreadPost]:
    """Return the posts of the thread on ``page``, by known markup or declared data, whichever tells more."""
    return page.once(_entries)


def _entries(page: Page) -> list[ThreadPost]:
    marked = _by_engine(page)
    declared = _preloaded(page) or _declared(page)
    return declared if len(declared) > len(marked) else marked


def _by_engine(page: Page) -> list[ThreadPost]:
    best: list[ThreadPost] = []
    for engine in ENGINES:
        if any(word in (page.labels if _LABEL.fullmatch(word) else page.text) for word in engine.sign):
            posts = _engine_entries(engine, page)
            if len(posts) > len(best):
                best = posts
    return best


def _engine_entries(engine: Engine, page: Page) -> list[ThreadPost]:
    entries: list[ThreadPost] = []
    used: set[HtmlElement] = set()
    # Comments are taken out of the posts that they stand under, which the shared parse must not know.
    tree = deepcopy(page.tree) if engine.comment else page.tree
    questions = frozenset(select(tree, engine.question) if engine.question else ())
    for block in select(tree, engine.post):
        body = _first(block, engine.body)
        if body is None and engine.title and (title := _author(block, (engine.title,), longest=_LONGEST_TITLE)):
            entries.append(replace(_entry(block, engine, page, "", "post"), title=title))
        if body is None or body in used:
            continue
        used.add(body)
        said = _comments(block, engine, page)
        text = _body_text(body, engine.drop)
        kind: PostKind = "question" if block in questions else "post"
        entries += [_entry(block, engine, page, text, kind), *said] if text else said
    return [replace(entry, is_notice=entry.author in engine.notices) for entry in entries]


def _entry(block: HtmlElement, engine: Engine, page: Page, text: str, kind: PostKind) -> ThreadPost:
    link = select_one(block, engine.link) if engine.link else None
    return ThreadPost(
        text=text,
        author=_author(block, engine.author),
        at=_date(block, engine.date, page),
        anchor=_anchor(block),
        url="" if link is None else link.get("href", ""),
        kind=kind,
        likes=_number(block, engine.likes),
    )


def _comments(block: HtmlElement, engine: Engine, page: Page) -> list[ThreadPost]:
    """Return the comments under a question or an answer, and take them out of it."""
    if not engine.comment:
        return []
    entries = []
    for comment in select(block, engine.comment):
        body = select_one(comment, engine.comment_body)
        if body is not None and (text := _body_text(body, engine.drop)):
            author = _author(comment, (".comment-user", ".comment-controls a.author", "a.author", "a[href*='/users/']"))
            at = _date(comment, _COMMENTED, page)
            entries.append(ThreadPost(text=text, author=author, at=at, anchor=_anchor(comment), kind="comment"))
        comment.drop_tree()
    return entries


def select(element: HtmlElement, selector: str) -> list[HtmlElement]:
    """Return what matches a CSS selector inside ``element``, in page order."""
    return [match for match in _path(selector)(element) if match is not element]


def select_one(element: HtmlElement, selector: str) -> HtmlElement | None:
    """Return the first that matches inside ``element``."""
    return next(iter(select(element, selector)), None)


@lru_cache(maxsize=512)
def _path(selector: str) -> CSSSelector:
    # lxml's own selectors: on a thread of some ten posts a soup of the page takes seven to ten times as long.
    return CSSSelector(selector, translator="html")


def _first(block: HtmlElement, selectors: tuple[str, ...]) -> HtmlElement | None:
    return next((match for each in selectors if (match := select_one(block, each)) is not None), None)


def _body_text(body: HtmlElement, drop: str) -> str:
    return post_text(body, skip=select(body, f"{drop}, form" if drop else "form"))


def _author(block: HtmlElement, selectors: tuple[str, ...], *, longest: int = 80) -> str:
    """Return the first name that a selector gives (after ``@`` an attribute is named); empty where none does."""
    for selector in selectors:
        for element, attribute in _matches(block, selector):
            # A picture of the author often links to where the name behind it does.
            name = element.get(attribute, "") if attribute else element.get("data-username") or _said(element)
            name = " ".join(name.split()).removeprefix("@").strip()
            if name and len(name) <= longest:
                return name
    return ""


def _matches(block: HtmlElement, selector: str) -> Iterator[tuple[HtmlElement, str]]:
    """Yield what a selector finds first and its like beside it, each with the attribute that is read of it, if any.

    What it finds further down may be of a reply inside of the post.
    """
    path, _, attribute = selector.partition("@")
    found = select(block, path)[:_MOST_MATCHES] if path else [block]
    for element in found:
        if element.getparent() is found[0].getparent():
            yield element, attribute


def _said(element: HtmlElement) -> str:
    """Return the words of ``element`` on one line, a space between its parts."""
    parts = element.xpath(".//text()[not(parent::script or parent::style)]")
    return " ".join(stripped for part in parts if (stripped := part.strip()))


def _date(block: HtmlElement, selectors: tuple[str, ...], page: Page) -> datetime | None:
    for selector in selectors:
        for element, attribute in _matches(block, selector):
            values: list[str | datetime] = [element.get(name, "") for name in (() if attribute else _DATE_ATTRIBUTES)]
            values += _dates_in(element.get(attribute, "") if attribute else _said(element), page)
            for value in values:
                if at := value if isinstance(value, datetime) else date_on(page, value):
                    return at
    return None


def _dates_in(text: str, page: Page) -> list[str | datetime]:
    """Return what may tell the date in a post's line for it: "by ida » Fr 20. Nov 2026, 10:15", "Gestern, 10:15"."""
    text = " ".join(text[:300].split())
    parts = [part for part in _PARTS.split(text) if part != text]
    printed = sorted(printed_dates(text, now=page.fetched_at, origin=origin_of(page)), key=lambda each: each.start)
    return [text, *(each.at for each in printed), *parts]


def _anchor(block: HtmlElement) -> str:
    return block.get("id") or block.get("data-content") or ""


def _number(block: HtmlElement, selector: str) -> int:
    """Return the number shown where ``selector`` matches, else 0."""
    element = select_one(block, selector) if selector else None
    return 0 if element is None else to_count(element.get("data-value") or _said(element))


def to_count(text: str) -> int:
    """Return the first whole number in ``text`` ("1,204 likes"), 0 where there is none."""
    match = re.search(r"-?\d[\d,.]{0,12}", text)
    digits = re.sub(r"[,.]", "", match.group()) if match else ""
    return int(digits) if digits.lstrip("-").isdigit() else 0


def _declared(page: Page) -> list[ThreadPost]:
    """Return the posts that the page declares as schema.org data, in page order, each once."""
    nodes = list(walk(things(page)))
    kinds_shown = frozenset[str]().union(*map(types, nodes))
    # Comments under an article and a shop's questions and answers are not a thread of their own.
    if not kinds_shown & _OPENING_TYPES or "FAQPage" in kinds_shown:
        return []
    entries: list[ThreadPost] = []
    seen: dict[str, list[ThreadPost]] = defaultdict(list)
    for node in nodes:
        kinds = types(node)
        if not kinds & _THREAD_TYPES:
            continue
        text = _node_text(node)
        entry = _declared_entry(node, kinds, text, page)
        like = seen[" ".join(text.split())[:300]]
        if text and not any(_is_same(entry, each) for each in like):
            like.append(entry)
            entries.append(entry)
    return entries


def _is_same(one: ThreadPost, other: ThreadPost) -> bool:
    """Tell whether two posts in the same words are one: nothing that both tell differs; two people may say the same."""
    told = ((one.author, other.author), (one.at, other.at), (one.url, other.url))
    return all(not left or not right or left == right for left, right in told)


def _declared_entry(node: Node, kinds: frozenset[str], text: str, page: Page) -> ThreadPost:
    kind: PostKind = "question" if "Question" in kinds else "comment" if "Comment" in kinds else "post"
    author = next(each_of(node.get("author")), "")
    names = names_of(author) if isinstance(author, dict) else [words(author)]
    return ThreadPost(
        text=text,
        author=next(filter(None, map(person_name, names)), ""),
        at=date_on(page, words(node.get("datePublished")) or words(node.get("dateCreated"))),
        url=joined(page.base, words(node.get("url"))) if node.get("url") else "",
        kind=kind,
        likes=count_of(node, "LikeAction", "upvoteCount"),
        replies=count_of(node, "CommentAction", "answerCount" if kind == "question" else "commentCount"),
    )


def _node_text(node: Node) -> str:
    text = words(node.get("text")) or words(node.get("articleBody")) or words(node.get("description"))
    return told_text(text, quotes=False)


def _preloaded(page: Page) -> list[ThreadPost]:
    """Return the posts that Discourse hands to its script inside an attribute of the page."""
    if _PRELOADED not in page.text:
        return []
    entries: list[ThreadPost] = []
    for element in page.tree.xpath(f"//*[@{_PRELOADED}]")[:1]:
        data = _loaded(element.get(_PRELOADED))
        for key, value in data.items():
            if key.startswith("topic_"):
                posts = _loaded(value).get("post_stream", {})
                stream = posts.get("posts") if isinstance(posts, dict) else None
                posts = (post for post in many(stream) if isinstance(post, dict))
                entries += [_discourse(post, page) for post in posts if post.get("post_type") in _WRITTEN]
    return [entry for entry in entries if entry.text]


def _loaded(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _discourse(post: dict[str, Any], page: Page) -> ThreadPost:
    likes = sum(
        each.get("count", 0)
        for each in many(post.get("actions_summary"))
        if isinstance(each, dict) and each.get("id") == 2
    )
    return ThreadPost(
        text=html_text(str(post.get("cooked") or ""), quotes=False),
        author=str(post.get("username") or ""),
        at=date_on(page, str(post.get("created_at") or "")),
        anchor=f"post_{post.get('post_number')}" if post.get("post_number") else "",
        likes=int(likes) if isinstance(likes, int) else 0,
        replies=int(post.get("reply_count") or 0) if str(post.get("reply_count") or 0).isdigit() else 0,
    )
