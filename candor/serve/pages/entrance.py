"""The way in and out: a link that opens once, an account, and the end of a session."""

from __future__ import annotations

import math
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from candor.serve.desk import Desk
from candor.serve.door.attempts import Attempts
from candor.serve.door.guard import DoorRules, cookie_in
from candor.serve.templating import rendered
from candor.serve.visit import local


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


async def waiting(request: Request, *, rules: DoorRules) -> Response:
    """Ask for name and password, or say how to come in where there are no accounts."""
    wanted = local(request.query_params.get("next", ""))
    return await _page("entrance.html.j2", status=401, accounts=_any(rules), wanted=wanted)


async def signed_in(request: Request, *, desk: Desk, rules: DoorRules, attempts: Attempts) -> Response:
    """Let in whoever has an account and knows its password; what is wrong of both is not said."""
    form = dict(request.scope["candor.form"])
    name, wanted = form.get("name", "").strip(), local(form.get("next", ""))
    show = partial(_page, "entrance.html.j2", accounts=_any(rules), wanted=wanted)
    if rules.accounts is None:
        return await show(status=401)
    keys = (f"name {name.casefold()}", f"address {request.client.host if request.client else ''}")
    if (wait := attempts.wait_s(keys)) > 0:
        answer = await show(status=429, said=f"Too many wrong passwords; wait {wait:.0f} seconds.")
        answer.headers["Retry-After"] = str(math.ceil(wait))
        return answer
    visitor = await run_in_threadpool(rules.accounts.let_in, name, form.get("password", ""))
    if visitor is None:
        attempts.failed(keys)
        return await show(status=401, said="The name or the password is wrong.")
    attempts.succeeded(keys)
    _leave(request, desk, rules)
    return with_cookie(RedirectResponse(wanted, status_code=303), rules, desk.sessions.open(visitor))


def _any(rules: DoorRules) -> bool:
    return rules.accounts is not None and bool(rules.accounts.all())


def _leave(request: Request, desk: Desk, rules: DoorRules) -> None:
    if cookie := cookie_in(request.headers, rules.cookie):
        desk.sessions.end(cookie)


async def _page(
    template: str, *, status: int = 200, said: str = "", accounts: bool = False, wanted: str = "/"
) -> Response:
    text = await run_in_threadpool(partial(rendered, template, said=said, accounts=accounts, wanted=wanted))
    return HTMLResponse(text, status_code=status)
