"""Sources: how each does, what it gives, its last runs; add one, pause it, crawl it now and see how far that is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from analysis.model.errors import CandorError, UsageError
from analysis.settings.blocks import with_block, with_key
from candor.commands.look.sources import row_of
from candor.files.configuration import change
from candor.schedule.history import last_runs
from candor.serve.desk import Desk
from candor.serve.live.progress import told_to_read_again
from candor.serve.look.asked import Asked
from candor.serve.visit import PageVisit

RUNS = 8
TOLD_S = 0.5
LONGEST_S = 600.0
"""For how long one stream tells of a crawl; a browser then asks again, and is looked at again at the door."""
OPTIONS = ("id", "every", "about", "country")


def sources(visit: PageVisit, *, wrong: str = "", status: int = 200) -> Response:
    """List the configured sources, those that are not well first."""
    now, records = visit.desk.now(), visit.desk.fresh().records
    found = []
    for source in visit.desk.config.sources:
        runs = last_runs(records, source, now=now)
        found.append(
            (row_of(source, runs, now=now), runs[::-1][:RUNS], Asked(terms={"source.id": (source.id,)}).address())
        )
    order = {"failing": 0, "silent": 1, "paused": 3}
    found.sort(key=lambda one: (order.get(one[0]["state"], 2), one[0]["id"]))
    return visit.show(
        "sources.html.j2",
        status=status,
        here="sources",
        sources=found,
        live=visit.desk.crawls.now,
        editable=visit.desk.config.path is not None,
        given=dict(visit.form),
        wrong=wrong,
        said=visit.one("said")[:200],
    )


def look(visit: PageVisit) -> Response:
    """Look at a place and show what it is and its first posts, before anything is saved."""
    options = {name: visit.field(name) for name in OPTIONS}
    try:
        found = visit.desk.looks.look(visit.desk.config, visit.field("place"), options, who=visit.visitor.name)
    except UsageError as error:
        return sources(visit, wrong=str(error), status=400)
    return visit.show("source_found.html.j2", here="sources", found=found, row=found.row)


def save(visit: PageVisit) -> Response:
    """Write the block of a place that was looked at into the configuration."""
    desk = visit.desk
    with desk.deciding:
        found = desk.looks.taken(visit.field("key"), who=visit.visitor.name)
        made = change(desk.config.path, lambda text: with_block(text, found.block), what="the source cannot be added")
        desk.take(made)
    return _done(visit, f"{found.row['id']} is added.")


def pause(visit: PageVisit) -> Response:
    """Crawl a source no more until somebody says so."""
    return _set_paused(visit, paused=True)


def resume(visit: PageVisit) -> Response:
    """Crawl a source again."""
    return _set_paused(visit, paused=False)


def crawl(visit: PageVisit) -> Response:
    """Crawl a source now."""
    desk = visit.desk
    try:
        desk.crawls.begin(desk.config, visit.names["name"], who=visit.visitor.name, at=desk.now())
    except UsageError as error:
        return sources(visit, wrong=str(error), status=400)
    return visit.go("/sources#live")


def stop(visit: PageVisit) -> Response:
    """Stop the crawl that runs; what was read is stored."""
    visit.desk.crawls.stop()
    return visit.go("/sources#live")


async def told_live(request: Request, *, desk: Desk) -> Response:
    """Tell how far the crawl is, as server-sent events (HTML standard, 9.2), until it has ended."""
    return StreamingResponse(_events(request, desk), media_type="text/event-stream")


async def _events(request: Request, desk: Desk) -> AsyncIterator[str]:
    told, waited = None, 0.0
    while waited < LONGEST_S and not await request.is_disconnected():
        now = desk.crawls.now
        if now is None:
            yield "event: over\ndata: {}\n\n"
            return
        if now != told:
            told = now
            yield f"{'event: over' + chr(10) if now.over else ''}data: {json.dumps(now.words())}\n\n"
        if now.over:
            return
        await asyncio.sleep(TOLD_S)
        waited += TOLD_S


def _set_paused(visit: PageVisit, *, paused: bool) -> Response:
    desk, name = visit.desk, visit.names["name"]

    def made(text: str) -> str:
        from crawler.configuration import from_text

        assert desk.config.path is not None
        ids = [source.id for source in from_text(text, path=desk.config.path).sources]
        if name not in ids:
            raise ValueError(f"{name!r} is no source that is configured any more")
        return with_key(text, ("sources", ids.index(name), "paused"), True if paused else None)

    with desk.deciding:
        try:
            desk.take(change(desk.config.path, made, what=name))
        except CandorError as error:
            return sources(visit, wrong=str(error), status=400)
    return _done(visit, f"{name} is paused." if paused else f"{name} is crawled again.")


def _done(visit: PageVisit, said: str) -> Response:
    told = told_to_read_again(visit.desk.config.state)
    more = " candor watch was told." if told else ""
    return visit.go(f"/sources?{urlencode({'said': said + more})}")
