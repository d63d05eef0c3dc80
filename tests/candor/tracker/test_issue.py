"""A theme or a mention as an issue: `candor issue` against trackers on loopback, over a real store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.ledger import copies
from analysis.model import Mention
from analysis.model.records.issue import ISSUES
from analysis.model.records.ledger import FIXES
from analysis.settings.file import Config
from analysis.settings.tables import TrackerSection
from analysis.store.embedded.store import EmbeddedStore
from candor.checks.outside import outside_lines
from candor.tracker.asking import KEY as VARIABLE
from candor.tracker.asking import USER, waits
from tests.candor.commands.test_commands import Done, candor, rows
from tests.candor.paper.test_printing import CONFIG
from tests.support import seeded
from tests.support.trackers import KEY, TrackerStub, tracker_server

PROJECTS = {"github": "tessaro/kettle", "gitlab": "tessaro/kettle", "jira": "KET", "linear": "KET"}
PREFIX = {"github": "1", "gitlab": "1", "jira": "KET-1", "linear": "KET-1"}
ATTACK = (
    "tessaro @everyone @tessaro/team closes #1 [click](https://evil.example) ![x](https://evil.example/x.png) "
    "<img src=x onerror=alert(1)> {noformat} ``` https://github.com/tessaro/kettle/issues/2 /close"
)
THEME = "theme-tessaro-battery"


@pytest.fixture(params=list(PROJECTS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tracker(kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrackerStub]:
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setenv(USER, "ann@tessaro.example" if kind == "jira" else "")
    with tracker_server(kind) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path, kind: str, tracker: TrackerStub) -> Path:
    return filled(tmp_path, kind, tracker.url)


def filled(folder: Path, kind: str, url: str, more: str = "") -> Path:
    """A folder with a seeded store and a tracker in its configuration."""
    section = f'[tracker]\nkind = "{kind}"\nproject = "{PROJECTS[kind]}"\napi = "{url}"\nlabels = ["from customers"]\n'
    (folder / "candor.toml").write_text(f'store = "{folder / "store"}"\n{CONFIG}{section}{more}')
    with seeded.seeded_store(folder / "store"):
        pass
    return folder


def ours() -> list[Mention]:
    return [one for one in seeded.mentions() if "battery" in one.complaint_topics and one.brand.id == "tessaro"]


def issue(folder: Path, *words: str) -> list[dict[str, Any]]:
    signed = () if words[0] == "list" else ("--by", "ann")
    return rows(candor(folder, "issue", *words, *signed, "--json"))


def proposed(folder: Path, about: str = "battery") -> dict[str, Any]:
    (made,) = issue(folder, "propose", about, "--now", "2026-11-01")
    return made


def said(done: Done) -> str:
    return " ".join((done.stdout + done.stderr).split())


def test_a_theme_is_proposed_sent_once_looked_at_and_offered_as_a_fix(
    folder: Path, kind: str, tracker: TrackerStub
) -> None:
    shown = candor(folder, "issue", "propose", "Battery life", "--now", "2026-11-01")
    assert "Nothing was sent. To send it: candor issue send theme-tessaro-battery" in said(shown)
    assert tracker.asked == []
    made = proposed(folder)
    assert (made["key"], made["state"]) == (THEME, "proposed")
    assert made["title"].startswith("Battery life: 52 of 148 mentions (35%) complain, rising")
    (sent,) = issue(folder, "send", THEME)
    assert (sent["state"], sent["number"], sent["sent_by"], sent["remote"]) == ("sent", PREFIX[kind], "ann", "open")
    assert sent["url"].endswith(PREFIX[kind])
    there = tracker.issues[PREFIX[kind]]
    assert there["title"] == made["title"]
    assert "How many: 52 of 148 mentions" in there["text"]
    assert "https://daily-news.example/p/" in there["text"]
    asked = len(tracker.asked)
    assert issue(folder, "send", THEME) == [sent]
    assert proposed(folder) == sent
    assert len(tracker.asked) == asked
    (looked,) = issue(folder, "sync")
    assert (looked["remote"], looked["changed"], looked["offered"]) == ("open", False, "")
    tracker.close(PREFIX[kind], "done")
    (looked,) = issue(folder, "sync")
    assert (looked["remote"], looked["changed"], looked["offered"]) == ("done", True, "00001")
    assert looked["closed_at"].startswith("2026-10-30T10:00")
    assert issue(folder, "sync") == []
    assert candor(folder, "proposals", "accept", "1", "--by", "ann").returncode == 0
    with EmbeddedStore(folder / "store") as store:
        fix = list(FIXES.values(store.records))[-1]
    assert (fix.theme, fix.brand, str(fix.shipped), fix.who) == ("battery", "tessaro", "2026-10-30", "ann")
    assert fix.note == f"{kind} {PROJECTS[kind]} {PREFIX[kind]}"
    assert proposed(folder)["key"] == f"{THEME}-2"


def test_an_issue_that_is_dropped_offers_nothing(folder: Path, kind: str, tracker: TrackerStub) -> None:
    proposed(folder)
    issue(folder, "send", THEME)
    tracker.close(PREFIX[kind], "dropped")
    (looked,) = issue(folder, "sync")
    # GitLab does not say why an issue was closed.
    assert (looked["remote"], looked["offered"]) == (("done", "00001") if kind == "gitlab" else ("dropped", ""))


def test_strangers_words_call_nobody_and_hold_no_markup(folder: Path, kind: str, tracker: TrackerStub) -> None:
    with EmbeddedStore(folder / "store", write=True) as store:
        store.write([replace(ours()[-1], text=ATTACK, quote=ATTACK, title=ATTACK, last_seen_at=seeded.END)])
        store.refresh()
    made = proposed(folder, ours()[-1].id)
    issue(folder, "send", made["key"])
    text = tracker.issues[PREFIX[kind]]["title"] + tracker.issues[PREFIX[kind]]["text"]
    assert "＠everyone" in text
    for live in ("@everyone", "@tessaro", "#1", "](", "![", "<img", "```", "evil.example", "github.com/tessaro"):
        assert live not in text, live


def test_what_is_private_leaves_in_no_number_and_no_quote(folder: Path, tracker: TrackerStub) -> None:
    before = proposed(folder)
    secrets = [replace(one, private=True, last_seen_at=seeded.END + timedelta(days=1)) for one in ours()[-20:]]
    with EmbeddedStore(folder / "store", write=True) as store:
        store.write(secrets)
        store.refresh()
    after = proposed(folder)
    assert before["title"].startswith("Battery life: 52 of 148")
    assert after["title"].startswith("Battery life: 32 of 128")
    assert {quote["id"] for quote in after["quotes"]}.isdisjoint(one.id for one in secrets)
    done = candor(folder, "issue", "propose", secrets[0].id)
    assert done.returncode == 2
    assert "its words do not leave the house" in said(done)
    assert tracker.asked == []


def test_an_erased_post_is_blanked_in_what_is_kept(folder: Path) -> None:
    one = ours()[-1]
    made = proposed(folder, one.id)
    assert one.text[:20] in made["body"]
    with EmbeddedStore(folder / "store", write=True) as store:
        assert copies.blank(store.records, [one]) == 1
        (left,) = ISSUES.values(store.records)
    assert one.text[:20] not in f"{left.title} {left.body} {left.quotes}"


def test_a_wrong_key_leaves_it_proposed(folder: Path, monkeypatch: pytest.MonkeyPatch, tracker: TrackerStub) -> None:
    proposed(folder)
    monkeypatch.setenv(VARIABLE, "wrong-key")
    done = candor(folder, "issue", "send", THEME)
    assert done.returncode == 1
    assert "refused the key" in said(done)
    assert "check CANDOR_TRACKER_KEY" in said(done)
    assert "wrong-key" not in said(done)
    (left,) = issue(folder, "list")
    assert (left["state"], "refused the key" in left["cause"]) == ("proposed", True)
    monkeypatch.setenv(VARIABLE, KEY)
    assert issue(folder, "send", THEME)[0]["state"] == "sent"
    assert len(tracker.issues) == 1


def test_two_who_send_at_once_make_one_issue(folder: Path, tracker: TrackerStub) -> None:
    from analysis.ledger.entries import Stamp
    from analysis.model.errors import UsageError
    from candor.tracker import issues
    from candor.tracker.kinds import tracker_of
    from crawler.configuration import load

    proposed(folder)
    options = load(folder / "candor.toml").tracker
    assert options is not None
    speaks = tracker_of(options, {VARIABLE: KEY, USER: "ann@tessaro.example" if options.kind == "jira" else ""})

    def sent(store: EmbeddedStore) -> str:
        try:
            return issues.send(store.records, THEME, speaks, options, stamp=Stamp(at=seeded.END, who="ann")).state
        except UsageError:
            return "somebody else"

    with EmbeddedStore(folder / "store") as store, ThreadPoolExecutor(6) as many:
        told = [one.result() for one in [many.submit(sent, store) for _ in range(6)]]
    assert "sent" in told
    assert len(tracker.issues) == 1


# What one tracker answers; the others answer alike.


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, TrackerStub]]:
    monkeypatch.setenv(VARIABLE, KEY)
    with tracker_server("github") as served:
        made = filled(tmp_path, "github", served.url)
        proposed(made)
        yield made, served


@pytest.mark.parametrize(
    ("status", "body", "headers", "part"),
    [
        (404, {"message": "Not Found"}, {}, "knows no 'tessaro/kettle' that this key may see"),
        (403, {"message": "Resource not accessible"}, {}, "does not let this key do that"),
        (403, {"message": "rate limit"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, "asks us to wait"),
        (429, {"message": "slow down"}, {"Retry-After": "60"}, "asks us to wait until"),
        (410, {"message": "Issues are disabled"}, {}, "issues are switched off"),
        (
            422,
            {"message": "Validation Failed", "errors": [{"field": "labels", "code": "invalid"}]},
            {},
            "refused it: 422 (Validation Failed field: labels, code: invalid)",
        ),
        (301, {}, {"Location": "http://127.0.0.1:1/"}, "sends us elsewhere (301)"),
    ],
)
def test_a_refusal_is_told_with_its_cure_and_may_be_sent_again(
    one: tuple[Path, TrackerStub], status: int, body: Any, headers: dict[str, str], part: str
) -> None:
    folder, tracker = one
    tracker.instead = (status, body, headers)
    done = candor(folder, "issue", "send", THEME)
    assert done.returncode == 1
    assert part in said(done)
    assert KEY not in said(done)
    assert len(tracker.asked) == 1
    assert issue(folder, "list")[0]["state"] == "proposed"
    tracker.instead = None
    assert issue(folder, "send", THEME)[0]["state"] == "sent"


@pytest.mark.parametrize("broken", ["server", "connection", "no JSON", "another answer"])
def test_what_may_have_arrived_is_not_sent_again_by_itself(one: tuple[Path, TrackerStub], broken: str) -> None:
    folder, tracker = one
    if broken == "connection":
        tracker.breaks = True
    else:
        tracker.instead = {"server": (502, {}, {}), "no JSON": (200, None, {}), "another answer": (201, {"a": 1}, {})}[
            broken
        ]
    assert candor(folder, "issue", "send", THEME).returncode == 1
    tracker.instead, tracker.breaks = None, False
    done = candor(folder, "issue", "send", THEME)
    assert done.returncode == 2
    assert "--again: " in said(done)
    assert "nobody knows whether it arrived" in said(done)
    assert len(tracker.asked) == 1
    assert issue(folder, "send", THEME, "--again")[0]["state"] == "sent"


def test_a_tracker_that_is_not_there_is_told(one: tuple[Path, TrackerStub]) -> None:
    folder, tracker = one
    file = folder / "candor.toml"
    file.write_text(file.read_text().replace(tracker.url, "http://127.0.0.1:9"))
    done = candor(folder, "issue", "send", THEME)
    assert done.returncode == 1
    assert "cannot be reached" in said(done)
    assert issue(folder, "list")[0]["state"] == "proposed"


def test_a_look_that_fails_is_told_and_others_are_looked_at(one: tuple[Path, TrackerStub]) -> None:
    folder, tracker = one
    issue(folder, "send", THEME)
    tracker.instead = (503, {}, {})
    done = candor(folder, "issue", "sync", "--json")
    assert done.returncode == 1
    assert "has a trouble of its own: 503" in rows(done)[0]["problem"]


def test_until_when_a_tracker_wants_to_be_left_alone() -> None:
    assert waits({}) is None
    assert waits({"X-RateLimit-Remaining": "5", "X-RateLimit-Reset": "99"}) is None
    assert waits({"Retry-After": "60"}) is not None
    assert waits({"RateLimit-Remaining": "0", "RateLimit-Reset": "99"}) is not None


@pytest.mark.parametrize(
    ("section", "part"),
    [
        ('kind = "github"\nproject = "kettle"', "is no repository; write owner/name"),
        ('kind = "jira"\nproject = "KET"', "api: is missing"),
        ('kind = "trac"\nproject = "KET"', "is not one of github, gitlab, jira, linear"),
        ('kind = "gitlab"', "is missing"),
        ('kind = "gitlab"\nproject = "a/b"\napi = "https://ann:pw@git.example"', "holds a user or a password"),
        ('kind = "gitlab"\nproject = "a/b"\nkey = "x"', "unknown key"),
    ],
)
def test_mistakes_in_the_configuration_are_told(tmp_path: Path, section: str, part: str) -> None:
    (tmp_path / "candor.toml").write_text(f"{CONFIG}[tracker]\n{section}\n")
    done = candor(tmp_path, "issue", "list")
    assert done.returncode == 2
    assert part in said(done)
    assert "pw@" not in said(done)


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "candor.toml").write_text(f'store = "{tmp_path / "store"}"\n{CONFIG}')
    with seeded.seeded_store(tmp_path / "store"):
        pass
    assert "no [tracker] is configured" in said(candor(tmp_path, "issue", "send", "x"))
    (tmp_path / "candor.toml").write_text(f'{CONFIG}[tracker]\nkind = "linear"\nproject = "KET"\n')
    assert "CANDOR_TRACKER_KEY: is not set" in said(candor(tmp_path, "issue", "send", "x"))
    (tmp_path / "candor.toml").write_text(f'store = "{tmp_path / "store"}"\n{CONFIG}')
    assert "neither a theme nor a mention" in said(candor(tmp_path, "issue", "propose", "nonsense"))
    nobody = said(candor(tmp_path, "issue", "propose", "taste", "--now", "2026-11-01"))
    assert "nobody complains about it" in nobody or "neither a theme" in nobody


def checked(kind: str, url: str, **environ: str) -> tuple[str, str]:
    """Return what ``candor doctor`` says of a tracker."""
    section = TrackerSection.model_validate({"kind": kind, "project": PROJECTS[kind], "api": url})
    config = Config(path=None, state=Path(), store="", brands=(), sources=(), tracker=section)
    user = {USER: "ann@tessaro.example"} if kind == "jira" else {}
    ((part, state, words),) = outside_lines(config, {VARIABLE: KEY, **user, **environ}, offline=False)
    assert part == "tracker"
    return state, words


def test_doctor_says_whether_the_trackers_key_works(kind: str) -> None:
    with tracker_server(kind) as stub:
        state, words = checked(kind, stub.url)
        assert state == "ok", words
        assert "takes the key and knows" in words
        assert {method for method, _, body in stub.asked if not body} <= {"GET"}
        assert stub.issues == {}, "nothing is sent"
        state, words = checked(kind, stub.url, **{VARIABLE: "wrong"})
        assert state == "bad"
        assert "refused the key" in words
        state, words = checked(kind, stub.url, **{VARIABLE: ""})
        assert (state, words.partition(";")[0]) == ("bad", f"{VARIABLE}: is not set")
    state, words = checked(kind, stub.url)
    assert state == "bad"
    assert "cannot be reached" in words


@pytest.mark.parametrize(
    ("kind", "rights", "why"),
    [
        ("github", (), "issues are switched off in tessaro/kettle"),
        ("gitlab", (), "issues are switched off in tessaro/kettle"),
        ("gitlab", ("issues",), "the key may read_api, and needs the scope api"),
        ("jira", ("issues",), "does not let this account create issues in KET"),
    ],
)
def test_doctor_says_what_the_key_lacks(kind: str, rights: tuple[str, ...], why: str) -> None:
    with tracker_server(kind) as stub:
        stub.rights = rights
        state, words = checked(kind, stub.url)
    assert state == "bad"
    assert words.endswith(why)
