"""The addresses for programs: who comes in by a token, how often, and every error as JSON."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analysis.model.errors import CURES, CandorError, EmptyStoreError, QueryError, UsageError
from candor.serve.api.call import ApiCall
from candor.serve.api.description import description
from candor.serve.api.ways import API_WAYS, ApiWay
from candor.serve.desk import Desk
from candor.serve.door.guard import DoorRules
from candor.serve.door.programs import program
from candor.serve.door.refused import DESCRIBED, NotAnswered, problem

log = logging.getLogger(__name__)
_LISTED = f"{DESCRIBED} tells what each address takes"


def api(desk: Desk, rules: DoorRules) -> Starlette:
    """Return the application of everything under ``/api``."""
    return Starlette(
        routes=[
            Route("/v1/openapi.json", _described, methods=["GET"]),
            *(
                Route(f"/v1{way.path}", partial(_answered, way=way, desk=desk, rules=rules), methods=["GET"])
                for way in API_WAYS
            ),
        ],
        exception_handlers={404: _nothing_here, 405: _read_only},
    )


async def _described(_: Request) -> Response:
    return _json(description())


async def _nothing_here(request: Request, _: Exception) -> Response:
    return problem(404, place=request.url.path[:200], problem="there is nothing here", cure=_LISTED)


async def _read_only(request: Request, _: Exception) -> Response:
    return problem(
        405, place=request.method, problem="this only reads", cure="ask with GET", headers={"Allow": "GET, HEAD"}
    )


async def _answered(request: Request, *, way: ApiWay, desk: Desk, rules: DoorRules) -> Response:
    said = request.headers.get("authorization", "")
    given = request.query_params.multi_items()
    return await run_in_threadpool(_answer, way, desk, rules, said, dict(request.path_params), given)


def _answer(
    way: ApiWay, desk: Desk, rules: DoorRules, said: str, names: dict[str, str], given: list[tuple[str, str]]
) -> Response:
    """Answer one request, and say every error as JSON. Store work is done in a thread, so that others need not wait."""
    try:
        visitor = program(rules.tokens, rules.rates, said, desk.now())
        if isinstance(visitor, Response):
            return visitor
        known = {one.name for one in way.takes}
        unknown = [name for name, _ in given if name not in known]
        if unknown:
            raise UsageError("is nothing that this address takes", about=(unknown[0][:80],))
        return _json(way.answer(ApiCall(desk=desk, visitor=visitor, names=names, given=given)))
    except CandorError as error:
        return _told(way, error)
    except Exception:
        log.exception("%s", way.path)
        return problem(500, place=way.path, problem="a mistake of Candor itself", cure="the log says more")


def _told(way: ApiWay, error: CandorError) -> Response:
    if isinstance(error, NotAnswered):
        return problem(error.status, place=error.place, problem=error.problem, cure=error.help)
    if isinstance(error, QueryError):
        return problem(400, place="q", problem=error.fact, cure="mend the query; docs/queries.md", column=error.column)
    cure = CURES[error.cure] if error.cure else ""
    if isinstance(error, UsageError):
        place = ", ".join(error.about)
        return problem(
            400, place=place or way.path, problem=error.fact.removeprefix(f"{place}: "), cure=cure or _LISTED
        )
    if isinstance(error, EmptyStoreError):
        return problem(404, place=way.path, problem=error.fact, cure=cure or "ask for another period, or crawl first")
    log.warning("%s: %s", way.path, error)
    return problem(503, place=way.path, problem=error.fact, cure=cure or "ask again later; `candor doctor` says more")


def _json(body: Any) -> Response:
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode(errors="replace"), media_type="application/json")
