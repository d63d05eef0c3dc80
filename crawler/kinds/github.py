"""``github``: issues of a repository on GitHub, and what is said under them. Pull requests are left out.

By the REST API (https://docs.github.com/rest), which answers 60 requests an hour without a key, 5,000 with a token, of
100 rows each; when they are used up, the host is left alone until the time that it names. Its acceptable use policies
apply.

An issue or a comment becomes its words as written (Markdown), the issue's title, the user's name, thumbs up and hearts
as likes, labels as tags, and the issue as the thread. What changed since the newest change that was seen is read, the
latest change first, so that what changes meanwhile is read twice rather than not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.model.written.dates import parse_date
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress, in_form
from crawler.kinds.base import ApiOptions, Ask, Drop, Kind, Knowledge, Mark, Step, Took, Variable, loaded

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 100
LISTS = {"issues": "issues", "comments": "issues/comments"}


class GithubOptions(ApiOptions):
    """``repository``: owner and name; ``key_env``: the variable with a token. It gives a date and an author."""

    api: WebAddress = "https://api.github.com"
    key_env: Variable = "GITHUB_TOKEN"
    repository: Annotated[str, in_form("[A-Za-z0-9-]+/[A-Za-z0-9._-]+", like='"owner/name"')]
    promise: PromiseSection = PromiseSection(dated=1.0, author=0.9)

    def subject(self) -> str:
        """Return the repository."""
        return self.repository


def start(options: GithubOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the first page of the issues and of the comments, from where the last run ended."""
    wanted = (known.now - timedelta(seconds=options.since)).strftime("%Y-%m-%dT%H:%M:%SZ") if options.since else ""
    for name in LISTS:
        yield _page(options, known, name, max(wanted, known.marks.get(name, "")), 1)


def read(page: Page, ask: Ask, options: GithubOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the issues or comments, the next page after a full one, and from the first the newest change."""
    answer = loaded(page)
    rows = answer if isinstance(answer, list) else [answer]
    if not all(isinstance(row, dict) and "html_url" in row and "user" in row for row in rows):
        raise ReadError(f"{page.place}: these are no issues or comments of GitHub; check api and repository")
    own = [row for row in rows if not _is_pull(row)]
    if len(own) < len(rows):
        yield Drop("a pull request", len(rows) - len(own))
    yield Took(tuple(_post(row, page.fetched_at) for row in own))
    if not ask.carry:
        return
    name, since, number = ask.carry
    changes = [str(row["updated_at"]) for row in rows if row.get("updated_at")]
    if changes and number == 1:
        yield Mark(name, max(changes))
    if len(rows) >= PAGE:
        yield _page(options, known, name, since, number + 1)


def check(options: GithubOptions, known: Knowledge) -> Ask:
    """Return the request for what is left, which costs nothing."""
    return _ask(f"{options.api.rstrip('/')}/rate_limit", known)


def left(page: Page) -> str:
    """Return how many requests are left of this hour."""
    answer = loaded(page)
    core = (answer.get("resources") or {}).get("core") if isinstance(answer, dict) else None
    if not isinstance(core, dict):
        raise ReadError(f"{page.place}: this is no answer of GitHub about its limits; check api")
    return f"{core.get('remaining'):,} of {core.get('limit'):,} requests of this hour are left"


def _page(options: GithubOptions, known: Knowledge, name: str, since: str, number: int) -> Ask:
    asked = {"state": "all"} if name == "issues" else {}
    asked |= {"sort": "updated", "direction": "desc", "per_page": str(PAGE), "page": str(number)}
    asked |= {"since": since} if since else {}
    url = f"{options.api.rstrip('/')}/repos/{options.repository}/{LISTS[name]}?{urlencode(asked, safe=':')}"
    return _ask(url, known, carry=(name, since, number))


def _ask(url: str, known: Knowledge, *, carry: tuple[str, str, int] | None = None) -> Ask:
    key = (("Authorization", f"Bearer {known.key}"),) if known.key else ()
    headers = (("Accept", "application/vnd.github+json"), *key)
    return Ask(url=url, headers=headers, carry=carry, keyed=bool(known.key))


def _is_pull(row: Mapping[str, Any]) -> bool:
    return bool(row.get("pull_request")) or "/pull/" in str(row["html_url"])


def _post(row: Mapping[str, Any], fetched_at: datetime) -> Post:
    at = parse_date(str(row.get("created_at") or ""), now=fetched_at)
    reactions = row.get("reactions") or {}
    labels = [label.get("name") if isinstance(label, dict) else label for label in row.get("labels") or ()]
    return Post(
        url=str(row["html_url"]),
        text=str(row.get("body") or "").replace("\r\n", "\n").strip(),
        title=str(row.get("title") or ""),
        author=str((row["user"] or {}).get("login") or ""),
        published_at=at,
        published_at_source="api" if at else "",
        fetched_at=fetched_at,
        kind="post" if "title" in row else "comment",
        engagement=Engagement(
            likes=int(reactions.get("+1") or 0) + int(reactions.get("heart") or 0),
            replies=int(row.get("comments") or 0),
        ),
        thread=str(row["html_url"]).partition("#")[0],
        tags=tuple(str(label) for label in labels if label),
    )


KIND = Kind(
    name="github",
    options=GithubOptions,
    driver="api",
    own_addresses=True,
    start=start,
    read=read,
    check=check,
    left=left,
)
