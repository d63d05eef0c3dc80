"""``candor reread``: raw pages that were kept, read anew with today's readers, without asking a site."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import CrawlError
from candor.options import ConfigPath, StoreAddress, config_of, opened, when, write_json

if TYPE_CHECKING:
    from crawler.keeping.visit import Visit


def reread(
    source: Annotated[list[str] | None, typer.Option("--source", help="Id of a source; all by default.")] = None,
    since: Annotated[str, typer.Option("--since", help="Only what was fetched since, such as 30d or 2026-03-01.")] = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
) -> None:
    """Read the raw pages that `archive` keeps anew, and update the store: with new readers, or for a new brand.

    No site is asked. Writes one JSON line per source. What was erased stays out, and a page that was fetched before the
    stored copy changes nothing.

    Examples:

      candor reread

      candor reread --source news-feed --since 30d
    """
    from candor.crawl_progress import chosen_sources
    from crawler.archive.rereading import reread as read_anew

    settings, now = config_of(config, store), datetime.now(UTC)
    first = when(since, now=now, flag="--since")
    chosen = chosen_sources(settings, source or [])
    with opened(settings, write=True) as target:
        visits = read_anew(settings, target, chosen, since=first)
    write_json(map(_row, visits))
    broken = [visit for visit in visits if visit.error]
    if broken:
        raise CrawlError("; ".join(f"{visit.source.id}: {visit.error}" for visit in broken))


def _row(visit: Visit) -> dict[str, Any]:
    return {
        "source": visit.source.id,
        "pages": visit.pages,
        "posts": visit.posts,
        "mentions": {"new": visit.mentions_new, "updated": visit.mentions_updated},
        "dropped": dict(visit.dropped),
    }
