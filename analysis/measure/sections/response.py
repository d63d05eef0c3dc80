"""How fast we answer complaints, asked of the store: which acknowledgement and which fix belong to which post.

It joins the store with the pure figures of ``analysis.ledger.response``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from analysis.ledger.acks import ACK
from analysis.ledger.fixes import FIX
from analysis.ledger.response import Delay, Response, Row, response
from analysis.measure.asking import Asking
from analysis.measure.evidence import look
from analysis.measure.scope import NOTHING
from analysis.model import Brand, Mention
from analysis.model.records.run import first_run
from analysis.model.times import read_time
from analysis.store.base import Document, Filter, Records, Store
from analysis.track.sections.response import ResponseTime, Step
from analysis.track.statistics.rates import FEW

SAMPLE = 20_000  # complaints; ids are hashes, so the first in order of id are a random part of all
REPORTED = 2_000  # the same for the report, which must be quick: the rank of its median is some 2% off


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The acknowledgements and shipped fixes of the ledgers, oldest first."""

    acks: Sequence[tuple[datetime, Document]]
    fixes: Sequence[tuple[datetime, Document]]


def responses(store: Store, brands: Sequence[Brand], *, since: datetime, until: datetime, now: datetime) -> Response:
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


def _of(store: Store, where: Filter, *, now: datetime, most: int) -> Response:
    undated = [*where.exclude.get("published_at_source", ()), "collected"]
    exclude = {**where.exclude, "published_at_source": undated}
    where = replace(where, exclude=exclude, until=min(where.until or now, now))
    answered = read(store.records)
    watched: dict[str, datetime | None] = {}
    rows = [row_of(mention, answered, watched, store.records) for mention in islice(store.scan(where), most)]
    return response(rows, now, sampled=len(rows) == most and store.count(where) > most)


def read(records: Records) -> Answered:
    """Return the acknowledgements and shipped fixes."""
    acks = [(read_time(one.body["at"]), one.body) for one in records.all(ACK)]
    fixes = [(read_time(one.body["shipped"]), one.body) for one in records.all(FIX) if one.body.get("shipped")]
    return Answered(acks=sorted(acks, key=lambda pair: pair[0]), fixes=sorted(fixes, key=lambda pair: pair[0]))


def row_of(mention: Mention, answered: Answered, watched: dict[str, datetime | None], records: Records) -> Row:
    """Return what followed on one complaint. ``watched`` remembers since when each source is."""
    source = mention.source.id
    if source not in watched:
        watched[source] = watched_since(records, source)
    first = watched[source]
    live = first is not None and mention.published_at >= first
    acks = (at for at, body in answered.acks if at >= mention.published_at and covers(body, mention))
    fixes = (at for at, body in answered.fixes if at >= mention.published_at and _on(body, mention))
    return Row(
        id=mention.id,
        published_at=mention.published_at,
        collected_at=mention.first_seen_at if live else None,
        acknowledged_at=next(acks, None),
        fixed_at=next(fixes, None),
    )


def covers(ack: Document, mention: Mention) -> bool:
    """Return whether an acknowledgement is of this post: of its address, its alert or its theme."""
    if ack["about"] == "theme":
        return _on({"theme": ack["what"], "brand": ack.get("brand", "")}, mention)
    if ack["about"] == "post":
        return bool(ack["what"] == mention.post_id)
    return mention.id in ack.get("mentions", ())


def watched_since(records: Records, source: str) -> datetime | None:
    """Return when a source was first crawled; None where it never was (an import)."""
    first = first_run(records, source)
    return first.started_at if first else None


def _on(body: Mapping[str, str], mention: Mention) -> bool:
    return body.get("theme") in mention.complaint_topics and body.get("brand", "") in ("", mention.brand.id)
