"""``freshdesk``: what customers wrote in the tickets of your own Freshdesk.

By the API v2 (https://developers.freshdesk.com/api): the tickets that changed, by the time of their change, 100 in a
request, then each ticket's conversation. 100 to 700 requests a minute by your plan; what is left is told in each answer
and obeyed. With your own API key. Terms: it is your own.

A ticket and each incoming message under it become a post: the subject, its own words (what it quotes, its signature and
its footer are cut off), its date, the requester, the ticket as its thread. Answers of agents, private notes and spam
are left out; a ticket that was deleted is not listed any more, and what is stored of it stays. Marked private: judged
and counted, never quoted in chat.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field

from analysis.model import Post
from analysis.model.errors import ReadError
from analysis.model.written.dates import parse_date
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import Ask, Drop, Kind, Knowledge, Step, Took, Variable, loaded, unheeded
from crawler.kinds.desk.base import NOTE, OURS, DeskOptions, begin, ending, gone, left_in, message, read_until

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 100
OUTBOUND = 10
"""The ``source`` of a ticket that an agent began by mail."""


class FreshdeskOptions(DeskOptions):
    """``api``: your Freshdesk's address. What it gives has a date and an author."""

    key_from = "your profile's settings in Freshdesk"
    api: WebAddress = Field()
    key_env: Variable = "FRESHDESK_API_KEY"
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)


def start(options: FreshdeskOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the first page of the tickets that changed."""
    yield _list(options, known, begin(options, known), 1, 1)


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
    since, number, asked = ask.carry or (0, 0, 0)
    if ask.carry and asked == 1:
        yield read_until(known)
    for row in rows:
        yield from _ticket(row, page, options)
    alive = [row for row in rows if not row.get("spam") and not row.get("deleted")]
    if not ask.carry:
        return
    for row in alive:
        yield _talk(options, known, (row["id"], str(row.get("subject") or "")), 1)
    asked += len(alive)
    changes = [int(at.timestamp()) for row in rows if (at := parse_date(str(row.get("updated_at")), now=known.now))]
    if changes and sorted(changes)[len(changes) // 2] < since:
        raise unheeded(page)
    if len(rows) < PAGE or not changes:
        yield from ending()
        return
    # By the time of the last change, since pages by number end at the 300th; those of one second by number.
    following = (max(changes), 1) if max(changes) > since else (since, number + 1)
    if asked + PAGE + 1 > options.max_pages:
        yield from ending(cut_at=following[0])
    else:
        yield _list(options, known, *following, asked + 1)


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


def _list(options: FreshdeskOptions, known: Knowledge, since: int, number: int, asked: int) -> Ask:
    words = {"updated_since": f"{datetime.fromtimestamp(since, UTC):%Y-%m-%dT%H:%M:%SZ}", "order_by": "updated_at"}
    words |= {"order_type": "asc", "include": "description,requester", "per_page": str(PAGE), "page": str(number)}
    return _ask(options, known, "tickets", words, carry=(since, number, asked))


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
