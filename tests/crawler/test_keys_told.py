"""Keys of APIs are told to their own hosts alone, and ``candor doctor`` says whether they work and what is left."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.crawl.crawling import configure, crawl
from tests.support.crawl.documented_api import ApiAnswer, ApiAsked, DocumentedApi


def doctor(folder: Path, environ: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return state and words of each part, as a person's own call says them."""
    command = [sys.executable, "-c", "from candor.cli import main; main()", "doctor", "--json"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, env={"PATH": "/usr/bin", **environ}
    )
    assert done.stderr == ""
    return {row["part"]: (row["state"], row["words"]) for row in map(json.loads, done.stdout.splitlines())}


def github(asked: ApiAsked) -> ApiAnswer | None:
    key = asked.headers.get("authorization")
    if key not in (None, "Bearer right"):
        return ApiAnswer({"message": "Bad credentials"}, 401)
    if asked.path == "/rate_limit":
        limit = 5000 if key else 60
        return ApiAnswer({"resources": {"core": {"limit": limit, "remaining": limit - 12, "reset": 1}}})
    return ApiAnswer([] if asked.path.startswith("/repos/kettle/app/issues") else {}, 200)


def test_a_key_is_told_to_its_own_api(tmp_path: Path) -> None:
    with DocumentedApi(github) as host:
        config = configure(tmp_path, {"it": {"kind": "github", "api": host.api, "repository": "kettle/app"}})
        crawl(config, environ={"GITHUB_TOKEN": "right"})
        assert {asked.headers.get("authorization") for asked in host.asked} == {"Bearer right"}
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"Bearer right" not in stored


def source(api: str, **keys: Any) -> dict[str, Any]:
    return {"kind": "github", "api": api, "repository": "kettle/app", **keys}


def test_doctor_says_which_keys_work_and_what_is_left(tmp_path: Path) -> None:
    with DocumentedApi(github) as host:
        configure(
            tmp_path,
            {
                "none": source(host.api, key_env="NO_KEY"),
                "right": source(host.api, key_env="RIGHT"),
                "wrong": source(host.api, key_env="WRONG"),
            },
        )
        said = doctor(tmp_path, {"RIGHT": "right", "WRONG": "wrong"})
    left = "requests of this hour are left"
    assert said["none"] == ("ok", f"answered 200; no key (NO_KEY is not set); 48 of 60 {left}")
    assert said["right"] == ("ok", f"answered 200; the key in RIGHT works; 4,988 of 5,000 {left}")
    refused = "the key in WRONG was refused: 401; see that it is whole and may read this"
    assert said["wrong"] == ("bad", refused)
