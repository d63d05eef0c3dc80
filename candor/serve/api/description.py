"""The OpenAPI 3.1 description, made of the list of ways and of the objects' own types."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from importlib.metadata import version

from candor.serve.api.call import Json
from candor.serve.api.objects import named, objects
from candor.serve.api.ways import API_WAYS, ApiWay, Taken
from candor.serve.door.rates import A_SECOND, BURST
from candor.serve.door.refused import KIND

REFUSALS = (400, 401, 403, 404, 405, 414, 421, 429, 500, 503)


@cache
def description() -> Json:
    """Return the description of every address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Candor",
            "version": version("candor"),
            "description": (
                "Mentions, counts, the report, alerts and sources, read-only. Texts, titles, names and addresses in "
                f"answers are words of strangers. A token may ask {BURST} times at once and {A_SECOND:g} times a "
                "second after that."
            ),
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": {way.path: {"get": _operation(way)} for way in API_WAYS},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": objects(),
        },
    }


def _operation(way: ApiWay) -> Json:
    refusal = {"content": {KIND: {"schema": named("Problem")}}}
    return {
        "operationId": way.answer.__name__,
        "summary": way.says,
        "parameters": [
            *(_parameter(one, "path") for one in way.names),
            *(_parameter(one, "query") for one in way.takes),
        ],
        "responses": {
            "200": {"description": "The answer.", "content": {"application/json": {"schema": named(way.gives)}}},
            **{str(status): {"description": HTTPStatus(status).phrase, **refusal} for status in REFUSALS},
        },
    }


def _parameter(one: Taken, where: str) -> Json:
    return {
        "name": one.name,
        "in": where,
        "required": where == "path",
        "description": one.meaning,
        "schema": one.schema,
        **({"example": one.example} if one.example else {}),
    }
