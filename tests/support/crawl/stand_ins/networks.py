"""Four networks on loopback that answer as their documentation says: Reddit, Mastodon, Bluesky and Lemmy."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from tests.support.crawl.documented_api import Answers, ApiAnswer, ApiAsked
from tests.support.crawl.place import Place, Said, iso

TOKEN = "t0ken"
SECRET = "Basic " + b64encode(b"app:s3cret").decode()


def mastodon(net: Place) -> Answers:
    """Return a server's tag timelines and its search, which wants a token."""

    def status(said: Said) -> dict[str, Any]:
        url = f"https://talk.example/@ann/{said.number}"
        tags = [{"name": "kettle", "url": "https://talk.example/tags/kettle"}]
        return {"id": str(said.number), "created_at": iso(said.at), "in_reply_to_id": None, "spoiler_text": "",
                "language": "en", "url": url, "uri": url, "replies_count": 0, "reblogs_count": 0, "favourites_count": 2,
                "content": f"<p>{said.text}</p>", "reblog": None, "account": {"acct": "ann"}, "tags": tags}  # fmt: skip

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        assert int(asked.query["limit"]) <= 40
        is_search = asked.path == "/api/v2/search"
        cursor = str(-(-int(asked.query.get("offset", 0)) // net.size)) if is_search else asked.query.get("max_id", "")
        if is_search and asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return ApiAnswer({"error": "This method requires an authenticated user"}, 401)
        name = f"search {asked.query.get('q')}" if is_search else f"tag {asked.path.rpartition('/')[2]}"

        def shape(rows: Sequence[Said], following: str) -> ApiAnswer:
            found = [status(said) for said in rows]
            if is_search:
                return ApiAnswer({"accounts": [], "statuses": found, "hashtags": []})
            base = f"https://talk.example{asked.path}?limit=40"
            links = f'<{base}&max_id={following}>; rel="next", ' if following else ""
            return ApiAnswer(found, headers={"Link": f'{links}<{base}&min_id=9>; rel="prev"'} if rows else {})

        return net.answered(name, cursor, shape)

    return answer


def bluesky(net: Place) -> Answers:
    """Return an AppView's search and an account's feed, and the way to log in."""

    def view(said: Said) -> dict[str, Any]:
        author = {"did": "did:plc:ann", "handle": "ann.example", "displayName": "Ann"}
        record = {"$type": "app.bsky.feed.post", "createdAt": iso(said.at), "text": said.text, "langs": ["en"]}
        return {"uri": f"at://did:plc:ann/app.bsky.feed.post/k{said.number}", "cid": "c", "author": author,
                "record": record, "replyCount": 1, "repostCount": 2, "likeCount": 3, "quoteCount": 4,
                "indexedAt": iso(said.at + timedelta(seconds=1))}  # fmt: skip

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        method = asked.path.removeprefix("/xrpc/")
        if method == "com.atproto.server.createSession":
            is_ann = json.loads(asked.body) == {"identifier": "ann.example", "password": "app-pass"}
            return ApiAnswer({"accessJwt": TOKEN}) if is_ann else ApiAnswer({"error": "AuthenticationRequired"}, 401)
        assert int(asked.query["limit"]) <= 100
        sort = {"app.bsky.feed.searchPosts": "search", "app.bsky.feed.getAuthorFeed": "account"}[method]
        name = f"{sort} {asked.query.get('q') or asked.query.get('actor')}"

        def shape(rows: Sequence[Said], following: str) -> ApiAnswer:
            since = asked.query.get("since", "")
            found = [view(said) for said in rows if iso(said.at) >= since]
            cursor = {"cursor": following} if following else {}
            return ApiAnswer(
                cursor | ({"posts": found} if sort == "search" else {"feed": [{"post": v} for v in found]})
            )

        if sort == "account" or asked.headers.get("authorization") == f"Bearer {TOKEN}":
            return net.answered(name, asked.query.get("cursor", ""), shape)
        if "cursor" in asked.query:
            return ApiAnswer({"error": "Forbidden"}, 403)
        if name not in net.lists:
            return None
        rows, until = net.newest(name), asked.query.get("until", "9")
        found = net.until(name, rows, sum(iso(said.at) >= until for said in rows))
        return found if isinstance(found, ApiAnswer) else net.told(shape(found[0], "c" if found[1] else ""))

    return answer


def lemmy(net: Place) -> Answers:
    """Return a server's lists of a community and its search."""

    def view(said: Said, sort: str) -> dict[str, Any]:
        post = {"id": said.under or said.number, "name": "A kettle", "ap_id": f"https://far.example/post/{said.under}"}
        own = {"published": iso(said.at), "deleted": said.gone, "removed": False}
        creator = {"name": "ann", "local": False, "actor_id": "https://far.example/u/ann"}
        counts = {"upvotes": 3, "downvotes": 1, "comments": 2, "child_count": 0}
        if sort == "post":
            said_ = {**post, **own, "body": said.text, "ap_id": f"https://far.example/post/{said.number}"}
            return {"post": said_, "creator": creator, "counts": counts, "community": {"name": "coffee"}}
        content = "" if said.gone else said.text
        said_ = {"id": said.number, "content": content, "ap_id": f"https://far.example/comment/{said.number}", **own}
        return {"comment": said_, "post": post, "creator": creator, "counts": counts}

    def answer(asked: ApiAsked) -> ApiAnswer | None:
        assert int(asked.query["limit"]) <= 50
        assert asked.query["sort"] == "New"
        page = asked.query.get("page_cursor") or str(int(asked.query.get("page", 1)) - 1)
        if asked.path == "/api/v3/search":
            sort = asked.query["type_"].lower().removesuffix("s")
            name = f"{sort} {asked.query['q']}"
        else:
            sort = asked.path.removeprefix("/api/v3/").removesuffix("/list")
            name = f"{sort} {asked.query['community_name']}"

        def shape(rows: Sequence[Said], following: str) -> ApiAnswer:
            views = {f"{sort}s": [view(said, sort) for said in rows]}
            if asked.path == "/api/v3/search":
                other = "comments" if sort == "post" else "posts"
                return ApiAnswer({"type_": asked.query["type_"], other: [], "communities": [], "users": [], **views})
            return ApiAnswer(views | ({"next_page": following or None} if sort == "post" else {}))

        return net.answered(name, page, shape)

    return answer


def reddit(net: Place) -> Answers:
    """Return the API, which wants a token, and the public feeds."""
    return lambda asked: _reddit_feed(net, asked) if asked.path.endswith(".rss") else _reddit_api(net, asked)


def _reddit_api(net: Place, asked: ApiAsked) -> ApiAnswer | None:
    if asked.path == "/api/v1/access_token":
        is_app = asked.headers.get("authorization") == SECRET
        assert parse_qs(asked.body) == {"grant_type": ["client_credentials"]}
        return ApiAnswer({"access_token": TOKEN, "token_type": "bearer", "expires_in": 86400} if is_app else {}, 200)
    if asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return ApiAnswer({"message": "Unauthorized", "error": 401}, 401)
    assert asked.query["raw_json"] == "1"
    if asked.path == "/api/morechildren":
        numbers = asked.query["children"].split(",")
        assert len(numbers) <= 100
        below = [said for said in net.lists["below"] if str(said.number) in numbers]
        return ApiAnswer({"json": {"errors": [], "data": {"things": [_thing(said) for said in below]}}})
    if asked.path.startswith("/comments/"):
        return _reddit_thread(net, asked.path.split("/")[2])

    def shape(rows: Sequence[Said], following: str) -> ApiAnswer:
        things = [_thing(said, is_listed=True) for said in rows]
        return ApiAnswer({"kind": "Listing", "data": {"after": following and f"t3_{following}", "children": things}})

    return net.answered(_listed(asked, ""), asked.query.get("after", "").removeprefix("t3_"), shape)


def _reddit_thread(net: Place, post: str) -> ApiAnswer:
    """Answer with a post and its comments: a few at once, the first with a reply, the others by number only."""
    about = next(said for said in net.lists["search Kettle"] if str(said.number) == post)
    under = [said for said in net.lists.get("below", []) if said.under == about.number]
    shown = [_thing(said) for said in under[:2]]
    if len(shown) == 2:
        shown[0]["data"]["replies"] = {"kind": "Listing", "data": {"children": [shown.pop()]}}
    left = [str(said.number) for said in under[2:]]
    more = {"count": len(left), "id": "m", "parent_id": f"t3_{post}", "children": left}
    shown += [{"kind": "more", "data": more}] if left else []
    listings = [[_thing(about)], shown]
    return ApiAnswer([{"kind": "Listing", "data": {"after": None, "children": each}} for each in listings])


def _thing(said: Said, *, is_listed: bool = False) -> dict[str, Any]:
    """Return a post or comment as the API gives it; a comment names its post's title in a list of comments alone."""
    text, author = ("[deleted]", "[deleted]") if said.gone else (said.text, "ann")
    shared = {"id": str(said.number), "author": author, "created_utc": said.at.timestamp(), "score": 5, "edited": False}
    if said.under:
        link = f"/r/coffee/comments/{said.under}/a_kettle/{said.number}/"
        own: dict[str, Any] = {"body": text, "permalink": link, "link_id": f"t3_{said.under}", "replies": ""}
        own |= {"link_title": "A kettle"} if is_listed else {}
        return {"kind": "t1", "data": {**shared, **own, "name": f"t1_{said.number}", "parent_id": f"t3_{said.under}"}}
    link = f"/r/coffee/comments/{said.number}/a_kettle/"
    own = {"selftext": text, "title": "Hello", "permalink": link, "num_comments": 3, "link_flair_text": "Help"}
    return {"kind": "t3", "data": {**shared, **own, "name": f"t3_{said.number}"}}


def _reddit_feed(net: Place, asked: ApiAsked) -> ApiAnswer | None:
    def shape(rows: Sequence[Said], following: str) -> ApiAnswer:
        entries = "".join(_entry(said, f"{following}.{said.number}") for said in rows)
        feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>r/coffee</title>{entries}</feed>'
        return ApiAnswer(feed, headers={"Content-Type": "application/atom+xml"})

    after = asked.query.get("after", "").rpartition("_")[2].partition(".")[0]
    return net.answered(_listed(asked, ".rss"), after, shape)


def _entry(said: Said, name: str) -> str:
    """Write an entry as the feeds do. Its name stands for the page after it: a stand-in needs no more of a name."""
    link = f"https://www.reddit.com/r/coffee/comments/{said.under or said.number}/a_kettle/"
    link, kind = (f"{link}{said.number}/", "t1") if said.under else (link, "t3")
    title = "/u/ann on A kettle" if said.under else "Hello"
    html = f'<!-- SC_OFF --><div class="md"><p>{said.text}</p></div><!-- SC_ON --> submitted by /u/ann'
    return (
        f'<entry><author><name>/u/ann</name><uri>https://www.reddit.com/user/ann</uri></author><category term="coffee" '
        f'label="r/coffee"/><content type="html">{escape(html)}</content><id>{kind}_{name}</id><link href="{link}"/>'
        f"<updated>{said.at.isoformat()}</updated><title>{title}</title></entry>"
    )


def _listed(asked: ApiAsked, ending: str) -> str:
    name = asked.path.removesuffix(ending).rpartition("/")[2]
    return f"search {asked.query['q']}" if name == "search" else name
