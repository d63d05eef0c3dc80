"""Stores on loopback: the App Store's feed of reviews, Google Play's reviews, and YouTube with its comments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.crawl.documented_api import Answers, ApiAnswer, ApiAsked
from tests.support.crawl.place import Place, Said, iso

YOUTUBE_KEY = "right"


def appstore(place: Place) -> Answers:
    """Return the feed of an app's reviews in one store, ten pages at most."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        found = re.fullmatch(r"/us/rss/customerreviews/page=(\d+)/id=77/sortby=mostrecent/xml", asked.path)
        if found is None:
            return None
        assert 1 <= int(found[1]) <= 10

        rows = [said for said in place.newest("reviews", touched=True) if not said.gone]
        page = place.page("reviews", str(int(found[1]) - 1), rows)
        if page is None or isinstance(page, ApiAnswer):
            return page
        reviews = "".join(map(_review, page[0]))
        return place.told(ApiAnswer(f'<feed xmlns="http://www.w3.org/2005/Atom">{reviews}</feed>'))

    return answer


def _review(said: Said) -> str:
    return (
        f"<entry><updated>{iso(said.touched)}</updated><id>{said.number}</id><title>Hello</title>"
        f'<content type="text">{escape(said.text)}</content><author><name>ann</name></author>'
        '<im:rating xmlns:im="http://itunes.apple.com/rss">1</im:rating>'
        '<link rel="related" href="https://itunes.apple.com/us/review?id=77"/></entry>'
    )


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, form).decode()


def service_account(api: str) -> str:
    """Return the key of a service account whose tokens ``api`` gives."""
    said = {"type": "service_account", "client_email": "candor@kettle.example", "private_key_id": "1"}
    return json.dumps({**said, "private_key": _private_key(), "token_uri": f"{api}/token"})


def playstore(place: Place) -> Answers:
    """Return an app's reviews, for whoever changed a signed statement for a token."""

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        if asked.path == "/token":
            form = dict(parse_qsl(asked.body))
            said = jwt.decode(form["assertion"], options={"verify_signature": False, "verify_aud": False})
            is_ours = said["iss"] == "candor@kettle.example"
            return ApiAnswer({"access_token": "t0k", "expires_in": 3599}) if is_ours else ApiAnswer({}, 400)
        if asked.headers.get("authorization") != "Bearer t0k":
            return ApiAnswer({"error": {"code": 401}}, 401)
        assert int(asked.query["maxResults"]) <= 100

        def shape(rows: Sequence[Said], following: str) -> ApiAnswer:
            told = [_user_review(said) for said in rows]
            more = {"tokenPagination": {"nextPageToken": following}} if following else {}
            return ApiAnswer(({"reviews": told} if told else {}) | more)

        rows = [said for said in place.newest("reviews", touched=True) if not said.gone]
        found = place.page("reviews", asked.query.get("token", ""), rows)
        return found if found is None or isinstance(found, ApiAnswer) else place.told(shape(*found))

    return answer


def _user_review(said: Said) -> dict[str, Any]:
    seconds = str(int(said.touched.timestamp()))
    own = {"text": said.text, "lastModified": {"seconds": seconds}, "starRating": 2, "appVersionName": "4.1"}
    return {"reviewId": f"r{said.number}", "authorName": "ann", "comments": [{"userComment": own}]}


def youtube(place: Place) -> Answers:
    """Return a search for videos, each with as many comments as ``comments vNUMBER`` has; a key is wanted."""

    def listed(name: str, token: str, sort: str, rows: Sequence[Said], shape: Any) -> ApiAnswer | None:
        found = place.page(name, token, rows)
        if found is None or isinstance(found, ApiAnswer):
            return found
        more = {"nextPageToken": found[1]} if found[1] else {}
        return place.told(ApiAnswer({"kind": f"youtube#{sort}", "items": [shape(said) for said in found[0]], **more}))

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        if asked.headers.get("x-goog-api-key") != YOUTUBE_KEY:
            error = {"code": 403, "message": "The request is missing a valid API key.", "errors": [{"reason": "x"}]}
            return ApiAnswer({"error": error}, 403)
        method, query = asked.path.removeprefix("/youtube/v3/"), asked.query
        assert int(query.get("maxResults", 0)) <= (100 if method.startswith("comment") else 50)
        if method == "videos":
            return _videos(place, query)
        if method == "search":
            after = query.get("publishedAfter", "")
            rows = [said for said in place.newest(f"search {query['q']}") if iso(said.at) >= after and not said.gone]
            return listed(f"search {query['q']}", query.get("pageToken", ""), "searchListResponse", rows, _hit)
        name = f"comments {query['videoId']}"
        rows = [said for said in place.newest(name) if not said.gone]
        return listed(name, query.get("pageToken", ""), "commentThreadListResponse", rows, _thread)

    return answer


def _videos(place: Place, query: Mapping[str, str]) -> ApiAnswer:
    names = query["id"].split(",")
    assert len(names) <= 50
    if instead := next((each for name in names if (each := place.trouble("detail", int(name[1:])))), None):
        return instead
    known = {f"v{said.number}": said for name, rows in place.lists.items() if name[:6] == "search" for said in rows}
    items = []
    for name in (name for name in names if name in known and not known[name].gone):
        said, count = known[name], len(place.lists.get(f"comments {name}", ()))
        own = {"title": "Hello", "description": said.text, "channelTitle": "Orla", "publishedAt": iso(said.at)}
        items.append({"id": name, "snippet": own, "statistics": {"commentCount": str(count)}})
    return place.told(ApiAnswer({"kind": "youtube#videoListResponse", "items": items}))


def _hit(said: Said) -> dict[str, Any]:
    return {"id": {"videoId": f"v{said.number}"}, "snippet": {"publishedAt": iso(said.at), "title": "Hello"}}


def _thread(said: Said) -> dict[str, Any]:
    own = {"textDisplay": said.text, "authorDisplayName": "@bo", "likeCount": 1, "videoId": f"v{said.under}"}
    top = {"id": f"c{said.number}", "snippet": {**own, "publishedAt": iso(said.at)}}
    return {"snippet": {"topLevelComment": top, "totalReplyCount": 0}}
