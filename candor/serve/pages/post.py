"""One mention: its whole text with every judgement where it stands, its thread, copies, history and address."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from analysis.ledger import corrections
from analysis.ledger.triage import difference, of_some
from analysis.model import MOVES, SENTIMENTS, SEVERITIES, Mention
from analysis.model.records.audit import Correction
from analysis.model.records.triage import TRIAGE_STATUSES
from analysis.store.base import Filter
from candor.serve.look.asked import Asked
from candor.serve.look.changes import SIGNS, beside
from candor.serve.look.marked import MOST_SIGNS, marked
from candor.serve.pages.browse import given_to, row_of
from candor.serve.visit import PageVisit

MOST_CLAIMS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Other mentions that belong to one: what they are, how many with it, and the list of them."""

    title: str
    count: int
    address: str


def mention(visit: PageVisit) -> Response:
    """Show a mention, as a page or as the panel beside a list."""
    found = seen(visit, visit.names["name"])
    return not_here(visit) if found is None else shown(visit, found)


def shown(visit: PageVisit, found: Mention, *, said: str = "", wrong: str = "", status: int = 200) -> Response:
    """Show a mention; ``said`` and ``wrong`` tell what became of what was just entered."""
    given = given_to(visit.desk.records, [found]).get(found.id, [])
    return visit.show(
        "parts/mention.html.j2" if visit.fragment else "mention.html.j2",
        status=status,
        here="mentions",
        mention=found,
        row=row_of(found, given),
        judged=corrections.judged(found),
        changed=beside(corrections.judged(found), row_of(found, given).counts),
        entered=of_some(visit.desk.records, "mention", [found.id]).get(found.id),
        difference=difference,
        statuses=TRIAGE_STATUSES,
        signs=SIGNS,
        severities=(*SEVERITIES, corrections.NO_HARM),
        all_moves=MOVES,
        title=marked(found.title, found.claims),
        text=marked(found.text, found.claims),
        most_signs=MOST_SIGNS,
        claims=found.claims[:MOST_CLAIMS],
        beside=_beside(visit, found),
        history=given[::-1],
        version=version_of(given),
        said=said or visit.one("said")[:200],
        sentiments=SENTIMENTS,
        wrong=wrong,
    )


def seen(visit: PageVisit, name: str) -> Mention | None:
    """Return a mention that the visitor may see; None where there is none, and where it is not for them."""
    return visit.desk.mention(visit.visitor, name)


def version_of(given: list[Correction]) -> str:
    """Return the state of a mention's corrections: who changes it says which one they saw."""
    return given[-1].key if given else "0"


def not_here(visit: PageVisit) -> Response:
    """Say that there is no such thing, without saying whether somebody else could see it."""
    return visit.show("lost.html.j2", status=404, here="")


def _beside(visit: PageVisit, found: Mention) -> list[Beside]:
    ways = (
        ("Other brands in this post", "post_id", found.post_id),
        ("Mentions in this thread", "thread", found.thread),
        ("Copies of this story", "story", found.story),
        ("By the same author", "author", found.author),
    )
    made = []
    for title, path, value in ways:
        if not value:
            continue
        count = visit.desk.store.count(visit.desk.seen_by(visit.visitor, Filter(terms={path: [value]})))
        if count > 1:
            made.append(Beside(title=title, count=count, address=Asked(terms={path: (value,)}).address()))
    return made
