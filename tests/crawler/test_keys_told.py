"""Keys of APIs are told to their own hosts alone, and ``candor doctor`` says whether they work and what is left."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.crawler.spiders.test_answer_kinds import Exchange, Play, Tube, service_account
from tests.crawler.spiders.test_desk_kinds import DESKS, Desk
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


def exchange(asked: ApiAsked) -> ApiAnswer | None:
    if asked.path != "/2.3/info":
        return Exchange()(asked)
    if asked.query.get("key") not in (None, "right"):
        return ApiAnswer({"error_id": 400, "error_name": "bad_parameter", "error_message": "key"}, 400)
    return ApiAnswer({"items": [], "quota_max": 10000, "quota_remaining": 9812})


def tube(asked: ApiAsked) -> ApiAnswer | None:
    if asked.path == "/youtube/v3/i18nLanguages" and asked.headers.get("x-goog-api-key") == "right":
        return ApiAnswer({"kind": "youtube#i18nLanguageListResponse", "items": []})
    return Tube()(asked)


def test_doctor_knows_the_key_of_every_kind_that_takes_one(tmp_path: Path) -> None:
    with ExitStack() as open_:
        apis: dict[str, Callable[[ApiAsked], ApiAnswer | None]] = {
            "stackexchange": exchange,
            "youtube": tube,
            "playstore": Play(),
        }
        hosts = {kind: open_.enter_context(DocumentedApi(api)) for kind, api in apis.items()}
        desks: dict[str, Desk] = {kind: make(1) for kind, make in DESKS.items()}
        hosts |= {kind: open_.enter_context(DocumentedApi(desk)) for kind, desk in desks.items()}
        more: dict[str, dict[str, str]] = {
            "stackexchange": {"site": "cooking"},
            "playstore": {"app": "example.kettle"},
            "zendesk": {"user": "odd@kettle.example"},
        }
        tables = {
            f"{kind}-{word}": {"kind": kind, "api": host.api, "key_env": f"{kind}_{word}".upper(), **more.get(kind, {})}
            for kind, host in hosts.items()
            for word in ("right", "wrong", "none")
        }
        configure(tmp_path, tables)
        keys = {f"{kind.upper()}_WRONG": "wrong" for kind in hosts}
        keys |= {f"{kind.upper()}_RIGHT": "k3y" if kind in desks else "right" for kind in hosts}
        del keys["PLAYSTORE_RIGHT"]
        keys["PLAYSTORE_RIGHT_FILE"] = str(service_account(tmp_path, hosts["playstore"].api))
        said = doctor(tmp_path, keys)
    words = {
        "stackexchange": "; 9,812 of 10,000 requests of this day are left",
        "youtube": "; 10,000 units a day, 100 for a page of a search; YouTube does not tell what is left of them",
        "playstore": "",
        "zendesk": "; 698 of 700 requests of this minute are left",
        "freshdesk": "; 42 of 100 requests of this minute are left",
        "intercom": "; 1660 of 1666 requests of these ten seconds are left",
    }
    for kind, left in words.items():
        assert said[f"{kind}-right"] == ("ok", f"answered 200; the key in {kind.upper()}_RIGHT works{left}")
    assert {said[f"{kind}-wrong"][0] for kind in hosts} == {"bad"}
    assert "the key in ZENDESK_WRONG was refused: 401" in said["zendesk-wrong"][1]
    assert said["stackexchange-none"][1].startswith("answered 200; no key (STACKEXCHANGE_NONE is not set)")
    needing = [said[f"{kind}-none"] for kind in hosts if kind != "stackexchange"]
    assert all(state == "bad" and words.startswith("needs a key: set ") for state, words in needing)
