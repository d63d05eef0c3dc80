"""Values that a page may say and nobody can mean, brought within bounds before anything is worked out from them.

A title of 40,000 brackets keeps a tokenizer busy for a minute, and a count of 2^63 fits into no store. Texts are read
in passages of their own length, so they may be long. Signs that steer a terminal or end a string in another program
(C0 and C1 of ISO 6429, NUL among them) are nobody's words.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from analysis.model import Engagement, Post

MOST_COUNTED = 10**12
LONGEST_TITLE = 1000
LONGEST_NAME = 300
MOST_TAGS = 50
_LONGEST_THREAD = 2000
_BREAK = re.compile(r"\r\n?|[\v\f\x85]")
_CONTROL = re.compile(r"\x1b\[[0-9;?]{0,20}[ -/]?[@-~]|[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def bounded(post: Post) -> Post:
    """Return ``post`` with short names, without control signs and without numbers that cannot be; mostly as it is."""
    checked = replace(
        post,
        title=_cut(written(post.title), LONGEST_TITLE),
        text=written(post.text),
        author=_cut(written(post.author), LONGEST_NAME),
        product_version=_cut(written(post.product_version), LONGEST_NAME),
        thread=post.thread if len(post.thread) <= _LONGEST_THREAD else "",
        tags=tuple(_cut(written(tag), LONGEST_NAME) for tag in post.tags[:MOST_TAGS]),
        rating=post.rating if post.rating is not None and math.isfinite(post.rating) else None,
        engagement=_counted(post.engagement),
    )
    return post if checked == post else checked


def written(text: str) -> str:
    """Return ``text`` without control characters but tab and newline, which all line breaks become."""
    return text if text.isprintable() else _CONTROL.sub("", _BREAK.sub("\n", text))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _counted(said: Engagement) -> Engagement:
    return Engagement(
        likes=_count(said.likes), replies=_count(said.replies), shares=_count(said.shares), views=_count(said.views)
    )


def _count(value: int) -> int:
    return value if 0 <= value <= MOST_COUNTED else 0
