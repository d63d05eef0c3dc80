"""The fix ledger: what was done about a complaint, whether it worked, and a place to enter the next one."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from analysis.ledger import entries
from analysis.ledger import fixes as ledger
from analysis.measure.sections.fixes import verdicts
from analysis.model.errors import UsageError
from analysis.model.records.ledger import FIX_STATUSES, FIXES, Fix
from analysis.report.sections.fixes import fix_line
from analysis.track.sections.fixes import FixResult
from candor.serve.look.asked import Asked
from candor.serve.look.behind import NumberLink
from candor.serve.visit import PageVisit
from candor.signing import known

FIELDS = ("theme", "brand", "shipped", "version", "note", "status")


def fixes(visit: PageVisit, *, wrong: str = "", status: int = 200) -> Response:
    """List the ledger, newest first, with the verdict on what was shipped."""
    written = list(FIXES.values(visit.desk.records))[::-1]
    judged: dict[str, list[tuple[FixResult, str, NumberLink]]] = {}
    for one in _verdicts(visit, written):
        judged.setdefault(one.key, []).append((one, fix_line(one), _evidence(visit, one)))
    today = visit.desk.now().date()
    return visit.show(
        "fixes.html.j2",
        status=status,
        here="fixes",
        fixes=[(fix, ledger.standing(fix, today), judged.get(fix.key, [])) for fix in written],
        own=known(visit.desk.config).brands,
        statuses=FIX_STATUSES,
        given=dict(visit.form),
        wrong=wrong,
        said=visit.one("said")[:200],
        theme=visit.one("theme")[:100],
    )


def add(visit: PageVisit) -> Response:
    """Enter a fix."""
    given = {name: visit.field(name) for name in FIELDS}
    try:
        ledger.add(
            visit.desk.records,
            **given,
            reason=visit.field("reason"),
            known=known(visit.desk.config),
            stamp=visit.stamp(),
        )
    except UsageError as error:
        return fixes(visit, wrong=str(error), status=400)
    visit.desk.forget_measures()
    return visit.go("/fixes?said=Entered.")


def edit(visit: PageVisit) -> Response:
    """Change a fix; what it said before stays in its history."""
    key, reason = visit.names["key"], visit.field("reason")
    with visit.desk.deciding:
        try:
            entries.needed_reason(reason)
            before = entries.find(visit.desk.records, FIXES, key).value
            if str(len(before.history)) != visit.field("seen"):
                last = before.history[-1]
                raise UsageError(f"{last.who} changed it meanwhile ({last.reason}); look, then save again")
            changes = {name: visit.field(name) for name in FIELDS if visit.field(name) != before.words(name)}
            changes |= {"status": "open"} if changes.get("shipped") == "" and "status" not in changes else {}
            ledger.edit(
                visit.desk.records, key, changes, known=known(visit.desk.config), stamp=visit.stamp(), reason=reason
            )
        except UsageError as error:
            return fixes(visit, wrong=str(error), status=400)
    visit.desk.forget_measures()
    return visit.go("/fixes?said=Changed.")


def _verdicts(visit: PageVisit, written: list[Fix]) -> tuple[FixResult, ...]:
    desk = visit.desk
    ask = partial(
        verdicts,
        desk.fresh(),
        written,
        desk.config.brands,
        desk.config.sources,
        desk.now(),
        names=desk.topics,
        where=desk.seen_by(visit.visitor),
    )
    made: tuple[FixResult, ...] = desk.measures.get(("fixes", visit.visitor.may("analyst")), ask)
    return made


def _evidence(visit: PageVisit, fix: FixResult) -> NumberLink:
    proof = fix.evidence
    wanted = Asked(
        terms={one.field: one.values for one in proof.where},
        since=proof.since.isoformat(),
        until=proof.until.isoformat(),
    )
    where = visit.desk.where(visit.visitor, wanted)
    return NumberLink(count=visit.desk.store.count(where), address=wanted.address())
