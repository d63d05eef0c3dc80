"""``candor kibana setup`` against a stand-in that checks what it is sent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from analysis.model.errors import UsageError
from candor.kibana.boards import BoardsError, Kibana, kibana_from, set_up
from mappings.kibana import ndjson, saved_objects
from tests.support.elastic.kibana_stand_in import StandIn, basic, standing_in

OBJECTS = len(saved_objects())


class Clock:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def kibana() -> Iterator[StandIn]:
    with standing_in(authorization=basic("elastic", "s3cret-word")) as running:
        yield running


SECRETS = {"CANDOR_ELASTIC_USER": "elastic", "CANDOR_ELASTIC_PASSWORD": "s3cret-word"}


def server(kibana: StandIn, *, space: str = "", wait_s: float = 30, environ: Mapping[str, str] = SECRETS) -> Kibana:
    made = kibana_from(kibana.url, space=space, wait_s=wait_s, environ=environ)
    clock = Clock()
    return Kibana(url=made.url, space=space, secrets=made.secrets, wait_s=wait_s, clock=clock, sleep=clock.sleep)


def test_everything_is_imported_and_the_default_data_view_set(kibana: StandIn) -> None:
    done = set_up(server(kibana), tell=print)
    assert done.objects == OBJECTS
    assert {name[1:] for name in kibana.objects} == {(item["type"], item["id"]) for item in saved_objects()}
    assert [kibana.objects["default", item["type"], item["id"]] for item in saved_objects()] == list(saved_objects())
    assert kibana.default_view == {"default": "candor-mentions"}
    assert kibana.asked == [
        "GET /api/status",
        "POST /api/saved_objects/_import?overwrite=true",
        "POST /api/data_views/default",
    ]


def test_a_second_time_changes_nothing_and_is_no_conflict(kibana: StandIn) -> None:
    set_up(server(kibana), tell=print)
    before = dict(kibana.objects)
    set_up(server(kibana), tell=print)
    assert kibana.objects == before


def test_a_named_space_is_made_once_and_everything_goes_there(kibana: StandIn) -> None:
    for _ in range(2):
        done = set_up(server(kibana, space="brands"), tell=print)
    assert kibana.spaces == {"default", "brands"}
    assert {name[0] for name in kibana.objects} == {"brands"}
    assert kibana.default_view == {"brands": "candor-mentions-brands"}
    assert done.board == f"{kibana.url}/s/brands/app/dashboards#/view/candor-improve-brands"
    assert ("brands", "dashboard", "candor-improve-brands") in kibana.objects
    assert sum("POST /api/spaces" in line for line in kibana.asked) == 1


def test_each_space_has_ids_of_its_own_and_every_object_names_only_those(kibana: StandIn) -> None:
    for space in ("", "brands", "care"):
        set_up(server(kibana, space=space), tell=print)
    assert len({key[2] for key in kibana.objects}) == len(kibana.objects) == 3 * OBJECTS
    plain = [json.loads(line)["id"] for line in ndjson().splitlines()]
    text = "".join(line for line in ndjson("brands").splitlines(keepends=True))
    assert [name for name in plain if f'"{name}"' in text or f'"{name}\\' in text] == []
    references = {ref["id"] for line in text.splitlines() for ref in json.loads(line)["references"]}
    assert references <= {f"{name}-brands" for name in plain}


def test_ids_that_another_space_holds_already_are_told_with_the_cure(kibana: StandIn) -> None:
    kibana.objects["other", "dashboard", "candor-improve"] = {}
    with pytest.raises(BoardsError, match=r"1 of our ids are taken by another space.*candor-improve became.*delete"):
        set_up(server(kibana), tell=print)
    assert not kibana.default_view


def test_it_waits_through_503_and_through_degraded_until_available(kibana: StandIn) -> None:
    kibana.faults["/api/status"] = [(503, b"Kibana server is not ready yet")] * 2
    kibana.levels = ["degraded", "unavailable"]
    said: list[str] = []
    set_up(server(kibana), tell=said.append)
    assert sum(line == "GET /api/status" for line in kibana.asked) == 5
    assert any("503" in words for words in said)
    assert any("Kibana is degraded" in words for words in said)


def test_a_busy_moment_in_the_middle_is_waited_for(kibana: StandIn) -> None:
    kibana.faults["/api/saved_objects"] = [(503, b"{}")]
    assert set_up(server(kibana), tell=print).objects == OBJECTS


def test_kibana_that_never_gets_ready_is_told_with_the_cure(kibana: StandIn) -> None:
    kibana.faults["/api/status"] = [(503, b"")] * 100
    with pytest.raises(BoardsError, match=r"not ready within 30 s \(it answers 503\).*--wait"):
        set_up(server(kibana), tell=lambda words: None)


def test_nobody_there_is_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clock = Clock()
    made = kibana_from(f"http://127.0.0.1:{port}", space="", wait_s=4, environ=SECRETS)
    quick = Kibana(url=made.url, secrets=made.secrets, wait_s=4, clock=clock, sleep=clock.sleep)
    with pytest.raises(BoardsError, match="Connection refused"):
        set_up(quick, tell=lambda words: None)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"type": "conflict"}, "in conflict"),
        ({"type": "missing_references", "references": [{"type": "index-pattern", "id": "gone"}]}, "index-pattern gone"),
        ({"type": "unsupported_type"}, "does not know this type"),
        ({"type": "unknown", "message": "Document is too new"}, "Document is too new"),
    ],
)
def test_what_kibana_refuses_fails_with_its_reason(kibana: StandIn, error: dict[str, object], words: str) -> None:
    kibana.errors = [{"type": "dashboard", "id": "candor-improve", "error": error}]
    with pytest.raises(
        BoardsError, match=f"took {OBJECTS - 1} of {OBJECTS} saved objects: dashboard candor-improve.*{words}"
    ):
        set_up(server(kibana), tell=print)
    assert not kibana.default_view


def test_success_with_too_small_a_count_is_a_failure(kibana: StandIn) -> None:
    kibana.faults["/api/saved_objects"] = [(200, json.dumps({"success": True, "successCount": 3}).encode())]
    with pytest.raises(BoardsError, match=f"took 3 of {OBJECTS}"):
        set_up(server(kibana), tell=print)


@pytest.mark.parametrize(
    ("path", "status", "body", "words"),
    [
        ("/api/saved_objects", 403, b'{"message": "Unable to bulk_create dashboard"}', "not allowed.*bulk_create"),
        ("/api/saved_objects", 413, b"<html>", "server.maxPayload"),
        ("/api/saved_objects", 200, b"<html>Welcome</html>", "is not Kibana"),
        ("/api/status", 302, b"http://elsewhere.example/login", "sends us elsewhere"),
        ("/api/data_views", 500, b'{"message": "boom"}', "answered 500: boom"),
    ],
)
def test_other_answers_are_told_in_words(kibana: StandIn, path: str, status: int, body: bytes, words: str) -> None:
    kibana.faults[path] = [(status, body)]
    with pytest.raises(BoardsError, match=words):
        set_up(server(kibana), tell=print)


def test_a_wrong_password_fails_at_once_and_stands_in_no_message(kibana: StandIn) -> None:
    wrong = {"CANDOR_KIBANA_USER": "elastic", "CANDOR_KIBANA_PASSWORD": "wr0ng-word"}
    with pytest.raises(BoardsError, match="does not accept who we say we are") as caught:
        set_up(server(kibana, environ=wrong), tell=print)
    assert "wr0ng-word" not in str(caught.value)
    assert len(kibana.asked) == 1


def test_kibanas_own_secrets_win_over_the_stores() -> None:
    both = {**SECRETS, "CANDOR_KIBANA_API_KEY": "abc", "CANDOR_ELASTIC_API_KEY": "other"}
    assert kibana_from("http://k.example", space="", wait_s=1, environ=both).secrets.api_key == "abc"
    user = {"CANDOR_ELASTIC_API_KEY": "other", "CANDOR_KIBANA_USER": "u", "CANDOR_KIBANA_PASSWORD": "p"}
    found = kibana_from("http://k.example", space="", wait_s=1, environ=user).secrets
    assert (found.user, found.api_key) == ("u", "")


@pytest.mark.parametrize("url", ["kibana.example", "ftp://kibana.example", "http://u:p@kibana.example"])
def test_an_address_that_cannot_be_is_a_mistake_in_the_call(url: str) -> None:
    with pytest.raises(UsageError):
        kibana_from(url, space="", wait_s=1, environ={})


def command(kibana: StandIn, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys; from candor.commands.team.kibana import app; from candor.cli import main; import candor.cli as c;"
    )
    code += "c.app.registered_groups[:] = [g for g in c.app.registered_groups if g.name != 'kibana'];"
    code += "c.app.add_typer(app, name='kibana'); main()"
    told = {**os.environ, **SECRETS, **environ}
    call = [sys.executable, "-c", code, "kibana", "setup", "--url", kibana.url, *words]
    return subprocess.run(call, capture_output=True, text=True, check=False, env=told)


def test_the_command_exits_0_with_json_and_1_with_the_reason(kibana: StandIn) -> None:
    done = command(kibana, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["objects"] == OBJECTS
    failed = command(kibana, CANDOR_ELASTIC_PASSWORD="nope")
    assert failed.returncode == 1
    assert "does not accept" in failed.stderr
    assert "nope" not in failed.stderr
    assert "Traceback" not in failed.stderr
