"""Each brand's standing in the period: how many mentions, stories and authors, and what they feel, with an interval."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from analysis.track import questions as ask
from analysis.track.results import Bin, BrandName, Estimate, Evidence, Reputation, Share
from analysis.track.statistics.bins import net
from analysis.track.statistics.rates import FEW

LABELS = ("negative", "neutral", "positive", "unsure")


def question(*, exact: bool = False) -> ask.Document:
    """Return what is asked about every brand over one period; ``exact`` as in ``ask.distinct``."""
    body: ask.Document = ask.count_by(
        "brand.id",
        inside={
            "labels": ask.top("sentiment.label", 10),
            "kinds": ask.top("source.kind", 20),
            "languages": ask.top("lang", 20),
            "versions": ask.top("product_version", 100),
            "dates": ask.top("published_at_source", 20),
            "stories": ask.distinct("story", exact=exact),
            "authors": ask.distinct("author", exact=exact),
        },
    )
    return body


def by_brand(answer: ask.Document) -> dict[str, ask.Document]:
    """Return brand -> its part of the answer."""
    return dict(ask.buckets(answer, "brand.id"))


def reputation(
    brand: BrandName,
    now: ask.Document,
    before: ask.Document | None,
    *,
    series: tuple[Bin, ...],
    evidence: Evidence,
    criticism: Evidence,
) -> Reputation:
    """Return one brand's standing from its part of the answers for this period and the one compared with."""
    labels = ask.counts(now, "labels")
    old = ask.counts(before or {}, "labels")
    mentions = sum(labels.values())
    return Reputation(
        brand=brand.id,
        name=brand.name,
        role=brand.role,
        mentions=mentions,
        stories=min(ask.value(now, "stories"), mentions),
        authors=min(ask.value(now, "authors"), mentions),
        negative=labels.get("negative", 0),
        neutral=labels.get("neutral", 0),
        positive=labels.get("positive", 0),
        unsure=mentions - sum(labels.get(label, 0) for label in LABELS[:3]),
        net=_net(labels),
        net_before=_net(old),
        mentions_before=sum(old.values()),
        adjusted=None,
        mentions_adjusted=None,
        few=mentions < FEW,
        by_source_kind=shares(ask.counts(now, "kinds"), mentions, "source.kind"),
        by_language=shares(ask.counts(now, "languages"), mentions, "lang"),
        by_version=shares(ask.counts(now, "versions"), mentions, "product_version")[:12],
        series=series,
        evidence=evidence,
        criticism=criticism,
    )


def _net(labels: Mapping[str, int]) -> Estimate | None:
    return net(labels.get("negative", 0), labels.get("neutral", 0), labels.get("positive", 0))


def shares(found: Mapping[str, int], of: int, field: str, *, before: str = "") -> tuple[Share, ...]:
    """Return the parts, largest first, ties by name; ``field`` has the name with ``before`` in front as its value."""
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Share(name=name, count=count, of=of, field=field, value=before + name) for name, count in ordered)


def labels_by_day(series: ask.Daily, brand: str) -> dict[str, dict[date, int]]:
    """Return label -> day -> mentions of one brand from the answer by brand, label and day."""
    return {keys[1]: days for keys, days in series.items() if keys[0] == brand}
