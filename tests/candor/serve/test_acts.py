"""Corrections from the page, over both engines: one, many, taken back, two people at once; all in the audit log."""

from __future__ import annotations

import re
import threading

from analysis.ledger import audit, corrections
from analysis.ledger.checks import check
from analysis.model import Mention
from analysis.model.records.ledger import ACKS
from tests.support import seeded
from tests.support.serving import Answer, Serving

BATTERY = [one for one in seeded.mentions() if one.complaint_topics == ("battery",) and one.brand.id == "tessaro"]
ONE = BATTERY[3]


def version(page: Answer) -> str:
    return str(re.findall(r'name="version" value="(\w+)"', page.text)[0])


def form(page: Answer, sentiment: str, reason: str = "e") -> dict[str, str | list[str]]:
    return {"sentiment": sentiment, "topic": "battery", "version": version(page), "reason": reason}


def now(served: Serving, mention: Mention = ONE) -> corrections.CountsAs:
    return corrections.current(served.desk.records, mention)


def test_a_judgement_is_corrected_and_taken_back_and_the_raw_one_stays(acting: Serving) -> None:
    bob, path = acting.visitor("analyst", "bob"), f"/mention/{ONE.id}"
    seen = version(bob.get(path))
    says = {"sentiment": "positive", "complaint": "no", "add_topic": "price", "version": seen}
    assert bob.post(f"{path}/correct", {**says}).status == 400, "without a reason"
    assert bob.post(f"{path}/correct", {**says, "add_topic": "nothing", "reason": "x"}).status == 400
    assert list(audit.entries(acting.desk.records)) == []
    done = bob.post(f"{path}/correct", {**says, "reason": "irony <b>"}, HX_Request="true")
    assert done.status == 200
    assert "Corrected." in done.text
    assert "irony &lt;b&gt;" in done.text
    assert 'class="label positive"' in done.text
    assert "the machine said " in done.text
    standing = now(acting)
    assert (standing.label, standing.complaint, standing.topics) == ("positive", False, frozenset({"price"}))
    entries = list(audit.entries(acting.desk.records))
    assert [(one.who, one.reason) for one in entries] == [("bob", "irony <b>")] * 3
    assert check(acting.desk.records).sound
    back = bob.post(f"{path}/undo", {"version": version(done), "reason": "takes back correction 3"})
    assert back.status == 303
    assert now(acting).topics == {"battery"}
    page = bob.get(back.headers["location"])
    assert "Taken back." in page.text
    assert len(list(audit.entries(acting.desk.records))) == 4
    same = bob.post(
        f"{path}/correct", {"sentiment": "positive", "topic": "battery", "version": version(page), "reason": "x"}
    )
    assert (same.status, len(list(audit.entries(acting.desk.records)))) == (400, 4)


def test_every_field_is_corrected_with_the_raw_judgement_beside(acting: Serving) -> None:
    bob, path = acting.visitor("analyst", "bob"), f"/mention/{ONE.id}"
    page = bob.get(path)
    says = {"severity": "safety", "praise": "yes", "wish": "yes", "question": "yes", "topic": "battery"}
    done = bob.post(f"{path}/correct", {**says, "add_move": "recall", "version": version(page), "reason": "all of it"})
    assert done.status == 303
    standing = now(acting)
    assert (standing.severity, standing.praise, standing.wish, standing.question) == ("safety", True, True, True)
    assert standing.moves == {"recall"}
    page = bob.get(path)
    raws = dict(re.findall(r"<tr><td>([^<]+)</td><td><del>([^<]+)</del>", page.text))
    machine = corrections.judged(ONE).said("severity").replace("_", " ")
    assert raws == {"Harm": machine, "Praise": "no", "Wish": "no", "Question": "no", "Tells of": "none"}
    assert f"machine: {machine}" in page.text
    assert "the machine said" not in page.text, "its sentiment stands"
    assert '<span class="tag">corrected</span>' in page.text
    assert len(list(audit.entries(acting.desk.records))) == 5
    # What is not ticked any more is taken away.
    bob.post(f"{path}/correct", {"topic": "battery", "version": version(page), "reason": "no recall"})
    assert now(acting).moves == frozenset()
    for bad in ({"severity": "dreadful"}, {"add_move": "jump"}, {"question": "perhaps"}):
        last = version(bob.get(path))
        assert bob.post(f"{path}/correct", {"topic": "battery", **bad, "version": last, "reason": "x"}).status == 400


def test_any_correction_is_taken_back_unless_it_was_changed_since(acting: Serving) -> None:
    bob, path = acting.visitor("analyst", "bob"), f"/mention/{ONE.id}"
    for says in ({"sentiment": "neutral"}, {"severity": "money"}, {"sentiment": "mixed"}, {"add_topic": "price"}):
        fresh = version(bob.get(path))
        assert bob.post(f"{path}/correct", {"topic": "battery", **says, "version": fresh, "reason": "r"}).status == 303
    page = bob.get(path)
    keys = re.findall(r'name="correction" value="(\d+)"', page.text)
    assert len(keys) == 4

    def back(key: str) -> Answer:
        return bob.post(f"{path}/undo", {"correction": key, "version": version(bob.get(path)), "reason": "back"})

    newest_first = sorted(keys)
    assert back(newest_first[0]).status == 400, "the sentiment was changed again since"
    assert back(newest_first[1]).status == 303
    assert back("999999999999").status == 400
    assert (now(acting).severity, now(acting).label) == (ONE.severity.level, "mixed")
    assert back(newest_first[3]).status == 303
    assert now(acting).topics == {"battery"}


def test_what_was_corrected_of_many_is_taken_back_at_once(acting: Serving) -> None:
    bob, eve = acting.visitor("analyst", "bob"), acting.visitor("analyst", "eve")
    before = [now(acting, one) for one in BATTERY[:5]]
    ids: list[str] = [one.id for one in BATTERY[:5]]
    says = {"severity": "safety", "praise": "yes", "not_topic": "battery", "add_topic": "price", "add_move": "recall"}
    done = bob.post("/several", {**says, "mention": ids, "reason": "r", "seen": "", "back": "/mentions"})
    assert [now(acting, one).topics for one in BATTERY[:5]] == [frozenset({"price"})] * 5
    page = bob.get(done.headers["location"])
    undo = re.findall(r'name="undo" value="([\d-]+)"', page.text)[0]
    assert eve.post("/several/undo", {"undo": undo, "back": "/mentions"}).status == 400, "they are not eve's"
    path = f"/mention/{ids[0]}"
    eve.post(f"{path}/correct", {"severity": "money", "topic": "price", "move": "recall",
                                 "version": version(eve.get(path)), "reason": "e"})  # fmt: skip
    back = bob.post("/several/undo", {"undo": undo, "back": "/mentions"})
    assert "19 taken back; 1 changed since" in bob.get(back.headers["location"]).text
    assert [now(acting, one) for one in BATTERY[1:5]] == before[1:]
    assert now(acting, BATTERY[0]).severity == "money"
    assert check(acting.desk.records).sound


def test_the_second_of_two_is_told_what_changed(acting: Serving) -> None:
    bob, eve = acting.visitor("analyst", "bob"), acting.visitor("analyst", "eve")
    path = f"/mention/{ONE.id}"
    seen = eve.get(path)
    for label in ("neutral", "mixed"):
        fresh = version(bob.get(path))
        assert (
            bob.post(
                f"{path}/correct", {"sentiment": label, "topic": "battery", "version": fresh, "reason": "b"}
            ).status
            == 303
        )
    late = eve.post(f"{path}/correct", form(seen, "positive"))
    assert late.status == 409
    assert "bob: sentiment negative to neutral (b); bob: sentiment neutral to mixed (b)" in late.text
    assert now(acting).label == "mixed"
    again = eve.post(f"{path}/correct", form(late, "positive"))
    assert again.status == 303
    assert now(acting).label == "positive"


def test_of_many_at_once_one_wins(acting: Serving) -> None:
    path, people = f"/mention/{ONE.id}", [acting.visitor("analyst", f"p{n}") for n in range(8)]
    pages = [one.get(path) for one in people]
    statuses: list[int] = []

    def go(n: int) -> None:
        said = form(pages[n], "neutral")
        statuses.append(people[n].post(f"{path}/correct", said, csrf=pages[n].csrf).status)

    threads = [threading.Thread(target=go, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] + [409] * 7
    assert check(acting.desk.records).chain.entries == 1


def test_many_are_corrected_alike_and_what_another_changed_is_left_alone(acting: Serving) -> None:
    bob, eve = acting.visitor("analyst", "bob"), acting.visitor("analyst", "eve")
    lists = "/mentions?brand.id=tessaro&complaint_topics=battery"
    page = bob.get(lists)
    seen = re.findall(r'name="seen" value="(\w*)"', page.text)[0]
    path = f"/mention/{BATTERY[0].id}"
    eve.post(f"{path}/correct", form(eve.get(path), "mixed"))
    some = [one.id for one in BATTERY[:6]]
    chosen: list[str] = [*some, "f" * 64]
    says = {"sentiment": "neutral", "reason": "r", "seen": seen, "back": lists}
    done = bob.post("/several", {**says, "mention": chosen})
    assert done.status == 303
    told = bob.get(done.headers["location"])
    assert "5 corrected; 1 changed by somebody else meanwhile" in told.text
    assert [now(acting, one).label for one in BATTERY[:7]] == ["mixed", *["neutral"] * 5, "negative"]
    assert bob.post("/several", {**says, "mention": []}).status == 400
    assert bob.post("/several", {**says, "mention": chosen, "reason": " "}).status == 400
    away = bob.post("/several", {**says, "mention": chosen, "back": "https://evil.example/"})
    assert away.headers["location"].startswith("/mentions?")


def test_a_post_is_acknowledged(acting: Serving) -> None:
    bob, path = acting.visitor("analyst", "bob"), f"/mention/{ONE.id}"
    assert bob.post(f"{path}/ack", {"note": ""}).status == 400
    assert bob.post(f"{path}/ack", {"note": "replied"}).status == 303
    (ack,) = ACKS.values(acting.desk.records)
    assert (ack.what, ack.who, ack.note) == (ONE.post_id, "bob", "replied")
    assert bob.post("/mention/nothing/ack", {"note": "x"}).status == 404


def test_a_viewer_sees_no_form_and_enters_nothing(acting: Serving) -> None:
    eve, path = acting.visitor("viewer", "eve"), f"/mention/{ONE.id}"
    page = eve.get(path)
    assert "Why" not in page.text
    refused = eve.post(f"{path}/correct", {"sentiment": "neutral", "version": "0", "reason": "x"})
    assert refused.status == 403
    assert list(audit.entries(acting.desk.records)) == []


def test_figures_follow_at_once(acting: Serving) -> None:
    bob = acting.visitor("analyst", "bob")
    assert "corrected" not in bob.get("/").text
    ids = [one.id for one in BATTERY[-10:]]
    bob.post("/several", {"mention": ids, "sentiment": "positive", "reason": "r", "seen": "", "back": "/"})
    assert "corrected" in bob.get("/").text
