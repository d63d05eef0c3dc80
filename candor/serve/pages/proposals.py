"""What agents propose, with the mentions that it rests on: accepted or declined here by a person, or left to wait."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from analysis.ledger import proposals as ledger
from analysis.model import Mention
from analysis.model.errors import UsageError
from analysis.model.records.proposal import PROPOSALS, Proposal
from candor.serve.visit import PageVisit
from candor.signing import known

DECIDED = 20
"""Decided ones that are shown below those that wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalShown:
    """A proposal, and those of its mentions that are still stored."""

    proposal: Proposal
    mentions: tuple[Mention, ...]


def proposals(visit: PageVisit, *, wrong: str = "", status: int = 200) -> Response:
    """List what waits, and below it what was decided last."""
    every = list(PROPOSALS.values(visit.desk.records))
    decided = [one for one in every if one.state in ("accepted", "declined")]
    return visit.show(
        "proposals.html.j2",
        status=status,
        here="proposals",
        waiting=[_shown(visit, one) for one in every if one.state in ("waiting", "deciding")],
        decided=decided[: -DECIDED - 1 : -1],
        said=visit.one("said")[:200],
        wrong=wrong,
    )


def accept(visit: PageVisit) -> Response:
    """Carry a proposal out in the visitor's name."""
    desk = visit.desk
    try:
        with desk.deciding:
            ledger.accept(
                desk.store,
                visit.names["key"],
                known=known(desk.config),
                stamp=visit.stamp(),
                note=visit.field("note"),
            )
    except UsageError as error:
        return proposals(visit, wrong=str(error), status=409)
    desk.forget_measures()
    return visit.go("/proposals?said=Accepted.")


def decline(visit: PageVisit) -> Response:
    """Decline a proposal, with a reason that the agent may read."""
    try:
        ledger.decline(visit.desk.records, visit.names["key"], reason=visit.field("note"), stamp=visit.stamp())
    except UsageError as error:
        return proposals(visit, wrong=str(error), status=400)
    return visit.go("/proposals?said=Declined.")


def _shown(visit: PageVisit, proposal: Proposal) -> ProposalShown:
    found = (visit.desk.mention(visit.visitor, name) for name in proposal.evidence)
    return ProposalShown(proposal=proposal, mentions=tuple(one for one in found if one is not None))
