"""The queue of judgements as a page, over both engines: by a key or a click, kept as `candor label` keeps it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from analysis.ledger.learning.confirmations import given
from analysis.model.records.audit import CONFIRMATIONS, CORRECTIONS
from analysis.store.base import Filter
from tests.support import seeded
from tests.support.serving import Answer, Serving

Question = dict[str, str]


@pytest.fixture
def unsure(acting: Serving) -> Serving:
    """The page over a store in which the machine is unsure of sixty mentions."""
    acting.desk.store.write(seeded.unsure(60))
    acting.desk.store.refresh()
    return acting


def asked(page: Answer) -> list[Question]:
    """Return the questions of a page: the fields of each form, and where it is sent."""
    found = []
    for form in re.findall(r'<form method="post" action="/label/.*?</form>', page.text, re.DOTALL):
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        fields.pop("csrf")
        found.append({"": re.findall(r'action="([^"]+)"', form)[0], **fields})
    return found


def test_an_answer_is_kept_and_not_asked_again(unsure: Serving) -> None:
    bob = unsure.visitor("analyst", "bob")
    page = bob.get("/label?task=complaint")
    first, second, *_ = questions = asked(page)
    assert {one["task"] for one in questions} == {"complaint"}
    for sign in ("y", "n"):
        assert page.text.count(f'data-key="{sign}"') == len(questions)

    def answered(one: Question, says: str, **headers: str) -> Answer:
        return bob.post(one[""], {**{name: value for name, value in one.items() if name}, "says": says}, **headers)

    right = answered(first, "right")
    assert right.status == 303
    assert right.headers["location"].startswith("/label?task=complaint&said=")
    (kept,) = CONFIRMATIONS.values(unsure.desk.records)
    assert (kept.field, kept.judged, kept.said, kept.who) == ("complaint", first["judged"], first["judged"], "bob")
    wrong = answered(second, "no" if second["judged"] == "yes" else "yes", HX_Request="true")
    assert wrong.status == 200
    assert "Corrected: it " in wrong.text
    assert "<html" not in wrong.text
    (changed,) = CORRECTIONS.values(unsure.desk.records)
    assert changed.mention == second[""].removeprefix("/label/")
    left = {one[""] for one in asked(bob.get("/label?task=complaint"))}
    assert not left & {first[""], second[""]}
    assert len(given(unsure.desk.records)) == 2


def test_what_means_nothing_and_who_may_not_are_refused(unsure: Serving) -> None:
    bob, vic = unsure.visitor("analyst", "bob"), unsure.visitor("viewer", "vic")
    (first, *_) = asked(bob.get("/label?task=sentiment"))
    fields = {name: value for name, value in first.items() if name}
    assert bob.post(first[""], {**fields, "says": "splendid"}).status == 400
    assert bob.post(first[""], {**fields, "task": "mood", "says": "right"}).status == 400
    assert bob.get("/label?task=mood").status == 400
    assert bob.post("/label/none", {**fields, "says": "right"}).status == 404
    stale = bob.post(first[""], {**fields, "judged": "zzz", "says": "right"}, HX_Request="true")
    assert (stale.status, "judged otherwise by now" in stale.text) == (409, True)
    assert vic.get("/label").status == 403
    assert vic.post(first[""], {**fields, "says": "right"}).status == 403
    assert list(given(unsure.desk.records)) == []
    assert 'href="/label"' not in vic.get("/mentions").text


def test_of_topics_the_likeliest_have_the_first_keys_and_all_can_be_chosen(unsure: Serving) -> None:
    page = unsure.visitor("analyst").get("/label?task=topic")
    forms = re.findall(r'<form method="post" action="/label/.*?</form>', page.text, re.DOTALL)
    judged = [re.findall(r'name="judged" value="([^"]*)"', form)[0] for form in forms]
    (mention,) = unsure.desk.store.get(re.findall(r'action="/label/(\w+)"', forms[0])).values()
    of_brand = unsure.desk.store.scan(Filter(terms={"brand.id": (mention.brand.id,)}))
    counts = Counter(topic for one in of_brand for topic in one.complaint_topics)
    most = [topic for topic in sorted(counts, key=lambda topic: (-counts[topic], topic)) if topic != judged[0]]
    assert mention.topics == (judged[0],)
    assert len(most) > 3
    keys = re.findall(r'value="(\w+)" data-key="(.)"', forms[0])
    assert keys[:5] == [("right", "y"), ("none", "1"), *zip(most[:3], "234", strict=True)]
    for form, said in zip(forms, judged, strict=True):
        offered = re.findall(r'name="says" value="(\w+)"', form)
        assert sorted(offered) == sorted({*unsure.desk.topics, "none", "right"} - {said})
