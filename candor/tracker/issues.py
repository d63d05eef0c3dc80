"""The team's issues: proposed here, sent by a person, looked at again.

One complaint is one issue: a key says what it is about, and another is begun only when the tracker has closed the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.ledger import proposals
from analysis.ledger.entries import Stamp
from analysis.ledger.fixes import Known
from analysis.model import Mention
from analysis.model.errors import CandorError, UsageError
from analysis.model.records.base import Records, Stored
from analysis.model.records.issue import ISSUES, Issue
from analysis.model.text import whole_words
from analysis.settings.tables import TrackerSection
from analysis.store.base import Store
from analysis.track.parts import Quote
from analysis.track.results import Measures
from candor.tracker.asking import TrackerError
from candor.tracker.kinds import Tracker
from candor.tracker.wording import mention_body, mention_title, public, theme_body, theme_title

LONGEST = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLook:
    """What became of looking at one issue. ``offered`` is the number of a fix that was proposed because it is done."""

    issue: Issue
    changed: bool = False
    problem: str = ""
    offered: str = ""


def propose_theme(records: Records, report: Measures, theme: str, *, brand: str = "", stamp: Stamp) -> Issue:
    """Return the issue about a theme: the one that is there, or a new one with today's numbers.

    ``report`` is of public mentions alone. Raises ``UsageError`` where nobody complains about it, or at several
    brands.
    """
    found = [
        one
        for one in (*report.themes, *report.other_themes)
        if theme in (one.id, one.name) and brand in ("", one.brand)
    ]
    if not found:
        known = ", ".join(dict.fromkeys(one.id for one in (*report.themes, *report.other_themes))) or "none"
        raise UsageError(f"{theme!r}: nobody complains about it in public in this period; themes: {known}")
    if len(found) > 1:
        raise UsageError(f"is missing; {theme} is a theme of {', '.join(one.brand for one in found)}", about=("brand",))
    one = found[0]
    key = f"theme-{one.brand}-{one.id}"

    def made(name: str) -> Issue:
        return Issue(
            key=name,
            about="theme",
            what=one.id,
            brand=one.brand,
            title=theme_title(one),
            body=theme_body(report, one, name),
            quotes=_kept(public(one.quotes)),
            at=stamp.at,
            who=stamp.who,
        )

    return _proposed(records, key, made)


def propose_mention(records: Records, mention: Mention, *, topic: str, stamp: Stamp) -> Issue:
    """Return the issue about a mention: the one there is, or a new one. Raises ``UsageError`` for a private mention."""
    if mention.private:
        raise UsageError(f"{mention.id}: was written to the team alone; its words do not leave the house")

    def made(name: str) -> Issue:
        quote = _quote_of(mention)
        return Issue(
            key=name,
            about="mention",
            what=mention.id,
            brand=mention.brand.id,
            title=mention_title(mention, topic),
            body=mention_body(mention, quote, name),
            quotes=_kept([quote]),
            at=stamp.at,
            who=stamp.who,
        )

    return _proposed(records, f"mention-{mention.id}", made)


def find(records: Records, key: str) -> Stored[Issue]:
    """Return an issue by its key. Raises ``UsageError`` where there is none."""
    found = ISSUES.get(records, key)
    if found is None:
        raise UsageError(f"{key!r} is no issue that was proposed")
    return found


def send(
    records: Records, key: str, tracker: Tracker, options: TrackerSection, *, stamp: Stamp, again: bool = False
) -> Issue:
    """Send an issue and return it as sent; one that was sent already is returned as it is.

    ``again`` sends one of which nobody knows whether it arrived. Raises ``TrackerError`` where the tracker refuses:
    it may then be sent again; ``UsageError`` where somebody else sends it now, or nobody knows.
    """
    held = find(records, key)
    if held.value.state == "sent":
        return held.value
    if held.value.state == "sending" and not again:
        raise UsageError(
            f"{key}: {held.value.sent_by} was sending it, and nobody knows whether it arrived "
            f"({held.value.cause or 'no answer yet'}); look in the tracker, and where it is not there send it again",
            about=("again",),
        )
    taken = replace(held.value, state="sending", sent_by=stamp.who, sent_at=stamp.at, tracker=_name(options), cause="")
    version = ISSUES.put(records, taken, if_version=held.version)
    if version is None:
        raise UsageError(f"{key}: somebody else sends it at this moment; look again")
    try:
        made = tracker.create(taken.title, taken.body, options.labels)
    except TrackerError as error:
        back = replace(taken, state="sending" if error.unknown else "proposed", cause=str(error)[:LONGEST])
        ISSUES.put(records, back, if_version=version)
        raise
    done = replace(taken, state="sent", number=made.number, url=made.url, remote="open")
    ISSUES.put(records, done, if_version=version)
    return done


def sync(store: Store, tracker: Tracker, options: TrackerSection, *, known: Known, stamp: Stamp) -> Iterator[IssueLook]:
    """Look at every issue that was sent and is not over; yield what became of each.

    Of a theme's issue that is done a fix is proposed, which waits for a person.
    """
    for held in list(ISSUES.all(store.records)):
        if held.value.state == "sent" and not held.value.is_over and held.value.tracker == _name(options):
            yield _looked(store, held, tracker, known=known, stamp=stamp)


def _looked(store: Store, held: Stored[Issue], tracker: Tracker, *, known: Known, stamp: Stamp) -> IssueLook:
    try:
        found = tracker.look(held.value.number)
    except TrackerError as error:
        return IssueLook(issue=held.value, problem=str(error))
    after = replace(held.value, remote=found.state, closed_at=found.closed_at, looked_at=stamp.at)
    if ISSUES.put(store.records, after, if_version=held.version) is None:
        return IssueLook(issue=held.value, problem=f"{held.key}: was changed at the same moment; look again")
    changed = after.remote != held.value.remote
    if not (changed and after.remote == "done" and after.about == "theme"):
        return IssueLook(issue=after, changed=changed)
    try:
        return IssueLook(issue=after, changed=True, offered=_offered(store, after, known=known, stamp=stamp))
    except CandorError as error:
        return IssueLook(issue=after, changed=True, problem=f"no fix was proposed: {error}")


def _offered(store: Store, issue: Issue, *, known: Known, stamp: Stamp) -> str:
    day = (issue.closed_at or stamp.at).date().isoformat()
    values = {
        "theme": issue.what,
        "brand": issue.brand if issue.brand in known.brands else "",
        "shipped": day,
        "status": "shipped",
        "note": f"{issue.tracker} {issue.number}",
    }
    there = store.get([quote["id"] for quote in issue.quotes])
    made = proposals.propose_fix(
        store,
        values,
        reason=f"{issue.url} is closed as done; say when it really reached customers",
        evidence=list(there),
        known=known,
        stamp=replace(stamp, who=issue.tracker),
    )
    return made.key


def _proposed(records: Records, key: str, make: Callable[[str], Issue]) -> Issue:
    """Return the newest issue of a key that is not over; where none is sent yet, with today's words."""
    name, number = key, 1
    while (held := ISSUES.get(records, name)) is not None and held.value.is_over:
        number += 1
        name = f"{key}-{number}"
    if held is not None and held.value.state != "proposed":
        return held.value
    made = make(name)
    if held is not None and (held.value.title, held.value.body) == (made.title, made.body):
        return held.value
    if ISSUES.put(records, made, if_version=held.version if held else 0) is None:
        return find(records, name).value
    return made


def _quote_of(mention: Mention) -> Quote:
    text = f"{mention.title}\n{mention.text}".strip()
    return Quote(
        mention_id=mention.id,
        text=whole_words(text[:LONGEST], least=LONGEST // 2, strip="") if len(text) > LONGEST else text,
        url=mention.url,
        domain=mention.domain,
        source=mention.source.id,
        brand=mention.brand.id,
        published_at=mention.published_at,
        rating=mention.rating,
        label=mention.sentiment.label,
    )


def _kept(quotes: Sequence[Quote]) -> tuple[dict[str, str], ...]:
    return tuple({"id": one.mention_id, "text": one.text, "url": one.url} for one in quotes)


def _name(options: TrackerSection) -> str:
    return f"{options.kind} {options.project}"
