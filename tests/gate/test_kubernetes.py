"""The manifests of a cluster hold what their kinds require, agree with each other, and call commands that there are.

No schema of Kubernetes or KubeRay is shipped, so this checks required fields and agreement, and is no validation by an
API server.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from candor.cli import app

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "deploy" / "ray"
CLUSTER: dict[str, Any] = yaml.safe_load((PLACE / "raycluster.yaml").read_text("utf-8"))
WATCH: list[dict[str, Any]] = list(yaml.safe_load_all((PLACE / "watch.yaml").read_text("utf-8")))
DEPLOYMENT, SERVICE = WATCH


def groups() -> list[dict[str, Any]]:
    return [CLUSTER["spec"]["headGroupSpec"], *CLUSTER["spec"]["workerGroupSpecs"]]


def pods() -> list[dict[str, Any]]:
    """Return the specification of every pod."""
    return [group["template"]["spec"] for group in groups()] + [DEPLOYMENT["spec"]["template"]["spec"]]


def test_each_is_of_its_kind_and_named() -> None:
    found = [(one["apiVersion"], one["kind"]) for one in (CLUSTER, *WATCH)]
    assert found == [("ray.io/v1", "RayCluster"), ("apps/v1", "Deployment"), ("v1", "Service")]
    assert all(re.fullmatch(r"[a-z0-9-]{1,63}", one["metadata"]["name"]) for one in (CLUSTER, *WATCH))


def test_the_groups_of_the_cluster_have_what_is_required() -> None:
    for group in groups():
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        assert group["template"]["spec"]["containers"]
    for group in CLUSTER["spec"]["workerGroupSpecs"]:
        assert group["groupName"]
        assert 0 <= group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    assert CLUSTER["spec"]["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


def test_every_pod_is_whole() -> None:
    for pod in pods():
        volumes = {volume["name"] for volume in pod.get("volumes", ())}
        for container in pod["containers"]:
            assert container["name"]
            assert container["image"] == "candor-ray:0.1.0"
            assert container["resources"]["limits"]["memory"]
            assert {mount["name"] for mount in container.get("volumeMounts", ())} <= volumes


def test_the_service_finds_the_watch() -> None:
    labels = DEPLOYMENT["spec"]["template"]["metadata"]["labels"]
    assert DEPLOYMENT["spec"]["selector"]["matchLabels"] == labels == SERVICE["spec"]["selector"]
    (container,) = DEPLOYMENT["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports[SERVICE["spec"]["ports"][0]["targetPort"]] == 9464
    assert f"0.0.0.0:{ports['metrics']}" in container["command"]


def test_the_watch_uses_this_cluster_and_flags_that_there_are() -> None:
    (container,) = DEPLOYMENT["spec"]["template"]["spec"]["containers"]
    # KubeRay calls the head's service by the cluster's name.
    assert f"ray://{CLUSTER['metadata']['name']}-head-svc:10001" in container["command"]
    help_text = CliRunner().invoke(app, ["watch", "--help"], env={"COLUMNS": "200"}).output
    plain = re.sub(r"\x1b\[[0-9;]*m", "", help_text)
    for words in (container["command"], container["livenessProbe"]["exec"]["command"]):
        assert words[:2] == ["candor", "watch"]
        assert all(word in plain for word in words if word.startswith("--"))


@pytest.mark.parametrize("name", ["raycluster.yaml", "Dockerfile"])
def test_the_versions_of_ray_are_those_that_are_tested(name: str) -> None:
    pinned = dict(re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE))
    assert pinned["ray"] in (PLACE / name).read_text("utf-8")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert all(f":{version}" in container["image"] for pod in pods() for container in pod["containers"])
