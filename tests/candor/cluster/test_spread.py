"""What the flags of a cluster mean, and what is refused before any cluster is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.model.errors import UsageError
from candor.cli import app
from candor.cluster.spread import ClusterPlace, job_of, where
from crawler.cluster.connection import ADDRESS_VARIABLE, address_of
from crawler.configuration import from_text

TEXT = """
store = "{store}"
[[brands]]
name = "Kettlo"
role = "own"
[crawl]
contact = "mailto:web@kettlo.example"
[[sources]]
kind = "youtube"
id = "videos"
key_env = "TUBE_KEY"
query = "kettlo"
"""


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)


def test_the_address_is_the_flags_or_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address_of("ray") == ""
    assert address_of("ray://head.example:10001") == "ray://head.example:10001"
    monkeypatch.setenv(ADDRESS_VARIABLE, "head.example:6379")
    assert address_of("ray") == "head.example:6379"
    for wrong in ("spark", "http://head.example:8265", "ray://head.example"):
        with pytest.raises(UsageError, match="write ray, or its address"):
            address_of(wrong)


def test_a_store_with_one_writer_takes_one_actor_on_this_machine(tmp_path: Path) -> None:
    folder = from_text(TEXT.format(store="store"), path=tmp_path / "candor.toml")
    server = from_text(TEXT.format(store="https://elastic.example"), path=tmp_path / "candor.toml")
    assert where(folder, "ray", None) == ClusterPlace(address="", actors=1)
    assert where(server, "ray://head.example:10001", 7) == ClusterPlace(address="ray://head.example:10001", actors=7)
    for on, actors in (("ray://head.example:10001", None), ("ray", 2)):
        with pytest.raises(UsageError, match="one writer"):
            where(folder, on, actors)


def test_actors_get_the_keys_and_do_not_show_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUBE_KEY", "video-secret")
    monkeypatch.setenv("CANDOR_ELASTIC_API_KEY", "store-secret")
    monkeypatch.setenv("CANDOR_KEY", "ab" * 32)
    monkeypatch.setenv("UNRELATED", "private")
    job = job_of(from_text(TEXT.format(store="https://elastic.example"), path=tmp_path / "candor.toml"))
    assert job.environ["TUBE_KEY"] == "video-secret"
    assert job.environ["CANDOR_ELASTIC_API_KEY"] == "store-secret"
    assert job.environ["CANDOR_KEY"] == "ab" * 32
    assert "UNRELATED" not in job.environ
    assert "secret" not in repr(job)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["crawl", "--on", "ray://head.example:10001"], "one writer"),
        (["crawl", "--on", "ray", "--since", "30d"], "--since"),
        (["crawl", "--actors", "3"], "--actors"),
        (["cluster", "status"], "RAY_ADDRESS"),
    ],
)
def test_what_cannot_be_is_refused(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "candor.toml").write_text(TEXT.format(store="store"))
    result = CliRunner().invoke(app, words)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)


def test_ray_is_imported_only_where_somebody_crawls_on_a_cluster() -> None:
    parts = "candor.cli, candor.cluster.spread, candor.cluster.status, crawler.cluster.actor, crawler.cluster.fleet"
    asked = f"import sys, {parts}; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
