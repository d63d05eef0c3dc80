"""The whole story in three functions: ``ingest`` (posts in, mentions kept), ``measure`` and ``watch``.

A newcomer reads this file first, and then the three that it names. The stages know only the model; these join them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from analysis.alert.watch import watch
from analysis.ingest.keep import Ingested, ingest, keep
from analysis.ingest.understand import Understood, understand
from analysis.model import Brand, Source
from analysis.store.base import Filter, Store

if TYPE_CHECKING:
    from analysis.measure.scope import Compare
    from analysis.track.harm import Weights
    from analysis.track.results import Measures

__all__ = ["Ingested", "Understood", "ingest", "keep", "measure", "understand", "watch"]


def measure(
    store: Store,
    *,
    brands: Sequence[Brand],
    sources: Sequence[Source] = (),
    since: datetime,
    until: datetime,
    now: datetime,
    compare: Compare = "previous",
    where: Filter | None = None,
    topic_names: Mapping[str, str] | None = None,
    judged_languages: Sequence[str] = ("en",),
    error_rate: float = 0.05,
    weights: Weights | None = None,
) -> Measures:
    """Return everything that the report shows of [since, until), compared as asked.

    ``where`` narrows the mentions further (its terms, exclusions and query are printed on the report; its times are
    not used). ``topic_names`` maps topic ids to names for people. Raises ``UsageError`` where the period is empty.
    """
    # Imported here, because it loads NumPy and SciPy: a crawl imports this file and needs neither.
    from analysis.measure import asking, contents, evidence, frame, scope
    from analysis.track.results import Measures

    about = scope.scope_of(
        store, brands=brands, sources=sources, since=since, until=until, now=now, compare=compare, where=where
    )
    asked = asking.Asking(about, names=topic_names, judged=judged_languages, error_rate=error_rate, weights=weights)
    values: dict[str, Any] = frame.frame(asked)
    for section in contents.SECTIONS:
        values |= section.values(asked)
    return evidence.with_posts(Measures(**values), store)
