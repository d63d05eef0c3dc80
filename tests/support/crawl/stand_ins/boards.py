"""Boards on loopback: Discourse, Askbot, and a repository's issues on GitHub."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tests.support.crawl.documented_api import Answers, ApiAnswer, ApiAsked
from tests.support.crawl.place import Place, Said, iso


def discourse(place: Place) -> Answers:
    """Return a forum's search, each hit in a topic of its own, and the topics."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        if found := re.fullmatch(r"/t/(\d+)\.json", asked.path):
            return _topic(place, int(found[1]))
        assert asked.path == "/search.json"
        words, _, rest = asked.query["q"].partition(" order:latest")
        day = rest.partition("after:")[2]
        rows = [said for said in place.newest(f"search {words}", touched=True) if f"{said.touched:%F}" >= day]
        page = place.page(f"search {words}", str(int(asked.query["page"]) - 1), rows)
        if page is None or isinstance(page, ApiAnswer):
            return page
        more = {"more_full_page_results": True if page[1] else None}
        hits = [{"id": said.number, "topic_id": said.number, "created_at": iso(said.touched)} for said in page[0]]
        return place.told(ApiAnswer({"posts": hits, "grouped_search_result": more}))

    return answer


def _topic(place: Place, number: int) -> ApiAnswer | None:
    said = next(
        one for name, rows in place.lists.items() if name[:6] == "search" for one in rows if one.number == number
    )
    if instead := place.trouble("detail", number):
        return instead
    own = {"cooked": f"<p>{said.text}</p>", "username": "ann", "created_at": iso(said.at)}
    post = {"id": number, "post_number": 1, "topic_id": number, "topic_slug": "it", "hidden": said.gone, **own}
    return place.told(ApiAnswer({"id": number, "title": "Hello", "post_stream": {"posts": [post], "stream": [number]}}))


def askbot(place: Place) -> Answers:
    """Return the questions of a site, by number of page."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        assert asked.path == "/api/v1/questions/"
        name = f"search {asked.query['query']}"
        rows = [said for said in place.newest(name) if not said.gone]
        found = place.page(name, str(int(asked.query["page"]) - 1), rows)
        if found is None or isinstance(found, ApiAnswer):
            return found
        return place.told(
            ApiAnswer(
                {"pages": int(asked.query["page"]) + bool(found[1]), "questions": [_asked(one) for one in found[0]]}
            )
        )

    return answer


def _asked(said: Said) -> dict[str, Any]:
    own = {"title": "Hello", "summary": f"<p>{said.text}</p>", "author": {"username": "ann"}}
    return {"url": f"https://ask.example/question/{said.number}/", "added_at": str(int(said.at.timestamp())), **own}


def github(place: Place) -> Answers:
    """Return a repository's issues and the comments under them, the last changed first; full pages lead to more."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        lists = {"/repos/kettle/app/issues": "issues", "/repos/kettle/app/issues/comments": "comments"}
        name = lists[asked.path]
        assert int(asked.query["per_page"]) == 100
        assert (asked.query["sort"], asked.query["direction"]) == ("updated", "desc")
        since = asked.query.get("since", "")
        rows = [said for said in place.newest(name, touched=True) if iso(said.touched) >= since and not said.gone]

        def shape(rows: Sequence[Said], following: str) -> ApiAnswer:
            return ApiAnswer([_issue(said) for said in rows])

        found = place.page(name, str(int(asked.query.get("page", 1)) - 1), rows)
        return found if found is None or isinstance(found, ApiAnswer) else place.told(shape(*found))

    return answer


def _issue(said: Said) -> dict[str, Any]:
    own = {"user": {"login": "ann"}, "body": said.text, "title": "Hello", "labels": []}
    url = f"https://github.com/kettle/app/issues/{said.number}"
    return {"html_url": url, "created_at": iso(said.at), "updated_at": iso(said.touched), **own}
