"""Kinds that ask a large service, each crawled whole against an API that answers as its documentation says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.crawl.counting_server import Answer, Asked, CountingServer
from tests.support.crawl.crawling import HEAD, Crawled, configure, crawl, mentions
from tests.support.crawl.documented_api import ApiAnswer, ApiAsked, DocumentedApi

CASE = Path(__file__).parents[2] / "data" / "stackexchange" / "questions"


def crawled(folder: Path, host: DocumentedApi, *, environ: Mapping[str, str] | None = None, **keys: Any) -> Crawled:
    """Crawl one source, ``it``, of which ``keys`` are the table."""
    return crawl(configure(folder, {"it": {"api": host.api, **keys}}), environ=environ)


def found(folder: Path) -> dict[str, str]:
    """Return the words that are stored, by address."""
    return {url: mention.text for url, mention in mentions(folder / "candor.toml").items()}


class Exchange:
    """A site of the network: questions with a time of their last activity, and what befalls who asks."""

    def __init__(self) -> None:
        # Three of one second stand where a page ends.
        times = [*range(1_770_000_400, 1_770_000_200, -2), 1_770_000_100, 1_770_000_100, 1_770_000_100, 1_769_990_000]
        self.questions = {number: {"at": at, "body": f"the kettle {number}"} for number, at in enumerate(times)}
        self.deleted: set[int] = set()
        self.quota = 300

    def __call__(self, asked: ApiAsked) -> ApiAnswer | None:
        self.quota -= 1
        told = {"has_more": False, "quota_max": 300, "quota_remaining": self.quota}
        if asked.path == "/2.3/filters/create":
            return ApiAnswer({"items": [{"filter": "!f", "included_fields": []}], **told})
        if asked.path != "/2.3/search/advanced" or asked.query.get("filter") != "!f":
            return ApiAnswer({"error_id": 400, "error_name": "bad_parameter", "error_message": "filter"}, 400)
        low, high = int(asked.query.get("min", 0)), int(asked.query.get("max", 2**40))
        if high < 2**40 and asked.number == 1:
            return ApiAnswer("", 500)
        rows = [number for number, each in self.questions.items() if low <= each["at"] <= high]
        rows = [number for number in rows if number not in self.deleted]
        page = sorted(rows, key=lambda number: -self.questions[number]["at"])[:100]
        items = [self.item(number) for number in page]
        more = {"has_more": True, "backoff": 1} if len(rows) > 100 else {}
        return ApiAnswer({"items": items, **told, **more})

    def item(self, number: int) -> dict[str, Any]:
        at = self.questions[number]["at"]
        comment = {"comment_id": number, "post_id": number, "creation_date": at, "body": "my kettle too"}
        own = {"body": self.questions[number]["body"], "title": "Kettle", "owner": {"display_name": "ann"}}
        link = f"https://cooking.stackexchange.com/questions/{number}/kettle"
        said = {"question_id": number, "link": link, "last_activity_date": at, "creation_date": at, **own}
        return said | {"comments": [{**comment, "owner": {"display_name": "bo"}}]}


def test_stackexchange_reads_all_once_and_then_what_is_new(tmp_path: Path) -> None:
    site = Exchange()
    with DocumentedApi(site) as host:
        keys: dict[str, Any] = {"kind": "stackexchange", "site": "cooking"}
        first = crawled(tmp_path, host, **keys).sources["it"]
        assert (first["state"], first["mentions_new"]) == ("ok", 2 * 104)
        assert len(found(tmp_path)) == 2 * 104
        asked = len(host.asked)
        second = crawled(tmp_path, host, **keys).sources["it"]
        assert (second["state"], second["mentions_new"]) == ("ok", 0)
        # The filter is made once; the second run asks for the last hour alone.
        assert [one.path for one in host.asked[asked:]] == ["/2.3/search/advanced"] * 3
        assert {one.query["min"] for one in host.asked[asked:]} == {str(1_770_000_400 - 3600)}
        site.questions[3]["body"] = "the kettle, edited"
        site.questions[3]["at"] = 1_770_000_500
        site.questions[200] = {"at": 1_770_000_600, "body": "a new kettle"}
        site.deleted.add(4)
        third = crawled(tmp_path, host, environ={"STACKEXCHANGE_KEY": "k"}, **keys).sources["it"]
    assert (third["state"], third["mentions_new"]) == ("ok", 2)
    assert found(tmp_path)["https://cooking.stackexchange.com/questions/3/kettle"] == "the kettle, edited"
    assert host.asked[-1].query["key"] == "k"


def test_a_saved_answer_of_stackexchange_is_stored_as_it_says_field_by_field(tmp_path: Path) -> None:
    answer, expected = (json.loads((CASE / name).read_text()) for name in ("answer.json", "expected.json"))

    def answers(asked: ApiAsked) -> ApiAnswer:
        if asked.path == "/2.3/filters/create":
            return ApiAnswer({"items": [{"filter": "!f"}], "has_more": False, "quota_remaining": 290})
        if "max" in asked.query:
            return ApiAnswer({**answer, "items": [], "has_more": False})
        return ApiAnswer(answer)

    with DocumentedApi(answers) as host:
        keys = {"kind": "stackexchange", "site": "cooking", "api": host.api}
        row = crawl(configure(tmp_path, {"it": keys}, head=HEAD.replace("kettle", "tessaro"))).sources["it"]
    assert (row["state"], row["posts"]) == ("ok", len(expected))
    stored = mentions(tmp_path / "candor.toml")
    wrong = []
    for post in expected:
        mention = stored[post["url"]]
        told = {name: getattr(mention, name) for name in ("url", "title", "text", "kind", "thread")}
        told |= {"published_at": f"{mention.published_at:%Y-%m-%dT%H:%M:%SZ}", "tags": list(mention.tags)}
        told |= {"engagement": asdict(mention.engagement), "published_at_source": mention.published_at_source}
        wrong += [(post["url"], name, value, post[name]) for name, value in told.items() if value != post[name]]
    assert wrong == []
    # Who wrote is a pseudonym: one for each name.
    names = {(post["author"], stored[post["url"]].author) for post in expected}
    assert len(names) == len({name for name, _ in names}) == len({name for _, name in names})
    assert all(len(name) == 32 for _, name in names)


def test_stackexchange_leaves_the_host_alone_when_it_is_told_so(tmp_path: Path) -> None:
    def used_up(asked: ApiAsked) -> ApiAnswer:
        message = "too many requests from this IP, more requests available in 5000 seconds"
        return ApiAnswer({"error_id": 502, "error_name": "throttle_violation", "error_message": message}, 400)

    with DocumentedApi(used_up) as host:
        keys: dict[str, Any] = {"kind": "stackexchange", "site": "cooking"}
        crawled(tmp_path, host, **keys)
        again = crawled(tmp_path, host, **keys).sources["it"]
        assert again["state"] == "waiting"
        assert "too many requests (throttle_violation)" in again["cause"]
    assert len(host.asked) == 1


def gdelt(pages: Callable[[], str], *, count: int) -> Callable[[ApiAsked], ApiAnswer | None]:
    """A list of ``count`` articles, a minute apart, at a site that ``pages`` gives the address of."""

    def answers(asked: ApiAsked) -> ApiAnswer | None:
        if asked.path != "/api/v2/doc/doc" or asked.query.get("query") != "Kettle":
            return ApiAnswer("The specified phrase is too short.")
        high = asked.query.get("enddatetime", "9")
        rows = []
        for number in range(count):
            at = datetime(2026, 11, 20, tzinfo=UTC) - timedelta(minutes=number)
            if asked.query["startdatetime"] <= f"{at:%Y%m%d%H%M%S}" <= high:
                address = f"{pages()}p{number}.html"
                rows.append({"url": address, "title": f"Kettle {number}", "seendate": f"{at:%Y%m%dT%H%M%SZ}"})
        return ApiAnswer({"articles": rows[:250]} if rows else {})

    return answers


def test_gdelt_lists_and_each_article_is_read_at_its_own_address(tmp_path: Path) -> None:
    def article(asked: Asked) -> Answer:
        if asked.path == "/p7.html":
            return Answer(status=404)
        words = f"The kettle of {asked.path} boils, says its maker, and readers who own a kettle agree with that. " * 8
        return Answer(f"<html><title>Kettle {asked.path}</title><article><p>{words}</article></html>".encode())

    with CountingServer(article) as site, DocumentedApi(gdelt(site.url, count=260)) as host:
        keys: dict[str, Any] = {"kind": "gdelt", "full": True}
        first = crawled(tmp_path, host, **keys).sources["it"]
        stored = found(tmp_path)
        assert (first["state"], first["mentions_new"], len(stored)) == ("ok", 260, 260)
        assert len(host.asked) == 2
        assert stored[site.url("/p7.html")] == ""
        assert "/p3.html boils" in stored[site.url("/p3.html")]
        asked = len(site.asked)
        second = crawled(tmp_path, host, **keys).sources["it"]
        assert (second["state"], second["mentions_new"]) == ("ok", 0)
        # The last six hours are listed again, and no article in them is asked for again.
        assert (len(host.asked), len(site.asked)) == (4, asked)


def test_gdelt_says_why_it_does_not_search(tmp_path: Path) -> None:
    with DocumentedApi(gdelt(str, count=0)) as host:
        failed = crawled(tmp_path, host, kind="gdelt", query="ab").sources["it"]
    assert failed["state"] == "failing"
    assert "GDELT says: The specified phrase is too short. (asked for ab)" in failed["cause"]


class Tube:
    """53 videos that a search finds; under the first 150 comments, one with seven replies; a list that loops."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.comments = {f"c{number}": now - timedelta(minutes=20 * number) for number in range(150)}
        self.late: dict[str, datetime] = {}

    def __call__(self, asked: ApiAsked) -> ApiAnswer | None:
        method = asked.path.removeprefix("/youtube/v3/")
        if asked.headers.get("x-goog-api-key") != "right":
            error = {"code": 403, "message": "The request is missing a valid API key.", "errors": [{"reason": "x"}]}
            return ApiAnswer({"error": error}, 403)
        if method == "commentThreads" and asked.query["videoId"] == "v2":
            return ApiAnswer({"error": {"code": 403, "errors": [{"reason": "commentsDisabled"}]}}, 403)
        if method == "videos" and asked.number == 1:
            return ApiAnswer("", 500)
        answers = {
            "search": self.search,
            "videos": self.videos,
            "commentThreads": self.threads,
            "comments": self.replies,
        }
        return ApiAnswer(answers[method](asked.query)) if method in answers else None

    def search(self, query: Mapping[str, str]) -> dict[str, Any]:
        ids = range(50) if "pageToken" not in query else range(50, 53)
        found = [number for number in ids if query.get("publishedAfter", "") <= self.at(number)]
        rows = [{"id": {"videoId": f"v{n}"}, "snippet": {"publishedAt": self.at(n), "title": "t"}} for n in found]
        return {"kind": "youtube#searchListResponse", "items": rows, "nextPageToken": "again"}

    def videos(self, query: Mapping[str, str]) -> dict[str, Any]:
        def video(name: str) -> dict[str, Any]:
            count = {"v0": len(self.comments) + 7 + len(self.late), "v2": 4}.get(name, 0)
            said = {"title": f"Kettle {name}", "description": "boils", "channelTitle": "Orla"}
            at = self.at(int(name[1:]))
            return {"id": name, "snippet": {**said, "publishedAt": at}, "statistics": {"commentCount": str(count)}}

        return {"kind": "youtube#videoListResponse", "items": [video(name) for name in query["id"].split(",")]}

    def threads(self, query: Mapping[str, str]) -> dict[str, Any]:
        names = sorted(self.comments, key=lambda name: self.comments[name], reverse=True)
        first = int(query.get("pageToken", 0))
        rows = [
            {"snippet": {"topLevelComment": self.comment(name, self.comments[name]),
                         "totalReplyCount": 7 if name == "c3" else int(name in self.late)},
             "replies": {"comments": [self.comment("late", self.late[name])] if name in self.late else []}}
            for name in names[first : first + 100]
        ]  # fmt: skip
        following = {"nextPageToken": str(first + 100)} if first + 100 < len(names) else {}
        return {"kind": "youtube#commentThreadListResponse", "items": rows, **following}

    def replies(self, query: Mapping[str, str]) -> dict[str, Any]:
        at = self.comments[query["parentId"]]
        rows = [self.comment(f"{query['parentId']}.{number}", at) for number in range(7)]
        return {"kind": "youtube#commentListResponse", "items": rows}

    @staticmethod
    def at(number: int) -> str:
        return f"{datetime.now(UTC) - timedelta(days=3, hours=number):%Y-%m-%dT%H:%M:%SZ}"

    @staticmethod
    def comment(name: str, at: datetime) -> dict[str, Any]:
        said = {"textDisplay": f"my kettle, {name}", "authorDisplayName": "@bo", "likeCount": 1, "videoId": "v0"}
        return {"id": name, "snippet": {**said, "publishedAt": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"}}


def test_youtube_reads_all_once_and_then_the_new_comments(tmp_path: Path) -> None:
    site = Tube()
    with DocumentedApi(site) as host:
        keys: dict[str, Any] = {"kind": "youtube"}
        missing = crawled(tmp_path, host, **keys).sources["it"]
        assert (missing["state"], host.asked) == ("failing", [])
        assert "needs a key: set YOUTUBE_API_KEY, or YOUTUBE_API_KEY_FILE" in missing["cause"]
        environ = {"YOUTUBE_API_KEY": "right"}
        first = crawled(tmp_path, host, environ=environ, **keys).sources["it"]
        assert (first["state"], first["mentions_new"]) == ("ok", 53 + 150 + 7)
        assert first["dropped"]["a video without comments, or a video or comment that is gone"] == 1
        asked = len(host.asked)
        second = crawled(tmp_path, host, environ=environ, **keys).sources["it"]
        assert (second["state"], second["mentions_new"]) == ("ok", 0)
        assert not [one for one in host.asked[asked:] if one.path.endswith(("commentThreads", "comments"))]
        site.comments["new"] = datetime.now(UTC)
        asked = len(host.asked)
        third = crawled(tmp_path, host, environ=environ, **keys).sources["it"]
        assert (third["state"], third["mentions_new"]) == ("ok", 1)
        # The second page of comments is older than the last run by more than a day.
        assert sum(one.path.endswith("commentThreads") for one in host.asked[asked:]) == 1
        # One more than the first page explains: somebody replied to an old comment.
        site.late["c140"] = datetime.now(UTC)
        fourth = crawled(tmp_path, host, environ=environ, **keys).sources["it"]
        assert (fourth["state"], fourth["mentions_new"]) == ("ok", 1)
    assert not any("right" in str(one.query) for one in host.asked)


def test_youtube_waits_for_the_next_day_when_its_units_are_used_up(tmp_path: Path) -> None:
    used_up = {"error": {"code": 403, "message": "quota", "errors": [{"reason": "quotaExceeded"}]}}
    with DocumentedApi(lambda _: ApiAnswer(used_up, 403)) as host:
        crawled(tmp_path, host, kind="youtube", environ={"YOUTUBE_API_KEY": "k"})
        again = crawled(tmp_path, host, kind="youtube", environ={"YOUTUBE_API_KEY": "k"}).sources["it"]
    assert (again["state"], len(host.asked)) == ("waiting", 1)
    assert "its units of this day are used up" in again["cause"]


def service_account(folder: Path, api: str) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    said = {"type": "service_account", "client_email": "candor@kettle.example", "private_key_id": "1"}
    path = folder / "account.json"
    path.write_text(json.dumps({**said, "private_key": pem.decode(), "token_uri": f"{api}/token"}))
    return path


class Play:
    """105 reviews of an app, newest first; a token for whoever signs as the account."""

    def __init__(self) -> None:
        self.reviews = {f"r{number}": (f"my kettle, {number}", number) for number in range(105)}

    def __call__(self, asked: ApiAsked) -> ApiAnswer | None:
        if asked.path == "/token":
            form = dict(parse_qsl(asked.body))
            said = jwt.decode(form["assertion"], options={"verify_signature": False, "verify_aud": False})
            assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            assert said["scope"] == "https://www.googleapis.com/auth/androidpublisher"
            is_ours = said["iss"] == "candor@kettle.example"
            return ApiAnswer({"access_token": "t0k", "expires_in": 3599}) if is_ours else ApiAnswer({}, 400)
        if asked.headers.get("authorization") != "Bearer t0k":
            return ApiAnswer({"error": {"code": 401}}, 401)
        first = int(asked.query.get("token", 0))
        if first and asked.number == 1:
            return ApiAnswer("", 500)
        rows = sorted(self.reviews.items(), key=lambda row: row[1][1])[first : first + 100]
        more = {"tokenPagination": {"nextPageToken": str(first + 100)}} if first + 100 < len(self.reviews) else {}
        return ApiAnswer({"reviews": [self.review(name, *said) for name, said in rows], **more})

    @staticmethod
    def review(name: str, text: str, minutes: int) -> dict[str, Any]:
        at = str(int((datetime.now(UTC) - timedelta(minutes=minutes)).timestamp()))
        said = {"text": text, "lastModified": {"seconds": at}, "starRating": 2, "appVersionName": "4.1"}
        return {"reviewId": name, "authorName": "ann", "comments": [{"userComment": said}]}


def test_playstore_signs_in_reads_all_once_and_then_what_is_new(tmp_path: Path) -> None:
    site = Play()
    with DocumentedApi(site) as host:
        environ = {"PLAYSTORE_KEY_FILE": str(service_account(tmp_path, host.api))}
        keys: dict[str, Any] = {"kind": "playstore", "app": "example.kettle", "environ": environ}
        first = crawled(tmp_path, host, **keys).sources["it"]
        assert (first["state"], first["mentions_new"], first["dropped"]) == ("ok", 105, {})
        second = crawled(tmp_path, host, **keys).sources["it"]
        assert (second["state"], second["mentions_new"]) == ("ok", 0)
        site.reviews["r4"] = ("my kettle works again", 0)
        site.reviews["new"] = ("a new kettle", 0)
        third = crawled(tmp_path, host, **keys).sources["it"]
        assert (third["state"], third["mentions_new"]) == ("ok", 1)
        wrong = crawled(tmp_path, host, kind="playstore", app="example.kettle", environ={"PLAYSTORE_KEY": "{}"})
    address = "https://play.google.com/store/apps/details?id=example.kettle&reviewId=r4"
    mention = mentions(tmp_path / "candor.toml")[address]
    assert (mention.text, mention.rating, mention.product_version) == ("my kettle works again", 2.0, "4.1")
    assert "PLAYSTORE_KEY holds no key of a service account" in wrong.sources["it"]["cause"]
