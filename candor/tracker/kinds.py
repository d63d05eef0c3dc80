"""The trackers: how each wants an issue, and how it says that one is done. Sources: docs/tracker.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from analysis.model.errors import ReadError, UsageError
from analysis.settings.tables import TrackerSection
from candor.tracker.asking import (
    KEY,
    USER,
    ApiPlace,
    CreatedIssue,
    RemoteIssue,
    TrackerError,
    moment_of,
    text_of,
)
from crawler.keys import key_value


class Tracker(Protocol):
    """A team's tracker. All methods block and raise ``TrackerError``."""

    def check(self) -> str:
        """Ask whether key and project are right, change nothing, and say in words what the key may do."""

    def create(self, title: str, body: str, labels: Sequence[str]) -> CreatedIssue:
        """Make an issue."""

    def look(self, number: str) -> RemoteIssue:
        """Return how an issue stands."""


class GitHub:
    """GitHub's REST API, of 2022-11-28."""

    def __init__(self, options: TrackerSection, key: str, _: str) -> None:
        headers = {"Authorization": f"Bearer {key}", "X-GitHub-Api-Version": "2022-11-28"}
        self._place = ApiPlace(
            api=options.api.rstrip("/") or "https://api.github.com",
            project=options.project,
            headers={**headers, "Accept": "application/vnd.github+json"},
        )
        owner, _, name = options.project.partition("/")
        self._repository = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
        self._issues = f"{self._repository}/issues"

    def check(self) -> str:
        """Ask for the repository; whether a fine-grained token may write issues, GitHub tells only when one is sent."""
        found = self._place.ask("GET", self._repository)
        if isinstance(found, Mapping) and found.get("has_issues") is False:
            raise self._place.refused(f"issues are switched off in {self._place.project}")
        self._place.ask("GET", f"{self._issues}?per_page=1")
        return f"{self._place.told()}; whether it may write is seen when an issue is sent"

    def create(self, title: str, body: str, labels: Sequence[str]) -> CreatedIssue:
        """Make an issue."""
        made = self._place.ask("POST", self._issues, {"title": title, "body": body, "labels": list(labels)})
        return CreatedIssue(number=text_of(made, "number"), url=text_of(made, "html_url"))

    def look(self, number: str) -> RemoteIssue:
        """Return how an issue stands: closed ones say why."""
        found = self._place.ask("GET", f"{self._issues}/{quote(number, safe='')}")
        if text_of(found, "state") != "closed":
            return RemoteIssue(state="open")
        dropped = found.get("state_reason") in ("not_planned", "duplicate")
        return RemoteIssue(state="dropped" if dropped else "done", closed_at=moment_of(found.get("closed_at")))


class GitLab:
    """GitLab's REST API, version 4. A closed issue does not say why: it counts as done."""

    def __init__(self, options: TrackerSection, key: str, _: str) -> None:
        self._place = ApiPlace(
            api=options.api.rstrip("/") or "https://gitlab.com/api/v4",
            project=options.project,
            headers={"PRIVATE-TOKEN": key},
        )
        self._project = f"/projects/{quote(options.project, safe='')}"
        self._issues = f"{self._project}/issues"

    def check(self) -> str:
        """Ask for the project and the scopes of the token."""
        found = self._place.ask("GET", self._project)
        if isinstance(found, Mapping) and found.get("issues_access_level") == "disabled":
            raise self._place.refused(f"issues are switched off in {self._place.project}")
        try:
            token = self._place.ask("GET", "/personal_access_tokens/self")
        except TrackerError:  # Servers before 15.5 cannot say it.
            token = None
        scopes = token.get("scopes") if isinstance(token, Mapping) else None
        if isinstance(scopes, list) and "api" not in scopes:
            raise self._place.refused(f"the key may {', '.join(map(str, scopes))}, and needs the scope api")
        return self._place.told()

    def create(self, title: str, body: str, labels: Sequence[str]) -> CreatedIssue:
        """Make an issue."""
        given = {"title": title, "description": body, "labels": ",".join(labels)}
        made = self._place.ask("POST", self._issues, given)
        return CreatedIssue(number=text_of(made, "iid"), url=text_of(made, "web_url"))

    def look(self, number: str) -> RemoteIssue:
        """Return how an issue stands."""
        found = self._place.ask("GET", f"{self._issues}/{quote(number, safe='')}")
        if text_of(found, "state") != "closed":
            return RemoteIssue(state="open")
        return RemoteIssue(state="done", closed_at=moment_of(found.get("closed_at")))


class Jira:
    """Jira's REST API, version 2, which takes plain text; in the cloud with an account's name, else a token alone."""

    def __init__(self, options: TrackerSection, key: str, user: str) -> None:
        self._site, self._options = options.api.rstrip("/"), options
        self._place = ApiPlace(
            api=f"{self._site}/rest/api/2",
            project=options.project,
            headers={} if user else {"Authorization": f"Bearer {key}"},
            auth=(user, key) if user else None,
        )

    def check(self) -> str:
        """Ask for the project, and whether the account may create issues in it."""
        name = quote(self._options.project, safe="")
        self._place.ask("GET", f"/project/{name}")
        found = self._place.ask("GET", f"/mypermissions?projectKey={name}&permissions=CREATE_ISSUES")
        rights = found.get("permissions") if isinstance(found, Mapping) else None
        create = rights.get("CREATE_ISSUES") if isinstance(rights, Mapping) else None
        if isinstance(create, Mapping) and create.get("havePermission") is False:
            raise self._place.refused(f"does not let this account create issues in {self._options.project}")
        return self._place.told()

    def create(self, title: str, body: str, labels: Sequence[str]) -> CreatedIssue:
        """Make an issue of the configured type."""
        fields = {
            "project": {"key": self._options.project},
            "issuetype": {"name": self._options.issue_type},
            "summary": title,
            "description": body,
            "labels": [label.replace(" ", "-") for label in labels],
        }
        made = self._place.ask("POST", "/issue", {"fields": fields})
        number = text_of(made, "key")
        return CreatedIssue(number=number, url=f"{self._site}/browse/{quote(number, safe='')}")

    def look(self, number: str) -> RemoteIssue:
        """Return how an issue stands: in a status of the category "done" it is, unless its resolution says not."""
        path = f"/issue/{quote(number, safe='')}?fields=status,resolution,resolutiondate"
        found = self._place.ask("GET", path)
        fields = found.get("fields") or {}
        if text_of(fields, "status", "statusCategory", "key") != "done":
            return RemoteIssue(state="open")
        resolution = str((fields.get("resolution") or {}).get("name") or "").casefold()
        dropped = any(word in resolution for word in ("won't", "duplicate", "cannot reproduce", "declined", "rejected"))
        return RemoteIssue(state="dropped" if dropped else "done", closed_at=moment_of(fields.get("resolutiondate")))


class Linear:
    """Linear's GraphQL API. The project is a team's key, such as ENG."""

    def __init__(self, options: TrackerSection, key: str, _: str) -> None:
        self._team = options.project
        self._place = ApiPlace(
            api=options.api.rstrip("/") or "https://api.linear.app/graphql",
            project=options.project,
            headers={"Authorization": key},
        )

    def check(self) -> str:
        """Ask for the team; what a key may write Linear tells only when an issue is sent."""
        self._team_id()
        return f"{self._place.told()}; whether it may write is seen when an issue is sent"

    def create(self, title: str, body: str, labels: Sequence[str]) -> CreatedIssue:
        """Make an issue. Linear knows labels by ids of its own: they stand in the text."""
        team = self._team_id()
        tags = f"\n\nLabels: {', '.join(labels)}" if labels else ""
        made = self._ask(
            "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { identifier url } } }",
            input={"teamId": team, "title": title, "description": f"{body}{tags}"},
        )
        issue = (made.get("issueCreate") or {}).get("issue")
        return CreatedIssue(number=text_of(issue, "identifier"), url=text_of(issue, "url"))

    def look(self, number: str) -> RemoteIssue:
        """Return how an issue stands."""
        found = self._ask(
            "query($id: String!) { issue(id: $id) { state { type } completedAt canceledAt } }", id=number
        ).get("issue")
        kind = text_of(found, "state", "type")
        if kind not in ("completed", "canceled", "duplicate"):
            return RemoteIssue(state="open")
        assert found is not None
        at = found.get("completedAt") or found.get("canceledAt")
        return RemoteIssue(state="done" if kind == "completed" else "dropped", closed_at=moment_of(at))

    def _team_id(self) -> str:
        found = self._ask("query($key: String!) { teams(filter: {key: {eq: $key}}) { nodes { id } } }", key=self._team)
        teams = (found.get("teams") or {}).get("nodes") or []
        if not teams:
            raise TrackerError(f"{self._place.api}: knows no team {self._team!r} that this key may see; check project")
        return text_of(teams[0], "id")

    def _ask(self, query: str, **variables: Any) -> Mapping[str, Any]:
        answer = self._place.ask("POST", "", {"query": query, "variables": variables})
        errors = answer.get("errors") if isinstance(answer, Mapping) else None
        if errors:
            code = str((errors[0].get("extensions") or {}).get("code") or "")
            said = " ".join(str(errors[0].get("message")).split())[:200]
            cure = {
                "RATELIMITED": "asks us to wait; send it again in an hour",
                "AUTHENTICATION_ERROR": f"refused the key; check {KEY}",
            }.get(code, "refused it")
            raise TrackerError(f"{self._place.api}: {cure} ({said})")
        data = answer.get("data") if isinstance(answer, Mapping) else None
        return data if isinstance(data, Mapping) else {}


KINDS: Mapping[str, Callable[[TrackerSection, str, str], Tracker]] = {
    "github": GitHub,
    "gitlab": GitLab,
    "jira": Jira,
    "linear": Linear,
}


def tracker_of(options: TrackerSection | None, environ: Mapping[str, str]) -> Tracker:
    """Return the configured tracker with its key from the environment. Raises ``UsageError`` with what is missing."""
    if options is None:
        raise UsageError('no [tracker] is configured; write kind = "github" and project = "owner/name" under [tracker]')
    try:
        key, user = key_value(KEY, environ), key_value(USER, environ)
    except ReadError as error:
        raise UsageError(str(error)) from None
    if not key:
        raise UsageError(f"{KEY}: is not set; set it, or {KEY}_FILE to a file that holds the key of {options.kind}")
    return KINDS[options.kind](options, key, user)
