"""Triage: who sees to which mention and theme, how far it is, tags and notes; of one or of many at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from analysis.ledger import triage as ledger
from analysis.ledger.triage import TriageChange
from analysis.model.errors import UsageError
from analysis.model.records.triage import TRIAGE_STATUSES, Triage, Triaged, TriageStep
from analysis.track.sections.themes import Theme
from candor.serve.look.asked import Asked
from candor.serve.look.behind import NumberLink, in_period
from candor.serve.look.triaged import ASSIGNEE, STATUS, TAG
from candor.serve.pages.acts import after, chosen, to_list
from candor.serve.pages.post import not_here, seen, shown
from candor.serve.visit import PageVisit

SAME = "It says so already."


@dataclass(frozen=True, slots=True, kw_only=True)
class TriagedTheme:
    """A complaint theme of one of our brands, what the team entered of it, and how many mentions have it now."""

    brand: str
    topic: str
    entered: Triage | None
    complaints: NumberLink | None

    @property
    def now(self) -> TriageStep | None:
        """What stands there."""
        return self.entered.now if self.entered else None


def enter(visit: PageVisit) -> Response:
    """Enter status, assignee, tags or a note of a mention."""
    return _of_mention(visit, lambda name: _entered(visit, "mention", name), "Entered.")


def take_back(visit: PageVisit) -> Response:
    """Put back what stood before the newest step of a mention."""
    return _of_mention(visit, lambda name: _back(visit, "mention", name), "Taken back.")


def enter_several(visit: PageVisit) -> Response:
    """Enter the same of many mentions; fields that are left empty change nothing."""
    change = TriageChange(
        status=visit.field("status"),
        assignee=visit.field("assignee") or None,
        add_tags=_tags(visit.field("tags")),
        note=visit.field("note"),
    )
    done = same = 0
    with visit.desk.deciding:
        for mention in chosen(visit):
            made = ledger.enter(
                visit.desk.records, about="mention", what=mention.id, change=change, stamp=visit.stamp()
            )
            done, same = done + bool(made), same + (made is None)
    parts = [f"{done} entered"] + ([f"{same} said so already"] if same else [])
    return to_list(visit, {"said": "; ".join(parts)})


def enter_theme(visit: PageVisit) -> Response:
    """Enter status, assignee, tags or a note of a theme."""
    return _of_theme(visit, lambda name: _entered(visit, "theme", name), "Entered.")


def take_back_theme(visit: PageVisit) -> Response:
    """Put back what stood before the newest step of a theme."""
    return _of_theme(visit, lambda name: _back(visit, "theme", name), "Taken back.")


def board(visit: PageVisit, *, wrong: str = "", status: int = 200) -> Response:
    """Show the themes with what the team entered of them, and the mentions by status, assignee and tag."""
    span = visit.span()
    report = visit.desk.report(visit.visitor, span)
    known = ledger.of_all(visit.desk.records, "theme")
    themes = [_theme(visit, theme, known.of) for theme in report.themes]
    there = {(one.brand, one.topic) for one in themes}
    kept = (what.partition("/") for what in sorted(known.of))
    themes += [
        TriagedTheme(brand=brand, topic=topic, entered=known.of[f"{brand}/{topic}"], complaints=None)
        for brand, _, topic in kept
        if (brand, topic) not in there
    ]
    return visit.show(
        "triage.html.j2",
        status=status,
        here="triage",
        themes=[one for one in themes if _wanted(visit, one)],
        filters=_filters(visit, themes),
        counts=_counts(visit),
        statuses=TRIAGE_STATUSES,
        people=people(visit),
        difference=ledger.difference,
        wrong=wrong,
        said=visit.one("said")[:200],
    )


def people(visit: PageVisit) -> list[str]:
    """Return names that something may be given to: who asks, and who has something already."""
    given = (
        ledger.of_all(visit.desk.records, "mention").assignees()
        + ledger.of_all(visit.desk.records, "theme").assignees()
    )
    return list(dict.fromkeys([visit.visitor.name, *given]))


def meanwhile(entered: Triage, seen_steps: int) -> str:
    """Return what others entered behind the steps that somebody saw, in words."""
    steps = entered.steps
    newer = [
        f"{step.who}: {ledger.difference(steps[at - 1] if at else None, step) or 'a note'}"
        for at, step in enumerate(steps)
        if at >= seen_steps
    ]
    told = "; ".join(newer)
    return f"Somebody else entered something meanwhile, so nothing of yours was. {told}. Look, then save again."


def _entered(visit: PageVisit, about: Triaged, what: str) -> Triage | None:
    change = TriageChange(
        status=visit.field("status"),
        assignee=visit.field("assignee"),
        tags=_tags(visit.field("tags")),
        note=visit.field("note"),
    )
    return ledger.enter(visit.desk.records, about=about, what=what, change=change, stamp=visit.stamp())


def _back(visit: PageVisit, about: Triaged, what: str) -> Triage | None:
    return ledger.take_back(visit.desk.records, about=about, what=what, stamp=visit.stamp())


def _of_mention(visit: PageVisit, act: Callable[[str], Triage | None], words: str) -> Response:
    mention = seen(visit, visit.names["name"])
    if mention is None:
        return not_here(visit)
    wrong, status = _done(visit, "mention", mention.id, act)
    return shown(visit, mention, wrong=wrong, status=status) if wrong else after(visit, mention, words)


def _of_theme(visit: PageVisit, act: Callable[[str], Triage | None], words: str) -> Response:
    brand, topic = visit.names["brand"], visit.names["theme"]
    if brand not in visit.desk.brands or topic not in visit.desk.topics:
        return not_here(visit)
    wrong, status = _done(visit, "theme", f"{brand}/{topic}", act)
    return board(visit, wrong=wrong, status=status) if wrong else visit.go(f"/triage?{urlencode({'said': words})}")


def _done(visit: PageVisit, about: Triaged, what: str, act: Callable[[str], Triage | None]) -> tuple[str, int]:
    """Do it, unless somebody else was quicker. Return what is wrong, with the status, or an empty text."""
    with visit.desk.deciding:
        there = ledger.of_some(visit.desk.records, about, [what]).get(what)
        steps = len(there.steps) if there else 0
        if visit.field("seen") != str(steps):
            told = visit.field("seen")
            if there is None or not (told.isascii() and told.isdigit()):
                return "This form is not of this page; load it again.", 400
            return meanwhile(there, int(told[:9])), 409
        try:
            return ("", 200) if act(what) else (SAME, 400)
        except UsageError as error:
            return str(error), 400


def _tags(text: str) -> list[str]:
    return [tag.strip() for tag in text.split(",") if tag.strip()]


def _theme(visit: PageVisit, theme: Theme, known: Mapping[str, Triage]) -> TriagedTheme:
    report = visit.desk.report(visit.visitor, visit.span())
    wanted = in_period(report, report.period, {"brand.id": [theme.brand], "complaint_topics": [theme.id]})
    count = visit.desk.store.count(visit.desk.where(visit.visitor, wanted))
    return TriagedTheme(
        brand=theme.brand,
        topic=theme.id,
        entered=known.get(f"{theme.brand}/{theme.id}"),
        complaints=NumberLink(count=count, address=wanted.address()),
    )


def _wanted(visit: PageVisit, theme: TriagedTheme) -> bool:
    step = theme.now
    asks = (
        (visit.one("status"), (step.status if step else "new",)),
        (visit.one("assignee"), (step.assignee,) if step else ()),
        (visit.one("tag"), step.tags if step else ()),
    )
    return all(not value or value in has for value, has in asks)


def _filters(visit: PageVisit, themes: Sequence[TriagedTheme]) -> list[tuple[str, str, int, bool]]:
    """Return what the themes can be narrowed by: which field, its value, how many, whether it is chosen."""
    counts: dict[tuple[str, str], int] = {}
    for one in themes:
        step = one.now
        tags = [("tag", tag) for tag in step.tags] if step else []
        person = [("assignee", step.assignee)] if step and step.assignee else []
        for key in [("status", step.status if step else "new"), *person, *tags]:
            counts[key] = counts.get(key, 0) + 1
    return [(name, value, count, visit.one(name) == value) for (name, value), count in sorted(counts.items())]


def _counts(visit: PageVisit) -> list[tuple[str, str, NumberLink]]:
    """Return how many mentions have each status, assignee and tag that was entered, with the lists of them."""
    known = ledger.of_all(visit.desk.records, "mention")
    asked = [(STATUS, one) for one in TRIAGE_STATUSES if one != "new"]
    asked += [(ASSIGNEE, one) for one in known.assignees()] + [(TAG, one) for one in known.tags()]
    found = []
    for path, value in asked:
        wanted = Asked(terms={path: (value,)})
        count = visit.desk.store.count(visit.desk.where(visit.visitor, wanted))
        if count:
            found.append((path, value, NumberLink(count=count, address=wanted.address())))
    return found
