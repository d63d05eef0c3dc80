"""``forum``: the threads of a board, or one thread, by its pages: a post for each message.

Reads the HTML of phpBB, vBulletin, XenForo, Askbot, Invision, Discourse as crawlers see it and a dozen more,
what a page declares as schema.org ``DiscussionForumPosting`` or ``QAPage``, and boards of unknown make by the shape of
their messages. Terms and limits: those of the site; robots.txt is asked before each page. Needs no key.

A message becomes a post with its author, its date, its own address and its thread's; what it quotes of others,
signatures and the forum's own notices are left out, and of a long log that was pasted the first lines are read. Where a
script is to fetch the thread, the opening's first words are read from the head of the page, and the source fails. A
list of threads leads to each of them, and a page to the one that comes after.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from analysis.model.errors import ReadError
from analysis.settings.sources import PromiseSection, SourceSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import MOST_PAGES, Ask, Drop, Kind, Knowledge, Step, Took

if TYPE_CHECKING:
    from crawler.readers.page import Page

THREAD = "thread"


class ForumOptions(SourceSection):
    """``url``: a board's list of threads, or a thread. A message has an author, and mostly a date that can be read."""

    url: WebAddress
    render: bool = False
    max_pages: int = Field(default=MOST_PAGES, ge=1)
    promise: PromiseSection = PromiseSection(dated=0.8, author=0.8)

    def address(self) -> str:
        """Return the address that is read first."""
        return self.url


def start(options: ForumOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the board or the thread."""
    yield Ask(url=options.url)


def read(page: Page, ask: Ask, options: ForumOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the messages of a page, the threads that it lists, and the page after it."""
    from crawler.readers.pages.scripted import NEEDS_SCRIPT, needs_script
    from crawler.readers.talk.forum import read_forum
    from crawler.readers.talk.onward import next_page

    posts = read_forum(page).posts
    topics = [post for post in posts if post.kind == "topic"]
    yield Took(tuple(post for post in posts if post.kind != "topic"))
    # Of a thread that a script is to show, the head of the page may tell the opening.
    if len(posts) < 2 and not options.render and needs_script(page):
        raise ReadError(f"{page.place}: {NEEDS_SCRIPT}")
    if not posts:
        if not ask.step:
            raise ReadError(
                f"{page.place}: shows neither a thread nor a list of threads; is it the address of a board?"
            )
        yield Drop("no message on the page")
        return
    if ask.step != THREAD:
        for topic in topics:
            yield Ask(url=topic.url, step=THREAD)
    following = next_page(page)
    if following:
        yield Ask(url=following, step=ask.step if topics else THREAD)


KIND = Kind(name="forum", options=ForumOptions, driver="api", own_addresses=False, start=start, read=read)
