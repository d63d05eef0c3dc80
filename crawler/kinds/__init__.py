"""The kinds of source, in the order in which people are told of them. One file each; ``scrapy newsource`` adds one.

Importing them loads neither Scrapy nor a parser: a configuration is checked by them.
"""

from collections.abc import Mapping
from typing import Any

from crawler.kinds import (
    appstore,
    askbot,
    commoncrawl,
    discourse,
    feed,
    forum,
    github,
    hackernews,
    mailbox,
    pages,
    reviews,
    sitemap,
    table,
    webhook,
)
from crawler.kinds.answers import gdelt, playstore, stackexchange, youtube
from crawler.kinds.base import Kind
from crawler.kinds.desk import freshdesk, intercom, zendesk
from crawler.kinds.social import bluesky, lemmy, mastodon, reddit

KINDS: Mapping[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        feed.KIND,
        sitemap.KIND,
        pages.KIND,
        forum.KIND,
        reviews.KIND,
        hackernews.KIND,
        reddit.KIND,
        mastodon.KIND,
        bluesky.KIND,
        lemmy.KIND,
        table.KIND,
        mailbox.KIND,
        commoncrawl.KIND,
        appstore.KIND,
        discourse.KIND,
        github.KIND,
        askbot.KIND,
        stackexchange.KIND,
        gdelt.KIND,
        youtube.KIND,
        playstore.KIND,
        zendesk.KIND,
        freshdesk.KIND,
        intercom.KIND,
        webhook.KIND,
    )
}
"""Every kind by its name."""
