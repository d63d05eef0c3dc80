"""The queue of ``candor label`` as a page: is the machine right? One question after another, one key an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from analysis.ingest.learning import next_questions
from analysis.ledger.entries import chosen
from analysis.ledger.learning.confirmations import DOUBT, LOT, NONE, precision
from analysis.ledger.learning.confirmations import answer as enter
from analysis.ledger.learning.doubts import ASKED, Doubt, by_lot, known_chances, lot_of, questions
from analysis.model import Claim, Mention
from analysis.model.errors import UsageError
from analysis.model.records.audit import CorrectedField, Correction
from candor.labels import keys_of
from candor.serve.look.asked import asked
from candor.serve.look.marked import MarkedWords, marked
from candor.serve.pages.post import not_here, seen
from candor.serve.visit import PageVisit

AT_ONCE = 20
SHOWN = 6
"""Answers that stand open; of more, the others are behind a click, and under their keys."""


_PLAIN: Mapping[CorrectedField, Mapping[str, str]] = {
    "complaint": {"yes": "it complains", "no": "it does not complain"},
    "praise": {"yes": "it praises", "no": "it does not praise"},
    "wish": {"yes": "it wishes for something", "no": "it wishes for nothing"},
    "question": {"yes": "it asks something", "no": "it asks nothing"},
    "relevance": {
        "about": "about the brand",
        "passing": "in passing",
        "list": "a list or an address",
        "not": "not the brand",
    },
    "severity": {NONE: "no harm"},
    "topic": {NONE: "no such complaint"},
    "move": {NONE: "no move"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAnswer:
    """One answer that may be given: its key (empty where all keys are taken), what it says, and that in words."""

    key: str
    says: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuestion:
    """A question, in words; its sentence with what the judgement rests on marked; the answers but for "right"."""

    item: Doubt
    machine: str
    sentence: tuple[MarkedWords, ...]
    answers: tuple[LabelAnswer, ...]


def label(visit: PageVisit, *, wrong: str = "", status: int = 200) -> Response:
    """Ask about the judgements that are least sure, every fifth one drawn by lot; by task and brand where asked."""
    tasks = [chosen("task", one, ASKED) for name, one in visit.given if name == "task" and one]
    given = [(name, value) for name, value in visit.given if name not in ("task", "said")]
    desk = visit.desk
    items = next_questions(
        desk.fresh(),
        desk.where(visit.visitor, asked(given)),
        tasks=tasks or ASKED,
        topics=sorted(desk.topics, key=lambda topic: desk.topics[topic].casefold()),
        limit=AT_ONCE,
    )
    return visit.show(
        "label.html.j2",
        status=status,
        here="label",
        questions=[_shown(visit, one) for one in items],
        tasks=ASKED,
        task=tasks[0] if tasks else "",
        brand=dict(given).get("brand.id", ""),
        back=f"/label?{urlencode([(name, value) for name, value in visit.given if name != 'said'])}",
        open_answers=SHOWN,
        lot=LOT,
        precision=[one for one in precision(desk.records) if not one.judged],
        wrong=wrong,
        said=visit.one("said")[:200],
    )


def answer(visit: PageVisit) -> Response:
    """Enter what somebody says of one judgement: right, or what it should say."""
    mention = seen(visit, visit.names["name"])
    if mention is None:
        return not_here(visit)
    task, value = chosen("task", visit.field("task"), ASKED), visit.field("value")
    with visit.desk.deciding:
        item = _asked_now(visit, mention, task, value)
        if item is None or item.judged != visit.field("judged"):
            return _told(visit, "It is judged otherwise by now, so nothing was entered.", status=409)
        says = item.judged if visit.field("says") == "right" else visit.field("says")
        if says not in item.choices:
            raise UsageError(f"{says[:40]!r} is no answer to this", about=("says",))
        made = enter(
            visit.desk.records,
            mention,
            what=task,
            was=value,
            says=says,
            drawn=LOT if by_lot(lot_of(item)) else DOUBT,
            stamp=visit.stamp(),
        )
    visit.desk.forget_measures()
    right = not isinstance(made, Correction)
    return _told(visit, "Right." if right else f"Corrected: {_words(visit, task, says)}.", mention=mention.id)


def _asked_now(visit: PageVisit, mention: Mention, task: CorrectedField, value: str) -> Doubt | None:
    """Return the question as it would be asked now; None where the mention does not say so any more."""
    every = questions(mention, known_chances(mention), [task], sorted(visit.desk.topics))
    return next((one for one in every if one.value == value), None)


def _told(visit: PageVisit, said: str, *, mention: str = "", status: int = 200) -> Response:
    """Say what became of an answer: in the place of its question, or on the page."""
    if visit.fragment:
        return visit.show("parts/answered.html.j2", status=status, said=said, mention=mention)
    back = visit.field("back") if visit.field("back").startswith("/label") else "/label"
    return visit.go(f"{back}{'&' if '?' in back else '?'}{urlencode({'said': said})}")


def _shown(visit: PageVisit, item: Doubt) -> ShownQuestion:
    start, end = item.span
    claims = [Claim(kind="complaint", sentence=item.sentence, start=start, end=end, score=1.0)] if end > start else []
    keys = {says: key for key, says in keys_of(item).items()}
    answers = [
        LabelAnswer(key=keys.get(says, ""), says=says, words=_words(visit, item.task, says))
        for says in item.choices
        if says != item.judged
    ]
    return ShownQuestion(
        item=item,
        machine=_words(visit, item.task, item.judged),
        sentence=marked(item.sentence, claims),
        answers=tuple(answers),
    )


def _words(visit: PageVisit, task: CorrectedField, says: str) -> str:
    """Return in words what a mention says in a task, for people who know no field names."""
    if plain := _PLAIN.get(task, {}).get(says):
        return plain
    name = visit.desk.name_of({"topic": "topics", "move": "moves", "severity": "severity.level"}.get(task, task), says)
    return name.replace("_", " ")
