"""The addresses for programs: who comes in by a token, how often, and every error as JSON."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from functools import partial
from math import ceil
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analysis.model.errors import CURES, CandorError, EmptyStoreError, QueryError, UsageError
from analysis.model.times import written_minute
from candor.serve.api.call import ApiCall
from candor.serve.api.description import description
from candor.serve.api.ways import API_WAYS, ApiWay
from candor.serve.desk import Desk
from candor.serve.door.guard import DoorRules
from candor.serve.door.refused import DESCRIBED, NotAnswered, problem
from candor.serve.door.visitors import Visitor

log = logging.getLogger(__name__)
_MAKE = "`candor account token NAME` makes one"
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
        visitor = _visitor(rules, said, desk.now())
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


def _visitor(rules: DoorRules, said: str, now: datetime) -> Visitor | Response:
    """Return who asks, or why nobody is answered: no token, one that is none or is over, too many requests."""
    kind, _, secret = said.partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        return _unknown("no token was sent", f"send `Authorization: Bearer TOKEN`; {_MAKE}")
    token = rules.tokens.of(secret.strip()) if rules.tokens else None
    if token is None:
        return _unknown("this is no token, or one that was ended", _MAKE, error="invalid_token")
    if token.ends <= now:
        return _unknown(f"this token ended at {written_minute(token.ends)}", _MAKE, error="invalid_token")
    wait = rules.rates.wait_s(token.kept)
    if wait > 0:
        seconds = ceil(wait)
        return problem(
            429,
            place="Authorization",
            problem=f"{token.name} asks too often",
            cure=f"ask again in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )
    return Visitor(name=token.name, role=token.role)


def _unknown(what: str, cure: str, *, error: str = "") -> Response:
    """Return the refusal of a request without a token that is valid (RFC 6750)."""
    challenge = 'Bearer realm="Candor"' + (f', error="{error}"' if error else "")
    return problem(401, place="Authorization", problem=what, cure=cure, headers={"WWW-Authenticate": challenge})


def _told(way: ApiWay, error: CandorError) -> Response:
    if isinstance(error, NotAnswered):
        return problem(error.status, place=error.place, problem=error.problem, cure=error.help)
    if isinstance(error, QueryError):
        return problem(400, place="q", problem=error.fact, cure="mend the query; docs/queries.md", column=error.column)
    cure = CURES[error.cure] if error.cure else ""
    if isinstance(error, UsageError):
        place = ", ".join(error.about)
        return problem(400, place=place or way.path, problem=error.fact, cure=cure or _LISTED)
    if isinstance(error, EmptyStoreError):
        return problem(404, place=way.path, problem=error.fact, cure=cure or "ask for another period, or crawl first")
    log.warning("%s: %s", way.path, error)
    return problem(503, place=way.path, problem=error.fact, cure=cure or "ask again later; `candor doctor` says more")


def _json(body: Any) -> Response:
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode(errors="replace"), media_type="application/json")
