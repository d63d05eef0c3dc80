"""What a program is told where it is not answered: RFC 9457, with the place, the problem and the cure apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from analysis.model.errors import CandorError

DESCRIBED = "/api/v1/openapi.json"
KIND = "application/problem+json"


class NotAnswered(CandorError):
    """A program is not answered: raised by ``candor.serve.api``, with the status of HTTP. Do what ``help`` says."""

    def __init__(self, status: int, *, place: str, problem: str, help: str) -> None:
        super().__init__(f"{place}: {problem}; {help}")
        self.status, self.place, self.problem, self.help = status, place, problem, help


def problem(
    status: int, *, place: str, problem: str, cure: str, column: int = 0, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer that says what is wrong, where, and what helps; ``column`` counts from 1, 0 has none."""
    told = {
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": f"{place}: {problem}; {cure}",
        "place": place,
        "problem": problem,
        "cure": cure,
        **({"column": column} if column else {}),
    }
    body = json.dumps(told, ensure_ascii=True)
    return Response(body, status_code=status, media_type=KIND, headers=dict(headers or {}))
