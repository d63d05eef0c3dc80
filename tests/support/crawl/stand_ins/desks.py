"""Help desks on loopback, a message of a customer in each ticket: Zendesk, Freshdesk and Intercom."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from typing import Any

from tests.support.crawl.documented_api import Answers, ApiAnswer, ApiAsked
from tests.support.crawl.place import Place, Said, iso

DESK_KEY = "k3y"
AGENT = "odd@kettle.example"
ZENDESK_SIGN = f"Basic {b64encode(f'{AGENT}/token:{DESK_KEY}'.encode()).decode()}"
FRESHDESK_SIGN = f"Basic {b64encode(f'{DESK_KEY}:X'.encode()).decode()}"
INTERCOM_SIGN = f"Bearer {DESK_KEY}"
REFUSED = ApiAnswer({"error": "Couldn't authenticate you"}, 401)


def _since(place: Place, second: float) -> list[Said]:
    """Return the tickets that changed since, the longest ago first."""
    return [said for said in reversed(place.newest("tickets", touched=True)) if said.touched.timestamp() >= second]


def _one(place: Place, number: int) -> Said:
    return next(said for said in place.lists["tickets"] if said.number == number)


def zendesk(place: Place) -> Answers:
    """Return the incremental export, its cursor, and each ticket's comments."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        if asked.headers.get("authorization") != ZENDESK_SIGN:
            return REFUSED
        if asked.path != "/api/v2/incremental/tickets/cursor.json":
            number = int(asked.path.split("/")[-2])
            said, instead = _one(place, number), place.trouble("detail", number)
            comment = {"id": 1, "author_id": 1, "plain_body": said.text, "public": True, "created_at": iso(said.at)}
            users = [{"id": 1, "email": "ann@mail.example", "role": "end-user"}]
            return instead or place.told(
                ApiAnswer({"comments": [comment], "users": users, "meta": {"has_more": False}})
            )
        second, _, cursor = asked.query.get("cursor", f"{asked.query.get('start_time')}:").partition(":")
        found = place.page("tickets", cursor, _since(place, int(second)))
        if found is None or isinstance(found, ApiAnswer):
            return found
        told = {"after_cursor": f"{second}:{found[1]}" if found[1] else None, "end_of_stream": not found[1]}
        return place.told(ApiAnswer({"tickets": [_ticket(said) for said in found[0]], **told}))

    return answer


def _ticket(said: Said) -> dict[str, Any]:
    state = "deleted" if said.gone else "open"
    told = {"subject": "Help", "status": state, "generated_timestamp": int(said.touched.timestamp()), "requester_id": 1}
    return {"id": said.number, "created_at": iso(said.at), "updated_at": iso(said.touched), **told}


def freshdesk(place: Place) -> Answers:
    """Return the tickets by the time of their change, in pages by number, the deleted ones apart, and conversations,
    which are empty."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        if asked.headers.get("authorization") != FRESHDESK_SIGN:
            return REFUSED
        assert int(asked.query["per_page"]) <= 100
        if asked.path != "/api/v2/tickets":
            return place.trouble("detail", int(asked.path.split("/")[4])) or place.told(ApiAnswer([]))
        second = datetime.fromisoformat(asked.query["updated_since"]).timestamp()
        if asked.query.get("filter"):
            gone = [said for said in _since(place, second) if said.gone and asked.query["filter"] == "deleted"]
            return place.told(ApiAnswer([{**_row(said), "deleted": True} for said in gone]))
        rows = [said for said in _since(place, 0) if not said.gone]
        before = sum(said.touched.timestamp() < second for said in rows)
        found = place.until("tickets", rows, before + place.size * (int(asked.query["page"]) - 1))
        if isinstance(found, ApiAnswer):
            return found
        return place.told(ApiAnswer([_row(said) for said in found[0]]))

    return answer


def _row(said: Said) -> dict[str, Any]:
    own = {"id": said.number, "subject": "Help", "description_text": said.text, "requester_id": 1, "source": 1}
    return {**own, "created_at": iso(said.at), "updated_at": iso(said.touched), "spam": False}


def intercom(place: Place) -> Answers:
    """Return a search for the conversations that changed, with its cursor, and whole conversations."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        if asked.headers.get("authorization") != INTERCOM_SIGN:
            return REFUSED
        if asked.path != "/conversations/search":
            number = int(asked.path.rpartition("/")[2])
            return place.trouble("detail", number) or place.told(ApiAnswer(_talk(_one(place, number))))
        said = json.loads(asked.body)
        assert said["pagination"]["per_page"] <= 150
        rows = _since(place, said["query"]["value"] + 1)
        found = place.page("tickets", said["pagination"].get("starting_after", ""), rows)
        if found is None or isinstance(found, ApiAnswer):
            return found
        listed = [{"type": "conversation", "id": str(one.number), "updated_at": int(one.touched.timestamp())}
                  for one in found[0]]  # fmt: skip
        more = {"next": {"starting_after": found[1]}} if found[1] else {}
        return place.told(ApiAnswer({"type": "conversation.list", "conversations": listed, "pages": more}))

    return answer


def _talk(said: Said) -> dict[str, Any]:
    source: dict[str, Any] = {"subject": "Help", "author": {"type": "user", "id": "u1"}, "body": f"<p>{said.text}</p>"}
    source |= {"body": None, "redacted": True} if said.gone else {}
    told = {"created_at": int(said.at.timestamp()), "source": source, "conversation_parts": {"conversation_parts": []}}
    return {"type": "conversation", "id": str(said.number), **told}
