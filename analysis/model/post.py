"""A ``Post`` is what a spider or an import read. All times are timezone-aware UTC."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from analysis.model.addresses import identity
from analysis.model.fields import about

DateSource = Literal["", "jsonld", "meta", "html", "url", "feed", "sitemap", "api", "import", "collected"]
PostKind = Literal["article", "post", "topic", "question", "answer", "comment", "review"]
POST_KINDS: tuple[PostKind, ...] = get_args(PostKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """How much attention a post drew, as its platform counts it when fetched."""

    likes: int = about("likes, points or up-votes", "integer", unit="count", values=">= 0, 0 if not told", default=0)
    replies: int = about("replies or comments", "integer", unit="count", values=">= 0, 0 if not told", default=0)
    shares: int = about("shares, boosts or re-posts", "integer", unit="count", values=">= 0", default=0)
    views: int = about("views", "integer", unit="count", values=">= 0, 0 if not told", default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What a spider or an import read, before anything is known of brands. ``author`` is as published, never stored.

    ``private`` says that it was written to the team alone: it is judged and counted, and never quoted in chat.
    ``nameless`` is another address of the same post, where ``url`` names its author: it is stored in its place.
    """

    url: str
    text: str
    fetched_at: datetime
    title: str = ""
    author: str = ""
    published_at: datetime | None = None
    published_at_source: DateSource = ""
    source: str = ""
    source_kind: str = ""
    kind: PostKind = "article"
    lang: str = ""
    rating: float | None = None
    engagement: Engagement = Engagement()
    thread: str = ""
    product_version: str = ""
    tags: tuple[str, ...] = ()
    private: bool = False
    nameless: str = ""


def at_nameless(post: Post) -> Post:
    """Return ``post`` at the address that it is stored by, which names no author where its platform has such a one."""
    if not post.nameless:
        return post
    thread = post.nameless if post.thread == post.url else post.thread
    return replace(post, url=post.nameless, thread=thread, nameless="")


def post_id(url: str) -> str:
    """Return the id of the post at ``url``: one for all forms of its address, see ``identity``."""
    return hashlib.sha256(identity(url).encode(errors="surrogatepass")).hexdigest()
