"""The way in and out: a link that opens once, and the end of a session."""

from __future__ import annotations

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from candor.serve.desk import Desk
from candor.serve.door.guard import DoorRules, cookie_in
from candor.serve.templating import rendered


def with_cookie(response: Response, rules: DoorRules, value: str) -> Response:
    """Return the response with the session's cookie: for this page alone, and unseen by scripts."""
    response.set_cookie(rules.cookie, value, httponly=True, samesite="strict", secure=rules.secure, path="/")
    return response


async def opened(request: Request, *, desk: Desk, rules: DoorRules) -> Response:
    """Let in whoever brings a link that was not used yet.

    The next page is asked for by a page of ours: a browser keeps a strict cookie back from a redirect that began at
    another site.
    """
    visitor = desk.sessions.redeem(request.query_params.get("key", ""))
    if visitor is None:
        return await _page("entrance.html.j2", status=403, said="This link was used already, or is not one of ours.")
    _leave(request, desk, rules)
    return with_cookie(await _page("opened.html.j2"), rules, desk.sessions.open(visitor))


async def ended(request: Request, *, desk: Desk, rules: DoorRules) -> Response:
    """End the session."""
    _leave(request, desk, rules)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(rules.cookie, path="/")
    return response


async def waiting(_: Request) -> Response:
    """Say how to come in where there are no accounts."""
    return await _page("entrance.html.j2", status=401)


def _leave(request: Request, desk: Desk, rules: DoorRules) -> None:
    if cookie := cookie_in(request.headers, rules.cookie):
        desk.sessions.end(cookie)


async def _page(template: str, *, status: int = 200, said: str = "") -> Response:
    text = await run_in_threadpool(partial(rendered, template, said=said))
    return HTMLResponse(text, status_code=status)
