"""What of a post's page its author said: no furniture, no quotation, no notice, a log's beginning, whole addresses."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from analysis.model import Post
from crawler.readers.page import Page
from crawler.readers.reading import read

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
WORDS = "The lid of my kettle came off after two weeks, and nobody at the shop would take it back."


def posts(body: str, head: str = "") -> tuple[Post, ...]:
    html = f"<html><head><title>Kettles</title>{head}</head><body>{body}</body></html>"
    return read("forum", Page(html.encode(), "https://board.example/t/9", NOW)).posts


def texts(body: str, head: str = "") -> list[str]:
    return [post.text for post in posts(body, head)]


def discourse(text: str, author: str = "ida", at: str = "2026-03-01") -> str:
    return (
        f"<div class='topic-body crawler-post'><span class='creator'><a>{author}</a></span>"
        f"<time class='post-time' datetime='{at}'></time><div class='post'>{text}</div></div>"
    )


def phpbb(text: str) -> str:
    return (
        f"<div class='post' id='p7'><div class='postbody'><p class='author'><a class='username'>ida</a>"
        f"<time datetime='2026-03-01'></time></p><div class='content'>{text}</div></div>"
        f"<dl class='postprofile'></dl></div>"
    )


def vbulletin(text: str) -> str:
    return (
        f"<div id='post8'><div id='post_message_8'>{text}</div><a class='bigusername'>ida</a>"
        f"<span class='date'>2026-03-01</span></div>"
    )


def test_of_a_pasted_log_the_beginning_is_read_and_what_is_said_after_it() -> None:
    log = "\n".join(f"12:00:{at:02} kettled: boiling step {at} of the long programme" for at in range(90))
    (text,) = texts(discourse(f"<p>{WORDS}</p><pre><code>{log}</code></pre><p>What does this mean?</p>"))
    first, told, last = text.split("\n")
    assert (first, last) == (WORDS, "What does this mean?")
    assert told.startswith("12:00:00 kettled: boiling step 0")
    assert "step 19 " in told
    assert "step 20 " not in told


def test_a_program_of_ordinary_length_is_read_whole() -> None:
    code = "\n".join(f"kettle.boil({at})" for at in range(40))
    (text,) = texts(discourse(f"<p>{WORDS}</p><pre>{code}</pre>"))
    assert text.endswith("kettle.boil(39)")


def test_a_log_without_lines_is_cut_too() -> None:
    (text,) = texts(discourse(f"<pre>{'boiling again ' * 900}</pre><p>{WORDS}</p>"))
    assert text.endswith(WORDS)
    assert len(text) < 2000


def test_an_address_that_is_shown_shortened_is_written_out() -> None:
    shown = [
        ("https://kettles.example/tests/2026/how-long-lids-hold.html", "https://kettles.example/tes ... -hold.html"),
        ("https://www.kettles.example/tests/2026/lids", "www.kettles.example/tests/…"),
    ]
    for href, words in shown:
        (text,) = texts(phpbb(f"{WORDS} See <a href='{href}'>{words}</a> for more."))
        assert text == f"{WORDS} See {href} for more."


def test_words_that_are_no_shortened_form_of_a_links_address_stay() -> None:
    for words in ("https://another.example/tes ... -hold.html", "the test ... of lids", "https://kettles.example/"):
        (text,) = texts(phpbb(f"{WORDS} <a href='https://kettles.example/tests/lids-hold.html'>{words}</a>"))
        assert text == f"{WORDS} {words}"


def test_what_its_first_words_call_a_quotation_is_not_its_authors() -> None:
    boxes = (
        "<div><div><label>Quote:</label></div><div class='panel'><div>Originally Posted by <b>tom</b></div>"
        "<div>Mine never leaked.</div></div></div>",
        "<!-- quote --><table><tr><td>Zitat von tom: Mine never leaked.</td></tr></table>",
        "<fieldset><legend>Quote from: tom</legend>Mine never leaked.</fieldset>",
    )
    for box in boxes:
        assert texts(vbulletin(f"{box}{WORDS}")) == [WORDS]
    assert texts(vbulletin("<div>Quote me on this: it leaks.</div>Really.")) == ["Quote me on this: it leaks.\nReally."]


def test_code_titles_and_attached_files_are_furniture() -> None:
    code = "<div class='codebox'><p>Code: <a href='#'>Select all</a></p><pre><code>boil(3)</code></pre></div>"
    file = "<dl class='file'><dt><a href='f'>lid.zip</a></dt><dd>(1.35 KiB) Downloaded 458 times</dd></dl>"
    assert texts(phpbb(f"{WORDS}{code}<div class='inline-attachment'>{file}</div>")) == [f"{WORDS}\nboil(3)"]


def test_what_a_forum_says_of_itself_is_no_post() -> None:
    closed = discourse("<p>This topic was automatically closed after 30 days.</p>", author="system")
    assert texts(discourse(f"<p>{WORDS}</p>") + closed) == [WORDS]
    stream = [
        {"post_number": 1, "post_type": 1, "username": "ida", "cooked": f"<p>{WORDS}</p>"},
        {"post_number": 2, "post_type": 3, "username": "tom", "cooked": "<p>closed this</p>"},
    ]
    loaded = json.dumps({"topic_9": json.dumps({"post_stream": {"posts": stream}})}).replace("'", "&#39;")
    assert texts(f"<div id='data-preloaded' data-preloaded='{loaded}'></div>") == [WORDS]


def test_a_beginning_that_breaks_off_before_the_whole_is_not_read_twice() -> None:
    cut = f"<p>I bought it in March.</p><p>{WORDS[:60]}</p>"
    whole = f"<p>{WORDS}</p><p>Never again.</p>"
    row = f"<li class='answer'><time>2026-03-02</time><div class='answer-body'>{cut}{whole}</div></li>"
    assert texts(f"<ol>{row * 2}</ol>") == [f"I bought it in March.\n{WORDS}\nNever again."] * 2


@pytest.mark.parametrize(
    "around",
    [
        "{}<br>Sent from my SM-S908U using AC Forums mobile app",
        "{}<br>Gesendet von meinem Pixel 9 mit Tapatalk",
        "{}<p>Sent from my iPhone</p>",
        "<p>[quote=tom]Mine [quote quote=3]holds</p><p>well[/quote], he said.[/quote]</p><p>{}</p>",
    ],
)
def test_a_telephones_line_and_quotations_in_code_are_nobodys_words(around: str) -> None:
    assert texts(phpbb(around.format(WORDS))) == [WORDS]


@pytest.mark.parametrize(
    "said",
    [
        "It was sent from my home and came back.",
        "[quote=tom]Mine holds.[/quote]",
        "How do I close [quote] in this forum?",
        "Sent from my iPhone",
    ],
)
def test_words_that_only_look_like_it_stay(said: str) -> None:
    assert texts(phpbb(said)) == [said]


def test_an_advertisement_inside_of_a_post_is_not_its_authors() -> None:
    invision = (
        "<article class='ipsComment' id='elComment_{0}'><h3><a>ida</a></h3><time datetime='2026-03-0{0}'></time>"
        "<div data-role='commentContent'><div data-nosnippet><p>Advertisement</p></div><p>{1}</p></div></article>"
    )
    assert texts(invision.format(1, WORDS) + invision.format(2, "So did mine.")) == [WORDS, "So did mine."]
