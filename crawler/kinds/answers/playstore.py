"""``playstore``: reviews of an app of your own in Google Play, of the last seven days.

By the Play Developer API (https://developers.google.com/android-publisher/reply-to-reviews), with the JSON key of a
service account that may see the app and reply to reviews; it is changed for a token by a signed statement (RFC 7523).
200 requests an hour, of 100 reviews each; the API gives what was written or changed in the last seven days, and only
reviews with words: collect from the first day on. What is older stands in the Console's CSV exports, which the kind
``table`` and ``candor import`` read. Its terms: those of the Play Console.

A review becomes its words, title (where it has one), author's name, stars (``rating``), the app's version
(``product_version``), thumbs up as likes, and among the tags the device and Android's version. Its date is that of its
last change. A developer's reply is left out. The newest date is remembered; the next run ends at the first page that is
a day older.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, unquote, urlencode

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress, in_form
from crawler.kinds.base import TOKEN, ApiOptions, Ask, Kind, Knowledge, Mark, Step, Took, Variable, loaded, seen_until

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 100
LATE = timedelta(days=1)
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
VALID_S = 600


class PlaystoreOptions(ApiOptions):
    """``app``: its package; ``key_env``: the variable with the service account's key. Reviews have date and author."""

    key_from = "https://play.google.com/console, Users and permissions"
    api: WebAddress = "https://androidpublisher.googleapis.com"
    key_env: Variable = "PLAYSTORE_KEY"
    app: Annotated[str, in_form(r"\w+(\.\w+)*", like='"com.example.app"')]
    promise: PromiseSection = PromiseSection(dated=1.0, author=0.5)

    def subject(self) -> str:
        """Return the app."""
        return self.app


def start(options: PlaystoreOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the request for a token. Raises ``ReadError`` where the key is no service account's."""
    yield check(options, known)


def read(page: Page, ask: Ask, options: PlaystoreOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the reviews as posts, the next page where it may hold something new, and the newest date."""
    answer = loaded(page)
    if not isinstance(answer, dict):
        raise ReadError(f"{page.place}: this is no answer of the Play Developer API; check api")
    if ask.step == TOKEN:
        if not answer.get("access_token"):
            raise ReadError(f"{page.place}: gave no token; is the key one of a service account?")
        yield _page(options, f"Bearer {answer['access_token']}", "")
        return
    # Without any review the answer is an empty object.
    rows = [row for row in answer.get("reviews") or () if isinstance(row, dict) and row.get("reviewId")]
    if answer and not rows and "tokenPagination" not in answer:
        raise ReadError(f"{page.place}: these are no reviews of the Play Developer API; check api and app")
    app = getattr(options, "app", "") or unquote(page.url.partition("/applications/")[2].partition("/")[0])
    posts = [_post(row, said, app, page.fetched_at) for row in rows if (said := _user_comment(row))]
    yield Took(tuple(posts))
    dates = [post.published_at for post in posts if post.published_at]
    if ask.carry is None:
        return
    if dates and not ask.carry:
        yield Mark("newest", max(dates).isoformat())
    seen = seen_until(options, known, "newest", late=LATE)
    following = str((answer.get("tokenPagination") or {}).get("nextPageToken") or "")
    if following and (seen is None or not dates or max(dates) > seen):
        yield _page(options, dict(ask.headers).get("Authorization", ""), following)


def check(options: PlaystoreOptions, known: Knowledge) -> Ask:
    """Return the request for a token; without a key, that for the reviews, which will be refused."""
    if not known.key:
        return _page(options, "", "")
    import jwt

    try:
        key = json.loads(known.key)
        at = int(known.now.timestamp())
        said = {"iss": key["client_email"], "scope": SCOPE, "aud": key["token_uri"], "iat": at, "exp": at + VALID_S}
        signed = jwt.encode(said, key["private_key"], algorithm="RS256", headers={"kid": key.get("private_key_id", "")})
    except (ValueError, LookupError, TypeError, jwt.PyJWTError):
        raise ReadError(
            f"{options.key_env} holds no key of a service account, which is a JSON file that Google Cloud gives; name "
            f"it by {options.key_env}_FILE"
        ) from None
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    body = urlencode({"grant_type": GRANT, "assertion": signed})
    return Ask(url=str(key["token_uri"]), step=TOKEN, headers=form, body=body, keyed=True)


def _page(options: PlaystoreOptions, token: str, following: str) -> Ask:
    asked = urlencode({"maxResults": PAGE} | ({"token": following} if following else {}))
    url = f"{options.api.rstrip('/')}/androidpublisher/v3/applications/{quote(options.app)}/reviews?{asked}"
    headers = (("Authorization", token),) if token else ()
    return Ask(url=url, headers=headers, carry=following, whole=True, keyed=bool(token))


def _user_comment(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    comments = (each.get("userComment") for each in row.get("comments") or () if isinstance(each, dict))
    return next((each for each in comments if isinstance(each, dict)), None)


def _post(row: Mapping[str, Any], said: Mapping[str, Any], app: str, fetched_at: datetime) -> Post:
    # A title that an old form of the store asked for stands before a tab.
    title, tab, text = str(said.get("text") or "").partition("\t")
    seconds = str((said.get("lastModified") or {}).get("seconds") or "")
    at = datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() else None
    place = f"https://play.google.com/store/apps/details?id={quote(app)}"
    stars = said.get("starRating")
    device = str((said.get("deviceMetadata") or {}).get("productName") or said.get("device") or "")
    android = said.get("androidOsVersion")
    tags = (f"device: {device}" if device else "", f"Android API {android}" if android else "")
    return Post(
        url=f"{place}&reviewId={quote(str(row['reviewId']), safe='')}",
        text=(text if tab else title).strip(),
        title=title.strip() if tab else "",
        author=str(row.get("authorName") or "").strip(),
        published_at=at,
        published_at_source="api" if at else "",
        fetched_at=fetched_at,
        kind="review",
        rating=float(stars) if isinstance(stars, int) and 1 <= stars <= 5 else None,
        engagement=Engagement(likes=max(0, int(said.get("thumbsUpCount") or 0))),
        thread=place,
        product_version=str(said.get("appVersionName") or said.get("appVersionCode") or ""),
        tags=tuple(tag for tag in tags if tag),
    )


KIND = Kind(
    name="playstore",
    options=PlaystoreOptions,
    driver="api",
    own_addresses=True,
    start=start,
    read=read,
    check=check,
)
