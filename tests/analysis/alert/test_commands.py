"""``candor alert``, ``alerts`` and ``rules`` from the command line, on a real store and a chat on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from analysis.alert.rules import RULES
from analysis.store.base import Filter
from analysis.store.open import open_store
from candor.commands.start import doctor
from candor.commands.told import alert, alerts, rules
from tests.support import seeded
from tests.support.chat.alert_chat import ChatServer, chat_server

NOW = "2026-10-31T12:00:00+00:00"
SINGULARS = {
    "switching_surge": "1 mention of leaving",
    "source_failing": "1 bad run in a row",
    "dead_letters": "1 post refused",
}

app = typer.Typer()
app.command("alert")(alert.alert)
app.add_typer(alerts.app, name="alerts")
app.add_typer(rules.app, name="rules")
app.command("doctor")(doctor.doctor)


@dataclass(frozen=True)
class Place:
    """A folder with a configuration and a store, and the chat that it writes to."""

    config: Path
    chat: ChatServer

    def run(self, *words: str, code: int = 0) -> list[Any]:
        """Run a command; return its lines, as JSON where they are."""
        result = CliRunner().invoke(app, [*words, "--config", str(self.config)])
        if code == 0 and result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert (result.exit_code == 0) == (code == 0), result.output
        lines = result.stdout.splitlines()
        return [json.loads(line) for line in lines] if "--json" in words else lines


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    seeded.seeded_store(tmp_path / "store", with_fixes=True).close()
    with chat_server() as chat:
        config = tmp_path / "candor.toml"
        brands = "".join(
            f'[[brands]]\nname = "{one.name}"\nid = "{one.id}"\nrole = "{one.role}"\n' for one in seeded.BRANDS
        )
        config.write_text(
            f'store = "store"\n{brands}[[channels]]\nid = "team"\nurl = "json://127.0.0.1:{chat.port}/hook"\n'
        )
        yield Place(config, chat)


def of(rows: list[Any], kind: str) -> list[Any]:
    return [row for row in rows if row["type"] == kind]


def test_a_pass_tells_once_and_the_history_shows_it(place: Place) -> None:
    dry = place.run("alert", "--json", "--dry-run", "--now", NOW)
    assert of(dry, "alert")
    assert place.chat.taken == []
    assert place.run("alerts", "--json") == []
    first = place.run("alert", "--json", "--now", NOW)
    assert [row["change"] for row in of(first, "alert")] == ["opened"] * len(of(first, "alert"))
    assert [row["state"] for row in of(first, "delivery")] == ["sent"] * len(of(first, "delivery"))
    assert [row["id"] for row in of(dry, "alert")] == [row["id"] for row in of(first, "alert")]
    sent = len(place.chat.taken)
    assert sent == len(of(first, "delivery")) >= 1
    assert of(place.run("alert", "--json", "--now", NOW), "delivery") == []
    assert len(place.chat.taken) == sent
    history = place.run("alerts", "--json")
    (battery,) = [row for row in history if row["rule"] == "emerging_complaint"]
    assert [one["state"] for one in battery["deliveries"]] == ["sent"]
    assert battery["evidence"]["total"] == 26
    assert place.chat.faults == []
    assert "drains overnight" in "\n".join(place.run("alerts", "show", battery["id"]))


def test_a_pass_that_cannot_deliver_fails_and_the_next_one_delivers(place: Place) -> None:
    place.chat.script = [404] * 9
    place.run("alert", "--now", NOW, code=1)
    assert place.run("alerts", "mend", "team") == ["team will be tried again."]
    place.chat.script = []
    rows = place.run("alert", "--json", "--now", "2026-10-31T12:05:00+00:00")
    assert {row["state"] for row in of(rows, "delivery")} == {"sent"}


def test_marks_make_the_precision_of_a_rule(place: Place) -> None:
    place.run("alert", "--now", NOW)
    name = next(row["id"] for row in place.run("alerts", "--json") if row["rule"] == "emerging_complaint")
    place.run("alerts", "mark", name, code=2)
    place.run("alerts", "mark", "no-such", "--false", code=2)
    place.run("alerts", "mark", name, "--useful")
    *listed, last = place.run("rules", "--json")
    assert [row["id"] for row in listed] == [rule.id for rule in RULES]
    (row,) = [row for row in listed if row["id"] == "emerging_complaint"]
    assert (row["told"], row["useful"], row["precision"]) == (1, 1, 1.0)
    assert (last["q"], last["at_most"]) == (0.05, 0.05)
    assert 0.0 <= last["expected_false_a_week"] <= 0.1
    assert "0.05 false alerts a week" in " ".join(place.run("rules"))


def test_rules_say_what_chance_makes_of_this_stores_own_series(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    class Then(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromisoformat(NOW)

    monkeypatch.setattr(rules, "datetime", Then)
    last = place.run("rules", "--json")[-1]
    assert last["series"] > 10
    assert last["weeks_simulated"] >= 26
    assert set(last["by_rule"]) == {rule.id for rule in RULES if rule.statistical}
    assert last["expected_false_a_week"] == pytest.approx(sum(last["by_rule"].values()), abs=0.001)
    assert f"made of the past of this store's own {last['series']} series" in " ".join(place.run("rules"))


def test_rules_of_a_store_without_a_past_say_what_the_rate_allows(tmp_path: Path) -> None:
    config = tmp_path / "candor.toml"
    config.write_text('store = "nothing-yet"\n[[brands]]\nname = "Tessaro"\nrole = "own"\n')
    listed = CliRunner().invoke(app, ["rules", "--config", str(config), "--json"])
    last = json.loads(listed.stdout.splitlines()[-1])
    assert (last["expected_false_a_week"], last["series"]) == (0.05, 0)
    told = CliRunner().invoke(app, ["rules", "--config", str(config)])
    assert "too little past" in " ".join(told.stdout.split())


def test_a_single_one_is_told_in_the_singular(place: Place) -> None:
    told = " ".join(place.run("rules"))
    for words in ("at least 1 mention;", "at least 1 story;", "at least 2 stories;", "at least 2 bad runs in a row;"):
        assert words in told
    assert [rules.counted(1, rule.unit) for rule in RULES if rule.id in SINGULARS] == [*SINGULARS.values()]


def test_a_silence_holds_and_is_listed_and_ended(place: Place) -> None:
    place.run("alerts", "silence", "brand=tessaro", "--until", "2099-01-01", "--author", "jo", "--reason", "known")
    place.run("alerts", "silence", "brand=tessaro", "--until", "2001-01-01", code=2)
    rows = place.run("alert", "--json", "--now", NOW)
    assert all(row["silenced_by"] for row in of(rows, "alert") if row["labels"].get("brand") == "tessaro")
    assert not [row for row in of(rows, "delivery") if "Tessaro" in row["title"]]
    (line,) = place.run("alerts", "silences")
    assert "active" in line
    assert "jo: known" in line
    place.run("alerts", "silences", "--end", line.split()[0])
    rows = place.run("alert", "--json", "--now", "2099-02-01")
    assert all(row["silenced_by"] is None for row in of(rows, "alert"))


@pytest.mark.parametrize("match", ["brand=tesaro", "rule=no_such", "colour=red", "0123456789ab-1", "severity=loud"])
def test_a_silence_that_can_match_nothing_is_refused(place: Place, match: str) -> None:
    place.run("alerts", "silence", match, code=2)
    assert place.run("alerts", "silences") == ["No silences."]


def test_a_replay_lists_what_would_have_been_told(place: Place) -> None:
    words = ("rules", "replay", "--rule", "emerging_complaint", "--since", "8d", "--until", NOW)
    rows = place.run(*words, "--json")
    assert "drains overnight" in {row["labels"].get("phrase") for row in rows}
    assert rows[0]["week"].startswith("2026-W4")
    assert "would have told" in place.run(*words)[-1]
    place.run("rules", "replay", "--rule", "nonsense", code=2)


def test_a_rule_that_is_not_there_is_a_mistake_of_the_file(place: Place) -> None:
    place.config.write_text(place.config.read_text() + "[alerts.rules.volume_spiek]\nenabled = false\n")
    place.run("alert", code=2)


def test_a_digest_is_shown_and_sent_once_where_it_is_asked_for(place: Place) -> None:
    title, first, *_ = place.run("alert", "--digest", "--dry-run", "--now", NOW)
    assert title == "Weekly digest, Tessaro: 19 to 25 October 2026"
    assert first.startswith("Tessaro: 55 mentions, 29 before")
    place.run("alert", "--digest", "--now", NOW, code=2)
    place.config.write_text(place.config.read_text() + '[alerts]\ndigest = "daily"\n')
    (shown,) = place.run("alert", "--digest", "--dry-run", "--json", "--now", NOW)
    assert shown["title"] == "Daily digest, Tessaro: Friday 30 October 2026"
    assert place.chat.taken == []
    (row,) = place.run("alert", "--digest", "--json", "--now", NOW)
    assert (row["type"], row["occasion"], row["state"], row["title"]) == ("delivery", "digest", "sent", shown["title"])
    assert place.run("alert", "--digest", "--now", NOW) == [
        "No digest is due: each channel was told of its newest period already."
    ]
    # The pass knows it too, and tells the next day's with the alerts.
    assert "digest" not in {row["occasion"] for row in of(place.run("alert", "--json", "--now", NOW), "delivery")}
    later = of(place.run("alert", "--json", "--now", "2026-11-01T12:00:00+00:00"), "delivery")
    assert "Daily digest, Tessaro: Saturday 31 October 2026" in {row["title"] for row in later}
    assert place.chat.faults == []


def test_doctor_says_how_each_channel_stands(place: Place) -> None:
    def standing() -> dict[str, tuple[str, str]]:
        result = CliRunner().invoke(app, ["doctor", "--offline", "--json", "--config", str(place.config)])
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        return {row["part"]: (row["state"], row["words"]) for row in rows if row["part"].startswith(("chan", "kib"))}

    assert standing() == {"channel team": ("ok", "json is ready")}
    place.chat.script = ["503:600"] * 30
    place.run("alert", "--now", NOW, code=1)
    state, words = standing()["channel team"]
    assert state == "note"
    assert "messages wait (the last try: HTTP 503); the next pass tries again" in words
    place.chat.script = [404] * 30
    place.run("alert", "--now", "2026-10-31T13:00:00+00:00", code=1)
    state, words = standing()["channel team"]
    assert state == "bad"
    assert words.startswith("refused for good since 2026-10-31T13:00:0")
    assert "(HTTP 404: the address is wrong, was revoked, or refuses this message); " in words
    assert words.endswith("call `candor alerts mend team` where it works again")
    place.config.write_text(
        place.config.read_text()
        + '[[channels]]\nid = "mail"\nurl_env = "CANDOR_TEST_NOT_SET"\n[kibana]\nurl = "http://kibana.example"\n'
    )
    found = standing()
    assert found["channels"] == ("bad", "channels[2] (mail): the variable CANDOR_TEST_NOT_SET (url_env) is not set")
    assert found["channel team"][0] == "bad"
    assert found["kibana"][0] == "note"


def test_what_was_written_to_the_team_alone_is_counted_and_never_quoted(place: Place) -> None:
    opened = place.run("alert", "--json", "--dry-run", "--now", NOW)
    digest = "\n".join(place.run("alert", "--digest", "--dry-run", "--now", "2026-10-26T12:00:00+00:00"))
    assert "“" in digest
    with open_store(str(place.config.parent / "store"), write=True) as store:
        store.write([replace(mention, private=True) for mention in store.scan(Filter())])
        store.refresh()
    first = place.run("alert", "--json", "--now", NOW)
    assert [(row["id"], row["evidence"]) for row in of(first, "alert")] == [
        (row["id"], row["evidence"]) for row in of(opened, "alert")
    ]
    assert any(row["quotes"] for row in of(opened, "alert"))
    assert not any(row["quotes"] for row in of(first, "alert"))
    sent = b"\n".join(one.body for one in place.chat.taken).decode()
    words = [quote["text"] for row in of(opened, "alert") for quote in row["quotes"]]
    assert not [text for text in words if text in sent]
    assert "“" not in "\n".join(place.run("alert", "--digest", "--dry-run", "--now", "2026-10-26T12:00:00+00:00"))
