"""Searches on loopback that go back by time: Hacker News, Stack Exchange and GDELT."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from tests.support.crawl.documented_api import Answers, ApiAnswer, ApiAsked
from tests.support.crawl.place import Place, Said

MANY = 10**6
_LIMIT = re.compile(r"created_at_i(<=|>)(\d+)")


def comment(number: int, at: int, text: str, *, story: int = 1) -> dict[str, Any]:
    """Return a comment as the Hacker News search gives it."""
    return {
        "_tags": ["comment", "author_ann", f"story_{story}"],
        "author": "ann",
        "comment_text": text,
        "created_at_i": at,
        "objectID": str(number),
        "parent_id": story,
        "story_id": story,
        "story_title": "Ask HN: which kettle?",
    }


def hackernews(place: Place) -> Answers:
    """Return the search by date: it tells how many hits there are, and shows a page of them."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        if asked.path != "/api/v1/search_by_date":
            return None
        assert int(asked.query["hitsPerPage"]) <= 1000
        assert "page" not in asked.query
        limits = {sign: int(value) for sign, value in _LIMIT.findall(asked.query.get("numericFilters", ""))}
        name = f"search {asked.query['query'].strip(chr(34))}"
        low, high = limits.get(">", 0), limits.get("<=", 2**40)
        rows = [said for said in place.newest(name) if said.at.timestamp() > low]
        offset = sum(said.at.timestamp() > high for said in rows)
        found = place.until(name, rows, offset)
        if isinstance(found, ApiAnswer):
            return found
        hits = [comment(said.number, int(said.at.timestamp()), said.text) for said in found[0]]
        total = len(rows) - offset if found[1] and offset + place.size < len(rows) else len(hits)
        total = MANY if found[1] and total <= len(hits) else total
        return place.told(ApiAnswer({"hits": hits, "nbHits": total, "page": 0, "hitsPerPage": len(hits)}))

    return answer


def stackexchange(place: Place) -> Answers:
    """Return a site of the network: a filter that is made once, and questions by the time of their last activity."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        told = {"has_more": False, "quota_max": 300, "quota_remaining": 250}
        if asked.path == "/2.3/filters/create":
            return ApiAnswer({"items": [{"filter": "!f", "included_fields": []}], **told})
        assert asked.path == "/2.3/search/advanced"
        assert asked.query["filter"] == "!f"
        assert int(asked.query["pagesize"]) <= 100
        assert "page" not in asked.query
        name = f"search {asked.query['q']}"
        low, high = int(asked.query.get("min", 0)), int(asked.query.get("max", 2**40))
        rows = [one for one in place.newest(name, touched=True) if not one.gone and one.touched.timestamp() >= low]
        found = place.until(name, rows, sum(one.touched.timestamp() > high for one in rows))
        if isinstance(found, ApiAnswer):
            return found
        return place.told(ApiAnswer({**told, "items": [_question(one) for one in found[0]], "has_more": found[1]}))

    return answer


def _question(said: Said) -> dict[str, Any]:
    link = f"https://cooking.stackexchange.com/questions/{said.number}/kettle"
    times = {"creation_date": int(said.at.timestamp()), "last_activity_date": int(said.touched.timestamp())}
    own = {"body": f"<p>{said.text}</p>", "title": "Hello", "owner": {"display_name": "ann"}}
    return {"question_id": said.number, "link": link, **times, **own}


def gdelt(place: Place) -> Answers:
    """Return the article list; what it cannot search for it says as text."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        name = f"search {asked.query.get('query')}"
        if asked.path != "/api/v2/doc/doc" or name not in place.lists:
            return ApiAnswer("The specified phrase is too short.")
        assert int(asked.query["maxrecords"]) <= 250
        low, high = asked.query["startdatetime"], asked.query.get("enddatetime", "9")
        rows = [said for said in place.newest(name) if not said.gone and _stamp(said.at) >= low]
        found = place.until(name, rows, sum(_stamp(said.at) > high for said in rows))
        if isinstance(found, ApiAnswer):
            return found
        articles = [
            {"url": f"https://news.example/{said.number}", "title": said.text, "seendate": f"{said.at:%Y%m%dT%H%M%SZ}"}
            for said in found[0]
        ]
        return place.told(ApiAnswer({"articles": articles} if articles else {}))

    return answer


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}"
