"""``intercom``: what customers wrote in the conversations of your own Intercom.

By the REST API, version 2.11 (https://developers.intercom.com/docs/references/2.11/rest-api): a search for the
conversations that changed, 150 in a request, then each of them with its messages (at most 500). 10,000 requests a
minute for an app; what is left is told in each answer and obeyed. With an access token of your own app; where your data
lie in Europe or Australia, ``api`` is https://api.eu.intercom.io or https://api.au.intercom.io. Terms: it is your own.

The first message and each comment of a user, lead or contact become a post: the subject, its own words (what it quotes,
its signature and its footer are cut off), its date, its author, the conversation as its thread. Answers of teammates
and bots, and internal notes, are left out; of what was redacted the mentions are withdrawn. Marked private: judged and
counted, never quoted in chat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from analysis.model import Post
from analysis.model.errors import ReadError
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import Ask, Drop, Kind, Knowledge, Step, Took, Variable, loaded
from crawler.kinds.desk.base import NOTE, OURS, DeskOptions, begin, ending, gone, left_in, message, read_until

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 150
VERSION = "2.11"
CUSTOMERS = ("user", "lead", "contact")


class IntercomOptions(DeskOptions):
    """The keys that help desks share. What it gives has a date and an author."""

    key_from = "https://app.intercom.com/a/apps/_/developer-hub"
    api: WebAddress = "https://api.intercom.io"
    key_env: Variable = "INTERCOM_TOKEN"
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)


def start(options: IntercomOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the search for the conversations that changed."""
    yield _search(options, known, begin(options, known), "", 1)


def read(page: Page, ask: Ask, options: IntercomOptions, known: Knowledge) -> Iterator[Step]:
    """Yield what asks for conversations that changed, and the next page; of a conversation, its customers' messages."""
    answer = loaded(page)
    sort = answer.get("type") if isinstance(answer, dict) else None
    if sort == "conversation":
        yield from _messages(answer, page, options)
    elif sort == "conversation.list" and isinstance(answer.get("conversations"), list):
        yield from _list(answer, page, ask, options, known)
    else:
        raise ReadError(f"{page.place}: this is no conversation of Intercom; check api")


def check(options: IntercomOptions, known: Knowledge) -> Ask:
    """Return a small request."""
    return _ask(options, known, "me")


def left(page: Page) -> str:
    """Return how many requests are left of this period, which is ten seconds."""
    return left_in(page, "x-ratelimit-limit", "x-ratelimit-remaining", "these ten seconds")


def _list(
    answer: Mapping[str, Any], page: Page, ask: Ask, options: IntercomOptions, known: Knowledge
) -> Iterator[Step]:
    rows = [row for row in answer["conversations"] if isinstance(row, dict) and row.get("id")]
    if not ask.carry:
        for row in rows:
            yield from _messages(row, page, options)
        return
    since, cursor, asked = ask.carry
    if not cursor:
        yield read_until(known)
    for row in rows:
        yield _ask(options, known, f"conversations/{row['id']}")
    asked += len(rows)
    following = ((answer.get("pages") or {}).get("next") or {}).get("starting_after")
    if not following or following == cursor or not rows:
        yield from ending()
    elif asked + PAGE + 1 > options.max_pages:
        yield from ending(cut_at=max(int(row.get("updated_at") or 0) for row in rows) - 1)
    else:
        yield _search(options, known, since, str(following), asked + 1)


def _messages(talk: Mapping[str, Any], page: Page, options: IntercomOptions) -> Iterator[Step]:
    thread = _address(page, talk.get("id"))
    first = talk.get("source") or {}
    subject = str(first.get("subject") or talk.get("title") or "")
    parts = (talk.get("conversation_parts") or {}).get("conversation_parts") or ()
    told = [(thread, {**first, "created_at": talk.get("created_at"), "part_type": "comment"})]
    told += [(f"{thread}#part-{part.get('id')}", part) for part in parts if isinstance(part, dict)]
    for url, part in told:
        author = part.get("author") or {}
        if part.get("redacted"):
            yield Took(
                (gone(url, author=str(author.get("id") or ""), at=str(part.get("created_at") or ""), page=page),)
            )
        elif part.get("part_type") == "note" or author.get("type") not in CUSTOMERS:
            # An assignment or a closing says nothing.
            if part.get("body"):
                yield Drop(NOTE if part.get("part_type") == "note" else OURS)
        elif part.get("body"):
            found = message(options, url=url, thread=thread, subject=subject, html=str(part["body"]), text="",
                            author=str(author.get("id") or author.get("email") or ""),
                            at=str(part.get("created_at") or ""), page=page)  # fmt: skip
            yield Took((found,)) if isinstance(found, Post) else found


def _search(options: IntercomOptions, known: Knowledge, since: int, cursor: str, asked: int) -> Ask:
    wanted = {"field": "updated_at", "operator": ">", "value": since}
    pages = {"per_page": PAGE} | ({"starting_after": cursor} if cursor else {})
    sort = {"field": "updated_at", "order": "ascending"}
    body = json.dumps({"query": wanted, "pagination": pages, "sort": sort})
    return _ask(options, known, "conversations/search", body=body, carry=(since, cursor, asked))


def _ask(options: IntercomOptions, known: Knowledge, path: str, *, body: str = "", carry: Any = None) -> Ask:
    headers = [("Intercom-Version", VERSION), ("Accept", "application/json")]
    headers += [("Content-Type", "application/json")] if body else []
    headers += [("Authorization", f"Bearer {known.key}")] if known.key else []
    url = f"{options.api.rstrip('/')}/{path}"
    return Ask(url=url, headers=tuple(headers), body=body, carry=carry, whole=True, keyed=bool(known.key))


def _address(page: Page, number: Any) -> str:
    """Return where a teammate reads the conversation; ``_`` stands for the workspace that one is signed in to."""
    host = urlsplit(page.url).netloc
    place = f"https://{host.replace('api.', 'app.', 1).replace('intercom.io', 'intercom.com')}"
    if not host.startswith("api."):
        place = "https://app.intercom.com"
    return f"{place}/a/apps/_/conversations/{number}"


KIND = Kind(
    name="intercom",
    options=IntercomOptions,
    driver="api",
    own_addresses=True,
    start=start,
    read=read,
    check=check,
    left=left,
)
