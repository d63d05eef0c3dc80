"""The files under mappings/ and the model say the same, both ways, and a server takes them as they are."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import mappings
from analysis.model import Claim, mention_fields
from analysis.model.records.crawl import HOST_WAITS, HostWait
from analysis.store.elastic.server.names import Names
from analysis.store.elastic.server.setup import Setup, leaves
from tests.support.elastic.servers import TESTED, connected, empty_store, store_address
from tests.support.mentions import make_mention

TYPES = {
    "keyword": "keyword",
    "text": "text",
    "date": "date",
    # As exact as the numbers that the embedded store keeps.
    "float": "double",
    "integer": "long",
    "boolean": "boolean",
    # Kept, neither searched nor counted: what is compared are the numbers beside it.
    "vector": "keyword",
}
CLAIM = {
    "kind": "keyword",
    "sentence": "text",
    "start": "long",
    "end": "long",
    "score": "double",
    "value": "keyword",
    "topic": "keyword",
}


def mention_mapping() -> dict[str, Any]:
    found: dict[str, Any] = mappings.component("mention")["template"]["mappings"]
    return found


def test_every_field_of_the_model_is_mapped_and_nothing_else() -> None:
    wanted = {info.path: TYPES[info.kind] for info in mention_fields() if info.kind != "object"}
    wanted |= {f"claims.{name}": kind for name, kind in CLAIM.items()}
    assert set(CLAIM) == {item.name for item in fields(Claim)}
    mapped = {path: spec["type"] for path, spec in leaves(mention_mapping()["properties"]).items()}
    assert mapped == {
        "@timestamp": "date",
        "hash.story": "long",
        "hash.author": "long",
        "near.vector": "dense_vector",
        **wanted,
    }


def test_every_field_is_described_in_the_words_of_the_model() -> None:
    about = mention_mapping()["_meta"]["about"]
    added = {path for path in about if path == "@timestamp" or path.startswith(("hash.", "near."))}
    assert {path: words for path, words in about.items() if path not in added} == {
        info.path: info.meaning for info in mention_fields()
    }
    assert all(about.values())


def test_only_tokens_are_split_at_white_space() -> None:
    analysed = {path: spec for path, spec in leaves(mention_mapping()["properties"]).items() if "analyzer" in spec}
    assert analysed == {"tokens": {"type": "text", "analyzer": "whitespace"}}


@pytest.mark.parametrize("name", mappings.TEMPLATES)
def test_templates_win_over_others_and_use_what_is_there(name: str) -> None:
    template = mappings.template(name)
    assert template["priority"] >= 200
    assert template["version"] >= 1
    assert template["_meta"]["managed_by"] == "candor"
    assert set(template["composed_of"]) <= {f"candor-{component}" for component in mappings.COMPONENTS}
    assert template["allow_auto_create"] is False


def test_lifecycle_never_deletes() -> None:
    phases = mappings.lifecycle_policy()["policy"]["phases"]
    assert "delete" not in phases
    assert all("delete" not in phase["actions"] for phase in phases.values())


@pytest.mark.parametrize("line", TESTED)
def test_the_server_builds_just_these_mappings(line: str, tmp_path: Path) -> None:
    with empty_store(line, tmp_path) as store:
        connection = connected(store_address(line, "one"))
        for name, index in (("mentions", store.names.mentions(1, "2031")), ("records", store.names.records("alert"))):
            made = connection.ask("POST", f"/_index_template/_simulate_index/{index}")["template"]
            component = "mention" if name == "mentions" else "record"
            wanted = mappings.component(component)["template"]["mappings"]
            assert set(leaves(made["mappings"]["properties"])) == set(leaves(wanted["properties"]))
        installed = connection.ask("GET", f"/_index_template/{store.names.template('mentions')}")
        meta = installed["index_templates"][0]["index_template"]["_meta"]
        assert meta["hash"] == mappings.fingerprint()
        assert store.setup.check() == []
        connection.close()


@pytest.mark.parametrize("line", TESTED)
def test_the_users_own_component_is_never_overwritten(line: str, tmp_path: Path) -> None:
    with empty_store(line, tmp_path) as store:
        connection = connected(store_address(line, "one"))
        path = f"/_component_template/{store.names.template('custom')}"
        own = {"template": {"mappings": {"properties": {"team": {"type": "keyword"}}}}}
        connection.ask("PUT", path, own)
        connection.ask("DELETE", f"/_index_template/{store.names.template('mentions')}")
        assert Setup(connection, store.names).install()
        assert (
            connection.ask("GET", path)["component_templates"][0]["component_template"]["template"] == own["template"]
        )
        connection.ask("PUT", path, {"template": {}})
        connection.close()


@pytest.mark.parametrize("line", TESTED)
def test_the_users_number_of_shards_holds_for_the_next_year(line: str, tmp_path: Path) -> None:
    with empty_store(line, tmp_path) as store:
        connection = connected(store_address(line, "one"))
        path = f"/_component_template/{store.names.template('custom')}"
        connection.ask("PUT", path, {"template": {"settings": {"index": {"number_of_shards": 3}}}})
        assert Setup(connection, store.names).install() == []
        settings = f"/{store.names.alias}/_settings"
        before = connection.ask("GET", settings)
        store.write([make_mention(1)])
        HOST_WAITS.put(store.records, HostWait(host="news.example", until=datetime(2026, 3, 1, tzinfo=UTC), why="busy"))
        store.refresh()
        made = {name: index for name, index in connection.ask("GET", settings).items() if name not in before}
        assert [index["settings"]["index"]["number_of_shards"] for index in made.values()] == ["3"]
        # Records are few: they stay in one.
        records = connection.ask("GET", f"/{store.names.records_prefix}*/_settings")
        assert {index["settings"]["index"]["number_of_shards"] for index in records.values()} == {"1"}
        connection.ask("PUT", path, {"template": {}})
        connection.close()


def test_names_tell_kinds_apart() -> None:
    names = Names("team-")
    kinds = ["alert", "a b", "a.b", "a-b", "A b", "source_run"]
    assert len({names.records(kind) for kind in kinds}) == len(kinds)
    assert names.generation("team-mentions-v12-2026") == 12
    assert names.generation("mentions-v1-2026") == 0
    assert names.generation("team-mentions-v1") == 0
