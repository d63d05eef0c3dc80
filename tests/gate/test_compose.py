"""docker-compose.yml holds what docs/compose.md promises; ``make rehearse`` plays it for real."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.rehearse import check_files

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


def test_the_files_hold_what_is_promised() -> None:
    check_files(COMPOSE)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda services: services["kibana"].update(image="kibana:8.18.0"),
        lambda services: services["candor"].update(read_only=False),
        lambda services: services["candor"].update(user="0:0"),
        lambda services: services["elasticsearch"]["environment"].update(ELASTIC_PASSWORD="changeme"),
        lambda services: services["elasticsearch"].update(ports=["9200:9200"]),
        lambda services: services["setup"].pop("mem_limit"),
        lambda services: services["candor"]["environment"].pop("CANDOR_SPOOL"),
        lambda services: services["candor"]["environment"].update(CANDOR_SPOOL="/tmp/spool"),
        lambda services: services["candor"].update(volumes=["candor-state:/var/lib/candor:ro"]),
        lambda services: services["candor"].update(volumes=["./state:/var/lib/candor"]),
        lambda services: services["candor"].pop("healthcheck"),
        lambda services: services["candor"]["healthcheck"].update(test=["CMD", "true"]),
        lambda services: services["candor"]["healthcheck"].update(
            test=["CMD", "candor", "watch", "--check", "--config", "/var/lib/candor/candor.toml"]
        ),
        lambda services: services["candor"]["environment"].pop("CANDOR_STATE"),
    ],
)
def test_a_broken_promise_is_found(spoil: Callable[[dict[str, Any]], None]) -> None:
    compose = copy.deepcopy(COMPOSE)
    spoil(compose["services"])
    with pytest.raises(SystemExit, match="FAILED"):
        check_files(compose)


def test_every_script_that_a_service_runs_is_in_the_image() -> None:
    for service in COMPOSE["services"].values():
        for word in service.get("entrypoint", ()):
            if word.startswith("/opt/candor/docker/"):
                path = ROOT / "docker" / word.rpartition("/")[2]
                assert path.exists()
                assert path.suffix == ".py" or path.stat().st_mode & 0o100
