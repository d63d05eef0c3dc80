"""Help desks of one's own, each crawled whole against an API that answers as its documentation says."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.crawl.crawling import Crawled, configure, crawl, mentions
from tests.support.crawl.documented_api import ApiAnswer, ApiAsked, DocumentedApi

NOW = datetime.now(UTC).replace(microsecond=0)
QUOTED = "\n\nOn Mon, Mar 2, 2026 at 9:00 AM Help <help@kettle.example> wrote:\n> our kettle secret\n"
CITED = """<div class="gmail_quote">On Mon, Mar 2, 2026 at 9:00 AM Help &lt;help@kettle.example&gt; wrote:<br>
<blockquote class="gmail_quote">our kettle secret</blockquote></div>"""


def stamp(number: int) -> int:
    return int((NOW - timedelta(days=9) + timedelta(minutes=number)).timestamp())


def iso(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


class Desk(ABC):
    """Tickets in the order of their changes, each with a message of a customer, of an agent, and a note."""

    signed = ""
    """What the key becomes."""

    def __init__(self, count: int) -> None:
        self.words = {number: f"my kettle leaks, {number}" for number in range(1, count + 1)}
        self.changed = {number: stamp(number) for number in self.words}
        self.deleted: set[int] = set()
        self.spam: set[int] = set()
        self.fails = {"once"}

    def __call__(self, asked: ApiAsked) -> ApiAnswer | None:
        if asked.headers.get("authorization") != self.signed:
            return ApiAnswer({"error": "Couldn't authenticate you"}, 401)
        if asked.number == 1 and "/2" in asked.path and self.fails:
            # One of each trouble, in the middle.
            self.fails.clear()
            return ApiAnswer("", 500)
        return self.answer(asked)

    @abstractmethod
    def answer(self, asked: ApiAsked) -> ApiAnswer | None:
        """Return what the desk answers where nothing is amiss."""

    def since(self, second: int) -> list[int]:
        found = [number for number, at in self.changed.items() if at >= second]
        return sorted(found, key=lambda number: self.changed[number])


class Zendesk(Desk):
    """The incremental export with its cursor, and comments by the page."""

    signed = f"Basic {b64encode(b'odd@kettle.example/token:k3y').decode()}"
    keys: Mapping[str, Any] = {"kind": "zendesk", "user": "odd@kettle.example"}
    variable = "ZENDESK_API_TOKEN"
    place = "/agent/tickets/{}"

    def answer(self, asked: ApiAsked) -> ApiAnswer | None:
        if asked.path == "/api/v2/tickets/count.json":
            left = {"x-rate-limit": "700", "x-rate-limit-remaining": "698"}
            return ApiAnswer({"count": {"value": len(self.words)}}, headers=left)
        if asked.path == "/api/v2/incremental/tickets/cursor.json":
            second, _, first = asked.query.get("cursor", f"{asked.query.get('start_time')}:0").partition(":")
            found = self.since(int(second))[int(first) :]
            rows = [self.row(number) for number in found[:100]]
            more = {"after_cursor": f"{second}:{int(first) + len(rows)}", "end_of_stream": len(found) <= 100}
            return ApiAnswer({"tickets": rows, **more})
        parts = asked.path.split("/")
        if parts[-1] != "comments.json" or asked.query.get("include") != "users":
            return None
        number = int(parts[-2])
        if asked.query.get("page[after]"):
            said = [self.comment(9, 1, f"and the kettle smells, {number}")]
            return ApiAnswer({"comments": said, "users": self.users(), "meta": {"has_more": False}})
        said = [self.comment(1, 1, self.words[number] + QUOTED), self.comment(2, 7, "kettle sent"),
                self.comment(3, 7, "third kettle", public=False)]  # fmt: skip
        meta = {"has_more": number == 3, "after_cursor": "a" if number == 3 else None}
        return ApiAnswer({"comments": said, "users": self.users(), "meta": meta})

    def row(self, number: int) -> dict[str, Any]:
        state = "deleted" if number in self.deleted else "open"
        at = self.changed[number]
        said = {"subject": "Help", "status": state, "generated_timestamp": at, "requester_id": 1}
        return {"id": number, "created_at": iso(stamp(number)), "updated_at": iso(at), **said}

    @staticmethod
    def comment(number: int, author: int, words: str, *, public: bool = True) -> dict[str, Any]:
        return {"id": number, "author_id": author, "plain_body": words, "public": public, "created_at": iso(stamp(0))}

    @staticmethod
    def users() -> list[dict[str, Any]]:
        return [{"id": 1, "email": "ann@mail.example", "role": "end-user"}, {"id": 7, "role": "agent"}]


class Freshdesk(Desk):
    """Tickets by the time of their change, a limit told in headers, and conversations."""

    signed = f"Basic {b64encode(b'k3y:X').decode()}"
    keys: Mapping[str, Any] = {"kind": "freshdesk"}
    variable = "FRESHDESK_API_KEY"
    place = "/a/tickets/{}"

    def answer(self, asked: ApiAsked) -> ApiAnswer | None:
        left = {"X-RateLimit-Total": "100", "X-RateLimit-Remaining": "42"}
        if asked.path == "/api/v2/tickets" and "updated_since" not in asked.query:
            return ApiAnswer([self.row(1)], headers=left)
        if asked.path == "/api/v2/tickets":
            second = int(datetime.fromisoformat(asked.query["updated_since"]).timestamp())
            first = 100 * (int(asked.query["page"]) - 1)
            listed = {"deleted": self.deleted, "spam": self.spam}.get(asked.query.get("filter", ""))
            found = [number for number in self.since(second) if self.is_listed(number, listed)]
            return ApiAnswer([self.row(number) for number in found[first : first + 100]], headers=left)
        number = int(asked.path.split("/")[4])
        if number == 5 and asked.number == 1:
            return ApiAnswer({"message": "slow down"}, 429, {"Retry-After": "1"})
        said = [(1, "kettle sent", False, False), (2, "third kettle", False, True)]
        said += [(3, f"and the kettle smells, {number}", True, False)] if number == 3 else []
        rows = [
            {"id": n, "body_text": words, "incoming": incoming, "private": private, "user_id": 1, "ticket_id": number,
             "created_at": iso(stamp(0))}
            for n, words, incoming, private in said
        ]  # fmt: skip
        return ApiAnswer(rows, headers=left)

    def is_listed(self, number: int, listed: set[int] | None) -> bool:
        """Tell whether a ticket stands in the list of all (None) or in that of the deleted or of spam."""
        return number not in self.deleted | self.spam if listed is None else number in listed

    def row(self, number: int) -> dict[str, Any]:
        at = self.changed[number]
        words = self.words[number] + QUOTED
        said = {"id": number, "subject": "Help", "description_text": words, "requester_id": 1, "source": 1}
        return {**said, "created_at": iso(stamp(number)), "updated_at": iso(at), "spam": False}


class Intercom(Desk):
    """A search by POST with its cursor, and whole conversations."""

    signed = "Bearer k3y"
    keys: Mapping[str, Any] = {"kind": "intercom"}
    variable = "INTERCOM_TOKEN"
    place = "https://app.intercom.com/a/apps/_/conversations/{}"

    def answer(self, asked: ApiAsked) -> ApiAnswer | None:
        left = {"X-RateLimit-Limit": "1666", "X-RateLimit-Remaining": "1660"}
        if asked.path == "/me":
            return ApiAnswer({"type": "admin"}, headers=left)
        if asked.path == "/conversations/search":
            said = json.loads(asked.body)
            first = int(said["pagination"].get("starting_after", 0))
            found = self.since(said["query"]["value"] + 1)
            page = found[first : first + 150]
            more = {"next": {"starting_after": str(first + 150)}} if first + 150 < len(found) else {}
            rows = [{"type": "conversation", "id": str(n), "updated_at": self.changed[n]} for n in page]
            return ApiAnswer({"type": "conversation.list", "conversations": rows, "pages": more}, headers=left)
        return ApiAnswer(self.talk(int(asked.path.rpartition("/")[2])), headers=left)

    def talk(self, number: int) -> dict[str, Any]:
        words = f"<p>{self.words[number]}</p>{CITED}"
        source: dict[str, Any] = {"subject": "Help", "author": {"type": "user", "id": "u1"}, "body": words}
        if number in self.deleted:
            source |= {"body": None, "redacted": True}
        parts = [self.part(1, "admin", "comment", "kettle sent"), self.part(2, "admin", "note", "third kettle")]
        parts += [self.part(3, "lead", "comment", f"and the kettle smells, {number}")] if number == 3 else []
        said = {"created_at": stamp(number), "source": source, "conversation_parts": {"conversation_parts": parts}}
        return {"type": "conversation", "id": str(number), **said}

    @staticmethod
    def part(number: int, author: str, sort: str, words: str) -> dict[str, Any]:
        said = {"id": str(number), "part_type": sort, "body": f"<p>{words}</p>", "created_at": stamp(0)}
        return {**said, "author": {"type": author, "id": author}}


DESKS: dict[str, Callable[[int], Any]] = {"zendesk": Zendesk, "freshdesk": Freshdesk, "intercom": Intercom}
COUNT = 160


def crawled(folder: Path, host: DocumentedApi, desk: Any, **more: Any) -> Crawled:
    config = configure(folder, {"it": {"api": host.api, **desk.keys, **more}})
    return crawl(config, environ={desk.variable: "k3y"})


@pytest.mark.parametrize("kind", DESKS)
def test_a_desk_is_read_to_the_end_and_then_what_changed(kind: str, tmp_path: Path) -> None:
    desk = DESKS[kind](COUNT)
    with DocumentedApi(desk) as host:
        first = crawled(tmp_path, host, desk).sources["it"]
        assert (first["state"], first["mentions_new"]) == ("ok", COUNT + 1)
        assert first["dropped"]["a reply of our own"] == first["dropped"]["an internal note"] == COUNT
        stored = mentions(tmp_path / "candor.toml")
        assert all(mention.private and "secret" not in mention.text for mention in stored.values())
        asked = len(host.asked)
        second = crawled(tmp_path, host, desk).sources["it"]
        # Freshdesk lists apart what was deleted and what is spam.
        assert (second["mentions_new"], len(host.asked) - asked) == (0, 3 if kind == "freshdesk" else 1)
        desk.words[COUNT + 1], desk.changed[COUNT + 1] = "a new kettle", int(NOW.timestamp())
        desk.words[2], desk.changed[2] = "my kettle is well again", int(NOW.timestamp())
        desk.deleted.add(4)
        desk.changed[4] = int(NOW.timestamp())
        third = crawled(tmp_path, host, desk).sources["it"]
        assert (third["state"], third["mentions_new"]) == ("ok", 1)
        place = desk.place if desk.place.startswith("https") else host.api + desk.place
    stored = mentions(tmp_path / "candor.toml")
    assert stored[place.format(2)].text == "my kettle is well again"
    assert place.format(4) not in stored
    assert place.format(5) in stored


def test_tickets_of_freshdesk_that_were_deleted_or_are_spam_are_withdrawn_with_what_is_under_them(
    tmp_path: Path,
) -> None:
    desk = Freshdesk(COUNT)
    with DocumentedApi(desk) as host:
        first = crawled(tmp_path, host, desk).sources["it"]
        assert first["mentions_new"] == COUNT + 1
        assert not [asked for asked in host.asked if "filter" in asked.query]
        # More than a page of them, and a ticket with a reply.
        desk.deleted = {3, *range(20, 130)}
        desk.spam = {7, 8}
        desk.changed |= dict.fromkeys(desk.deleted | desk.spam, int(NOW.timestamp()))
        second = crawled(tmp_path, host, desk).sources["it"]
        place = host.api + desk.place
    assert (second["state"], second["mentions_new"]) == ("ok", 0)
    stored = mentions(tmp_path / "candor.toml")
    withdrawn = desk.deleted | desk.spam
    assert set(stored) == {place.format(number) for number in desk.words if number not in withdrawn}


@pytest.mark.parametrize("kind", DESKS)
def test_a_desk_goes_on_where_max_pages_ended_a_run(kind: str, tmp_path: Path) -> None:
    desk = DESKS[kind](COUNT)
    with DocumentedApi(desk) as host:
        first = crawled(tmp_path, host, desk, max_pages=180).sources["it"]
        assert first["dropped"]["left for the next run by max_pages: a page of tickets"] == 1
        second = crawled(tmp_path, host, desk, max_pages=180).sources["it"]
        assert first["mentions_new"] + second["mentions_new"] == COUNT + 1


def test_a_desk_without_its_key_asks_for_nothing_and_says_so(tmp_path: Path) -> None:
    with DocumentedApi(Zendesk(1)) as host:
        config = configure(tmp_path, {"it": {"api": host.api, **Zendesk.keys}})
        failed = crawl(config).sources["it"]
        assert host.asked == []
    assert failed["cause"] == (
        "needs a key: set ZENDESK_API_TOKEN, or ZENDESK_API_TOKEN_FILE to a file that holds it; "
        "get it at Admin Center, Apps and integrations, APIs"
    )
