"""The addresses for programs, over both engines: answers are what the description says and what the pages count."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from analysis.alert.remembered import ALERTS
from analysis.ledger import corrections, triage
from analysis.ledger.entries import Stamp
from analysis.ledger.triage import TriageChange
from analysis.model import document
from analysis.report.json import to_json
from candor.serve.api.answers import COUNTED, PARTS
from candor.serve.api.description import description
from candor.serve.api.ways import API_WAYS
from candor.serve.desk import AskedDays
from candor.serve.door.rates import A_SECOND, BURST, Rates
from candor.serve.door.tokens import TokenBook
from candor.serve.door.visitors import Visitor
from candor.serve.look.asked import SORTS
from tests.candor.serve.test_today import firing
from tests.support import seeded
from tests.support.serving import Answer, Browser, Serving, serving

V1 = "/api/v1"
MENTIONS = {mention.id: mention for mention in seeded.mentions()}


def told(answer: Answer, way: str) -> Any:
    """Return the body of an answer, once it is what the description says of that address and status."""
    media = description()["paths"][way]["get"]["responses"][str(answer.status)]["content"]
    kind = answer.headers["content-type"].partition(";")[0]
    schema = {**media[kind]["schema"], "components": description()["components"]}
    body = json.loads(answer.text)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body)
    if answer.status != 200:
        assert body["status"] == answer.status
        assert body["place"]
        assert body["problem"]
        assert body["cure"]
    return body


def judged(body: dict[str, Any]) -> dict[str, Any]:
    """Return a mention as the machine judged it: without what the team entered."""
    return {name: value for name, value in body.items() if name not in ("counts_as", "corrected", "triage")}


def test_the_description_is_a_description_and_needs_no_token(both: Serving) -> None:
    answer = Browser(port=both.port).get(f"{V1}/openapi.json")
    assert answer.status == 200
    served = json.loads(answer.text)
    assert served == json.loads(json.dumps(description()))
    OpenAPIV31SpecValidator(served).validate()
    for schema in served["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert set(served["paths"]) == {way.path for way in API_WAYS}


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_mentions_follow_each_other_without_a_cap(both: Serving, sort: str) -> None:
    robot, found, place = both.program("viewer"), [], ""
    while True:
        path = f"{V1}/mentions?brand.id=northkettle&sort={sort}&limit=40&after={quote(place)}"
        page = told(robot.get(path), "/mentions")
        found += page["mentions"]
        if page["next"] is None:
            break
        assert len(page["mentions"]) == 40
        place = page["next"]
    wanted = {name: one for name, one in MENTIONS.items() if one.brand.id == "northkettle"}
    assert len(found) == len(wanted) > 100
    assert {one["id"]: judged(one) for one in found} == {name: document(one) for name, one in wanted.items()}


def test_a_list_has_what_the_page_of_its_address_has(both: Serving) -> None:
    robot, ann = both.program(), both.visitor()
    for asks in (
        "brand.id=tessaro&complaint_topics=battery",
        "brand.id=tessaro&not.complaint_topics=battery&since=2026-10-02&until=2026-11-01",
        "q=" + quote('"battery drains" OR plastic'),
        "private=none&lang=de&lang=en",
    ):
        ids = [one["id"] for one in told(robot.get(f"{V1}/mentions?{asks}&limit=50"), "/mentions")["mentions"]]
        page = ann.get(f"/mentions?{asks}")
        assert ids == page.ids
        assert told(robot.get(f"{V1}/counts?{asks}"), "/counts")["total"] == page.total > 0
    assert judged(told(robot.get(f"{V1}/mentions/{ids[0]}"), "/mentions/{id}")) == document(MENTIONS[ids[0]])


def test_counts_are_of_the_list_and_of_any_field(both: Serving) -> None:
    robot = both.program("viewer")
    body = told(robot.get(f"{V1}/counts?brand.id=tessaro&by=sentiment.label&by=topics&values=1000"), "/counts")
    ours = [one for one in MENTIONS.values() if one.brand.id == "tessaro"]
    assert body["total"] == len(ours)
    for path, values in (
        ("sentiment.label", [one.sentiment.label for one in ours]),
        ("topics", [topic for one in ours for topic in one.topics]),
    ):
        assert {row["value"]: row["count"] for row in body["counts"][path]} == Counter(values)
    everything = told(robot.get(f"{V1}/counts?" + "&".join(f"by={path}" for path in sorted(COUNTED))), "/counts")
    assert set(everything["counts"]) == COUNTED


def test_the_report_is_the_one_of_the_command_and_a_section_a_part_of_it(both: Serving) -> None:
    robot = both.program("analyst")
    made = to_json(both.desk.report(Visitor(name="", role="analyst"), AskedDays(days=30)))
    whole = told(robot.get(f"{V1}/report?days=30"), "/report")
    assert whole == json.loads(json.dumps(made))
    for name, keys in PARTS.items():
        part = told(robot.get(f"{V1}/report/{name}?days=30"), "/report/{section}")
        assert part["section"] == name
        assert {key: part[key] for key in keys} == {key: whole[key] for key in keys}
    between = told(robot.get(f"{V1}/report?since=2026-10-02&until=2026-11-01"), "/report")
    assert between["period"]["since"].startswith("2026-10-02")


def test_what_people_entered_stands_beside_what_the_machine_judged(acting: Serving) -> None:
    records, robot = acting.desk.records, acting.program("analyst")
    one = next(each for each in MENTIONS.values() if each.complaint_topics == ("battery",))
    stamp = Stamp(at=seeded.END, who="bob")
    corrections.correct(records, one, what="severity", to="safety", reason="it burnt", stamp=stamp)
    corrections.correct(records, one, what="question", to="yes", reason="it asks", stamp=stamp)
    triage.enter(records, about="mention", what=one.id, change=TriageChange(status="open", note="hm"), stamp=stamp)
    body = told(robot.get(f"{V1}/mentions/{one.id}"), "/mentions/{id}")
    assert judged(body) == document(one)
    assert body["corrected"] == ["question", "severity"]
    assert (body["counts_as"]["severity"], body["counts_as"]["intents"]) == ("safety", ["complaint", "question"])
    assert (body["triage"]["status"], body["triage"]["notes"][0]["note"]) == ("open", "hm")
    (listed,) = told(robot.get(f"{V1}/mentions?triage.status=open"), "/mentions")["mentions"]
    assert listed == body
    assert told(robot.get(f"{V1}/counts?not.triage.status=open"), "/counts")["total"] == len(MENTIONS) - 1
    public = told(acting.program("viewer", "other").get(f"{V1}/mentions/{one.id}"), "/mentions/{id}")
    assert public["triage"]["notes"] == []
    page = told(robot.get(f"{V1}/corrections?limit=1"), "/corrections")
    assert [(row["field"], row["to"]) for row in page["corrections"]] == [("severity", "safety")]
    rest = told(robot.get(f"{V1}/corrections?after={page['next']}"), "/corrections")
    assert ([row["field"] for row in rest["corrections"]], rest["next"]) == (["question"], None)


def test_alerts_and_sources_are_told(acting: Serving) -> None:
    robot = acting.program("viewer")
    assert told(robot.get(f"{V1}/alerts"), "/alerts") == {"alerts": []}
    ALERTS.put(acting.desk.records, firing("one"))
    ALERTS.put(
        acting.desk.records,
        firing("two", state="resolved", resolved_at="2026-10-30T10:00:00Z", numbers={"high": math.inf}),
    )
    (one,) = told(robot.get(f"{V1}/alerts?state=firing"), "/alerts")["alerts"]
    assert one == told(robot.get(f"{V1}/alerts/one"), "/alerts/{id}")
    assert one["evidence"]["total"] > 0
    assert len(told(robot.get(f"{V1}/alerts"), "/alerts")["alerts"]) == 2
    found = told(robot.get(f"{V1}/sources"), "/sources")["sources"]
    assert [row["id"] for row in found] == [source.id for source in seeded.SOURCES]


def test_what_is_private_is_for_analysts(acting: Serving) -> None:
    later = seeded.END + timedelta(days=1)
    secret = replace(seeded.mentions()[-1], private=True, last_seen_at=later)
    acting.desk.store.write([secret])
    acting.desk.store.refresh()
    quoted = {"id": secret.id, "text": "between us", "url": "", "source": "desk", "at": ""}
    ALERTS.put(acting.desk.records, firing("one", where={}, quotes=(quoted,), evidence=(secret.id,)))
    viewer, analyst = acting.program("viewer", "dashboard"), acting.program("analyst", "notebook")
    assert told(viewer.get(f"{V1}/mentions/{secret.id}"), "/mentions/{id}")["status"] == 404
    assert told(analyst.get(f"{V1}/mentions/{secret.id}"), "/mentions/{id}")["private"] is True
    assert told(viewer.get(f"{V1}/mentions?private=only"), "/mentions")["status"] == 403
    assert told(viewer.get(f"{V1}/counts?private=only"), "/counts")["status"] == 403
    (only,) = told(analyst.get(f"{V1}/mentions?private=only"), "/mentions")["mentions"]
    assert only["id"] == secret.id
    totals = [told(one.get(f"{V1}/counts"), "/counts")["total"] for one in (viewer, analyst)]
    assert totals == [len(MENTIONS) - 1, len(MENTIONS)]
    hidden = told(viewer.get(f"{V1}/alerts/one"), "/alerts/{id}")
    assert (hidden["quotes"], hidden["evidence"]) == ([], {"total": 0, "ids": []})
    seen = told(analyst.get(f"{V1}/alerts/one"), "/alerts/{id}")
    assert (seen["quotes"][0]["text"], seen["evidence"]) == ("between us", {"total": 1, "ids": [secret.id]})


@pytest.mark.parametrize(
    ("way", "asks", "place"),
    [
        ("/mentions", "nofield=1", "nofield"),
        ("/mentions", "sort=best", "sort"),
        ("/mentions", "since=soon", "since"),
        ("/mentions", "limit=0", "limit"),
        ("/mentions", "limit=501", "limit"),
        ("/mentions", "limit=x", "limit"),
        ("/mentions", "after=x", "after"),
        ("/mentions", "after=1~2~3~x", "after"),
        ("/mentions", "after=1e999~x", "after"),
        ("/mentions", "q=" + quote("battery AND ("), "q"),
        ("/counts", "by=text", "by"),
        ("/counts", "limit=3", "limit"),
        ("/report", "days=5", "days"),
        ("/report", "days=7&since=30d", "days"),
        ("/alerts", "state=on", "state"),
        ("/sources", "x=1", "x"),
    ],
)
def test_what_means_nothing_is_refused_with_place_problem_and_cure(
    both: Serving, way: str, asks: str, place: str
) -> None:
    answer = both.program().get(f"{V1}{way}?{asks}")
    body = told(answer, way)
    assert (answer.status, body["place"]) == (400, place)
    assert place == "q" or not body["problem"].startswith(place)
    assert body.get("column", 0) == (13 if place == "q" else 0)


def test_what_is_not_there_is_said_as_json(both: Serving) -> None:
    robot = both.program()
    for path, way in (
        ("/mentions/" + "f" * 64, "/mentions/{id}"),
        ("/report/nothing", "/report/{section}"),
        ("/alerts/none", "/alerts/{id}"),
        ("/report?since=2019-01-01&until=2019-02-01", "/report"),
    ):
        assert told(robot.get(V1 + path), way.partition("?")[0])["status"] == 404
    for path in ("/api/v1", "/api/", "/api/v2/mentions", f"{V1}/nothing", f"{V1}/mentions/..%2f..%2fetc"):
        body = json.loads(robot.get(path).text)
        assert (body["status"], body["cure"] != "") == (404, True)


@pytest.mark.parametrize("way", API_WAYS, ids=lambda way: way.path)
def test_nobody_is_answered_without_a_token(both: Serving, way: Any) -> None:
    path = V1 + way.path.replace("{id}", "x").replace("{section}", "themes")
    for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer candor_no"}):
        answer = Browser(port=both.port, headers=headers).get(path)
        assert told(answer, way.path)["status"] == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    # A session is no token: what a browser sends by itself opens nothing here.
    assert both.visitor().get(path).status == 401


def test_it_only_reads_and_under_its_own_name(both: Serving) -> None:
    robot = both.program()
    for method in ("POST", "PUT", "DELETE"):
        answer = robot.ask(method, f"{V1}/mentions", b"x" * 100)
        assert told(answer, "/mentions")["status"] == 405
        assert answer.headers["allow"] == "GET, HEAD"
    assert robot.ask("HEAD", f"{V1}/sources").status == 200
    elsewhere = robot.get(f"{V1}/sources", Host="evil.example")
    assert (elsewhere.status, json.loads(elsewhere.text)["place"]) == (421, "Host")
    assert json.loads(robot.get(f"{V1}/mentions?q={'x' * 20_000}").text)["status"] == 414
    assert robot.get(f"{V1}/sources").headers["cache-control"] == "no-store"


def test_who_asks_too_often_waits_and_others_do_not(tmp_path: Path) -> None:
    now = [0.0]
    with (
        seeded.seeded_store(tmp_path / "store") as store,
        serving(store, tmp_path, rates=Rates(lambda: now[0])) as page,
    ):
        robot, other = page.program(name="robot"), page.program(name="other")
        assert {robot.get(f"{V1}/sources").status for _ in range(BURST)} == {200}
        late = robot.get(f"{V1}/sources")
        assert told(late, "/sources")["status"] == 429
        assert late.headers["retry-after"] == "1"
        assert other.get(f"{V1}/sources").status == 200
        now[0] += 1.0
        after = [robot.get(f"{V1}/sources").status for _ in range(int(A_SECOND) + 1)]
        assert after == [200] * int(A_SECOND) + [429]


def test_a_token_that_is_over_or_revoked_is_out_at_once(both: Serving) -> None:
    book = TokenBook(both.desk.config.state)
    past = both.desk.now() - timedelta(days=1)
    old = Browser(port=both.port, headers={"Authorization": f"Bearer {book.make('old', 'admin', days=1, now=past)}"})
    assert "ended at" in told(old.get(f"{V1}/sources"), "/sources")["problem"]
    robot = both.program("viewer", "gone")
    assert robot.get(f"{V1}/sources").status == 200
    again = both.program("viewer", "gone")
    assert [one.get(f"{V1}/sources").status for one in (robot, again)] == [401, 200]
    assert book.remove("gone")
    assert again.get(f"{V1}/sources").status == 401
