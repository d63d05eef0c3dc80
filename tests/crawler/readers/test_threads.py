"""Threads whose pages show each message in its own way: an opening apart from its replies, ages, tips, quotations."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from analysis.model import Post
from crawler.readers.page import Page
from crawler.readers.reading import read

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LONG = "The lid of my kettle came off after two weeks, and nobody at the shop would take it back without the box."


def posts(body: str, head: str = "") -> tuple[Post, ...]:
    html = f"<html><head><title>Kettles</title>{head}</head><body>{body}</body></html>"
    return read("forum", Page(html.encode(), "https://board.example/t/9", NOW)).posts


def replies(*dates: str) -> str:
    return "".join(
        f"<li class='comment' id='c{n}'><a class='author' href='/user/{n}'>user{n}</a>{date}"
        f"<div class='comment__text'><p>Reply number {n}: mine held for a year, and then it leaked.</p></div></li>"
        for n, date in enumerate(dates)
    )


def test_the_opening_that_stands_apart_from_its_replies_is_read_first() -> None:
    opening = f"""<div class="page"><nav class="menu">All of it</nav><main><div class="question__top">
    <a class="author" href="/profile/fitz">Fitz</a> <time datetime="2026-03-01 09:00">March 1</time></div>
    <div class="question__body"><p>{LONG}</p></div>"""
    found = posts(f"{opening}<ol>{replies('<time>2026-03-02</time>', '<time>2026-03-03</time>')}</ol></main></div>")
    assert [post.author for post in found] == ["Fitz", "user0", "user1"]
    assert found[0].text == LONG
    assert found[0].published_at == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_an_opening_that_is_declared_alone_is_kept_before_replies_that_are_not() -> None:
    declared = {"@type": "DiscussionForumPosting", "text": LONG, "author": {"@type": "Person", "name": "fitz"},
                "datePublished": "2026-03-01T09:00:00Z"}  # fmt: skip
    script = f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **declared})}</script>'
    found = posts(f"<ol>{replies(*['<i>2 March 2026</i>'] * 6)}</ol>", script)
    assert [post.author for post in found] == ["fitz", *(f"user{n}" for n in range(6))]


def test_a_date_may_stand_in_a_tip_or_be_an_age() -> None:
    tip = "<span class='when'><b title='August 13, 2025 - 3:05pm'>7mo</b></span>"
    found = posts(f"<ol>{replies(tip, '<i>2y</i>', '<i>Updated 3d</i>')}</ol>")
    ages = [datetime(2025, 8, 13, 15, 5, tzinfo=UTC), NOW - timedelta(days=730), NOW - timedelta(days=3)]
    assert [post.published_at for post in found] == ages


def test_white_space_around_a_date_does_not_hide_it() -> None:
    date = f"<span>{' ' * 60}\n 03/03/2026 20:03 \n{' ' * 60}</span>"
    assert [post.published_at for post in posts(f"<ol>{replies(date, date)}</ol>")] == [
        datetime(2026, 3, 3, 20, 3, tzinfo=UTC)
    ] * 2


def test_a_beginning_shown_beside_the_whole_is_read_once() -> None:
    row = f"<li class='answer'><time>2026-03-02</time><div class='answer-body'><p>{LONG}</p><p>{LONG}</p></div></li>"
    assert [post.text for post in posts(f"<ol>{row * 2}</ol>")] == [LONG, LONG]


def test_what_a_declared_text_quotes_is_not_its_authors() -> None:
    post = f"""<article itemscope itemtype="https://schema.org/Comment"><b itemprop="author">tom</b>
    <time itemprop="datePublished" datetime="2026-03-02"></time><div itemprop="text">
    <div data-testid="quote-container"><p>Original post by ida: {LONG}</p></div>No, not mine.</div></article>"""
    thread = f"""<main itemscope itemtype="https://schema.org/DiscussionForumPosting">
    <p itemprop="text">Kettles?</p>{post}</main>"""
    assert [found.text for found in posts(thread)] == ["Kettles?", "No, not mine."]


def test_a_question_page_that_describes_itself_is_no_message() -> None:
    page = f"""<div itemscope itemtype="https://schema.org/QAPage"><meta itemprop="description" content="{LONG[:60]}">
    <div id="question" class="question" itemprop="mainEntity" itemscope itemtype="https://schema.org/Question">
    <div class="s-prose js-post-body" itemprop="text"><p>{LONG}</p></div>
    <time itemprop="dateCreated" datetime="2026-03-01"></time></div></div>"""
    assert [post.kind for post in posts(page)] == ["question"]


def test_what_a_page_behind_a_link_says_of_itself_is_nobodys_words() -> None:
    box = "<aside class='onebox'><h3>KettleNews</h3><p>The best kettle of all, our test says.</p></aside>"
    unfurled = "<div class='bbCodeBlock bbCodeBlock--unfurl'>The best kettle of all, our test says.</div>"
    discourse = "".join(
        f"<div class='topic-body crawler-post'><span class='creator'><a>ida</a></span><time class='post-time' "
        f"datetime='2026-03-0{n}'></time><div class='post'><p>See this, number {n}.</p>{box}</div></div>"
        for n in (1, 2)
    )
    xenforo = "".join(
        f"<article class='message message--post' data-author='ida' id='p{n}'><time datetime='2026-03-0{n}'></time>"
        f"<div class='message-body'><div class='bbWrapper'>See this, number {n}.{unfurled}</div></div></article>"
        for n in (1, 2)
    )
    for thread in (discourse, xenforo):
        assert [post.text for post in posts(thread)] == ["See this, number 1.", "See this, number 2."]


def test_a_post_that_is_a_link_has_its_title() -> None:
    post = '<shreddit-post post-title="My kettle leaks" author="ida" created-timestamp="2026-03-01T09:00:00+0000">'
    (found,) = posts(f"{post}</shreddit-post>")
    assert (found.title, found.text, found.author) == ("My kettle leaks", "", "ida")


HEAD = f"""<meta property="og:description" content="{LONG}"><meta property="og:title" content="Kettles">
<meta property="article:published_time" content="2026-03-01T09:00:00+00:00">"""


def test_of_a_thread_that_a_script_is_to_fetch_the_head_tells_the_opening() -> None:
    (found,) = posts("<div id='main'></div><script src='/board.js'></script>", HEAD)
    assert (found.text, found.author, found.published_at) == (LONG, "", datetime(2026, 3, 1, 9, tzinfo=UTC))


def test_the_head_tells_no_opening_of_a_page_that_shows_words_or_is_an_article_or_has_no_date() -> None:
    assert not posts(f"<p>{'We test kettles, and we tell what we find. ' * 12}</p>", HEAD)
    assert not posts("<div id='main'></div>", f'{HEAD}<meta property="og:type" content="article">')
    assert not posts("<div id='main'></div>", HEAD.partition('<meta property="article')[0])


def test_an_opening_that_is_declared_in_part_is_read_whole() -> None:
    # Nothing near it says when it was written: what is declared does.
    declared = {"@type": "DiscussionForumPosting", "text": f"{LONG[:70]}...", "author": "fitz",
                "datePublished": "2026-03-01"}  # fmt: skip
    script = f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **declared})}</script>'
    opening = f"""<article class="forum node"><div class="post-wrap"><div class="content">
    <div class="field field-name-body"><p>{LONG}</p></div></div></div></article>"""
    found = posts(f"{opening}<ol>{replies(*['<i>2 March 2026</i>'] * 3)}</ol>", script)
    assert (found[0].text, found[0].published_at) == (LONG, datetime(2026, 3, 1, tzinfo=UTC))
    assert [post.author for post in found] == ["fitz", "user0", "user1", "user2"]


def test_lists_beside_the_thread_are_no_replies() -> None:
    months = "".join(
        f"<div class='row'><time>{when}</time><div class='content'><a href='/m/{when}'>Threads of kettles, all of them"
        f"</a></div></div>"
        for when in ("2025-12-01", "2025-11-01", "2025-10-01", "2025-09-01")
    )
    assert len(posts(f"<main>{months}</main>")) == 4
    assert not posts(f"<aside>{months}</aside><p>Nothing was said of kettles here yet.</p>")


def unlabelled(*heads: str) -> str:
    return "".join(
        f"<div class='row'><div class='x1'>{head}</div>"
        f"<div class='post-body'>Reply number {n}: mine held a year.</div></div>"
        for n, head in enumerate(heads)
    )


def test_the_author_may_be_what_stands_before_the_date() -> None:
    found = posts(unlabelled("ida &middot; <span>03/03/2026 19:49</span>", "<b>Tom B</b><i>3 March 2026</i>"))
    assert [post.author for post in found] == ["ida", "Tom B"]


def test_the_same_word_before_every_date_is_no_author() -> None:
    found = posts(unlabelled("Posted: <span>03/03/2026 19:49</span>", "Posted: <span>03/03/2026 20:12</span>"))
    assert [(post.author, post.published_at is None) for post in found] == [("", False)] * 2
