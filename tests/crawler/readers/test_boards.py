"""Forum programs as they are set up in other languages: each message with its author, its date and its own words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.readers.page import Page
from crawler.readers.reading import read

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
IDA, TOM = ("ida", "20T10:15", "Mein Tessaro leckt."), ("tom", "27T21:15", "Meiner nicht.")


def vbulletin(number: int, name: str, date: str, text: str) -> str:
    return (
        f"<li class='postbitlegacy postcontainer' id='post_{number}'><span class='postdate'><span class='date'>{date}"
        f"</span></span><a class='username' href='member.php?{number}'><strong>{name}</strong></a>"
        f"<div id='post_message_{number}'><blockquote class='postcontent restore'>{text}</blockquote></div></li>"
    )


def smf(number: int, name: str, date: str, text: str) -> str:
    return (
        f"<div class='post_wrapper'><div class='poster'><h4><a href='?u={number}'>{name}</a></h4></div>"
        f"<div class='postarea'><div class='keyinfo'><div class='smalltext'>&#171; {date} &#187;</div></div>"
        f"<div class='post'><div class='inner' id='msg_{number}'>{text}</div></div></div></div>"
    )


def woltlab(number: int, name: str, date: str, text: str) -> str:
    return (
        f"<article id='post{number}' class='wbbPost message' data-object-id='{number}'><div class='messageAuthor'>"
        f"<a class='username' href='/user/{number}'>{name}</a></div><header class='messageHeader'><time datetime="
        f"'{date}' class='datetime'>20. November 2026</time></header><div class='messageBody'>"
        f"<div class='messageText'>{text}</div></div></article>"
    )


def discuz(number: int, name: str, date: str, text: str) -> str:
    return (
        f"<div id='post_{number}'><table class='plhin'><tr><td class='pls'><div class='authi'><a class='xw1'>{name}</a>"
        f"</div></td><td><em id='authorposton{number}'>发表于 {date}</em><table><tr><td class='t_f' "
        f"id='postmessage_{number}'>{text}</td></tr></table></td></tr></table></div>"
    )


QUOTE = "<div class='bbcode_container'><div class='quote_container'>Zitat von ida: alt</div></div>"
BOARDS = [
    ("de", vbulletin(1, "ida", "20.11.2026, 10:15", IDA[2]) + vbulletin(2, "tom", "Gestern, 21:15", QUOTE + TOM[2])),
    ("en-GB", vbulletin(1, "ida", "20-11-2026, 10:15", IDA[2]) + vbulletin(2, "tom", "Yesterday, 09:15 PM", TOM[2])),
    ("fr", smf(1, "ida", "20 Novembre 2026 à 10:15:00", IDA[2]) + smf(2, "tom", "<b>Hier</b> à 21:15:00", TOM[2])),
    ("es", smf(1, "ida", "20 de Noviembre 2026, 10:15", IDA[2]) + smf(2, "tom", "<b>Ayer</b> a las 21:15", TOM[2])),
    ("de", woltlab(1, "ida", "2026-11-20T11:15:00+01:00", IDA[2]) + woltlab(2, "tom", "2026-11-27T21:15:00Z", TOM[2])),
    ("zh-CN", discuz(1, "ida", "2026-11-20 10:15:00", IDA[2]) + discuz(2, "tom", "昨天 21:15", TOM[2])),
]


@pytest.mark.parametrize(
    ("lang", "html"), BOARDS, ids=["vbulletin de", "vbulletin uk", "smf fr", "smf es", "wbb", "dz"]
)
def test_each_message_has_its_author_date_and_words(lang: str, html: str) -> None:
    page = f"<html lang='{lang}'><head><title>Tessaro</title></head><body>{html}</body></html>"
    posts = read("forum", Page(page.encode(), "https://board.example/showthread.php?t=9", NOW)).posts
    said = [(post.author, post.published_at and f"{post.published_at:%dT%H:%M}", post.text) for post in posts]
    assert said == [IDA, TOM]
    assert len({post.url for post in posts}) == 2


LINK = "<a href='/~ida'><img alt='ida'></a> <a href='/~ida'>ida</a>"
AT = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
SHOWN_APART = {
    "a picture before the name": (
        "<div class='comment'><div class='byline'>{link} <time datetime='2026-11-20T10:15:00Z'></time></div>"
        "<div class='comment_text'><p>Mein Tessaro leckt.</p></div></div>"
    ),
    "a word before the date": (
        "<div class='question' id='question'><div class='js-post-body s-prose'>Und deiner?</div><div class="
        "'user-details'><a>tom</a></div><ul><li class='comment'><span class='comment-copy'>Mein Tessaro leckt.</span>"
        "<a class='comment-user'>ida</a><span class='comment-date'><span>Commented</span> <span title="
        "'2026-11-20 10:15:00Z, License: CC BY-SA 4.0'>Nov 20, 2026 at 10:15</span></span></li></ul></div>"
    ),
    "a picture's caption": (
        "<article class='message message--post' data-author='ida' id='p1'><div class='message-content'><div class="
        "'message-userContent' data-lb-caption-desc='ida · Nov 20, 2026 at 10:15 AM'><div class='message-body'><div "
        "class='bbWrapper'>Mein Tessaro leckt.</div></div></div></div></article>"
    ),
    "a row of cells": (
        "<div id='post1'><div class='tpost'><div class='trow thead smallfont'><div class='tcell'><a name='post1'></a> "
        "Nov 20, 2026 | 10:15 am</div></div><a class='bigusername'>ida</a><div id='post_message_1'>Mein Tessaro "
        "leckt.</div></div></div>"
    ),
}


@pytest.mark.parametrize("shown", SHOWN_APART)
def test_what_stands_beside_a_name_or_a_date_does_not_hide_it(shown: str) -> None:
    page = (
        f"<html lang='en'><head><title>Tessaro</title></head><body>{SHOWN_APART[shown].format(link=LINK)}</body></html>"
    )
    posts = read("forum", Page(page.encode(), "https://board.example/showthread.php?t=9", NOW)).posts
    assert (posts[-1].author, posts[-1].published_at, posts[-1].text) == ("ida", AT, "Mein Tessaro leckt.")


def test_a_reply_inside_of_a_post_lends_it_neither_name_nor_date() -> None:
    reply = (
        "<li class='comment' id='c2'><div class='cw'><div class='by'><a>tom</a></div><span class='otherdetails'>on "
        "Friday November 20, 2026 @10:15AM</span><div class='commentBody'>Meiner nicht.</div></div></li>"
    )
    page = (
        "<html><body><ul><li class='comment' id='c1'><div class='cw'><div class='by'><a></a></div><span class="
        f"'otherdetails'></span><div class='commentBody'>Mein Tessaro leckt.</div></div><ul>{reply}</ul></li></ul>"
        "</body></html>"
    )
    posts = read("forum", Page(page.encode(), "https://board.example/story/9", NOW)).posts
    assert [(post.author, post.published_at) for post in posts] == [("", None), ("tom", AT)]
