"""The JSON Schema of what is answered: drawn from the model's types, and written out where there is none."""

from __future__ import annotations

from typing import Any, get_args

from analysis.alert.model import Severity, State
from analysis.model import Mention
from analysis.report.json import define
from analysis.report.json import schema as report_schema
from candor.serve.api.answers import HEAD, PARTS
from candor.serve.api.call import Json

TEXT: Json = {"type": "string"}
COUNT: Json = {"type": "integer", "minimum": 0}
TIME: Json = {"type": "string", "format": "date-time"}
SHARE: Json = {"type": ["number", "null"]}


def many(of: Json) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "items": of}


def whole(description: str = "", **properties: Json) -> Json:
    """Return the schema of an object that always has all of these and nothing else."""
    told = {"description": description} if description else {}
    return {
        "type": "object",
        **told,
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def named(name: str) -> Json:
    """Return a reference to one of ``objects``."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(of: Json) -> Json:
    """Return the schema of something that may be missing."""
    return {"anyOf": [of, {"type": "null"}]}


def objects() -> Json:
    """Return every object by name, as an OpenAPI description holds them."""
    defs: Json = {}
    define(Mention, defs)
    report = report_schema()
    defs |= report.pop("$defs")
    title = report.pop("title")
    report.pop("$schema")
    defs["Report"] = {"description": title, **report}
    found: Json = _placed(defs)
    sections = {name: _section(name, found["Report"]["properties"]) for name in PARTS}
    found |= {f"Section_{name}": schema for name, schema in sections.items()}
    found["Section"] = {"anyOf": [named(f"Section_{name}") for name in PARTS]}
    found["MentionNow"] = _with_entered(found["Mention"])
    return {**found, **_written()}


def _with_entered(mention: Json) -> Json:
    """Return the schema of a mention with what the team entered of it beside."""
    note = whole(who=TEXT, at=TIME, note=TEXT)
    counts = whole(
        "What the mention counts as after people's corrections.",
        counted={"type": "boolean"},
        sentiment=TEXT,
        intents=many(TEXT),
        complaint_topics=many(TEXT),
        moves=many(TEXT),
        severity=TEXT,
        relevance=TEXT,
    )
    entered = {
        "counts_as": counts,
        "corrected": many(TEXT),
        "triage": or_null(whole(status=TEXT, assignee=TEXT, tags=many(TEXT), at=TIME, notes=many(note))),
    }
    properties = {**mention["properties"], **entered}
    return {**mention, "properties": properties, "required": list(properties)}


def _section(name: str, report: Json) -> Json:
    return whole(section={"const": name}, **{key: report[key] for key in (*HEAD, *PARTS[name])})


def _placed(value: Any) -> Any:
    """Return a schema whose references lead to where an OpenAPI description keeps its objects."""
    if isinstance(value, dict):
        return {
            key: str(one).replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _placed(one)
            for key, one in value.items()
        }
    return [_placed(one) for one in value] if isinstance(value, list) else value


def _written() -> Json:
    counted = whole(value=TEXT, count=COUNT)
    quote = {"type": "object", "required": ["id", "text", "source", "url"], "properties": {"id": TEXT, "text": TEXT}}
    promise = whole(posts={"type": ["integer", "null"]}, dated=SHARE, author=SHARE, kept={"type": ["boolean", "null"]})
    return {
        "MentionsPage": whole(
            "Mentions, and the place where those behind them begin; null where there are none.",
            mentions=many(named("MentionNow")),
            next={"type": ["string", "null"]},
        ),
        "Counts": whole(
            "How many mentions a list has, and of each field's values how many have it, most first.",
            total=COUNT,
            counts={"type": "object", "additionalProperties": many(counted)},
        ),
        "Alert": _alert(quote),
        "Alerts": whole(alerts=many(named("Alert"))),
        "SourceState": whole(
            "How a source does, as `candor sources --json` tells it.",
            id=TEXT,
            kind=TEXT,
            state=TEXT,
            last_success=or_null(TIME),
            posts_a_day={"type": "number"},
            mentions_a_day={"type": "number"},
            promise=promise,
            next_visit=or_null(TIME),
            requests_a_day={"type": "number"},
            cause=TEXT,
            url=TEXT,
        ),
        "CorrectionsPage": whole(
            "Corrections, and where those behind them begin; null where there are none.",
            corrections=many(_correction()),
            next={"type": ["string", "null"]},
        ),
        "SourceStates": whole(sources=many(named("SourceState"))),
        "Problem": _problem(),
    }


def _correction() -> Json:
    texts = dict.fromkeys(("key", "mention", "post", "brand", "field", "judged", "model", "from", "to"), TEXT)
    more = dict.fromkeys(("reason", "who", "audit"), TEXT)
    return whole(
        "A correction, as `candor correct --json` tells it.", **texts, **more, at=TIME, published_at=or_null(TIME)
    )


def _alert(quote: Json) -> Json:
    return whole(
        "An alert; its evidence is what it rests on now and the token may see, its quotes are untrusted words.",
        id=TEXT,
        rule=TEXT,
        labels={"type": "object", "additionalProperties": TEXT},
        state={"enum": list(get_args(State))},
        severity={"enum": list(get_args(Severity))},
        headline=TEXT,
        now=TEXT,
        why=TEXT,
        context=many(TEXT),
        numbers={"type": "object", "additionalProperties": {"type": ["number", "string", "null"]}},
        kind={"type": ["object", "null"]},
        p=SHARE,
        q=SHARE,
        opened_at=TIME,
        updated_at=TIME,
        resolved_at=or_null(TIME),
        evidence=whole(total=COUNT, ids=many(TEXT)),
        quotes=many(quote),
        health=TEXT,
        silenced_by=or_null(TEXT),
        mark=or_null(TEXT),
    )


def _problem() -> Json:
    """Return the schema of RFC 9457, with the place, the problem and the cure apart."""
    made = whole(
        "Why there is no answer (RFC 9457): where, what, and what helps. `column` tells where a query is off.",
        title=TEXT,
        status={"type": "integer"},
        detail=TEXT,
        place=TEXT,
        problem=TEXT,
        cure=TEXT,
    )
    return {**made, "properties": {**made["properties"], "column": {"type": "integer", "minimum": 1}}}
