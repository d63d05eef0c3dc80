"""Posts judged for somebody who looks at them: nothing is stored, and no pseudonym outlives the call."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from analysis.model import Brand, Mention, Post
    from analysis.settings.file import Config

_COLOURS = {"negative": "red", "positive": "green"}
_SHOWN = 160


def judged(posts: Sequence[Post], config: Config, brands: Sequence[Brand]) -> list[tuple[Mention, ...]]:
    """Return the mentions of each of ``posts``; none where ``brands`` is empty."""
    from analysis.enrich.enricher import Enricher
    from analysis.enrich.taxonomy import taxonomy_of
    from analysis.flow import understand

    if not brands or not posts:
        return [()] * len(posts)
    enricher = Enricher(brands, pseudonym_key=secrets.token_bytes(32), taxonomy=taxonomy_of(config))
    return [understood.mentions for understood in understand(posts, enricher)]


def row_of(post: Post, mentions: Sequence[Mention]) -> dict[str, Any]:
    """Return a judged post as scripts read it: the post, and what it says of each brand that it names."""
    from crawler.readers.saved import post_row

    return {**post_row(post), "mentions": [_mention_row(mention) for mention in mentions]}


def show(posts: Sequence[Post], mentions: Sequence[Sequence[Mention]], *, most: int) -> None:
    """Print the first ``most`` posts for a person, each with the brands that it names and what it says of them."""
    out = Console(highlight=False)
    for number, (post, each) in enumerate(zip(posts[:most], mentions, strict=False), start=1):
        out.print(_head(number, post))
        said = " ".join(f"{post.title}: {post.text}".strip(": ").split())
        out.print(Text("   " + (said if len(said) <= _SHOWN else said[: _SHOWN - 1] + "…")))
        for mention in each:
            out.print(_line(mention))
        out.print(Text("   " + post.url, style="dim"), soft_wrap=True)
    if len(posts) > most:
        out.print(f"... and {len(posts) - most} more")


def counted(posts: Sequence[Post], mentions: Sequence[Sequence[Mention]]) -> str:
    """Say in a line how many posts there are, and how many have a date, an author and a brand."""
    if not posts:
        return "no posts"
    dated = sum(post.published_at is not None for post in posts)
    authored = sum(bool(post.author) for post in posts)
    named = sum(bool(each) for each in mentions)
    count = f"{len(posts)} post{'' if len(posts) == 1 else 's'}"
    return f"{count}: {dated} with a date, {authored} with an author, {named} naming a brand"


def kept(mentions: Sequence[Sequence[Mention]], brands: Sequence[Brand], *, else_: str) -> str:
    """Say how many of the posts a crawl would keep, and where that is none the cure, or ``else_``; empty for all."""
    named = sum(bool(each) for each in mentions)
    if not brands or named == len(mentions):
        return ""
    if named:
        return f"A crawl keeps the {named} that {'name' if named > 1 else 'names'} a brand."
    names = ", ".join(brand.name for brand in brands)
    return (
        f"A crawl would keep none of these: none names a brand ({names}). If people call it otherwise here, add "
        f"that to its aliases in candor.toml; else {else_}."
    )


def _head(number: int, post: Post) -> Text:
    at = f"{post.published_at:%Y-%m-%d %H:%M}" if post.published_at else "no date"
    stars = f"  {post.rating:g} of 5 stars" if post.rating is not None else ""
    return Text(f"{number}. {at}  {post.kind}  by {post.author or 'nobody named'}{stars}", style="bold")


def _line(mention: Mention) -> Text:
    line = Text(f"   -> {mention.brand.id}: ")
    line.append(mention.sentiment.label, style=_COLOURS.get(mention.sentiment.label, "dim"))
    told = [*mention.intents, *mention.topics, *mention.moves]
    line.append(f"  {', '.join(dict.fromkeys(told))}" if told else "")
    return line


def _mention_row(mention: Mention) -> dict[str, Any]:
    return {
        "brand": mention.brand.id,
        "sentiment": {"label": mention.sentiment.label, "score": mention.sentiment.score},
        "intents": list(mention.intents),
        "topics": list(mention.topics),
        "complaint_topics": list(mention.complaint_topics),
        "praise_topics": list(mention.praise_topics),
        "wish_topics": list(mention.wish_topics),
        "severity": mention.severity.level,
        "switching": {"origin": mention.switching.origin, "target": mention.switching.target},
        "moves": list(mention.moves),
        "quote": mention.quote,
    }
