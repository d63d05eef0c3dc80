"""Lists that are narrowed by what the team entered: status, who sees to it, tags. No mention holds that itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.ledger.triage import Triages, of_all
from analysis.model.records.base import Records
from analysis.model.records.triage import TRIAGE_STATUSES
from analysis.store.base import Filter, Store
from candor.serve.look.asked import TRIAGE, Asked
from candor.serve.look.facets import Facet, FacetValue

STATUS, ASSIGNEE, TAG = TRIAGE
TITLES = ((STATUS, "Status"), (ASSIGNEE, "For"), (TAG, "Tag"))
MOST = 12
_NONE = ("-",)
"""An id that no mention has: a list of nothing."""


def with_triage(records: Records, where: Filter, wanted: Asked) -> Filter:
    """Return ``where`` narrowed to the mentions of which the team entered what ``wanted`` asks for."""
    asks = [path for path in TRIAGE if path in wanted.terms or path in wanted.exclude]
    return narrowed(of_all(records, "mention"), where, wanted) if asks else where


def narrowed(all_of_them: Triages, where: Filter, wanted: Asked) -> Filter:
    """Return ``where`` as ``with_triage`` does, with everything that was triaged at hand."""
    for path in TRIAGE:
        if values := wanted.exclude.get(path, ()):
            where = _but(all_of_them, where, path, values)
    given = {path: wanted.terms[path] for path in TRIAGE if wanted.terms.get(path)}
    if not given:
        return where
    if given.keys() == {STATUS} and "new" in given[STATUS]:
        # What nobody touched is new too, and stands nowhere: all but those of another status.
        others = [one for one in TRIAGE_STATUSES if one not in given[STATUS]]
        return _without(where, all_of_them.chosen(status=others) if others else set())
    return _within(where, _chosen(all_of_them, given))


def triage_facets(store: Store, where: Filter, wanted: Asked) -> tuple[Facet, ...]:
    """Return how many of the list have each status, assignee and tag; none before anybody entered something.

    ``where`` is the list without what was entered.
    """
    known = of_all(store.records, "mention")
    if not known.of:
        return ()
    values = {STATUS: list(TRIAGE_STATUSES), ASSIGNEE: known.assignees()[:MOST], TAG: known.tags()[:MOST]}
    made = []
    for path, title in TITLES:
        others = narrowed(known, where, replace(wanted, terms={**wanted.terms, path: ()}))
        chosen = wanted.terms.get(path, ())
        there = [*chosen, *(value for value in values[path] if value not in chosen)]
        counted = [_value(store, known, others, wanted, path, value) for value in there]
        if shown := tuple(one for one in counted if one.count or one.chosen):
            made.append(Facet(path=path, title=title, values=shown))
    return tuple(made)


def _value(store: Store, known: Triages, where: Filter, wanted: Asked, path: str, value: str) -> FacetValue:
    count = store.count(narrowed(known, where, Asked(terms={path: (value,)})))
    address = wanted.with_value(path, value).address()
    return FacetValue(value=value, count=count, chosen=value in wanted.terms.get(path, ()), address=address)


def _chosen(known: Triages, asks: Mapping[str, Sequence[str]]) -> set[str]:
    return known.chosen(status=asks.get(STATUS, ()), assignee=asks.get(ASSIGNEE, ()), tag=asks.get(TAG, ()))


def _but(known: Triages, where: Filter, path: str, values: Sequence[str]) -> Filter:
    if path == STATUS and "new" in values:
        return _within(where, known.chosen(status=[one for one in TRIAGE_STATUSES if one not in values]))
    return _without(where, _chosen(known, {path: values}))


def _within(where: Filter, names: set[str]) -> Filter:
    given = where.terms.get("id")
    left = names & set(given) if given else names
    return replace(where, terms={**where.terms, "id": tuple(sorted(left)) or _NONE})


def _without(where: Filter, names: set[str]) -> Filter:
    if not names:
        return where
    return replace(where, exclude={**where.exclude, "id": (*where.exclude.get("id", ()), *sorted(names))})
