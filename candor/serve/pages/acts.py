"""What can be done to judgements: correct one or many, take that back, say that a post was answered. As ``candor
correct`` and ``ack``.

Whoever changes something says what they saw. Where somebody else was quicker, nothing is changed, and they are told
what it says now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from starlette.responses import Response

from analysis.ledger import acks, corrections, entries
from analysis.ledger.corrections import CountsAs
from analysis.model import Mention
from analysis.model.errors import UsageError
from analysis.model.records.audit import CORRECTIONS, Correction
from candor.serve.look.changes import Change, back, of_one, of_several, told
from candor.serve.pages.browse import given_to
from candor.serve.pages.post import not_here, seen, shown, version_of
from candor.serve.visit import PageVisit, local

MOST_AT_ONCE = 500


def correct(visit: PageVisit) -> Response:
    """Correct one mention to what the form says of it."""
    return _decided(visit, lambda _, standing: of_one(visit, standing), "Corrected.")


def undo(visit: PageVisit) -> Response:
    """Take back a correction of a mention, the newest if none is named, by another one."""

    def again(mention: Mention, standing: CountsAs) -> list[Change]:
        given = given_to(visit.desk.records, [mention]).get(mention.id, [])
        wanted = visit.field("correction") or (given[-1].key if given else "")
        found = next((one for one in given if one.key == wanted), None)
        if found is None:
            raise UsageError("there is no such correction to take back")
        return [back(found, standing)]

    return _decided(visit, again, "Taken back.")


def acknowledge(visit: PageVisit) -> Response:
    """Say that a post was seen and answered."""
    mention = seen(visit, visit.names["name"])
    if mention is None:
        return not_here(visit)
    note = visit.field("note")
    try:
        acks.add(visit.desk.records, about="post", what=mention.post_id, note=note, stamp=visit.stamp())
    except UsageError as error:
        return shown(visit, mention, wrong=str(error), status=400)
    visit.desk.forget_measures()
    return after(visit, mention, "Acknowledged.")


def several(visit: PageVisit) -> Response:
    """Correct many mentions alike; those that somebody else changed meanwhile are left alone and told."""
    reason = entries.needed_reason(visit.field("reason"))
    made: list[Correction] = []
    done, same, left = 0, 0, 0
    with visit.desk.deciding:
        for mention in chosen(visit):
            given = given_to(visit.desk.records, [mention]).get(mention.id, [])
            if given and given[-1].key > visit.field("seen"):
                left += 1
                continue
            standing = corrections.corrected(corrections.judged(mention), given)
            entered = _enter(visit, mention, of_several(visit, standing), reason)
            done, same = done + bool(entered), same + (not entered)
            made += entered
    visit.desk.forget_measures()
    parts = [f"{done} corrected"]
    parts += [f"{same} said so already"] if same else []
    parts += [f"{left} changed by somebody else meanwhile and left alone: look at them again"] if left else []
    undone = {"undo": f"{made[0].key}-{made[-1].key}"} if made else {}
    return to_list(visit, {"said": "; ".join(parts), **undone})


def several_back(visit: PageVisit) -> Response:
    """Take back what was just corrected of many: the visitor's own corrections from one entry to another."""
    first, _, last = visit.field("undo").partition("-")
    own = [one for one in CORRECTIONS.values(visit.desk.records) if first <= one.key <= last]
    own = [one for one in own if one.who == visit.visitor.name]
    if not own:
        raise UsageError("there is nothing of yours to take back")
    done, left = 0, 0
    with visit.desk.deciding:
        for one in reversed(own):
            mention = seen(visit, one.mention)
            standing = corrections.current(visit.desk.records, mention) if mention else None
            try:
                change = [back(one, standing)] if standing else []
            except UsageError:
                change = []
            done += len(_enter(visit, mention, change, f"takes back correction {int(one.key)}")) if mention else 0
            left += not change
    visit.desk.forget_measures()
    parts = [f"{done} taken back"] + ([f"{left} changed since and left alone"] if left else [])
    return to_list(visit, {"said": "; ".join(parts)})


def chosen(visit: PageVisit) -> list[Mention]:
    """Return the mentions that a form of many names and the visitor may see. Raises ``UsageError``."""
    ids = visit.fields("mention")
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise UsageError(f"choose 1 to {MOST_AT_ONCE} mentions")
    return [mention for name in dict.fromkeys(ids) if (mention := seen(visit, name)) is not None]


def to_list(visit: PageVisit, says: dict[str, str]) -> Response:
    """Go back to the list that a form came from, which then says what was done."""
    there = local(visit.field("back"), "/mentions")
    return visit.go(f"{there}{'&' if '?' in there else '?'}{urlencode(says)}")


def after(visit: PageVisit, mention: Mention, words: str) -> Response:
    """Show what is so now: in the panel at once, as a page by an address that can be loaded again."""
    if visit.fragment:
        return shown(visit, mention, said=words)
    return visit.go(f"/mention/{mention.id}?{urlencode({'said': words})}")


def _decided(visit: PageVisit, changes: Callable[[Mention, CountsAs], list[Change]], words: str) -> Response:
    mention = seen(visit, visit.names["name"])
    if mention is None:
        return not_here(visit)
    reason = visit.field("reason")
    with visit.desk.deciding:
        given = given_to(visit.desk.records, [mention]).get(mention.id, [])
        if version_of(given) != visit.field("version"):
            return shown(visit, mention, wrong=_meanwhile(given, visit.field("version")), status=409)
        standing = corrections.corrected(corrections.judged(mention), given)
        try:
            entries.needed_reason(reason)
            made = _enter(visit, mention, changes(mention, standing), reason)
        except UsageError as error:
            return shown(visit, mention, wrong=str(error), status=400)
    if not made:
        return shown(visit, mention, wrong="It says so already.", status=400)
    visit.desk.forget_measures()
    return after(visit, mention, words)


def _enter(visit: PageVisit, mention: Mention, changes: Sequence[Change], reason: str) -> list[Correction]:
    return [
        corrections.correct(
            visit.desk.records,
            mention,
            what=what,
            was=was if what in ("topic", "move") else "",
            to=to,
            reason=reason,
            stamp=visit.stamp(),
        )
        for what, was, to in changes
    ]


def _meanwhile(given: Sequence[Correction], version: str) -> str:
    newer = told([one for one in given if one.key > version])
    return f"Somebody else changed this meanwhile, so nothing of yours was entered. {newer}. Look, then save again."
