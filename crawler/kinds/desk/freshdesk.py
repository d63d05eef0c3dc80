"""``freshdesk``: what customers wrote in the tickets of your own Freshdesk.

By the API v2 (https://developers.freshdesk.com/api): the tickets that changed, by the time of their change, 100 in a
request, then each ticket's conversation. 100 to 700 requests a minute by your plan; what is left is told in each answer
and obeyed. With your own API key. Terms: it is your own.

A ticket and each incoming message under it become a post: the subject, its own words (what it quotes, its signature and
its footer are cut off), its date, the requester, the ticket as its thread. Answers of agents, private notes and spam
are left out. Tickets that were deleted or marked as spam stand on lists of their own (``filter=deleted``, ``spam``),
which every run after the first asks for since the last one: all their mentions are withdrawn. Marked private: judged
and counted, never quoted in chat.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from pydantic import Field

from analysis.model import Post
from analysis.model.errors import ReadError
from analysis.model.written.dates import parse_date
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import Ask, Drop, Kind, Knowledge, Step, ThreadGone, Took, Variable, loaded, unheeded
from crawler.kinds.desk.base import NOTE, OURS, DeskOptions, begin, ending, gone, left_in, message, read_until

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 100
OUTBOUND = 10
"""The ``source`` of a ticket that an agent began by mail."""
WITHDRAWN = ("deleted", "spam")
"""The lists of tickets that the list of all leaves out."""


class _Place(NamedTuple):
    """Where a run is in a list of tickets: those changed since that second, a page's number, the requests so far;
    ``only``: which list of ``WITHDRAWN`` it is."""

    since: int
    number: int
    asked: int
    only: str = ""


class FreshdeskOptions(DeskOptions):
    """``api``: your Freshdesk's address. What it gives has a date and an author."""

    key_from = "your profile's settings in Freshdesk"
    api: WebAddress = Field()
    key_env: Variable = "FRESHDESK_API_KEY"
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)


def start(options: FreshdeskOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the first page of the tickets that changed."""
    yield _list(options, known, _Place(begin(options, known), 1, 1))


def read(page: Page, ask: Ask, options: FreshdeskOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the tickets as posts, what asks for their conversations, and the next page; of those, the messages."""
    answer = loaded(page)
    rows = answer if isinstance(answer, list) else [answer]
    if not all(isinstance(row, dict) and ("ticket_id" in row or "subject" in row) for row in rows):
        raise ReadError(f"{page.place}: these are no tickets or conversations of Freshdesk; check api")
    if "/conversations" in page.url or any("ticket_id" in row for row in rows):
        yield from _conversation(rows, page, ask, options, known)
    else:
        yield from _tickets(rows, page, ask, options, known)


def check(options: FreshdeskOptions, known: Knowledge) -> Ask:
    """Return a small request."""
    return _ask(options, known, "tickets", {"per_page": 1})


def left(page: Page) -> str:
    """Return how many requests are left of this minute."""
    return left_in(page, "x-ratelimit-total", "x-ratelimit-remaining", "this minute")


def _tickets(
    rows: list[Mapping[str, Any]], page: Page, ask: Ask, options: FreshdeskOptions, known: Knowledge
) -> Iterator[Step]:
    place: _Place | None = ask.carry
    if place is None:
        for row in rows:
            yield from _ticket(row, page, options)
        return
    withdrawn = [row for row in rows if place.only or row.get("deleted") or row.get("spam")]
    yield from (ThreadGone(_address(page, row["id"])) for row in withdrawn)
    alive = [row for row in rows if row not in withdrawn]
    if place.asked == 1 and not place.only:
        yield read_until(known)
        # Before the first run there is nothing to withdraw.
        for only in WITHDRAWN if place.since else ():
            yield _list(options, known, place._replace(only=only))
    for row in alive:
        yield from _ticket(row, page, options)
        yield _talk(options, known, (row["id"], str(row.get("subject") or "")), 1)
    yield from _onward(rows, len(alive), place, page, options, known)


def _onward(
    rows: list[Mapping[str, Any]], talks: int, place: _Place, page: Page, options: FreshdeskOptions, known: Knowledge
) -> Iterator[Step]:
    """Yield what asks for the page after ``place``, or what ends its list. ``talks``: conversations asked for here."""
    since, asked = place.since, place.asked + talks
    changes = [int(at.timestamp()) for row in rows if (at := parse_date(str(row.get("updated_at")), now=known.now))]
    if changes and sorted(changes)[len(changes) // 2] < since:
        raise unheeded(page)
    if len(rows) < PAGE or not changes:
        if not place.only:
            yield from ending()
        return
    # By the time of the last change, since pages by number end at the 300th; those of one second by number.
    following, number = (max(changes), 1) if max(changes) > since else (since, place.number + 1)
    if asked + (1 if place.only else PAGE + 1) <= options.max_pages:
        yield _list(options, known, _Place(following, number, asked + 1, place.only))
    elif place.only:
        yield Drop(f"left out by max_pages: a page of tickets ({place.only})")
    else:
        yield from ending(cut_at=following)


def _ticket(row: Mapping[str, Any], page: Page, options: FreshdeskOptions) -> Iterator[Step]:
    url, at = _address(page, row["id"]), str(row.get("created_at") or "")
    author = str((row.get("requester") or {}).get("email") or row.get("requester_id") or "")
    if row.get("deleted"):
        yield Took((gone(url, author=author, at=at, page=page),))
    elif row.get("spam"):
        yield Drop("spam")
    elif row.get("source") == OUTBOUND:
        yield Drop(OURS)
    else:
        found = message(options, url=url, thread=url, subject=str(row.get("subject") or ""),
                        html=str(row.get("description") or ""), text=str(row.get("description_text") or ""),
                        author=author, at=at, page=page)  # fmt: skip
        yield Took((found,)) if isinstance(found, Post) else found


def _conversation(
    rows: list[Mapping[str, Any]], page: Page, ask: Ask, options: FreshdeskOptions, known: Knowledge
) -> Iterator[Step]:
    ticket, subject, number = ask.carry or (0, "", 0)
    for row in rows:
        if not row.get("incoming") or row.get("private"):
            yield Drop(NOTE if row.get("private") else OURS)
            continue
        thread = _address(page, row.get("ticket_id") or ticket)
        author = parseaddr(str(row.get("from_email") or ""))[1] or str(row.get("user_id") or "")
        found = message(options, url=f"{thread}#conversation-{row.get('id')}", thread=thread, subject=subject,
                        html=str(row.get("body") or ""), text=str(row.get("body_text") or ""), author=author,
                        at=str(row.get("created_at") or ""), page=page)  # fmt: skip
        yield Took((found,)) if isinstance(found, Post) else found
    if ask.carry and len(rows) >= PAGE:
        yield _talk(options, known, (ticket, subject), number + 1)


def _list(options: FreshdeskOptions, known: Knowledge, place: _Place) -> Ask:
    since = f"{datetime.fromtimestamp(place.since, UTC):%Y-%m-%dT%H:%M:%SZ}"
    words = {"updated_since": since, "order_by": "updated_at", "order_type": "asc"}
    words |= {"filter": place.only} if place.only else {"include": "description,requester"}
    words |= {"per_page": str(PAGE), "page": str(place.number)}
    return _ask(options, known, "tickets", words, carry=place)


def _talk(options: FreshdeskOptions, known: Knowledge, ticket: tuple[int, str], number: int) -> Ask:
    words = {"per_page": str(PAGE), "page": str(number)}
    return _ask(options, known, f"tickets/{ticket[0]}/conversations", words, carry=(*ticket, number))


def _ask(options: FreshdeskOptions, known: Knowledge, path: str, asked: Mapping[str, Any], carry: Any = None) -> Ask:
    headers = (("Authorization", f"Basic {b64encode(f'{known.key}:X'.encode()).decode()}"),) if known.key else ()
    url = f"{options.api.rstrip('/')}/api/v2/{path}?{urlencode(asked, safe=':,')}"
    return Ask(url=url, headers=headers, carry=carry, whole=True, keyed=bool(known.key))


def _address(page: Page, number: Any) -> str:
    return f"{page.url.partition('/api/')[0]}/a/tickets/{number}"


KIND = Kind(
    name="freshdesk",
    options=FreshdeskOptions,
    driver="api",
    own_addresses=True,
    start=start,
    read=read,
    check=check,
    left=left,
)
