"""``candor search``: find mentions by words."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from analysis.model.errors import UsageError
from analysis.model.times import written
from candor.checks.values import checked, note_nothing_found
from candor.options import (
    AsJson,
    BrandOption,
    ConfigPath,
    SentimentOption,
    SinceOption,
    SourceOption,
    StoreAddress,
    TopicOption,
    UntilOption,
    WhereOption,
    WithoutOption,
    config_of,
    filter_of,
    opened,
    write_json,
)
from candor.streams import say

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from analysis.store.base import Filter, Hit, Store


def search(
    query: Annotated[str, typer.Argument(help='Words, "phrases", "near words"~5, prefix*, AND OR NOT.')] = "",
    like: Annotated[
        str | None, typer.Option("--like", help="A sentence, or the id of a mention: find by meaning.")
    ] = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
    brand: BrandOption = None,
    source: SourceOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    sentiment: SentimentOption = None,
    topic: TopicOption = None,
    where: WhereOption = None,
    without: WithoutOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many at most.")] = 20,
    newest: Annotated[bool, typer.Option("--newest", help="Newest first, instead of best first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find mentions: best match first, with the words around the hit. With --like by meaning, nearest first.

    Examples:

      candor search '"battery life" AND drain*' --since 30d --sentiment negative

      candor search --json 'charger NOT cable' | jq .url

      candor search --like "has to be charged twice a day" --brand tessaro
    """
    if like is None and not query:
        raise UsageError("QUERY: nothing to look for; give words, or a sentence with --like")
    if like is not None and newest:
        raise UsageError("--newest: with --like the nearest come first; leave one of the two out")
    settings = config_of(config, store, required=False)
    chosen = filter_of(
        now=datetime.now(UTC),
        brand=brand,
        source=source,
        since=since,
        until=until,
        sentiment=sentiment,
        topic=topic,
        query=query,
        where=where,
        without=without,
    )
    with opened(settings) as kept:
        chosen = checked(chosen, config=settings, store=kept)
        if like is None:
            hits = kept.search(chosen, limit=limit, newest_first=newest)
        else:
            hits = _like(kept, chosen, like, settings, limit)
        total = kept.count(chosen) if not as_json else 0
    if as_json:
        if not hits:
            note_nothing_found(chosen)
        write_json(map(row_of, hits))
    else:
        _show(hits, total, zone=ZoneInfo(settings.report.timezone))


def _like(kept: Store, chosen: Filter, like: str, settings: Config, limit: int) -> list[Hit]:
    """Find by meaning, and say on standard error what could not be compared."""
    from analysis.enrich.find.brands import brand_matcher
    from analysis.enrich.models.meaning.maker import hiding, shipped
    from analysis.measure.like import alike

    hide = hiding([brand_matcher(brand) for brand in settings.brands])
    found = alike(kept, chosen, like, limit=limit, directions=shipped(settings.enrich.model), hide=hide)
    if found.unmade:
        say(
            f"{found.unmade:,} of the mentions chosen were stored without what finds by meaning, or with that of "
            "another version of Candor, and were passed over; `candor rejudge` makes it"
        )
    return found.hits


def row_of(hit: Hit) -> dict[str, Any]:
    """Return a hit as scripts read it."""
    mention = hit.mention
    return {
        "id": mention.id,
        "url": mention.url,
        "brand": mention.brand.id,
        "title": mention.title,
        "published_at": written(mention.published_at, to="auto"),
        "source": mention.source.id,
        "sentiment": {"label": mention.sentiment.label, "score": mention.sentiment.score},
        "intents": list(mention.intents),
        "topics": list(mention.topics),
        "severity": mention.severity.level,
        "relevance": mention.relevance.level,
        "claims": [asdict(claim) for claim in mention.claims],
        "snippet": hit.snippet,
        "score": round(hit.score, 4),
    }


def _show(hits: list[Hit], total: int, *, zone: ZoneInfo) -> None:
    from rich.text import Text

    from candor.streams import Terminal

    out = Terminal(highlight=False)
    if not hits:
        out.print("Nothing found. Try fewer words, a prefix*, or a longer --since.")
        return
    colours = {"negative": "red", "positive": "green"}
    for hit in hits:
        mention = hit.mention
        head = Text(f"{mention.published_at.astimezone(zone):%Y-%m-%d}  ")
        head.append(mention.brand.id, style="bold")
        head.append("  ")
        head.append(mention.sentiment.label, style=colours.get(mention.sentiment.label, "dim"))
        head.append(f"  {mention.source.id}", style="dim")
        out.print(head)
        out.print(Text("  " + hit.snippet))
        out.print(Text("  " + mention.url, style="dim"), soft_wrap=True)
    out.print(f"{len(hits)} of {total} mentions shown.")
