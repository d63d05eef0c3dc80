"""Erased posts in what is remembered of them: pages seen, links of pages, versions of answers, former words, notes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from w3lib.url import canonicalize_url

from analysis.model import Mention, post_id
from analysis.model.addresses import identity
from analysis.model.records.base import Records
from analysis.model.records.crawl import PAGE_LINKS, SEEN_PAGES, VALIDATORS, seen_key
from analysis.model.records.triage import TRIAGES, triage_key
from analysis.model.records.withdrawn import EDITED


def forget(records: Records, mentions: Sequence[Mention], *, in_any_form: bool = True) -> int:
    """Remove what a crawl remembers of the addresses of ``mentions``; return how many records.

    ``in_any_form`` reads every such record, to find addresses that are written otherwise and links of other pages.
    """
    changed = 0
    for mention in mentions:
        changed += VALIDATORS.delete(records, str(canonicalize_url(mention.url)))
        changed += SEEN_PAGES.delete(records, seen_key(mention.source.id, mention.url))
        changed += PAGE_LINKS.delete(records, post_id(mention.url))
        changed += TRIAGES.delete(records, triage_key("mention", mention.id))
        for edited in list(EDITED.all(records, prefix=f"{mention.post_id}/")):
            changed += EDITED.delete(records, edited.key)
    if not in_any_form or not mentions:
        return changed
    forms = {identity(mention.url) for mention in mentions}
    for seen in list(SEEN_PAGES.all(records)):
        if identity(seen.value.url) in forms:
            changed += SEEN_PAGES.delete(records, seen.key)
    for validator in list(VALIDATORS.all(records)):
        if identity(validator.key) in forms:
            changed += VALIDATORS.delete(records, validator.key)
    return changed + _forget_links(records, forms)


def _forget_links(records: Records, forms: Collection[str]) -> int:
    changed = 0
    for stored in list(PAGE_LINKS.all(records)):
        page = stored.value
        if identity(page.url) in forms:
            changed += PAGE_LINKS.delete(records, stored.key)
            continue
        left = tuple(link for link in page.links if identity(link) not in forms)
        if left != page.links:
            changed += PAGE_LINKS.put(records, replace(page, links=left), if_version=stored.version) is not None
    return changed
