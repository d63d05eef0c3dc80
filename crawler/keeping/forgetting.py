"""What a crawl must not remember: the addresses of posts that were erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from analysis.model.records.base import RecordKind, Records
from analysis.model.records.crawl import PageLinks, SeenPage, Validator
from analysis.model.seen_before import erased_addresses
from crawler.keeping.intake import Notes


def unerased(
    records: Records, notes: Notes, validators: Sequence[Validator]
) -> tuple[dict[RecordKind[Any], list[Any]], list[Validator]]:
    """Return what may be remembered: nothing about an erased address, no link to one, no version of its answer."""
    values = [value for some in notes.values() for value in some]
    urls = {value.url for value in values if isinstance(value, (SeenPage, PageLinks))}
    urls |= {link for value in values if isinstance(value, PageLinks) for link in value.links}
    urls |= {validator.key for validator in validators}
    erased = erased_addresses(sorted(urls), records) if urls else set()
    kept = {
        kind: [_without(value, erased) for value in some if _may_stay(value, erased)] for kind, some in notes.items()
    }
    return kept, [validator for validator in validators if validator.key not in erased]


def _may_stay(value: Any, erased: set[str]) -> bool:
    return not (isinstance(value, (SeenPage, PageLinks)) and value.url in erased)


def _without(value: Any, erased: set[str]) -> Any:
    if isinstance(value, PageLinks) and erased.intersection(value.links):
        return replace(value, links=tuple(link for link in value.links if link not in erased))
    return value
