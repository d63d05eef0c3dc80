"""How fast we answer complaints, asked of the store: which acknowledgement and which fix belong to which post.

It joins the store with the pure figures of ``analysis.ledger.response``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from analysis.ledger.response import Delay, Delays, Row, response
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.scope import NOTHING, midnight
from analysis.model import Brand, Mention
from analysis.model.records.base import Records
from analysis.model.records.ledger import ACKS, FIXES, Ack, Fix
from analysis.model.records.run import first_run
from analysis.store.base import Filter, Store
from analysis.track.sections.response import ResponseTime, Step
from analysis.track.statistics.rates import FEW

SAMPLE = 20_000  # complaints; ids are hashes, so the first in order of id are a random part of all
REPORTED = 2_000  # the same for the report, which must be quick: the rank of its median is some 2% off


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The acknowledgements and shipped fixes of the ledgers, oldest first."""

    acks: Sequence[Ack]
    fixes: Sequence[Fix]


def responses(store: Store, brands: Sequence[Brand], *, since: datetime, until: datetime, now: datetime) -> Delays:
    """Return the delays of the complaints about our brands that were published in [since, until), as of ``now``.

    Posts that tell no date of their own are left out. Above ``SAMPLE`` complaints, a random part stands for all.
    """
    own = [brand.id for brand in brands if brand.role == "own"]
    where = Filter(terms={"brand.id": own, "intents": ["complaint"]}, since=since, until=until)
    return _of(store, where, now=now, most=SAMPLE)


def section(asking: Asking) -> tuple[ResponseTime, ...]:
    """Return the same for the report: the complaints of its period about our brands, within its filters."""
    scope = asking.scope
    terms = {"brand.id": scope.own or [NOTHING], "intents": ["complaint"]}
    where = scope.filter(scope.period, terms)
    response_times = _of(scope.store, where, now=scope.now, most=REPORTED)
    proof, _ = look(scope, scope.store.count(where), terms)
    delays: tuple[tuple[Step, Delay], ...] = (
        ("collected", response_times.collected),
        ("acknowledged", response_times.acknowledged),
        ("fixed", response_times.fixed),
    )
    return tuple(
        ResponseTime(
            step=step,
            reached=delay.reached,
            of=delay.of,
            median_s=delay.median_s,
            p90_s=delay.p90_s,
            few=delay.of < FEW,
            sampled=response_times.sampled,
            reached_ids=delay.ids,
            evidence=proof,
        )
        for step, delay in delays
    )


def _of(store: Store, where: Filter, *, now: datetime, most: int) -> Delays:
    undated = [*where.exclude.get("published_at_source", ()), "collected"]
    exclude = {**where.exclude, "published_at_source": undated}
    where = replace(where, exclude=exclude, until=min(where.until or now, now))
    answered = read(store.records)
    watched: dict[str, datetime | None] = {}
    rows = [row_of(mention, answered, watched, store.records) for mention in islice(store.scan(where), most)]
    return response(rows, now, sampled=len(rows) == most and store.count(where) > most)


def read(records: Records) -> Answered:
    """Return the acknowledgements and shipped fixes."""
    fixes = [fix for fix in FIXES.values(records) if fix.shipped]
    return Answered(acks=sorted(ACKS.values(records), key=lambda ack: ack.at), fixes=sorted(fixes, key=shipped_at))


def shipped_at(fix: Fix) -> datetime:
    """Return the first moment of the day on which a fix was shipped."""
    assert fix.shipped is not None
    return midnight(fix.shipped)


def row_of(mention: Mention, answered: Answered, watched: dict[str, datetime | None], records: Records) -> Row:
    """Return what followed on one complaint. ``watched`` remembers since when each source is."""
    source = mention.source.id
    if source not in watched:
        watched[source] = watched_since(records, source)
    first = watched[source]
    live = first is not None and mention.published_at >= first
    acks = (ack.at for ack in answered.acks if ack.at >= mention.published_at and covers(ack, mention))
    fixes = (
        shipped_at(fix)
        for fix in answered.fixes
        if shipped_at(fix) >= mention.published_at and _on(fix.theme, fix.brand, mention)
    )
    return Row(
        id=mention.id,
        published_at=mention.published_at,
        collected_at=mention.first_seen_at if live else None,
        acknowledged_at=next(acks, None),
        fixed_at=next(fixes, None),
    )


def covers(ack: Ack, mention: Mention) -> bool:
    """Return whether an acknowledgement is of this post: of its address, its alert or its theme."""
    if ack.about == "theme":
        return _on(ack.what, ack.brand, mention)
    if ack.about == "post":
        return ack.what == mention.post_id
    return mention.id in ack.mentions


def watched_since(records: Records, source: str) -> datetime | None:
    """Return when a source was first crawled; None where it never was (an import)."""
    first = first_run(records, source)
    return first.started_at if first else None


def _on(theme: str, brand: str, mention: Mention) -> bool:
    return theme in mention.complaint_topics and brand in ("", mention.brand.id)
