"""Issues for the team's tracker: proposed from a theme or a mention, read, and sent by a click."""

from __future__ import annotations

import hashlib
import os

from starlette.responses import Response

from analysis.model.errors import CandorError, UsageError
from analysis.model.records.issue import ISSUES, Issue
from candor.serve.pages.post import not_here, seen
from candor.serve.visit import PageVisit
from candor.signing import known
from candor.tracker import issues as ledger
from candor.tracker.kinds import tracker_of
from candor.tracker.measured import public_report

MOST = 100


def issues(visit: PageVisit, *, wrong: str = "", status: int = 200) -> Response:
    """List the issues, newest first, each as it would stand, or stands, in the tracker."""
    options = visit.desk.config.tracker
    found = sorted(ISSUES.values(visit.desk.records), key=lambda one: (one.at, one.key), reverse=True)
    return visit.show(
        "issues.html.j2",
        status=status,
        here="proposals",
        issues=found[:MOST],
        words_of=words_of,
        tracker=f"{options.kind} {options.project}" if options else "",
        said=visit.one("said")[:200],
        wrong=wrong,
    )


def propose_theme(visit: PageVisit) -> Response:
    """Propose an issue about a theme, with the numbers of the configured period."""
    desk = visit.desk
    try:
        report = public_report(desk.config, desk.fresh(), now=desk.now())
        made = ledger.propose_theme(
            desk.records, report, visit.field("theme"), brand=visit.field("brand"), stamp=visit.stamp()
        )
    except UsageError as error:
        return issues(visit, wrong=str(error), status=400)
    return visit.go(f"/issues#{made.key}")


def propose_mention(visit: PageVisit) -> Response:
    """Propose an issue about a mention."""
    found = seen(visit, visit.names["name"])
    if found is None:
        return not_here(visit)
    topic = visit.desk.name_of("topics", found.complaint_topics[0]) if found.complaint_topics else ""
    try:
        made = ledger.propose_mention(visit.desk.records, found, topic=topic, stamp=visit.stamp())
    except UsageError as error:
        return issues(visit, wrong=str(error), status=400)
    return visit.go(f"/issues#{made.key}")


def send(visit: PageVisit) -> Response:
    """Send an issue to the tracker, as the visitor read it."""
    desk, key = visit.desk, visit.names["key"]
    try:
        tracker, options = tracker_of(desk.config.tracker, os.environ), desk.config.tracker
        assert options is not None
        if words_of(ledger.find(desk.records, key).value) != visit.field("read"):
            raise UsageError("its words have changed since you read them; look, then send it")
        again = visit.field("again") == "yes"
        made = ledger.send(desk.records, key, tracker, options, stamp=visit.stamp(), again=again)
    except CandorError as error:
        return issues(visit, wrong=str(error), status=400 if isinstance(error, UsageError) else 502)
    return visit.go(f"/issues?said=Sent:+{made.number}.")


def sync(visit: PageVisit) -> Response:
    """Look at the sent issues in the tracker; of a theme's that is done, a fix is proposed."""
    desk = visit.desk
    try:
        tracker, options = tracker_of(desk.config.tracker, os.environ), desk.config.tracker
        assert options is not None
        done = list(ledger.sync(desk.store, tracker, options, known=known(desk.config), stamp=visit.stamp()))
    except CandorError as error:
        return issues(visit, wrong=str(error), status=400)
    if problems := [one.problem for one in done if one.problem]:
        return issues(visit, wrong=problems[0], status=502)
    if any(one.offered for one in done):
        return visit.go("/proposals?said=An+issue+is+done:+a+fix+is+proposed.")
    return visit.go(f"/issues?said={len(done)}+looked+at.")


def words_of(issue: Issue) -> str:
    """Return by what the words of an issue are known again: who sends it says which ones they read."""
    return hashlib.sha256(f"{issue.title}\n{issue.body}".encode(errors="replace")).hexdigest()[:16]
