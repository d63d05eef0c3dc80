"""Compile the boards under ``mappings/kibana`` into ``boards.ndjson``: ``make boards``.

Runs in an environment of its own (``tools/boards``), because the compiler wants a newer Python than Candor does.
What is written depends on the sources alone, byte for byte: no clock, no random id, sorted keys.
"""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from kb_dashboard_core import load, render

HOME = Path(__file__).resolve().parents[1] / "mappings" / "kibana"
TARGET = HOME / "boards.ndjson"
CORE_VERSION = "8.8.0"
# The oldest shape that every Kibana that we name reads; a newer Kibana brings it up to date on import.
TYPE_VERSIONS = {"index-pattern": "8.0.0", "search": "8.0.0"}
ORDERING = {"count", "unique_count", "sum", "average", "median", "min", "max"}
# How the records' fields are typed: see the dynamic templates in mappings/components/record.json.
DATES = ("_at", ".shipped")
NUMBERS = ("body.numbers.",)
# Who and when: true of the machine that compiled, not of the board.
NOISE = ("created_at", "created_by", "updated_at", "updated_by", "version", "managed")

Json = dict[str, Any]


def main() -> int:
    """Write the file, or with ``--check`` say how it differs from the sources; lint in both cases."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="compare instead of writing; exit 1 if they differ")
    check = arguments.parse_args().check
    shared = yaml.safe_load((HOME / "shared.yaml").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        sources = expanded(shared, Path(folder))
        lines = [*map(data_view, shared["data_views"]), *map(search, shared["searches"])]
        lines += [board(path) for path in sources]
        remarks = sum(lint(path) for path in sources)
    if remarks:
        return 1
    text = "".join(json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n" for line in lines)
    if not check:
        TARGET.write_text(text, encoding="utf-8")
        print(f"wrote {TARGET.relative_to(HOME.parents[1])}: {len(lines)} objects")
        return 0
    return compare(TARGET.read_text("utf-8") if TARGET.exists() else "", text)


def expanded(shared: Json, folder: Path) -> list[Path]:
    """Write each board's source with what it shares with the others put in; return the files in order."""
    written = []
    for path in sorted((HOME / "boards").glob("*.yaml")):
        source = yaml.safe_load(path.read_text("utf-8"))
        source["controls"] = shared["controls"][source["controls"]]
        source["panels"] = [panel(item, shared, source["id"]) for item in source["panels"]]
        target = folder / path.name
        target.write_text(yaml.safe_dump({"dashboards": [source]}, sort_keys=False, allow_unicode=True), "utf-8")
        written.append(target)
    return written


def panel(source: Json, shared: Json, board_id: str) -> Json:
    """Return a panel with the links and colours that it names put in."""
    if source.get("links") == "boards":
        return links(shared["boards"], board_id)
    if "color" in source.get("lens", {}):
        return source | {"lens": source["lens"] | {"color": shared["colors"][source["lens"]["color"]]}}
    return source


def links(boards: list[Json], board_id: str) -> Json:
    """Return the panel that leads to the other boards."""
    others = [item for item in boards if item["id"] != board_id]
    items = [
        {"id": f"to-{item['id']}", "label": item["label"], "dashboard": item["id"], "with_time": True}
        | {"with_filters": True}
        for item in others
    ]
    return {
        "title": "Other boards",
        "hide_title": True,
        "description": "Links to the other boards; they take the time and the filters along.",
        "size": {"w": 48, "h": 3},
        "links": {"layout": "horizontal", "items": items},
    }


def data_view(source: Json) -> Json:
    """Return the saved object of a data view."""
    formats = {path: {"id": "url", "params": {"openLinkInCurrentTab": False}} for path in source.get("links", ())}
    attributes: Json = {
        "title": source["title"],
        "name": source["name"],
        # An index that does not exist yet (no alert, no fix so far) must not break a board.
        "allowNoIndex": True,
        "allowHidden": False,
        "fieldAttrs": "{}",
        "fieldFormatMap": _packed(formats),
        "fields": "[]",
        "runtimeFieldMap": "{}",
        "sourceFilters": "[]",
    }
    if "time_field" in source:
        attributes["timeFieldName"] = source["time_field"]
    return saved("index-pattern", source["id"], attributes, [])


def search(source: Json) -> Json:
    """Return the saved object of a list of documents."""
    index = "kibanaSavedObjectMeta.searchSourceJSON.index"
    origin = {
        "query": {"query": source["query"], "language": "kuery"},
        "filter": [],
        "indexRefName": index,
        "highlightAll": True,
        "version": True,
    }
    attributes = {
        "title": source["title"],
        "description": source["description"],
        "columns": source["columns"],
        "sort": source["sort"],
        "grid": {},
        "hideChart": True,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _packed(origin)},
    }
    reference = {"id": source["data_view"], "name": index, "type": "index-pattern"}
    return saved("search", source["id"], attributes, [reference])


def saved(kind: str, name: str, attributes: Json, references: list[Json]) -> Json:
    """Return a saved object as a file of Kibana's own export has it."""
    return {
        "type": kind,
        "id": name,
        "attributes": attributes,
        "references": references,
        "coreMigrationVersion": CORE_VERSION,
        "typeMigrationVersion": TYPE_VERSIONS[kind],
    }


def board(path: Path) -> Json:
    """Return the saved object of the board in ``path``, without what would differ from machine to machine."""
    (dashboard,) = load(str(path))
    made: Json = json.loads(render(dashboard).model_dump_json(by_alias=True))
    for name in NOISE:
        made.pop(name, None)
    controlled = {control.data_view for control in dashboard.controls}
    attributes = made["attributes"]
    panels = json.loads(attributes["panelsJSON"])
    sources = yaml.safe_load(path.read_text("utf-8"))["dashboards"][0]["panels"]
    for item, source in zip(panels, sources, strict=True):
        by_reference(item)
        free_of_controls(item, controlled)
        put_filters(item, source.get("lens", {}))
        order_by_what_can_be_ordered(item)
        of_the_fields_type(item)
    attributes["panelsJSON"] = _packed(panels)
    return made


def by_reference(item: Json) -> None:
    """Name a saved list as Kibana does: the reference in the file carries the panel's prefix, the panel's own does not.

    Kibana takes ``<panelIndex>:`` off the references before it compares; the compiler writes it on both sides.
    """
    if "panelRefName" in item:
        item["panelRefName"] = item["panelRefName"].removeprefix(f"{item['panelIndex']}:")


def order_by_what_can_be_ordered(item: Json) -> None:
    """Order rows by a number: Elasticsearch refuses to order by the last value of a field, which is no single number.

    The compiler orders by the first metric of a table; where that is a last value, the first other one is taken.
    """
    if item["type"] != "lens":
        return
    for layer in item["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values():
        columns = layer["columns"]
        usable = [name for name in layer["columnOrder"] if columns[name]["operationType"] in ORDERING]
        for column in columns.values():
            order = column.get("params", {}).get("orderBy", {})
            if order.get("type") == "column" and columns[order["columnId"]]["operationType"] == "last_value":
                order["columnId"] = usable[0]


def of_the_fields_type(item: Json) -> None:
    """Give columns the type of their field: Lens refuses a last value of another type, and shows a date as a number."""
    if item["type"] != "lens":
        return
    for layer in item["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values():
        for column in layer["columns"].values():
            field = column.get("sourceField", "")
            if column["operationType"] in {"min", "max", "last_value"} and field.endswith(DATES):
                column["dataType"] = "date"
            elif column["operationType"] == "last_value" and not field.startswith(NUMBERS):
                column |= {"dataType": "string", "scale": "ordinal"}


def free_of_controls(item: Json, controlled: set[str]) -> None:
    """Let a panel whose data lack the controls' fields ignore them: a filter on an absent field would empty it."""
    attributes = item.get("embeddableConfig", {}).get("attributes", {})
    views = {each["id"] for each in attributes.get("references", ()) if each["type"] == "index-pattern"}
    if item["type"] != "lens" or views & controlled:
        return
    for layer in attributes["state"]["datasourceStates"]["formBased"]["layers"].values():
        layer["ignoreGlobalFilters"] = True


def put_filters(item: Json, source: Json) -> None:
    """Give each column the filter that its source asks for: the compiler reads it and then forgets it."""
    metrics = [*source.get("metrics", ()), *([source["primary"]] if "primary" in source else ())]
    wanted = {metric["label"]: metric["filter"]["kql"] for metric in metrics if "filter" in metric}
    if not wanted:
        return
    layers = item["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values()
    for column in (column for layer in layers for column in layer["columns"].values()):
        if column["label"] in wanted:
            column["filter"] = {"language": "kuery", "query": wanted.pop(column["label"])}
    if wanted:
        raise SystemExit(f"no column for the filter of {', '.join(wanted)}")


def lint(path: Path) -> int:
    """Run the linter over an expanded source, down to its mildest remarks; return its exit status."""
    command = [str(Path(sys.executable).with_name("kb-dashboard-lint")), "check", "--input-file", str(path)]
    command += ["--config", str(HOME / ".dashboard-lint.yaml"), "--severity-threshold", "info"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
    return done.returncode


def compare(kept: str, made: str) -> int:
    """Print how the committed file differs from what the sources make; return 1 where it does."""
    if kept == made:
        print("boards.ndjson is what the sources make, byte for byte")
        return 0
    for line in difflib.unified_diff(
        kept.splitlines(), made.splitlines(), "boards.ndjson", "sources", lineterm="", n=0
    ):
        print(line[:300], file=sys.stderr)
    print("boards.ndjson is not what the sources make: run `make boards`", file=sys.stderr)
    return 1


def _packed(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main())
