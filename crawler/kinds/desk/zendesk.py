"""``zendesk``: what customers wrote in the tickets of your own Zendesk.

By the Support API (https://developer.zendesk.com/api-reference/ticketing): the incremental export of the tickets that
changed (10 requests a minute, of 100 tickets here), then each ticket's comments; 200 to 700 requests a minute in all by
your plan. With an API token and the address of the agent whose it is (``user``), or with an OAuth token alone. Terms:
it is your own.

A public comment of an end user becomes a post: the subject, the comment's own words (what it quotes, its signature and
its footer are cut off), its date, the user, the ticket as its thread. Agents' answers and internal notes are left out.
Of a ticket that was deleted all mentions are withdrawn. Marked private: judged and counted, never quoted in chat.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field

from analysis.model import Post
from analysis.model.errors import ReadError
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import Ask, Drop, Kind, Knowledge, Step, ThreadGone, Took, Variable, loaded
from crawler.kinds.desk.base import NOTE, OURS, DeskOptions, begin, ending, left_in, message, read_until

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 100


class ZendeskOptions(DeskOptions):
    """``api``: your Zendesk's address; ``user``: the agent's e-mail address. What it gives has a date and an author."""

    key_from = "Admin Center, Apps and integrations, APIs"
    api: WebAddress = Field()
    user: str = ""
    key_env: Variable = "ZENDESK_API_TOKEN"
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)


def start(options: ZendeskOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the first page of the tickets that changed."""
    # Zendesk refuses a time of the last minute, and one before 1970.
    second = max(1, min(begin(options, known), int(known.now.timestamp()) - 120))
    yield _ask(options, known, "incremental/tickets/cursor.json", {"start_time": second}, carry=("", 1))


def read(page: Page, ask: Ask, options: ZendeskOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the comments of tickets that changed and the next page; of a ticket, its customers' messages."""
    answer = loaded(page)
    if isinstance(answer, dict) and isinstance(answer.get("tickets"), list):
        yield from _tickets(answer, page, ask, options, known)
    elif isinstance(answer, dict) and isinstance(answer.get("comments"), list):
        yield from _comments(answer, page, ask, options, known)
    else:
        raise ReadError(f"{page.place}: these are no tickets or comments of Zendesk; check api")


def check(options: ZendeskOptions, known: Knowledge) -> Ask:
    """Return a small request, which only an agent may make."""
    return _ask(options, known, "tickets/count.json", {})


def left(page: Page) -> str:
    """Return how many requests are left of this minute."""
    return left_in(page, "x-rate-limit", "x-rate-limit-remaining", "this minute")


def _tickets(
    answer: Mapping[str, Any], page: Page, ask: Ask, options: ZendeskOptions, known: Knowledge
) -> Iterator[Step]:
    rows = [row for row in answer["tickets"] if isinstance(row, dict) and row.get("id")]
    if not ask.carry:
        # A saved answer: the first message is in the ticket itself.
        yield from _messages(rows, page, options)
        return
    cursor, asked = ask.carry
    if not cursor:
        yield read_until(known)
    yield from (ThreadGone(_address(page, row["id"])) for row in rows if row.get("status") == "deleted")
    alive = [row for row in rows if row.get("status") != "deleted"]
    for row in alive:
        yield _talk(options, known, (row["id"], str(row.get("subject") or "")), "")
    asked += len(alive)
    following = str(answer.get("after_cursor") or "")
    if answer.get("end_of_stream") or not following or following == cursor or not rows:
        yield from ending()
    elif asked + PAGE + 1 > options.max_pages:
        yield from ending(cut_at=max(int(row.get("generated_timestamp") or 0) for row in rows))
    else:
        yield _ask(options, known, "incremental/tickets/cursor.json", {"cursor": following}, (following, asked + 1))


def _comments(
    answer: Mapping[str, Any], page: Page, ask: Ask, options: ZendeskOptions, known: Knowledge
) -> Iterator[Step]:
    number, subject, is_later = ask.carry or (_number(page), "", False)
    users = {user.get("id"): user for user in answer.get("users") or () if isinstance(user, dict)}
    thread = _address(page, number)
    for place, row in enumerate(answer["comments"]):
        user = users.get(row.get("author_id"), {})
        if not row.get("public", True) or user.get("role") in ("agent", "admin"):
            yield Drop(OURS if row.get("public", True) else NOTE)
            continue
        is_first = place == 0 and not is_later
        found = message(
            options,
            url=thread if is_first else f"{thread}#comment-{row.get('id')}",
            thread=thread,
            subject=subject,
            html=str(row.get("html_body") or ""),
            text=str(row.get("plain_body") or row.get("body") or ""),
            author=str(user.get("email") or row.get("author_id") or ""),
            at=str(row.get("created_at") or ""),
            page=page,
        )
        yield Took((found,)) if isinstance(found, Post) else found
    meta = answer.get("meta") or {}
    if ask.carry and meta.get("has_more") and meta.get("after_cursor"):
        yield _talk(options, known, (number, subject), str(meta["after_cursor"]))


def _messages(rows: Sequence[Mapping[str, Any]], page: Page, options: ZendeskOptions) -> Iterator[Step]:
    for row in rows:
        thread = _address(page, row["id"])
        found = message(
            options,
            url=thread,
            thread=thread,
            subject=str(row.get("subject") or ""),
            html="",
            text=str(row.get("description") or ""),
            author=str(row.get("requester_id") or ""),
            at=str(row.get("created_at") or ""),
            page=page,
        )
        yield Took((found,)) if isinstance(found, Post) else found


def _talk(options: ZendeskOptions, known: Knowledge, ticket: tuple[Any, str], after: str) -> Ask:
    asked = {"include": "users", "page[size]": str(PAGE)} | ({"page[after]": after} if after else {})
    return _ask(options, known, f"tickets/{ticket[0]}/comments.json", asked, carry=(*ticket, bool(after)))


def _ask(
    options: ZendeskOptions, known: Knowledge, path: str, asked: Mapping[str, Any], carry: tuple[Any, ...] | None = None
) -> Ask:
    words = f"?{urlencode(asked, safe='[]')}" if asked else ""
    signed = f"Bearer {known.key}"
    if options.user:
        signed = f"Basic {b64encode(f'{options.user}/token:{known.key}'.encode()).decode()}"
    headers = (("Authorization", signed),) if known.key else ()
    url = f"{options.api.rstrip('/')}/api/v2/{path}{words}"
    return Ask(url=url, headers=headers, carry=carry, whole=True, keyed=bool(known.key))


def _address(page: Page, number: Any) -> str:
    return f"{page.url.partition('/api/')[0]}/agent/tickets/{number}"


def _number(page: Page) -> str:
    return page.url.partition("/tickets/")[2].partition("/")[0]


KIND = Kind(
    name="zendesk",
    options=ZendeskOptions,
    driver="api",
    own_addresses=True,
    start=start,
    read=read,
    check=check,
    left=left,
)
