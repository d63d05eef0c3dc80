"""The sample web's texts as mentions, without crawling it: each entry a post as the readers make one of its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from analysis.enrich.enricher import Enricher
from analysis.ingest.understand import understand
from analysis.model import Brand, Mention, Post, PostKind
from candor.sample import content
from candor.sample.answers import SITES
from candor.sample.config import config_text
from candor.sample.content import Entry
from crawler.configuration import from_text

TODAY = date(2031, 5, 4)
KINDS: dict[str, PostKind] = {
    "forum": "post",
    "reviews": "review",
    "talk": "post",
    "apps": "review",
    "square": "post",
    "mail": "post",
    "survey": "review",
}


def entries() -> Iterator[Entry]:
    """Yield every entry of the sample web."""
    for group in (*content.forum(), *content.reviews(), *content.talk(), *content.apps()):
        yield from group.entries
    yield from (*content.news(), *content.blog(), *content.releases(), *content.square())
    yield from (*content.mail(), *content.survey())
    for site in SITES:
        if site.look == "local":
            yield from content.local(site.name)


def brands() -> tuple[Brand, ...]:
    """Return the sample's brands."""
    return tuple(from_text(config_text(), path=Path("candor.toml")).brands)


def address(entry: Entry) -> str:
    """Return an address of the entry's own."""
    return f"https://{entry.site}.sample.example/{entry.slug}/{entry.number}"


def post(entry: Entry, today: date = TODAY) -> Post:
    """Return the entry as its site's reader gives it."""
    at = entry.at(today)
    return Post(
        url=address(entry),
        text="\n".join(part for part in entry.paragraphs if not part.startswith("> ")),
        title=entry.title,
        author=entry.author,
        published_at=at,
        published_at_source="jsonld",
        fetched_at=at + timedelta(hours=1),
        source=entry.site,
        source_kind="pages",
        kind=KINDS.get(entry.site, "article"),
        lang="en",
        rating=float(entry.rating) if entry.rating else None,
        thread=f"https://{entry.site}.sample.example/{entry.thread}" if entry.thread else "",
        product_version=entry.version,
        tags=(entry.section, "firmware") if entry.site == "releases" else (),
    )


def mentions(some: Iterable[Entry], today: date = TODAY) -> list[tuple[Entry, tuple[Mention, ...]]]:
    """Return each entry with its mentions, as the shipped judges see them."""
    chosen = list(some)
    enricher = Enricher(brands(), pseudonym_key=b"sample")
    understood = understand([post(entry, today) for entry in chosen], enricher)
    return [(entry, item.mentions) for entry, item in zip(chosen, understood, strict=True)]


def midnight(day: date) -> datetime:
    """Return the moment at which a UTC day begins."""
    return datetime.combine(day, time(), tzinfo=UTC)
