"""Mentions of brands that are stored and tracked no more: a brand that was renamed without keeping its id."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from analysis.model import Brand
from analysis.store.base import Filter, Store
from analysis.track.parts import Untracked

_MOST = 50


def untracked(store: Store, brands: Sequence[Brand]) -> tuple[Untracked, ...]:
    """Return each brand id that is stored and tracked no more, most mentions first, with the brand it may have become.

    A brand may have become one of whose own id nothing, or less, is stored.
    """
    answer = store.aggregate(Filter(), {"brands": {"terms": {"field": "brand.id", "size": len(brands) + _MOST}}})
    counts = {str(bucket["key"]): int(bucket["doc_count"]) for bucket in answer["brands"]["buckets"]}
    known = {brand.id: brand for brand in brands}
    gone = {name: count for name, count in counts.items() if name and name not in known}
    return tuple(
        Untracked(brand=name, count=count, heir=_heir(name, brands, most=count, counts=counts))
        for name, count in sorted(gone.items(), key=lambda pair: (-pair[1], pair[0]))
    )


def _heir(name: str, brands: Sequence[Brand], *, most: int, counts: dict[str, int]) -> str:
    """Return the name of the brand that an id was renamed to, as far as names can tell; empty where none is like it."""
    able = {brand.id: brand.name for brand in brands if counts.get(brand.id, 0) <= most}
    related = [brand for brand in able if brand.startswith(f"{name}-") or name.startswith(f"{brand}-")]
    near = related or difflib.get_close_matches(name, able, n=1, cutoff=0.6)
    return able[near[0]] if near else ""
