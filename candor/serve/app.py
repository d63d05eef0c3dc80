"""The application: every page on one list with the role that it needs, behind the guard."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from analysis.model.errors import CandorError, EmptyStoreError, UsageError
from candor.serve.api.routes import api
from candor.serve.desk import Desk
from candor.serve.door.attempts import Attempts
from candor.serve.door.guard import AGENTS, DoorRules, Guard
from candor.serve.door.refused import problem
from candor.serve.door.visitors import Role
from candor.serve.pages import issues as tracked
from candor.serve.pages.acts import acknowledge, correct, several, several_back, undo
from candor.serve.pages.alerts import acknowledge as acknowledge_alert
from candor.serve.pages.alerts import alerts, end_silence, mark, silence
from candor.serve.pages.browse import mentions
from candor.serve.pages.entrance import ended, opened, signed_in, waiting
from candor.serve.pages.fixes import add, edit, fixes
from candor.serve.pages.post import mention, not_here
from candor.serve.pages.proposals import accept, decline, proposals
from candor.serve.pages.rules import replay, rule, switch
from candor.serve.pages.sections import section
from candor.serve.pages.sources import crawl, look, pause, resume, sources, stop, told_live
from candor.serve.pages.sources import save as save_source
from candor.serve.pages.team.news import log as audit_log
from candor.serve.pages.team.questions import answer as answer_label
from candor.serve.pages.team.questions import label
from candor.serve.pages.team.triage import board, enter, enter_several, enter_theme, take_back, take_back_theme
from candor.serve.pages.team.view_alerts import alert_by_view, replay_view, view
from candor.serve.pages.today import today
from candor.serve.pages.views import as_csv, as_jsonl, feed, remove, save, views
from candor.serve.pages.who import who
from candor.serve.visit import PageVisit

log = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A path, what answers there, and the least role that may visit. ``acts`` says that it takes forms only."""

    path: str
    page: Callable[[PageVisit], Response]
    role: Role = "viewer"
    acts: bool = False


WAYS: tuple[Way, ...] = (
    Way(path="/", page=today),
    Way(path="/mentions", page=mentions),
    Way(path="/mention/{name}", page=mention),
    Way(path="/mention/{name}/correct", page=correct, role="analyst", acts=True),
    Way(path="/mention/{name}/undo", page=undo, role="analyst", acts=True),
    Way(path="/mention/{name}/ack", page=acknowledge, role="analyst", acts=True),
    Way(path="/mention/{name}/triage", page=enter, role="analyst", acts=True),
    Way(path="/mention/{name}/triage/undo", page=take_back, role="analyst", acts=True),
    Way(path="/triage", page=board),
    Way(path="/triage/{brand}/{theme}", page=enter_theme, role="analyst", acts=True),
    Way(path="/triage/{brand}/{theme}/undo", page=take_back_theme, role="analyst", acts=True),
    Way(path="/report", page=section),
    Way(path="/report/{name}", page=section),
    Way(path="/label", page=label, role="analyst"),
    Way(path="/label/{name}", page=answer_label, role="analyst", acts=True),
    Way(path="/alerts", page=alerts),
    Way(path="/alerts/{name}/mark", page=mark, role="analyst", acts=True),
    Way(path="/alerts/{name}/ack", page=acknowledge_alert, role="analyst", acts=True),
    Way(path="/alerts/{name}/silence", page=silence, role="analyst", acts=True),
    Way(path="/rules/{name}", page=rule),
    Way(path="/rules/{name}/replay", page=replay, role="analyst", acts=True),
    Way(path="/rules/{name}/switch", page=switch, role="admin", acts=True),
    Way(path="/silences/{name}/end", page=end_silence, role="analyst", acts=True),
    Way(path="/who", page=who),
    Way(path="/log", page=audit_log, role="analyst"),
    Way(path="/sources", page=sources),
    Way(path="/sources/look", page=look, role="admin", acts=True),
    Way(path="/sources/add", page=save_source, role="admin", acts=True),
    Way(path="/sources/{name}/pause", page=pause, role="admin", acts=True),
    Way(path="/sources/{name}/resume", page=resume, role="admin", acts=True),
    Way(path="/sources/{name}/crawl", page=crawl, role="analyst", acts=True),
    Way(path="/crawl/stop", page=stop, role="analyst", acts=True),
    Way(path="/fixes", page=fixes),
    Way(path="/fixes", page=add, role="analyst", acts=True),
    Way(path="/fixes/{key}", page=edit, role="analyst", acts=True),
    Way(path="/views", page=views),
    Way(path="/views", page=save, role="analyst", acts=True),
    Way(path="/views/{key}", page=view),
    Way(path="/views/{key}/replay", page=replay_view, role="analyst", acts=True),
    Way(path="/views/{key}/alert", page=alert_by_view, role="analyst", acts=True),
    Way(path="/views/{key}/remove", page=remove, role="analyst", acts=True),
    Way(path="/proposals", page=proposals, role="analyst"),
    Way(path="/proposals/{key}/accept", page=accept, role="analyst", acts=True),
    Way(path="/proposals/{key}/decline", page=decline, role="analyst", acts=True),
    Way(path="/issues", page=tracked.issues, role="analyst"),
    Way(path="/issues", page=tracked.propose_theme, role="analyst", acts=True),
    Way(path="/issues-sync", page=tracked.sync, role="analyst", acts=True),
    Way(path="/issues/{key}/send", page=tracked.send, role="analyst", acts=True),
    Way(path="/mention/{name}/issue", page=tracked.propose_mention, role="analyst", acts=True),
    Way(path="/export.csv", page=as_csv),
    Way(path="/export.jsonl", page=as_jsonl),
    Way(path="/several", page=several, role="analyst", acts=True),
    Way(path="/several/undo", page=several_back, role="analyst", acts=True),
    Way(path="/several/triage", page=enter_several, role="analyst", acts=True),
)


def application(desk: Desk, rules: DoorRules, agents: Starlette | None = None) -> Starlette:
    """Return the application that serves ``desk``, and agents by the application ``agents``, where they may ask."""
    attempts = Attempts(time.monotonic)
    routes = [
        Route("/healthz", _healthy, methods=["GET"]),
        Route("/open", partial(opened, desk=desk, rules=rules), methods=["GET"]),
        Route("/login", partial(waiting, rules=rules), methods=["GET"]),
        Route("/login", partial(signed_in, desk=desk, rules=rules, attempts=attempts), methods=["POST"]),
        Route("/logout", partial(ended, desk=desk, rules=rules), methods=["POST"]),
        *(
            Route(way.path, partial(_answered, way=way, desk=desk), methods=["POST"] if way.acts else ["GET"])
            for way in WAYS
        ),
        Route("/crawl/live", partial(told_live, desk=desk), methods=["GET"]),
        Route("/feeds/{key}/{secret}.xml", partial(_fed, desk=desk), methods=["GET"]),
        Mount("/api", api(desk, rules)),
        Route(AGENTS, agents) if agents else Route(AGENTS, _no_agents, methods=["GET", "POST", "DELETE"]),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/{rest:path}", partial(_answered, way=Way(path="", page=not_here), desk=desk), methods=["GET"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, rules=rules, sessions=desk.sessions)],
        lifespan=agents.router.lifespan_context if agents else None,
    )


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok")


async def _no_agents(_: Request) -> Response:
    cure = "set `agents = true` under [serve], or start `candor mcp`"
    return problem(404, place=AGENTS, problem="agents are not answered here", cure=cure)


async def _fed(request: Request, *, desk: Desk) -> Response:
    names = request.path_params
    try:
        answer = await run_in_threadpool(feed, desk, names["key"], names["secret"])
    except CandorError as error:
        return PlainTextResponse(f"Candor: {error}\n", status_code=503)
    return answer or PlainTextResponse("Candor: there is no such feed.\n", status_code=404)


async def _answered(request: Request, *, way: Way, desk: Desk) -> Response:
    visit = PageVisit(
        desk=desk,
        session=request.scope["candor.session"],
        path=request.url.path,
        names=request.path_params,
        given=request.query_params.multi_items(),
        form=request.scope["candor.form"],
        fragment="hx-request" in request.headers and "hx-boosted" not in request.headers,
    )
    return await run_in_threadpool(_page, way, visit)


def _page(way: Way, visit: PageVisit) -> Response:
    """Answer, and say every expected error in words. Store work is done in a thread, so that others need not wait."""
    if not visit.visitor.may(way.role):
        return visit.show(
            "said.html.j2", status=403, here="", title="Not for your role", said=f"This needs the role {way.role}."
        )
    try:
        return way.page(visit)
    except UsageError as error:
        return visit.show("said.html.j2", status=400, here="", title="That cannot be done", said=str(error))
    except EmptyStoreError as error:
        return visit.show("said.html.j2", here="", title="Nothing to show yet", said=str(error))
    except CandorError as error:
        log.warning("%s: %s", visit.path, error)
        return visit.show("said.html.j2", status=503, here="", title="The store does not answer", said=str(error))
    except Exception:
        log.exception("%s", visit.path)
        return visit.show(
            "said.html.j2", status=500, here="", title="A mistake of Candor itself", said="The log says more."
        )
