"""Each brand's standing in the period: how many mentions, stories and authors, and what they feel, with an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.track import questions as ask
from analysis.track.parts import BrandName, Estimate, Evidence, Share, shares
from analysis.track.statistics.bins import Bin, net
from analysis.track.statistics.rates import FEW

LABELS = ("negative", "neutral", "positive", "unsure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reputation:
    """One brand in the period. ``net`` is the share of positive minus the share of negative among judged mentions.

    ``adjusted`` and ``mentions_adjusted`` are ``net`` and ``mentions`` after people's corrections, None where nothing
    was corrected. ``criticism`` opens the negative mentions.
    """

    brand: str
    name: str
    role: str
    mentions: int
    stories: int
    authors: int
    negative: int
    neutral: int
    positive: int
    unsure: int
    net: Estimate | None
    net_before: Estimate | None
    mentions_before: int
    adjusted: Estimate | None
    mentions_adjusted: int | None
    few: bool
    by_source_kind: tuple[Share, ...]
    by_language: tuple[Share, ...]
    by_version: tuple[Share, ...]
    series: tuple[Bin, ...]
    evidence: Evidence
    criticism: Evidence


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


def mentions(answer: ask.Document) -> int:
    """Return how many mentions one brand's part of the answer counts."""
    return sum(ask.counts(answer, "labels").values())


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
    total = mentions(now)
    return Reputation(
        brand=brand.id,
        name=brand.name,
        role=brand.role,
        mentions=total,
        stories=min(ask.value(now, "stories"), total),
        authors=min(ask.value(now, "authors"), total),
        negative=labels.get("negative", 0),
        neutral=labels.get("neutral", 0),
        positive=labels.get("positive", 0),
        unsure=total - sum(labels.get(label, 0) for label in LABELS[:3]),
        net=_net(labels),
        net_before=_net(old),
        mentions_before=mentions(before or {}),
        adjusted=None,
        mentions_adjusted=None,
        few=total < FEW,
        by_source_kind=shares(ask.counts(now, "kinds"), total, "source.kind"),
        by_language=shares(ask.counts(now, "languages"), total, "lang"),
        by_version=shares(ask.counts(now, "versions"), total, "product_version")[:12],
        series=series,
        evidence=evidence,
        criticism=criticism,
    )


def _net(labels: Mapping[str, int]) -> Estimate | None:
    return net(labels.get("negative", 0), labels.get("neutral", 0), labels.get("positive", 0))
