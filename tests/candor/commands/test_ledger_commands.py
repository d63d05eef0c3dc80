"""The ledgers' commands as a person or a script calls them: real store, exit status and output."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.ledger import audit
from analysis.ledger.entries import Stamp
from analysis.ledger.erasing import erasure
from analysis.store.open import open_store
from tests.candor.commands.test_commands import Done, candor, rows

CONFIG = """
[[brands]]
name = "Tessaro"
role = "own"
[[brands]]
name = "Ulmo"
role = "competitor"
"""
POSTS = [
    {
        "url": "https://talk.kettles.org/1",
        "text": "My Tessaro is terrible: the battery is awful and it leaks. The Ulmo is better.",
        "author": "ann",
        "published_at": "2026-03-01T10:00:00Z",
    },
    {
        "url": "https://talk.kettles.org/2",
        "text": "The Ulmo is quiet, but the Tessaro boils faster.",
        "author": "bob",
        "published_at": "2026-03-10",
    },
    {"url": "https://news.teapots.org/3", "text": "Tessaro is great.", "author": "ann", "published_at": "2026-03-10"},
]
GIVEN = "\n".join(map(json.dumps, POSTS))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a configuration and imported posts."""
    (tmp_path / "candor.toml").write_text(CONFIG)
    done = candor(tmp_path, "import", "-", given=GIVEN)
    assert done.returncode == 0, done.stderr
    return tmp_path


def said(done: Done) -> str:
    return " ".join((done.stdout + done.stderr).split())


def stored(folder: Path) -> set[str]:
    return {row["url"] for row in rows(candor(folder, "export"))}


def test_a_fix_from_entry_to_verdict(folder: Path) -> None:
    add = ["fix", "add", "--theme", "battery", "--shipped", "2026-03-05", "--version", "2.3", "--note", "new cells"]
    (made,) = rows(candor(folder, *add, "--by", "ann", "--json"))
    assert (made["key"], made["status"], made["who"], made["remark"]) == ("00001", "shipped", "ann", "")
    (changed,) = rows(
        candor(folder, "fix", "edit", "1", "--shipped", "2026-03-06", "--reason", "late", "--by", "ben", "--json")
    )
    assert changed["history"][0]["changes"] == {"shipped": {"from": "2026-03-05", "to": "2026-03-06"}}
    assert [row["shipped"] for row in rows(candor(folder, "fix", "list", "--json"))] == ["2026-03-06"]
    (shown,) = rows(candor(folder, "fix", "show", "1", "--now", "2026-03-12", "--json"))
    assert [(one["brand"], one["verdict"]) for one in shown["verdicts"]] == [("tessaro", "too little data")]
    text = said(candor(folder, "fix", "show", "1", "--now", "2026-03-12"))
    assert "tessaro: too little data" in text
    assert "ben: shipped '2026-03-05' to '2026-03-06' (late)" in text
    assert "[bold]" not in said(candor(folder, "fix", "list"))
    (report,) = rows(candor(folder, "report", "--json", "--now", "2026-03-12"))
    assert [(fix["theme"], fix["shipped"], fix["version"]) for fix in report["fixes"]] == [
        ("battery", "2026-03-06", "2.3")
    ]


def test_a_wish_is_settled_with_a_reason(folder: Path) -> None:
    assert "Wish 1 added" in said(candor(folder, "wish", "add", "--theme", "charging", "--note", "USB-C"))
    assert candor(folder, "wish", "set", "1", "--status", "declined").returncode == 2
    assert "needs a new case" in said(
        candor(folder, "wish", "set", "1", "--status", "declined", "--reason", "needs a new case")
    )
    (wish,) = rows(candor(folder, "wish", "list", "--json"))
    assert (wish["status"], wish["reason"], len(wish["history"])) == ("declined", "needs a new case", 1)


def test_the_first_acknowledgement_is_told_apart(folder: Path) -> None:
    words = ["ack", "--url", "https://talk.kettles.org/1?utm_source=x", "--note", "replied", "--json"]
    assert [rows(candor(folder, *words))[0]["first"] for _ in range(2)] == [True, False]
    assert "talk.kettles.org" not in (folder / ".candor/store/records.db").read_bytes().decode("latin-1")
    assert "(the first)" in said(candor(folder, "ack", "--theme", "battery", "--note", "sticky thread"))


def test_times_to_respond(folder: Path) -> None:
    assert candor(folder, "ack", "--url", "https://talk.kettles.org/1", "--note", "replied").returncode == 0
    (found,) = rows(candor(folder, "response", "--since", "2026-03-01", "--json"))
    assert (found["acknowledged"]["reached"], found["acknowledged"]["of"]) == (1, found["posts"])
    assert found["collected"]["of"] == 0, "an import tells nothing of how fast we collect"
    text = said(candor(folder, "response", "--since", "2026-03-01"))
    assert f"the first acknowledgement 1 of {found['posts']}" in text


def test_a_correction_leaves_the_judgement_and_enters_the_log(folder: Path) -> None:
    url = "https://talk.kettles.org/2"
    before = rows(candor(folder, "export"))
    assert "--brand: is missing" in said(candor(folder, "correct", url, "--sentiment", "negative", "--reason", "irony"))
    done = candor(
        folder, "correct", url, "--brand", "tessaro", "--sentiment", "positive", "--reason", "irony", "--json"
    )
    assert done.returncode == 0, done.stderr
    (made,) = rows(done)
    assert (made["to"], made["reason"], made["brand"]) == ("positive", "irony", "tessaro")
    assert rows(candor(folder, "export")) == before
    (entry,) = rows(candor(folder, "audit", "show", "--json"))
    assert (entry["action"], entry["reason"], entry["details"]["mention"]) == ("correct", "irony", made["mention"])
    (report,) = rows(candor(folder, "report", "--json", "--since", "2026-03-01"))
    assert report["hands"]["corrections"] == 1


def test_a_topic_and_a_wrong_brand_are_corrected_and_both_figures_shown(folder: Path) -> None:
    url = "https://talk.kettles.org/1"
    at = ["correct", url, "--brand", "tessaro", "--reason", "case 3", "--json"]
    assert "give exactly one of --sentiment" in said(candor(folder, *at))
    assert "give exactly one of --sentiment" in said(candor(folder, *at, "--not-about", "--no-complaint"))
    assert "--topic: 'batery' is not known; did you mean battery" in said(candor(folder, *at, "--topic", "batery"))
    (made,) = rows(candor(folder, *at, "--not-topic", "battery", "--topic", "charging"))
    assert (made["field"], made["from"], made["to"]) == ("topic", "battery", "charging")
    period = ["--since", "2026-03-01", "--until", "2026-03-12"]
    (report,) = rows(candor(folder, "report", "--json", *period))
    themes = {theme["id"]: (theme["count"], theme["adjusted"]) for theme in report["themes"]}
    assert themes["battery"] == (1, 0)
    (made,) = rows(candor(folder, *at, "--not-about"))
    assert (made["from"], made["to"]) == ("about", "not about")
    (report,) = rows(candor(folder, "report", "--json", *period))
    ours = report["reputation"][0]
    assert (ours["mentions"], ours["mentions_adjusted"]) == (3, 2)
    assert "after people's corrections" in said(candor(folder, "report", *period))
    assert rows(candor(folder, "audit", "verify", "--json"))[0]["sound"]


@pytest.mark.parametrize(
    ("flags", "field", "to"),
    [
        (["--praise"], "praise", "yes"),
        (["--wish"], "wish", "yes"),
        (["--move", "recall"], "move", "recall"),
        (["--severity", "safety"], "severity", "safety"),
        (["--relevance", "list"], "relevance", "list"),
    ],
)
def test_every_judgement_is_corrected_and_taken_back(folder: Path, flags: list[str], field: str, to: str) -> None:
    at = ["correct", "https://talk.kettles.org/1", "--brand", "tessaro", "--reason", "case 4", "--json"]
    before = rows(candor(folder, "export"))
    (made,) = rows(candor(folder, *at, *flags))
    assert (made["field"], made["to"]) == (field, to)
    assert rows(candor(folder, "export")) == before
    assert "already" in said(candor(folder, *at, *flags)), "it says so now"
    back = {"move": ["--not-move", "recall"], "severity": ["--severity", made["from"]], "relevance": ["--about"]}
    undo = back.get(field, [f"--no-{field}"])
    done = rows(candor(folder, *at, *undo)) if field != "relevance" else rows(candor(folder, *at, *flags[:1], "about"))
    assert done[0]["field"] == field
    assert rows(candor(folder, "audit", "verify", "--json"))[0]["sound"]
    (report,) = rows(candor(folder, "report", "--json", "--since", "2026-03-01"))
    assert report["hands"]["corrections"] == 2


def test_a_value_that_is_none_is_told_with_those_that_are(folder: Path) -> None:
    at = ["correct", "https://talk.kettles.org/1", "--brand", "tessaro", "--reason", "case 5"]
    assert "--severity: 'fire' is not known" in said(candor(folder, *at, "--severity", "fire"))
    assert "--relevance: 'lists' is not known; did you mean list" in said(candor(folder, *at, "--relevance", "lists"))
    assert "--move: 'recal' is not known; did you mean recall" in said(candor(folder, *at, "--move", "recal"))
    assert "--not-move: the mention does not count in 'price'" in said(candor(folder, *at, "--not-move", "price"))


def test_a_list_only_leaves_the_adjusted_figures(folder: Path) -> None:
    at = ["correct", "https://talk.kettles.org/1", "--brand", "tessaro", "--reason", "a list of offers"]
    assert candor(folder, *at, "--relevance", "list").returncode == 0
    (report,) = rows(candor(folder, "report", "--json", "--since", "2026-03-01", "--until", "2026-03-12"))
    ours = report["reputation"][0]
    assert (ours["mentions"], ours["mentions_adjusted"]) == (3, 2)
    assert {theme["id"]: theme["adjusted"] for theme in report["themes"]}["battery"] == 0


def test_many_are_corrected_at_once_and_those_that_say_so_are_left(folder: Path) -> None:
    urls = ["https://talk.kettles.org/1", "https://talk.kettles.org/2"]
    at = ["correct", "--brand", "tessaro", "--reason", "a drill", "--severity", "safety"]
    done = candor(folder, *at, *urls)
    assert "2 of 2 mentions corrected." in said(done)
    again = candor(folder, *at, "-", given="\n".join([*urls, POSTS[2]["url"]]))
    assert "1 of 3 mentions corrected; 2 said so already." in said(again)
    wrong = candor(folder, *at[:-1], "money", urls[0], "https://nowhere.org/9")
    assert (wrong.returncode, "no mention of tessaro has this id" in said(wrong)) == (2, True)
    assert len(rows(candor(folder, "audit", "show", "--json"))) == 3, "one that is wrong leaves all as they were"


def test_what_a_query_finds_is_corrected_where_it_is_agreed(folder: Path) -> None:
    at = ["correct", "--query", "kettle OR battery OR tessaro", "--brand", "tessaro", "--reason", "a drill", "--wish"]
    refused = candor(folder, *at)
    assert (refused.returncode, "--yes: is missing" in said(refused)) == (2, True)
    assert rows(candor(folder, "audit", "show", "--json")) == []
    assert "mentions corrected" in said(candor(folder, *at, "--yes"))
    assert "one of the two" in said(candor(folder, *at, "https://talk.kettles.org/1"))
    assert "no mention matches" in said(candor(folder, *at[:1], "--query", "zebra", *at[3:]))


def test_an_erasure_by_name_is_counted_logged_and_kept_out(folder: Path) -> None:
    who = ["erase", "--author", "ann", "--platform", "talk.kettles.org"]
    done = candor(folder, *who, "--dry-run")
    assert "2 mentions in 1 post: 1 of tessaro, 1 of ulmo" in said(done)
    assert len(stored(folder)) == 3
    assert "--reason: is missing" in said(candor(folder, *who, "--yes"))
    refused = candor(folder, *who, "--reason", "case 17")
    assert (refused.returncode, "--yes: is missing" in said(refused)) == (2, True)
    assert len(stored(folder)) == 3
    (erased,) = rows(candor(folder, *who, "--reason", "case 17", "--yes", "--json"))
    assert (erased["count"], erased["resumed"]) == (2, False)
    assert stored(folder) == {POSTS[1]["url"], POSTS[2]["url"]}, "the same name on another site is another person"
    (summary,) = rows(candor(folder, "import", "-", given=GIVEN))
    assert summary["dropped"] == {"erased before, kept out": 1}
    assert [row["action"] for row in rows(candor(folder, "audit", "show", "--json"))] == ["erase: begun", "erase: done"]
    (report,) = rows(candor(folder, "report", "--json", "--since", "2026-03-01"))
    assert (report["hands"]["erasures"], report["hands"]["erased_mentions"]) == (1, 2)


def test_erasing_a_site_and_what_is_too_old(folder: Path) -> None:
    assert "kettles.org" in said(candor(folder, "erase", "--domain", "talk.kettles.org", "--dry-run"))
    (plan,) = rows(candor(folder, "erase", "--domain", "kettles.org", "--dry-run", "--json"))
    assert (plan["dry_run"], plan["mentions"], plan["posts"]) == (True, 4, 2)
    assert "no keep under [privacy]" in said(candor(folder, "erase", "--expired", "--yes"))
    (folder / "candor.toml").write_text(CONFIG + '[privacy]\nkeep = "1s"\n')
    time.sleep(1.1)  # until all of them are older than what is kept
    (erased,) = rows(candor(folder, "erase", "--expired", "--yes", "--json"))
    assert (erased["count"], stored(folder)) == (5, set())
    assert rows(candor(folder, "audit", "show", "--json"))[0]["reason"] == "retention: [privacy] keep"


def test_an_interrupted_erasure_is_resumed(folder: Path) -> None:
    assert "nothing to do" in said(candor(folder, "erase", "--resume"))
    details = {"target": "domain", "values": ["kettles.org"], "count": 4}
    with open_store(str(folder / ".candor/store"), write=True) as store:
        stamp = Stamp(at=datetime.now(UTC), who="ann")
        audit.append(store.records, action=erasure.BEGUN, reason="case 19", details=details, stamp=stamp)
    told = candor(folder, "audit", "verify")
    assert (told.returncode, "Unfinished: erasure 000000000001" in said(told)) == (0, True)
    (done,) = rows(candor(folder, "erase", "--resume", "--json"))
    assert (done["resumed"], done["count"]) == (True, 4)
    assert "Unfinished" not in said(candor(folder, "audit", "verify"))


def test_a_record_of_an_erasure_that_was_removed_is_missed_and_made_again(folder: Path) -> None:
    who = ["--domain", "kettles.org", "--reason", "case 19", "--yes"]
    assert candor(folder, "erase", *who).returncode == 0
    db = sqlite3.connect(folder / ".candor/store/records.db")
    with db:
        db.execute("DELETE FROM records WHERE kind = 'erasure'")
    db.close()
    told = candor(folder, "audit", "verify")
    assert (told.returncode, "BROKEN: erasure 000000000001 stands in the log" in said(told)) == (1, True)
    assert candor(folder, "erase", "--resume").returncode == 0
    assert candor(folder, "audit", "verify").returncode == 0


def test_a_tampered_log_is_named_with_exit_status_1(folder: Path) -> None:
    url = ["--url", "https://talk.kettles.org/1"]
    assert candor(folder, "erase", *url, "--reason", "case 18", "--yes").returncode == 0
    sound = candor(folder, "audit", "verify")
    assert (sound.returncode, "Sound: 2 entries" in said(sound)) == (0, True)
    noted = said(sound).rpartition("Note elsewhere: ")[2]
    assert candor(folder, "audit", "verify", "--noted", noted).returncode == 0
    assert candor(folder, "audit", "verify", "--noted", "2:0123456789abcdef").returncode == 1
    assert candor(folder, "audit", "verify", "--noted", "twelve").returncode == 2
    db = sqlite3.connect(folder / ".candor/store/records.db")
    with db:
        db.execute("UPDATE records SET body = replace(body, 'case 18', 'case 81') WHERE kind = 'audit'")
    db.close()
    broken = candor(folder, "audit", "verify")
    assert broken.returncode == 1
    assert "BROKEN at 1: entry 1 was changed" in said(broken)
    (found,) = rows(candor(folder, "audit", "verify", "--json"))
    assert (found["sound"], found["chain"]["broken_at"]) == (False, 1)


def test_a_fix_is_entered_once_and_planned_until_its_day(folder: Path) -> None:
    add = ["fix", "add", "--theme", "battery", "--shipped"]
    assert candor(folder, *add, "2026-03-05").returncode == 0
    twice = candor(folder, *add, "2026-03-05", "--note", "other words")
    assert twice.returncode == 2
    assert "fix 1 says the same" in said(twice)
    assert candor(folder, *add, "2026-03-05", "--version", "2.4").returncode == 0
    assert "Fix 3 added: battery, planned." in said(candor(folder, *add, "2199-01-01"))
    assert [row["status"] for row in rows(candor(folder, "fix", "list", "--json"))] == ["shipped", "shipped", "planned"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fix", "add", "--theme", "batery"], "did you mean battery"),
        (["fix", "add", "--theme", "battery", "--brand", "ulmo"], "--brand: 'ulmo' is not known"),
        (["fix", "edit", "1", "--reason", "r"], "nothing to change"),
        (["fix", "show", "7"], "the ledger is empty"),
        (["wish", "add", "--theme", "zz", "--note", "n"], "--theme: 'zz' is not known"),
        (["ack", "--note", "n"], "give exactly one of --theme, --alert and --url"),
        (["ack", "--note", "n", "--alert", "a-9"], "--alert: 'a-9' is not known"),
        (["ack", "--note", "n", "--url", "https://nowhere.org/1"], "is not in the store"),
        (["correct", "https://nowhere.org/1", "--sentiment", "negative", "--reason", "r"], "no mention has this id"),
        (["erase", "--yes", "--reason", "r"], "give exactly one of --url"),
        (["erase", "--author", "ann", "--yes", "--reason", "r"], "--platform: is missing"),
        (["erase", "--older-than", "soon", "--dry-run"], "--older-than: 'soon' is not a time"),
    ],
)
def test_a_mistake_is_named_with_exit_status_2(tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    assert candor(tmp_path, "import", "-", given="").returncode == 0
    done = candor(tmp_path, *words)
    assert done.returncode == 2
    assert message in said(done)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_themes_and_brands_are_taken_by_name(tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text("[[brands]]\nname = 'Ulmo Home'\nrole = 'own'\n")
    with open_store(str(tmp_path / ".candor" / "store"), write=True):
        pass
    done = candor(tmp_path, "fix", "add", "--theme", "Battery LIFE", "--brand", "Ulmo Home", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [(row["theme"], row["brand"]) for row in rows(done)] == [("battery", "ulmo-home")]
