"""A tracker on loopback that answers as the APIs of GitHub, GitLab, Jira and Linear are documented to."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "right-key"
CLOSED_AT = "2026-10-30T10:00:00Z"
Answered = tuple[int, Any, Mapping[str, str]]


@dataclass(slots=True, kw_only=True)
class TrackerStub:
    """Its issues by number, what it was asked, and an answer that it gives instead of its own."""

    url: str = ""
    issues: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    instead: Answered | None = None
    rights: tuple[str, ...] = ("issues", "write")
    """Whether issues are switched on in the project, and whether the key may write them."""
    breaks: bool = False
    """Takes the issue and breaks the connection off before it answers."""

    def close(self, number: str, why: str) -> None:
        """Close an issue: ``done`` or ``dropped``."""
        self.issues[number]["why"] = why


def github(stub: TrackerStub, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answered:
    """Answer as api.github.com."""
    if headers.get("Authorization") != f"Bearer {KEY}":
        return 401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}, {}
    base = "/repos/tessaro/kettle/issues"
    if method == "GET" and path == "/repos/tessaro/kettle":
        return 200, {"full_name": "tessaro/kettle", "has_issues": "issues" in stub.rights}, {}
    if not path.startswith(base):
        return 404, {"message": "Not Found"}, {}
    if method == "GET" and path == f"{base}?per_page=1":
        return 200, [], {}
    if method == "POST":
        if not body.get("title"):
            errors = [{"resource": "Issue", "field": "title", "code": "missing_field"}]
            return 422, {"message": "Validation Failed", "errors": errors}, {}
        number = _kept(stub, body["title"], body["body"], body["labels"])
        return 201, {"number": int(number), "html_url": f"https://github.example/tessaro/kettle/issues/{number}"}, {}
    issue = stub.issues[path.removeprefix(f"{base}/")]
    why = issue.get("why")
    reason = {"done": "completed", "dropped": "not_planned"}.get(str(why))
    closed = CLOSED_AT if why else None
    return 200, {"state": "closed" if why else "open", "state_reason": reason, "closed_at": closed}, {}


def gitlab(stub: TrackerStub, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answered:
    """Answer as gitlab.com/api/v4."""
    if headers.get("PRIVATE-TOKEN") != KEY:
        return 401, {"message": "401 Unauthorized"}, {}
    base = "/projects/tessaro%2Fkettle/issues"
    if path == "/projects/tessaro%2Fkettle":
        return 200, {"path": "kettle", "issues_access_level": "enabled" if "issues" in stub.rights else "disabled"}, {}
    if path == "/personal_access_tokens/self":
        return 200, {"scopes": ["api" if "write" in stub.rights else "read_api"]}, {}
    if not path.startswith(base):
        return 404, {"message": "404 Project Not Found"}, {}
    if method == "POST":
        if not body.get("title"):
            return 400, {"message": {"title": ["can't be blank"]}}, {}
        number = _kept(stub, body["title"], body["description"], body["labels"].split(","))
        return (
            201,
            {"id": 99, "iid": int(number), "web_url": f"https://gitlab.example/tessaro/kettle/-/issues/{number}"},
            {},
        )
    why = stub.issues[path.removeprefix(f"{base}/")].get("why")
    return 200, {"state": "closed" if why else "opened", "closed_at": CLOSED_AT if why else None}, {}


def jira(stub: TrackerStub, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answered:
    """Answer as a Jira: in the cloud with a name and a token, else with a token."""
    basic = base64.b64encode(f"ann@tessaro.example:{KEY}".encode()).decode()
    if headers.get("Authorization") not in (f"Basic {basic}", f"Bearer {KEY}"):
        return 401, {"errorMessages": ["You are not authenticated."], "errors": {}}, {}
    if method == "POST":
        fields = body["fields"]
        if fields["project"]["key"] != "KET":
            return 400, {"errorMessages": [], "errors": {"project": "valid project is required"}}, {}
        if fields["issuetype"]["name"] not in ("Task", "Bug"):
            return 400, {"errorMessages": [], "errors": {"issuetype": "Specify a valid issue type"}}, {}
        number = f"KET-{_kept(stub, fields['summary'], fields['description'], fields['labels'])}"
        stub.issues[number] = stub.issues.pop(number.removeprefix("KET-"))
        return 201, {"id": "10000", "key": number, "self": f"{stub.url}/rest/api/2/issue/10000"}, {}
    if path.startswith("/rest/api/2/project/"):
        if path != "/rest/api/2/project/KET":
            return 404, {"errorMessages": ["No project could be found with key 'X'."], "errors": {}}, {}
        return 200, {"key": "KET", "name": "Kettle"}, {}
    if path == "/rest/api/2/mypermissions?projectKey=KET&permissions=CREATE_ISSUES":
        return 200, {"permissions": {"CREATE_ISSUES": {"havePermission": "write" in stub.rights}}}, {}
    number = path.removeprefix("/rest/api/2/issue/").partition("?")[0]
    if number not in stub.issues:
        return 404, {"errorMessages": ["Issue does not exist or you do not have permission to see it."]}, {}
    why = stub.issues[number].get("why")
    fields = {
        "status": {"name": "Closed", "statusCategory": {"key": "done" if why else "new"}},
        "resolution": {"name": {"done": "Done", "dropped": "Won't Do"}[why]} if why else None,
        "resolutiondate": "2026-10-30T12:00:00.000+0200" if why else None,
    }
    return 200, {"key": number, "fields": fields}, {}


def linear(stub: TrackerStub, _method: str, _path: str, body: Any, headers: Mapping[str, str]) -> Answered:
    """Answer as api.linear.app/graphql."""
    if headers.get("Authorization") != KEY:
        errors = [{"message": "Authentication required", "extensions": {"code": "AUTHENTICATION_ERROR"}}]
        return 401, {"errors": errors}, {}
    query, variables = body["query"], body["variables"]
    if "teams(" in query:
        nodes = [{"id": "7c1f"}] if variables["key"] == "KET" else []
        return 200, {"data": {"teams": {"nodes": nodes}}}, {}
    if "issueCreate" in query:
        given = variables["input"]
        if not given["title"]:
            return (
                200,
                {"errors": [{"message": "Argument Validation Error", "extensions": {"code": "INVALID_INPUT"}}]},
                {},
            )
        number = f"KET-{_kept(stub, given['title'], given['description'], [])}"
        stub.issues[number] = stub.issues.pop(number.removeprefix("KET-"))
        issue = {"identifier": number, "url": f"https://linear.example/tessaro/issue/{number}"}
        return 200, {"data": {"issueCreate": {"success": True, "issue": issue}}}, {}
    why = stub.issues[variables["id"]].get("why")
    kind = {"done": "completed", "dropped": "canceled"}.get(str(why), "started")
    times = {"completedAt": CLOSED_AT if why == "done" else None, "canceledAt": CLOSED_AT if why == "dropped" else None}
    return 200, {"data": {"issue": {"state": {"type": kind}, **times}}}, {}


ANSWERS: Mapping[str, Callable[..., Answered]] = {"github": github, "gitlab": gitlab, "jira": jira, "linear": linear}


def _kept(stub: TrackerStub, title: str, text: str, labels: list[str]) -> str:
    number = str(len(stub.issues) + 1)
    stub.issues[number] = {"title": title, "text": text, "labels": labels}
    return number


@contextmanager
def tracker_server(kind: str) -> Iterator[TrackerStub]:
    """Serve a tracker of a kind on loopback."""
    stub = TrackerStub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(sent) if sent else None
            stub.asked.append((self.command, self.path, body))
            headers = {name: str(value) for name, value in self.headers.items()}
            status, made, more = stub.instead or ANSWERS[kind](stub, self.command, self.path, body, headers)
            if stub.breaks:
                self.close_connection = True
                return
            text = json.dumps(made).encode() if made is not None else b"<html>"
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        stub.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join(60)
