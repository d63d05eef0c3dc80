"""The tools: what an agent may ask, and the two things that it may propose. Their docstrings are what it is told.

They answer what ``/api/v1`` answers, as a viewer sees it, so that what is private stays out unless somebody asked for
it on the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from analysis.ledger import proposals as ledger
from analysis.ledger.entries import Stamp
from analysis.model import document
from analysis.model.errors import UsageError
from analysis.model.query import parse
from analysis.model.records.audit import CorrectedField
from analysis.model.records.proposal import PROPOSALS, Proposal
from analysis.store.snippet import snippet
from candor.agents.untrusted import fitted, marked, vocabulary
from candor.serve.api import answers
from candor.serve.api.call import ApiCall, Json
from candor.serve.desk import Desk
from candor.serve.door.visitors import Visitor
from candor.signing import known

MOST_FOUND = 50
MOST_EVIDENCE = 20
_SNIPPET = 400
_SLIM = ("url", "title", "kind", "lang", "published_at", "rating", "intents", "topics", "complaint_topics", "quote")
_UNASKED = frozenset({"command", "trend", "tokens", "bands", "hash", "content_hash", "hands"})
"""Keys of the report and of mentions that only programs of our own need."""

Words = Annotated[str, Field(description='Boolean words, such as `battery AND "dies fast"`; empty for all.')]
Since = Annotated[str, Field(description="From this time on: 2026-03-01, or 30d (so long ago).")]
Until = Annotated[str, Field(description="Before this time.")]
Where = Annotated[
    dict[str, list[str]] | None,
    Field(
        description=(
            'Field path to values of which one must be present, such as {"complaint_topics": ["battery"]}, '
            '{"brand.id": ["tessaro"]}, {"sentiment.label": ["negative"]}; `not.PATH` excludes values.'
        )
    ),
]
Reason = Annotated[str, Field(description="Why, for the person who proposes; cite ids of mentions.", max_length=500)]


class AgentTools:
    """The tools over one desk, as ``visitor`` may see it, whose name signs proposals. Without ``proposes`` there are
    none: they are neither listed nor taken.
    """

    def __init__(self, desk: Desk, *, visitor: Visitor, proposes: bool = True) -> None:
        self._desk, self._visitor, self._proposes = desk, visitor, proposes
        self._known = vocabulary(desk.config, desk.topics)

    def search(
        self,
        query: Words = "",
        where: Where = None,
        since: Since = "",
        until: Until = "",
        sort: Literal["newest", "oldest", "harm", "reach", "talk", "unsure"] = "newest",
        limit: Annotated[int, Field(ge=1, le=MOST_FOUND)] = 10,
        after: Annotated[str, Field(description="`next` of the page before.", max_length=200)] = "",
    ) -> Json:
        """Find mentions: ids, brand, date, judgement and the sentence that tells why, with the place of the next page.

        Ask `evidence` for whole texts.
        """
        given = [*_pairs(query, where, since, until), ("sort", sort), ("limit", str(limit)), ("after", after)]
        found = answers.mentions(self._call(given))
        return self._answer({"mentions": [self._slim(one, query) for one in found["mentions"]], "next": found["next"]})

    def count(
        self,
        by: Annotated[list[str], Field(description="Field paths whose values are counted.", max_length=10)],
        query: Words = "",
        where: Where = None,
        since: Since = "",
        until: Until = "",
        values: Annotated[int, Field(ge=1, le=100, description="Values of a field at most.")] = 20,
    ) -> Json:
        """Count the mentions of a selection, and of each field's values how many have it."""
        given = [*_pairs(query, where, since, until), *(("by", path) for path in by), ("values", str(values))]
        return self._answer(answers.counts(self._call(given)))

    def themes(self, since: Since = "", until: Until = "") -> Json:
        """List what people complain about, most harmful first: counts, change, whether competitors have it, quotes and
        ids of the evidence; with what the ledger of fixes says of it.
        """
        whole = answers.report(self._call(_pairs("", None, since, until)))
        kept = {name: whole[name] for name in (*answers.HEAD, "themes", "other_themes", "topicless_complaints")}
        return self._answer(kept)

    def evidence(
        self, ids: Annotated[list[str], Field(min_length=1, max_length=MOST_EVIDENCE, description="Ids of mentions.")]
    ) -> Json:
        """Read whole mentions by id, with every claim that was judged and the words that it rests on."""
        seen = {name: self._desk.mention(self._visitor, name) for name in dict.fromkeys(ids)}
        return self._answer(
            {
                "mentions": [document(one) for one in seen.values() if one is not None],
                "not_found": [name[:80] for name, one in seen.items() if one is None],
            }
        )

    def section(
        self,
        name: Annotated[str, Field(description=f"One of {', '.join(answers.PARTS)}.")],
        since: Since = "",
        until: Until = "",
    ) -> Json:
        """Read one section of the report of a period (by default the configured number of days)."""
        return self._answer(answers.section(self._call(_pairs("", None, since, until), section=name)))

    def alerts(self, state: Literal["", "firing", "resolved", "closed"] = "firing") -> Json:
        """List alerts, newest first: what stands out, against what, and the mentions that it rests on."""
        return self._answer(answers.alerts(self._call([("state", state)] if state else [])))

    def sources(self) -> Json:
        """List the sources: whether each is read, when last, how much it gives, and what failed."""
        rows = answers.sources(self._call([]))["sources"]
        hidden = {one.id for one in self._desk.config.sources if one.private}
        shown = [row for row in rows if self._visitor.may("analyst") or row["id"] not in hidden]
        return self._answer({"sources": shown})

    def proposals(self) -> Json:
        """List the newest proposals, and what people decided about them."""
        self._allowed()
        told = [_told(one) for one in PROPOSALS.values(self._desk.records)][-MOST_FOUND:]
        return self._answer({"proposals": told[::-1]})

    def propose_fix(
        self,
        theme: Annotated[str, Field(description="Id of the complaint topic.")],
        reason: Reason,
        evidence: Annotated[list[str], Field(min_length=1, max_length=50, description="Ids of mentions.")],
        note: Annotated[str, Field(description="What is, or should be, changed.", max_length=500)] = "",
        status: Literal["open", "planned", "shipped"] = "open",
        brand: Annotated[str, Field(description="Id of our brand; empty for all of ours.")] = "",
        shipped: Annotated[str, Field(description="Day on which it reached customers, such as 2026-10-01.")] = "",
        version: Annotated[str, Field(max_length=100)] = "",
    ) -> Json:
        """Propose an entry in the ledger of fixes. Nothing is entered until a person accepts it."""
        self._allowed()
        self._seen(evidence)
        values = {"theme": theme, "brand": brand, "shipped": shipped, "version": version, "note": note}
        made = ledger.propose_fix(
            self._desk.store,
            {**values, "status": status},
            reason=reason,
            evidence=evidence,
            known=known(self._desk.config),
            stamp=self._stamp(),
        )
        return self._answer(_told(made))

    def propose_correction(
        self,
        mention: Annotated[str, Field(description="Id of the mention.")],
        field: Annotated[CorrectedField, Field(description="What is judged wrong.")],
        to: Annotated[str, Field(description="What it should say.", max_length=100)],
        reason: Reason,
        instead_of: Annotated[
            str, Field(description="Of a topic or a move: the one that it is not about.", max_length=100)
        ] = "",
    ) -> Json:
        """Propose to correct one judgement of one mention. Nothing is corrected until a person accepts it."""
        self._allowed()
        (found,) = self._seen([mention])
        made = ledger.propose_correction(
            self._desk.store,
            found,
            {"field": field, "to": to, "not": instead_of},
            reason=reason,
            known=known(self._desk.config),
            stamp=self._stamp(),
        )
        return self._answer(_told(made))

    def _allowed(self) -> None:
        if not self._proposes:
            raise UsageError("proposals are for analysts; ask with a token of the role analyst")

    def _seen(self, ids: Sequence[str]) -> list[Any]:
        found = [self._desk.mention(self._visitor, name) for name in ids]
        if missing := [name for name, one in zip(ids, found, strict=True) if one is None]:
            raise UsageError(f"no mention has the id {missing[0][:80]!r}; take one that `search` lists")
        return found

    def _call(self, given: Sequence[tuple[str, str]], **names: str) -> ApiCall:
        return ApiCall(desk=self._desk, visitor=self._visitor, names=names, given=[one for one in given if one[1]])

    def _stamp(self) -> Stamp:
        return Stamp(at=self._desk.now(), who=self._visitor.name)

    def _slim(self, mention: Json, query: str) -> Json:
        text = f"{mention['title']}\n{mention['text']}".strip()
        return {
            "id": mention["id"],
            "brand": mention["brand"]["id"],
            "source": mention["source"]["id"],
            "sentiment": mention["sentiment"]["label"],
            "severity": mention["severity"]["level"],
            **{name: mention[name] for name in _SLIM if mention.get(name) not in ("", [], None)},
            "snippet": snippet(text, parse(query) if query.strip() else None, length=_SNIPPET),
        }

    def _answer(self, data: Json) -> Json:
        made, cut = fitted(marked(_without(data), self._known))
        return {"data": made, "cut": cut}


READING: tuple[Callable[..., Json], ...] = (
    AgentTools.search,
    AgentTools.count,
    AgentTools.themes,
    AgentTools.evidence,
    AgentTools.section,
    AgentTools.alerts,
    AgentTools.sources,
    AgentTools.proposals,
)
"""Every tool that only reads."""
PROPOSING: tuple[Callable[..., Json], ...] = (AgentTools.propose_fix, AgentTools.propose_correction)
"""The tools that leave something for a person to decide."""


def _pairs(query: str, where: Mapping[str, Sequence[str]] | None, since: str, until: str) -> list[tuple[str, str]]:
    given = [("q", query), ("since", since), ("until", until)]
    return given + [(path, value) for path, values in (where or {}).items() for value in values]


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(one) for name, one in value.items() if name not in _UNASKED}
    return [_without(one) for one in value] if isinstance(value, list | tuple) else value


def _told(proposal: Proposal) -> Json:
    """Return a proposal as programs read it."""
    return {"key": proposal.key, **PROPOSALS.to_body(proposal)}
