"""What a form says otherwise than a mention counts as: the corrections that it asks for, and how one is taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from analysis.ledger import entries
from analysis.ledger.corrections import CountsAs
from analysis.model import MOVES
from analysis.model.errors import UsageError
from analysis.model.records.audit import CorrectedField, Correction
from candor.serve.visit import PageVisit
from candor.signing import known

Change = tuple[CorrectedField, str, str]
"""A field, what it says now, what it is to say."""
ONE_WORD: tuple[CorrectedField, ...] = ("sentiment", "complaint", "praise", "wish", "question", "severity", "brand")
"""The fields that say one thing; ``topic`` and ``move`` may say several."""
SIGNS: Mapping[CorrectedField, str] = {
    "complaint": "Complains",
    "praise": "Praises",
    "wish": "Wishes something",
    "question": "Asks something",
}


def of_one(visit: PageVisit, standing: CountsAs) -> list[Change]:
    """Return what the form of one mention says otherwise: what is not ticked any more is taken away."""
    topics = _set(visit, "topic", standing.topics, known(visit.desk.config).topics)
    return [*_words(visit, standing), *topics, *_set(visit, "move", standing.moves, MOVES)]


def of_several(visit: PageVisit, standing: CountsAs) -> list[Change]:
    """Return what the form of many mentions changes of one; an empty field changes nothing."""
    asked: tuple[tuple[CorrectedField, frozenset[str], Collection[str]], ...] = (
        ("topic", standing.topics, known(visit.desk.config).topics),
        ("move", standing.moves, MOVES),
    )
    changes = _words(visit, standing)
    for what, now, names in asked:
        new, gone = _added(visit, what, names), visit.field(f"not_{what}")
        changes += _steps(what, [gone] if gone in now else [], [new] if new and new not in now else [])
    return changes


def back(one: Correction, standing: CountsAs) -> Change:
    """Return the change that takes a correction back. Raises ``UsageError`` where it was changed again since."""
    if one.field in ("topic", "move"):
        now = standing.topics if one.field == "topic" else standing.moves
        if (one.to and one.to not in now) or (one.was and one.was in now):
            raise UsageError(f"the {one.field} was changed again since; correct it")
        return one.field, one.to, one.was
    if standing.said(one.field) != one.to:
        raise UsageError(f"{one.field} was changed again since, to {standing.said(one.field)}; correct it")
    return one.field, one.to, one.was


def beside(judged: CountsAs, now: CountsAs) -> dict[CorrectedField, str]:
    """Return field -> what the machine said, where the mention counts as something else by now."""
    fields: tuple[CorrectedField, ...] = (*ONE_WORD, "topic", "move", "relevance")
    return {field: judged.said(field) for field in fields if judged.said(field) != now.said(field)}


def told(given: Sequence[Correction]) -> str:
    """Return corrections in words."""
    return "; ".join(
        f"{one.who}: {one.field} {one.was or 'none'} to {one.to or 'none'} ({one.reason})" for one in given
    )


def _words(visit: PageVisit, standing: CountsAs) -> list[Change]:
    asked = ((what, standing.said(what), visit.field(what)) for what in ONE_WORD)
    return [(what, now, to) for what, now, to in asked if to not in ("", now)]


def _added(visit: PageVisit, what: CorrectedField, names: Collection[str]) -> str:
    added = visit.field(f"add_{what}")
    return entries.chosen(what, added, names) if added else ""


def _set(visit: PageVisit, what: CorrectedField, now: frozenset[str], names: Collection[str]) -> list[Change]:
    added = _added(visit, what, names)
    gone = sorted(now - set(visit.fields(what)) - {added})
    return list(_steps(what, gone, [added] if added and added not in now else []))


def _steps(what: CorrectedField, gone: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    if len(gone) == len(new) == 1:
        yield what, gone[0], new[0]
        return
    for name in new:
        yield what, "", name
    for name in gone:
        yield what, name, ""
