"""Which program asks: by the token that it sends, as often as it may."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from starlette.responses import Response

from analysis.model.times import written_minute
from candor.serve.door.rates import Rates
from candor.serve.door.refused import problem
from candor.serve.door.tokens import TokenBook
from candor.serve.door.visitors import Visitor

_MAKE = "`candor account token NAME` makes one"


def program(tokens: TokenBook | None, rates: Rates, said: str, now: datetime) -> Visitor | Response:
    """Return who asks, or why nobody is answered: no token, one that is none or is over, too many requests.

    ``said`` is the request's Authorization.
    """
    kind, _, secret = said.partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        return _unknown("no token was sent", f"send `Authorization: Bearer TOKEN`; {_MAKE}")
    token = tokens.of(secret.strip()) if tokens else None
    if token is None:
        return _unknown("this is no token, or one that was ended", _MAKE, error="invalid_token")
    if token.ends <= now:
        return _unknown(f"this token ended at {written_minute(token.ends)}", _MAKE, error="invalid_token")
    wait = rates.wait_s(token.kept)
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
