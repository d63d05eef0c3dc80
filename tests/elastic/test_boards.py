"""The Kibana boards: sound as a file, true to the mapping, and full over the sample on a real server."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

import mappings.kibana
from analysis.alert.model import Alert, stamp
from analysis.alert.remembered import ALERTS
from analysis.model import NO_VALUE, mention_fields
from analysis.store.elastic.store import ElasticStore
from mappings.kibana import DEFAULT_VIEW, board_link, kql, saved_objects
from mappings.kibana.sketch import sketch
from tests.support.elastic.panels import Panel, leaves, panels, referenced, value
from tests.support.elastic.panels import kql as translated
from tests.support.elastic.sample import crawled
from tests.support.elastic.servers import TESTED, connected, empty_store, store_address

ROOT = Path(__file__).resolve().parents[2]
BOARD_SOURCES = ROOT / "mappings" / "kibana" / "boards"
OBJECTS = saved_objects()
BOARDS = tuple(item for item in OBJECTS if item["type"] == "dashboard")
PANELS = tuple(panels(OBJECTS))
NUMBER = {"long", "integer", "short", "byte", "double", "float", "half_float", "scaled_float"}
FITTING = {
    "terms": {"keyword", "boolean", "ip"} | NUMBER,
    "date_histogram": {"date"},
    "average": NUMBER,
    "sum": NUMBER,
    "median": NUMBER,
    "standard_deviation": NUMBER,
    "min": NUMBER | {"date"},
    "max": NUMBER | {"date"},
    "unique_count": {"keyword", "date"} | NUMBER,
    "last_value": {"keyword", "date", "boolean"} | NUMBER,
    "query": {"keyword", "date", "boolean", "text"} | NUMBER,
    "column": {"keyword", "date", "boolean", "text"} | NUMBER,
}


def grid(board: dict[str, Any]) -> list[dict[str, Any]]:
    return [item["gridData"] for item in json.loads(board["attributes"]["panelsJSON"])]


def test_the_boards_are_those_of_the_documentation_and_each_kind_of_document_has_a_data_view() -> None:
    page = (ROOT / "docs" / "kibana.md").read_text("utf-8")
    documented = re.findall(r"^\| .* \| `(candor-[a-z-]+)` \|$", page, re.MULTILINE)
    assert len(documented) >= 6
    assert [board["id"] for board in BOARDS] == documented
    views = [item["id"] for item in OBJECTS if item["type"] == "index-pattern"]
    assert views == ["candor-mentions", "candor-alerts", "candor-fixes", "candor-source-runs"]
    assert DEFAULT_VIEW in views


@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: item["id"])
def test_an_object_has_a_stable_id_and_both_migration_versions(item: dict[str, Any]) -> None:
    # Without the versions Kibana imports silently what it cannot read later; a higher one it refuses.
    wanted = {"index-pattern": "8.0.0", "search": "8.0.0", "dashboard": "10.2.0"}
    assert item["coreMigrationVersion"] == "8.8.0"
    assert item["typeMigrationVersion"] == wanted[item["type"]]
    assert item["id"].startswith("candor-")
    assert set(item) == {"attributes", "coreMigrationVersion", "id", "references", "type", "typeMigrationVersion"}


def test_ids_are_unique_and_nothing_tells_when_or_where_it_was_made() -> None:
    assert len({(item["type"], item["id"]) for item in OBJECTS}) == len(OBJECTS)
    text = json.dumps(OBJECTS)
    for word in ("created_at", "updated_by", "created_by", "2023-10-01", str(ROOT)):
        assert word not in text


@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: item["id"])
def test_what_is_json_in_a_string_decodes(item: dict[str, Any]) -> None:
    def strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from strings(inner, key)
        elif isinstance(value, str):
            yield name, value

    packed = [text for name, text in strings(item["attributes"]) if name.endswith("JSON") or name == "fieldFormatMap"]
    assert packed
    for text in packed:
        assert isinstance(json.loads(text), dict | list)


def test_references_resolve_and_are_all_used() -> None:
    there = {(item["type"], item["id"]) for item in OBJECTS}
    for item in OBJECTS:
        names = [reference["name"] for reference in item["references"]]
        assert len(set(names)) == len(names), item["id"]
        for reference in item["references"]:
            assert (reference["type"], reference["id"]) in there, f"{item['id']}: {reference}"


@pytest.mark.parametrize("board", BOARDS, ids=lambda item: item["id"])
def test_panels_lie_on_the_grid_without_overlap_and_without_holes_at_the_left(board: dict[str, Any]) -> None:
    places = grid(board)
    for place in places:
        assert 0 <= place["x"] < place["x"] + place["w"] <= 48
        assert place["h"] > 0
    for one, two in itertools.combinations(places, 2):
        apart_x = one["x"] + one["w"] <= two["x"] or two["x"] + two["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= two["y"] or two["y"] + two["h"] <= one["y"]
        assert apart_x or apart_y, f"{one} and {two}"
    # Every row is filled to the right edge: the areas add up to the board's.
    height = max(place["y"] + place["h"] for place in places)
    assert sum(place["w"] * place["h"] for place in places) == 48 * height


@pytest.mark.parametrize("board", BOARDS, ids=lambda item: item["id"])
def test_a_board_opens_with_how_to_read_it_and_leads_to_the_others(board: dict[str, Any]) -> None:
    first, second, *rest = json.loads(board["attributes"]["panelsJSON"])
    words = first["embeddableConfig"]["savedVis"]["params"]["markdown"]
    assert (first["gridData"]["x"], first["gridData"]["y"]) == (0, 0)
    reading, limits = words.split("\n\n", 1)
    assert len(reading) > 200
    assert "**" in limits, "what the numbers cannot say is said, and stands out"
    others = {item["id"] for item in BOARDS} - {board["id"]}
    assert second["type"] == "links"
    leads = {reference["id"] for reference in board["references"] if reference["type"] == "dashboard"}
    assert leads == others
    assert len(rest) >= 5


def test_mention_boards_have_controls_for_role_brand_source_topic_and_language() -> None:
    wanted = {"brand.role", "brand.id", "source.id", "topics", "lang"}
    for board in BOARDS:
        found = json.loads(board["attributes"]["controlGroupInput"]["panelsJSON"]).values()
        fields = {control["explicitInput"]["fieldName"] for control in found}
        if board["id"] not in {"candor-alerts-fixes", "candor-sources"}:
            assert fields == wanted, board["id"]
        assert len(fields) >= 3


def test_a_panel_on_other_data_than_the_controls_ignores_them() -> None:
    (board,) = (item for item in BOARDS if item["id"] == "candor-alerts-fixes")
    ignoring = set()
    for item in json.loads(board["attributes"]["panelsJSON"]):
        state = item["embeddableConfig"].get("attributes", {}).get("state")
        layers = state["datasourceStates"]["formBased"]["layers"].values() if state else ()
        if any(layer.get("ignoreGlobalFilters") for layer in layers):
            ignoring.add(item["embeddableConfig"]["attributes"]["title"])
    assert ignoring == {"Ledger of fixes", "Fixes shipped over time"}


def test_every_field_of_a_mention_on_a_board_is_a_field_of_the_model() -> None:
    known = {info.path for info in mention_fields()} | {"@timestamp"}
    named = {path for panel in PANELS if panel.index == "mentions" for path, _ in panel.fields}
    assert named <= known
    assert len(named) > 15


def test_the_query_language_is_read_as_kibana_reads_it() -> None:
    assert translated('a : "x" and not b : *') == {
        "bool": {"filter": [{"match": {"a": "x"}}, {"bool": {"must_not": [{"exists": {"field": "b"}}]}}]}
    }
    assert translated('a : ("x" or "y")') == {"terms": {"a": ["x", "y"]}}
    assert translated('t >= "now-1d"') == {"range": {"t": {"gte": "now-1d"}}}
    with pytest.raises(AssertionError):
        translated('a : "x" b')


def test_every_board_finds_its_lists_as_kibana_looks_for_them() -> None:
    found = [
        referenced(board, item)
        for board in BOARDS
        for item in json.loads(board["attributes"]["panelsJSON"])
        if "panelRefName" in item
    ]
    assert len(found) == 5
    board = next(board for board in BOARDS if board["id"] == "candor-improve")
    item = {"panelIndex": "1", "panelRefName": "1:panel_1"}
    with pytest.raises(AssertionError, match="Could not find reference"):
        referenced({**board, "references": [{"name": "1:panel_1", "id": "x", "type": "search"}]}, item)


def test_rows_that_lack_a_field_are_asked_for_as_lens_asks() -> None:
    for column in lens_columns():
        params = column.get("params", {})
        assert not params.get("missingBucket") or params["otherBucket"], column["label"]


def test_a_column_has_the_type_of_its_field(filled: ElasticStore) -> None:
    connection = connected(filled.address)
    words = {"keyword": "string", "date": "date", "boolean": "boolean"}
    checked = 0
    for board, index, column in typed_columns():
        asked = {"fields": column["sourceField"]}
        found = connection.ask("GET", f"/{prefix(filled)}{index}/_field_caps", params=asked)["fields"]
        (kind,) = set(found[column["sourceField"]]) - {"unmapped"}
        assert column["dataType"] == words.get(kind, "number"), f"{board}: {column['label']}"
        checked += 1
    assert checked >= 8


def lens_columns() -> Iterator[dict[str, Any]]:
    for board in BOARDS:
        for item in json.loads(board["attributes"]["panelsJSON"]):
            state = item["embeddableConfig"].get("attributes", {}).get("state")
            for layer in state["datasourceStates"]["formBased"]["layers"].values() if state else ():
                yield from layer["columns"].values()


def typed_columns() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the columns whose type Kibana holds against the field's: last values, smallest and largest."""
    views = {item["id"]: item["attributes"]["title"] for item in OBJECTS if item["type"] == "index-pattern"}
    for board in BOARDS:
        for item in json.loads(board["attributes"]["panelsJSON"]):
            attributes = item["embeddableConfig"].get("attributes", {})
            for layer in (
                attributes.get("state", {}).get("datasourceStates", {}).get("formBased", {}).get("layers", {}).values()
            ):
                for column in layer["columns"].values():
                    if column["operationType"] in {"last_value", "min", "max"}:
                        yield board["id"], views[attributes["references"][0]["id"]], column


def test_a_link_into_a_board_sets_query_and_time_and_keeps_a_strangers_words_a_value() -> None:
    link = board_link(
        "https://kibana.example/",
        "candor-improve",
        space="brands",
        terms={"brand.id": ["ours"], "topics": ['it\'s "!" or *', "battery"]},
        since=datetime(2026, 1, 1, tzinfo=UTC),
    )
    head, _, state = link.partition("?")
    assert head == "https://kibana.example/s/brands/app/dashboards#/view/candor-improve-brands"
    assert state.startswith("_g=(time:(from:'2026-01-01T00:00:00.000Z',to:now))&_a=(query:(language:kuery,query:'")
    assert "it!%27s%20%5C%22!!%5C%22" in state
    assert kql({"a": ["x", "y"]}) == 'a : ("x" or "y")'
    assert kql({"a": ["(none)"], "b": ["x", "(none)"]}) == 'not a : * and (b : "x" or not b : *)'
    assert mappings.kibana.NO_VALUE == NO_VALUE


def test_the_sketch_in_the_docs_is_drawn_from_the_file() -> None:
    drawn = (ROOT / "docs" / "kibana-boards.svg").read_text("utf-8")
    assert drawn == sketch()
    assert ElementTree.fromstring(drawn).tag.endswith("svg")


def test_a_column_keeps_the_filter_that_its_source_asks_for() -> None:
    sources = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((BOARD_SOURCES).glob("*.yaml"))]
    wanted = [found for source in sources for found in asked_filters(source)]
    bodies = {(panel.board, panel.title): json.dumps(panel.body) for panel in PANELS}
    assert len(wanted) >= 8
    for board, title, text in wanted:
        assert json.dumps(translated(text)) in bodies[board, title], f"{board}: {title}: {text}"


def asked_filters(source: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for panel in source["panels"]:
        shown = panel.get("lens", {})
        for metric in [*shown.get("metrics", ()), shown.get("primary", {})]:
            if "filter" in metric:
                yield source["id"], panel["title"], metric["filter"]["kql"]


@pytest.mark.slow
def test_the_sources_make_the_file_byte_for_byte_and_the_linter_has_no_remark() -> None:
    done = subprocess.run([str(ROOT / "tools" / "boards"), "--check"], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr[-3000:]
    assert "byte for byte" in done.stdout


@pytest.fixture(scope="module", params=TESTED)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ElasticStore]:
    """A store with the sample crawled, two fixes in the ledger and three alerts."""
    with empty_store(request.param, tmp_path_factory.mktemp("boards"), name="boards") as store:
        crawled(request.param, tmp_path_factory).into(store)
        for alert in alerts(datetime.now(UTC)):
            ALERTS.put(store.records, alert)
        connected(store_address(request.param, "boards")).ask("POST", f"/{prefix(store)}*/_refresh")
        yield store


def alerts(now: datetime) -> Iterator[Alert]:
    """Yield an open alert, one that is over, and the verdict on a fix."""
    day = timedelta(days=1)
    common = {"episode": 1, "last_true_at": stamp(now), "updated_at": stamp(now), "evidence_total": 12}
    spike = {"brand": "quillane"}
    yield Alert(id="a1-1", fingerprint="a1", rule="volume_spike", labels=spike, severity="urgent", state="firing",
                opened_at=stamp(now - day), headline="Quillane: many more mentions", now="60 against 12 expected",
                why="spike", **common)  # type: ignore[arg-type]  # fmt: skip
    yield Alert(id="a2-1", fingerprint="a2", rule="source_failing", labels={"source": "dog-eared"}, severity="warning",
                state="resolved", opened_at=stamp(now - 3 * day), resolved_at=stamp(now - 2 * day),
                headline="dog-eared fails", **common)  # type: ignore[arg-type]  # fmt: skip
    labels = {"brand": "quillane", "theme": "battery", "fix": "f1", "verdict": "worked"}
    numbers: dict[str, float | int | str | None] = {
        "verdict": "worked",
        "before": 40,
        "before_of": 200,
        "after": 12,
        "after_of": 190,
        "effect": -0.65,
    }
    yield Alert(id="a3-1", fingerprint="a3", rule="fix_verdict", labels=labels, severity="info", state="closed",
                opened_at=stamp(now - day), headline="Quillane, battery: the fix worked", numbers=numbers,
                **common)  # type: ignore[arg-type]  # fmt: skip


def prefix(store: ElasticStore) -> str:
    return store.address.partition("prefix=")[2] + "-"


def indices(panel: Panel, store: ElasticStore) -> str:
    return ",".join(prefix(store) + part for part in panel.index.split(","))


def test_every_field_that_a_panel_names_is_in_the_mapping_with_a_fitting_type(filled: ElasticStore) -> None:
    connection = connected(filled.address)
    wrong = []
    for panel in PANELS:
        asked = ",".join(path for path, _ in panel.fields)
        found = connection.ask("GET", f"/{indices(panel, filled)}/_field_caps", params={"fields": asked})["fields"]
        for path, use in panel.fields:
            kinds = set(found.get(path, {})) - {"unmapped"}
            if not kinds or not kinds <= FITTING[use]:
                wrong.append(f"{panel}: {path} is {kinds or 'absent'}, for {use}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("panel", PANELS, ids=str)
def test_no_panel_is_empty_over_the_sample(panel: Panel, filled: ElasticStore) -> None:
    answer = connected(filled.address).ask("POST", f"/{indices(panel, filled)}/_search", panel.body)
    assert answer["_shards"]["failed"] == 0
    assert answer["hits"]["total"]["value"] > 0, "no document passes the filters"
    if panel.columns:
        assert len(answer["hits"]["hits"]) > 0
        return
    rows = list(leaves(answer["aggregations"], panel.levels))
    assert rows, "no bucket"
    names = [name for name in rows[0] if name.startswith("m")]
    for name in names:
        told = [number for row in rows if (number := value(row[name])) is not None]
        assert told, f"{name} has no value in any row"
        assert panel.zero_is_told or any(told), f"{name} is zero throughout"
