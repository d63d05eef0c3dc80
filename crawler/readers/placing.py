"""Where the posts of a page stand: on the page's own site, each with an address of its own."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from analysis.model import Post
from analysis.model.addresses import canonical, same_site
from crawler.readers.page import Page


def on_own_site(posts: tuple[Post, ...], page: Page) -> tuple[Post, ...]:
    """Return ``posts`` with an address each, all on the page's own site.

    An address is what a post is known by: a page that claims another site's would overwrite that site's post, and two
    posts with one address would be taken for one. The anchor made for the second is of its author, date and words.
    """
    taken: set[str] = set()
    placed = []
    for post in posts:
        url = post.url
        if not url or (page.url and not same_site(url, page.url)):
            url = canonical(page.url)
        if url in taken:
            mark = hashlib.sha256(
                f"{post.author}\n{post.published_at}\n{post.text}".encode(errors="replace")
            ).hexdigest()
            url = f"{url.partition('#')[0]}#post-{mark[:12]}"
        taken.add(url)
        placed.append(post if url == post.url else replace(post, url=url))
    return tuple(placed)
