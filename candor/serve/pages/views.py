"""Saved views: a name, an address, a feed of its newest mentions; and every mention of a list as a file, uncapped."""

from __future__ import annotations

import hmac
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl

from starlette.responses import Response, StreamingResponse

from analysis.model import Mention
from analysis.model.records.view import VIEWS, View
from analysis.report.csv import write_csv
from analysis.report.json import write_jsonl
from candor.serve.desk import Desk
from candor.serve.door.visitors import Visitor
from candor.serve.look.asked import SORTS, Asked, asked
from candor.serve.look.saved import save_view
from candor.serve.look.watched import wrong_with
from candor.serve.pages.post import not_here
from candor.serve.templating import rendered
from candor.serve.visit import PageVisit

FEED = 50
_AT_ONCE = 500
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ANYBODY = Visitor(name="a feed reader", role="viewer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedView:
    """A view with the list that it opens and how many mentions that has now; or what is wrong with its address."""

    view: View
    list: Asked | None
    count: int
    wrong: str = ""


def views(visit: PageVisit) -> Response:
    """List the saved views."""
    found = sorted(VIEWS.values(visit.desk.records), key=lambda view: view.name.casefold())
    return visit.show("views.html.j2", here="views", views=[_kept(visit, view) for view in found])


def save(visit: PageVisit) -> Response:
    """Keep a list under a name."""
    save_view(visit.desk.records, name=visit.field("name"), asks=visit.field("asks"), stamp=visit.stamp())
    return visit.go("/views")


def remove(visit: PageVisit) -> Response:
    """Remove a view; its feed is over."""
    if not VIEWS.delete(visit.desk.records, visit.names["key"]):
        return not_here(visit)
    return visit.go("/views")


def feed(desk: Desk, key: str, secret: str) -> Response | None:
    """Return the newest public mentions of a view as Atom (RFC 4287); None for a wrong secret."""
    stored = VIEWS.get(desk.records, key)
    if stored is None or not hmac.compare_digest(stored.value.feed.encode(), secret.encode(errors="replace")):
        return None
    view, wanted = stored.value, asked(parse_qsl(stored.value.asks))
    where = desk.where(ANYBODY, wanted)
    mentions = desk.fresh().page(where, order=SORTS["newest"][1], limit=FEED).mentions
    newest = max((mention.last_seen_at for mention in mentions), default=view.at)
    text = rendered("feed.xml.j2", view=view, mentions=mentions, newest=newest, desk=desk)
    return Response(_NO_XML.sub("", text), media_type="application/atom+xml")


def as_csv(visit: PageVisit) -> Response:
    """Return every mention of a list as CSV, without a cap."""
    return _file(visit, write_csv, "text/csv; charset=utf-8", "mentions.csv")


def as_jsonl(visit: PageVisit) -> Response:
    """Return every mention of a list whole, a JSON object a line, without a cap."""
    return _file(visit, write_jsonl, "application/jsonl; charset=utf-8", "mentions.jsonl")


def _file(visit: PageVisit, write: Callable[[Iterable[Mention], io.StringIO], int], kind: str, name: str) -> Response:
    where = visit.desk.where(visit.visitor, asked(visit.given))
    mentions = visit.desk.fresh().scan(where)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_pieces(mentions, write), media_type=kind, headers=headers)


def _pieces(mentions: Iterator[Mention], write: Callable[[Iterable[Mention], io.StringIO], int]) -> Iterator[bytes]:
    """Yield the file some mentions at a time: no more than these are held, whoever reads slowly."""
    head = _written([], write)
    yield head
    while some := list(islice(mentions, _AT_ONCE)):
        yield _written(some, write)[len(head) :]


def _written(some: list[Mention], write: Callable[[Iterable[Mention], io.StringIO], int]) -> bytes:
    stream = io.StringIO(newline="")
    write(some, stream)
    return stream.getvalue().encode(errors="replace")


def _kept(visit: PageVisit, view: View) -> ListedView:
    wrong = wrong_with(visit.desk.records, view, visit.desk.now())
    if wrong:
        return ListedView(view=view, list=None, count=0, wrong=wrong)
    wanted = asked(parse_qsl(view.asks))
    where = visit.desk.where(visit.visitor, wanted)
    return ListedView(view=view, list=wanted, count=visit.desk.fresh().count(where))
