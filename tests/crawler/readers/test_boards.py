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
