"""What can be done to mentions: correct one or many, undo, say that it was answered. As ``candor correct`` and ``ack``.

Whoever changes something says what they saw. Where somebody else was quicker, nothing is changed, and they are told
what it says now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlencode

from starlette.responses import Response

from analysis.ledger import acks, corrections, entries
from analysis.ledger.corrections import CountsAs
from analysis.model import Mention
from analysis.model.errors import UsageError
from analysis.model.records.audit import CorrectedField, Correction
from candor.serve.pages.browse import given_to
from candor.serve.pages.post import not_here, seen, shown, version_of
from candor.serve.visit import PageVisit, local
from candor.signing import known

MOST_AT_ONCE = 500
Change = tuple[CorrectedField, str, str]
"""A field, what it says now, what it is to say."""


def correct(visit: PageVisit) -> Response:
    """Correct one mention to what the form says of it."""
    return _decided(visit, lambda _, standing: _changes(visit, standing), "Corrected.")


def undo(visit: PageVisit) -> Response:
    """Take back the newest correction of a mention, by another one."""

    def back(mention: Mention, _: CountsAs) -> list[Change]:
        given = given_to(visit.desk.records, [mention]).get(mention.id, [])
        if not given:
            raise UsageError("there is no correction to take back")
        return [(given[-1].field, given[-1].to, given[-1].was)]

    return _decided(visit, back, "Taken back.")


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
    return _after(visit, mention, "Acknowledged.")


def several(visit: PageVisit) -> Response:
    """Correct many mentions alike; those that somebody else changed meanwhile are left alone and told."""
    ids, reason = visit.fields("mention"), entries.needed_reason(visit.field("reason"))
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise UsageError(f"choose 1 to {MOST_AT_ONCE} mentions")
    made, same, left = 0, 0, 0
    with visit.desk.deciding:
        for mention in filter(None, (seen(visit, name) for name in dict.fromkeys(ids))):
            given = given_to(visit.desk.records, [mention]).get(mention.id, [])
            if given and given[-1].key > visit.field("seen"):
                left += 1
                continue
            standing = corrections.corrected(corrections.judged(mention), given)
            done = _enter(visit, mention, _wanted(visit, standing), reason)
            made, same = made + bool(done), same + (not done)
    visit.desk.forget_measures()
    parts = [f"{made} corrected"]
    parts += [f"{same} said so already"] if same else []
    parts += [f"{left} changed by somebody else meanwhile and left alone: look at them again"] if left else []
    back = local(visit.field("back"), "/mentions")
    return visit.go(f"{back}{'&' if '?' in back else '?'}{urlencode({'said': '; '.join(parts)})}")


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
    return _after(visit, mention, words)


def _enter(visit: PageVisit, mention: Mention, changes: Sequence[Change], reason: str) -> int:
    for what, was, to in changes:
        corrections.correct(
            visit.desk.records,
            mention,
            what=what,
            was=was if what == "topic" else "",
            to=to,
            reason=reason,
            stamp=visit.stamp(),
        )
    return len(changes)


def _changes(visit: PageVisit, standing: CountsAs) -> list[Change]:
    """Return what the form of one mention says otherwise than the mention does."""
    kept, added = set(visit.fields("topic")), visit.field("add_topic")
    if added:
        entries.chosen("topic", added, known(visit.desk.config).topics)
    gone = sorted(standing.topics - kept)
    new = [added] if added and added not in standing.topics else []
    return [*_wanted(visit, standing), *_topics(gone, new)]


def _topics(gone: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    if len(gone) == len(new) == 1:
        yield "topic", gone[0], new[0]
        return
    for topic in new:
        yield "topic", "", topic
    for topic in gone:
        yield "topic", topic, ""


def _wanted(visit: PageVisit, standing: CountsAs) -> list[Change]:
    """Return the changes of the fields that a form sets for one mention or for many; an empty one changes nothing."""
    now = {
        "sentiment": standing.label,
        "complaint": "yes" if standing.complaint else "no",
        "brand": "about" if standing.about else "not about",
    }
    fields: tuple[CorrectedField, ...] = ("sentiment", "complaint", "brand")
    return [(what, now[what], visit.field(what)) for what in fields if visit.field(what) not in ("", now[what])]


def _meanwhile(given: Sequence[Correction], version: str) -> str:
    newer = [one for one in given if one.key > version]
    told = "; ".join(
        f"{one.who}: {one.field} {one.was or 'none'} to {one.to or 'none'} ({one.reason})" for one in newer
    )
    return f"Somebody else changed this meanwhile, so nothing of yours was entered. {told}. Look, then save again."


def _after(visit: PageVisit, mention: Mention, words: str) -> Response:
    """Show what is so now: in the panel at once, as a page by an address that can be loaded again."""
    if visit.fragment:
        return shown(visit, mention, said=words)
    return visit.go(f"/mention/{mention.id}?{urlencode({'said': words})}")
