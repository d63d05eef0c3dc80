"""What Kibana asks for each panel of a board, as an Elasticsearch request: buckets, metrics, queries, times.

A small reader of Kibana's query language is here too; it knows what the boards use and refuses anything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
RECORDS = "___records___"
NUMBERS = {"average": "avg", "sum": "sum", "median": "percentiles", "standard_deviation": "extended_stats"}
ENDS = {"min": "min", "max": "max"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel as a request. ``fields`` names each field with what it is asked for; ``levels`` how deep buckets nest."""

    board: str
    title: str
    index: str
    body: Json
    fields: tuple[tuple[str, str], ...]
    levels: int
    zero_is_told: bool = False
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.board}: {self.title}"


def panels(objects: tuple[Json, ...]) -> Iterator[Panel]:
    """Yield the request of every panel with data, of every list and of every control."""
    views = {item["id"]: item["attributes"] for item in objects if item["type"] == "index-pattern"}
    lists = {item["id"]: item for item in objects if item["type"] == "search"}
    for board in (item for item in objects if item["type"] == "dashboard"):
        attributes = board["attributes"]
        source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
        for item in json.loads(attributes["panelsJSON"]):
            if item["type"] == "lens":
                yield lens(board, item, views, source["query"]["query"])
            elif item["type"] == "search":
                yield listing(board, lists[referenced(board, item)], views, source["query"]["query"])
        for control in json.loads(attributes["controlGroupInput"]["panelsJSON"]).values():
            yield choice(board, control["explicitInput"], views)


def referenced(board: Json, item: Json) -> str:
    """Return the saved object of a panel by reference, as Kibana's loader finds it.

    Kibana takes ``<panelIndex>:`` off the names of the board's references that begin so, and looks for the panel's
    own ``panelRefName`` among them. Raises ``AssertionError`` where Kibana would not open the board.
    """
    prefix, name = f"{item['panelIndex']}:", item["panelRefName"]
    own = [each for each in board["references"] if each["name"].startswith(prefix)]
    found = [each["id"] for each in own or board["references"] if each["name"].removeprefix(prefix) == name]
    assert found, f"{board['id']}: Could not find reference {name!r}"
    return str(found[0])


def lens(board: Json, item: Json, views: dict[str, Json], board_query: str) -> Panel:
    """Return the request of a Lens panel."""
    attributes = item["embeddableConfig"]["attributes"]
    (layer,) = attributes["state"]["datasourceStates"]["formBased"]["layers"].values()
    (reference,) = attributes["references"]
    view, query = views[reference["id"]], attributes["state"]["query"]["query"]
    columns, order = layer["columns"], layer["columnOrder"]
    buckets = [columns[name] for name in order if columns[name]["isBucketed"]]
    named = {name: f"m{at}" for at, name in enumerate(order) if not columns[name]["isBucketed"]}
    values = {short: columns[name] for name, short in named.items()}
    metrics = {name: metric(column, view) for name, column in values.items() if metric(column, view)}
    asked: Json = {}
    for column in reversed(buckets):
        # Kibana asks for every metric at every level, so that a level can be ordered by one.
        asked = {"bucket": {**bucket(column, columns, named), "aggs": {**metrics, **asked}}}
    asked = asked or metrics
    common = [] if layer.get("ignoreGlobalFilters") else [board_query]
    fields = [
        (column["sourceField"], column["operationType"]) for column in columns.values() if "sourceField" in column
    ]
    fields += [(path, "query") for text in (query, *common, *_filters(columns)) for path in kql_fields(text)]
    shown = [column for column in values.values() if column["operationType"] not in {"math", "formula"}]
    return Panel(
        board=board["id"],
        title=attributes["title"],
        index=view["title"],
        body={"size": 0, "track_total_hits": True, "query": where(board, view, query, *common), "aggs": asked},
        fields=tuple(field for field in fields if field[0] != RECORDS),
        levels=len(buckets),
        zero_is_told=all(not column.get("params", {}).get("emptyAsNull") for column in shown),
    )


def listing(board: Json, item: Json, views: dict[str, Json], board_query: str) -> Panel:
    """Return the request of a list of documents."""
    view = views[item["references"][0]["id"]]
    query = json.loads(item["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])["query"]["query"]
    columns = tuple(item["attributes"]["columns"])
    sort = [{path: {"order": order}} for path, order in item["attributes"]["sort"]]
    fields = [(path, "column") for path in columns] + [
        (path, "date_histogram") for path, _ in item["attributes"]["sort"]
    ]
    body = {"size": 50, "track_total_hits": True, "query": where(board, view, query, board_query), "sort": sort}
    return Panel(
        board=board["id"],
        title=item["attributes"]["title"],
        index=view["title"],
        body=body,
        fields=tuple(fields + [(path, "query") for path in kql_fields(query)]),
        levels=0,
        columns=columns,
    )


def choice(board: Json, control: Json, views: dict[str, Json]) -> Panel:
    """Return the request of a control: the values that it offers."""
    view, path = views[control["dataViewId"]], control["fieldName"]
    body = {"size": 0, "track_total_hits": True, "query": where(board, view)}
    body["aggs"] = {"bucket": {"terms": {"field": path, "size": 10}}}
    title = f"control {control['title']}"
    return Panel(board=board["id"], title=title, index=view["title"], body=body, fields=((path, "terms"),), levels=1)


def where(board: Json, view: Json, *queries: str) -> Json:
    """Return the query: the board's time on the data view's time field, and each query that is not empty."""
    parts = [kql(text) for text in queries if text]
    if "timeFieldName" in view:
        times = {"gte": board["attributes"]["timeFrom"], "lte": board["attributes"]["timeTo"]}
        parts.append({"range": {view["timeFieldName"]: times}})
    return {"bool": {"filter": parts}}


def bucket(column: Json, columns: Json, named: dict[str, str]) -> Json:
    """Return the bucket aggregation of a Lens column."""
    kind, params = column["operationType"], column.get("params", {})
    if kind == "date_histogram":
        return {"date_histogram": {"field": column["sourceField"], "fixed_interval": "1d", "min_doc_count": 1}}
    if kind == "filters":
        found = {str(at): kql(item["input"]["query"]) for at, item in enumerate(params["filters"])}
        return {"filters": {"filters": found}}
    if kind == "terms":
        # Lens asks for what lacks the field only together with all that is over.
        missing = {"missing": "(missing)"} if params.get("missingBucket") and params.get("otherBucket") else {}
        order = {ordered(params["orderBy"], columns, named): params["orderDirection"]}
        return {"terms": {"field": column["sourceField"], "size": params["size"], "order": order, **missing}}
    raise AssertionError(f"no translation for the bucket {kind}")


def ordered(order: Json, columns: Json, named: dict[str, str]) -> str:
    """Return what a terms aggregation is ordered by, in Elasticsearch's words.

    Raises ``AssertionError`` for a last value: "pipeline aggregations may not refer to non-numeric metrics collected by
    top_metrics".
    """
    if order["type"] == "alphabetical":
        return "_key"
    column = columns[order["columnId"]]
    if column["operationType"] == "count" and not column.get("filter"):
        return "_count"
    assert column["operationType"] != "last_value", "Elasticsearch refuses to order by a last value"
    inner = ">value" if (column.get("filter") or {}).get("query") else ""
    return f"{named[order['columnId']]}{inner}"


def metric(column: Json, view: Json) -> Json | None:
    """Return the metric aggregation of a Lens column; None for what Kibana reckons from other columns."""
    kind, path = column["operationType"], column.get("sourceField")
    if kind in {"formula", "math"}:
        return None
    if kind == "count":
        inner: Json = {"value_count": {"field": "_index"}}
    elif kind == "unique_count":
        inner = {"cardinality": {"field": path}}
    elif kind == "last_value":
        # Kibana asks for top_metrics, which the minimal server lacks.
        sort = [{column["params"]["sortField"]: {"order": "desc"}}]
        inner = {"top_hits": {"size": 1, "sort": sort, "_source": [path]}}
    elif kind in NUMBERS or kind in ENDS:
        inner = {(NUMBERS | ENDS)[kind]: {"field": path}}
    else:
        raise AssertionError(f"no translation for the metric {kind}")
    query = (column.get("filter") or {}).get("query")
    return {"filter": kql(query), "aggs": {"value": inner}} if query else inner


def value(answer: Json) -> float | None:
    """Return the number that a metric's answer holds, None where Kibana would show nothing."""
    if "hits" in answer:
        return float(len(answer["hits"]["hits"])) or None
    if "std_deviation" in answer:
        found = answer["std_deviation"]
    elif "values" in answer:
        found = next(iter(answer["values"].values()))
    elif "value" in answer and isinstance(answer["value"], dict):
        return value(answer["value"])
    else:
        found = answer.get("value")
    return float(found) if isinstance(found, int | float) else None


def leaves(answer: Json, levels: int) -> Iterator[Json]:
    """Yield what stands in each innermost bucket."""
    if levels == 0:
        yield answer
        return
    found = answer["bucket"]["buckets"]
    for item in found.values() if isinstance(found, dict) else found:
        yield from leaves(item, levels - 1)


def _filters(columns: Json) -> Iterator[str]:
    for column in columns.values():
        if column.get("filter"):
            yield column["filter"]["query"]
        for item in column.get("params", {}).get("filters", ()):
            yield item["input"]["query"]


TOKEN = re.compile(r'\s*(?:(>=|<=|[:()<>*])|"((?:\\.|[^"\\])*)"|([^\s:()<>="*]+))')
Tokens = list[tuple[str, str]]


def kql_fields(text: str) -> list[str]:
    """Return the fields that a query names."""
    words = _tokens(text)
    return [word for at, (kind, word) in enumerate(words[:-1]) if kind == "word" and words[at + 1][0] == "sign"]


def kql(text: str) -> Json:
    """Return Kibana's query as Elasticsearch's. Raises ``AssertionError`` for what the boards do not use."""
    words = _tokens(text)
    found, rest = _either(words)
    assert not rest, f"{text}: {rest[0]} was not expected"
    return found


def _tokens(text: str) -> Tokens:
    found: Tokens = []
    at = 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        assert match, f"{text}: not understood from {text[at:]!r}"
        sign, quoted, word = match.groups()
        if sign:
            found.append(("sign" if sign not in "()*" else sign, sign))
        else:
            found.append(("text", quoted) if quoted is not None else ("word", word))
        at = match.end()
    return found


def _either(words: Tokens) -> tuple[Json, Tokens]:
    first, words = _both(words)
    found = [first]
    while words and words[0] == ("word", "or"):
        more, words = _both(words[1:])
        found.append(more)
    return ({"bool": {"should": found, "minimum_should_match": 1}} if len(found) > 1 else first), words


def _both(words: Tokens) -> tuple[Json, Tokens]:
    first, words = _one(words)
    found = [first]
    while words and words[0] == ("word", "and"):
        more, words = _one(words[1:])
        found.append(more)
    return ({"bool": {"filter": found}} if len(found) > 1 else first), words


def _one(words: Tokens) -> tuple[Json, Tokens]:
    if words[0] == ("word", "not"):
        inner, rest = _one(words[1:])
        return {"bool": {"must_not": [inner]}}, rest
    if words[0][0] == "(":
        inner, rest = _either(words[1:])
        assert rest[0][0] == ")"
        return inner, rest[1:]
    (_, path), (_, sign), (kind, told) = words[:3]
    rest = words[3:]
    if sign != ":":
        names = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
        return {"range": {path: {names[sign]: told}}}, rest
    if kind == "*":
        return {"exists": {"field": path}}, rest
    if kind == "(":
        values = []
        while rest[0][0] != ")":
            if rest[0] != ("word", "or"):
                values.append(rest[0][1])
            rest = rest[1:]
        return {"terms": {path: values}}, rest[1:]
    return {"match": {path: told}}, rest
