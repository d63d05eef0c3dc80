"""Whether a source kept its promise: a pure judgement of one finished visit."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.model.records.run import RunState
from analysis.model.times import written_minute
from crawler.keeping.visit import Visit

NONE_ON_PAGE = "no post on the page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """``failing`` makes the command exit 1; ``silent`` gave nothing without having promised any; ``cause`` says why.

    ``waiting`` was not asked, because its host asked us to come back later.
    """

    state: RunState
    cause: str = ""


def judge(visit: Visit) -> Health:
    """Return the health of a finished visit, with its cause in plain words.

    Promises are judged over what was read: pages that the server calls unchanged keep theirs.
    """
    if visit.error:
        return Health(state="failing", cause=visit.error)
    if visit.stopped:
        return Health(state="stopped", cause="stopped before it was finished")
    if not visit.entries_read:
        if visit.entries_waiting and visit.entries_waiting == visit.entry_causes.total():
            return Health(state="waiting", cause=_most(visit))
        return Health(state="failing", cause=(_most(visit) or _why_nothing(visit)) + _asked_to_wait(visit))
    broken = _broken_promise(visit)
    if broken:
        return Health(state="failing", cause=broken)
    if not (visit.posts or visit.unchanged or visit.gone_threads):
        # Nothing new is silence; what could not be read is none. A source that says what was deleted is heard.
        return Health(state="failing" if visit.unread else "silent", cause=_why_nothing(visit))
    return Health(state="ok", cause=_most(visit))


def _asked_to_wait(visit: Visit) -> str:
    return f"; asks us to wait: left alone until {written_minute(visit.wait_until)}" if visit.wait_until else ""


def _broken_promise(visit: Visit) -> str:
    source, seen = visit.source, visit.posts
    # A page that is unchanged was not read again, and may hold many posts: only the share that was read is judged,
    # and nothing where most of the source is as it was.
    answers = visit.pages + visit.unchanged
    judged = 0.0 if visit.unchanged and visit.unchanged >= visit.pages else visit.pages / max(1, answers)
    due = source.promise_posts * (judged if answers else 1.0)
    if seen < due:
        if not seen and visit.pages and not visit.dropped.keys() - {NONE_ON_PAGE}:
            # Pages came, and nothing else is amiss: they are not made as they were.
            return f"layout changed: 0 posts where {source.promise_posts} are promised"
        why = f" ({_top_reason(visit)})" if visit.dropped else ""
        return f"{seen or 'no'} post{'' if seen == 1 else 's'} where {source.promise_posts} are promised{why}"
    for name, count, promised in (
        ("a date", visit.dated, source.promise_dated),
        ("an author", visit.authored, source.promise_author),
    ):
        if visit.posts and count / visit.posts < promised:
            return f"{count / visit.posts:.0%} of the posts have {name} where {promised:.0%} are promised"
    return ""


def _why_nothing(visit: Visit) -> str:
    return f"no posts: {_top_reason(visit)}" if visit.dropped else f"no posts on {visit.pages} pages"


def _top_reason(visit: Visit) -> str:
    reason, count = visit.dropped.most_common(1)[0]
    return f"{reason}, {count} times" if count > 1 else reason


def _most(visit: Visit) -> str:
    return visit.entry_causes.most_common(1)[0][0] if visit.entry_causes else ""
