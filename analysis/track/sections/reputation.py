"""Each brand's standing in the period: how many mentions, stories and authors, and what they feel, with an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.track import questions
from analysis.track.parts import BrandName, Estimate, Evidence, Share, shares
from analysis.track.statistics.bins import Bin, net
from analysis.track.statistics.rates import FEW

LABELS = ("negative", "neutral", "positive", "mixed", "unsure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reputation:
    """One brand in the period. ``net`` is the share of positive minus the share of negative among judged mentions;
    ``mixed`` mentions, which praise and blame, count as mentions and not in ``net``.

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
    mixed: int
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


def question(*, exact: bool = False) -> questions.Document:
    """Return what is asked about every brand over one period; ``exact`` as in ``questions.distinct``."""
    body: questions.Document = questions.count_by(
        "brand.id",
        inside={
            "labels": questions.top("sentiment.label", 10),
            "kinds": questions.top("source.kind", 20),
            "languages": questions.top("lang", 20),
            "versions": questions.top("product_version", 100),
            "dates": questions.top("published_at_source", 20),
            "stories": questions.distinct("story", exact=exact),
            "authors": questions.distinct("author", exact=exact),
        },
    )
    return body


def by_brand(answer: questions.Document) -> dict[str, questions.Document]:
    """Return brand -> its part of the answer."""
    return dict(questions.buckets(answer, "brand.id"))


def mentions(answer: questions.Document) -> int:
    """Return how many mentions one brand's part of the answer counts."""
    return sum(questions.counts(answer, "labels").values())


def reputation(
    brand: BrandName,
    now: questions.Document,
    before: questions.Document | None,
    *,
    series: tuple[Bin, ...],
    evidence: Evidence,
    criticism: Evidence,
) -> Reputation:
    """Return one brand's standing from its part of the answers for this period and the one compared with."""
    labels = questions.counts(now, "labels")
    old = questions.counts(before or {}, "labels")
    total = mentions(now)
    return Reputation(
        brand=brand.id,
        name=brand.name,
        role=brand.role,
        mentions=total,
        stories=min(questions.value(now, "stories"), total),
        authors=min(questions.value(now, "authors"), total),
        negative=labels.get("negative", 0),
        neutral=labels.get("neutral", 0),
        positive=labels.get("positive", 0),
        mixed=labels.get("mixed", 0),
        unsure=total - sum(labels.get(label, 0) for label in LABELS[:4]),
        net=_net(labels),
        net_before=_net(old),
        mentions_before=mentions(before or {}),
        adjusted=None,
        mentions_adjusted=None,
        few=total < FEW,
        by_source_kind=shares(questions.counts(now, "kinds"), total, "source.kind"),
        by_language=shares(questions.counts(now, "languages"), total, "lang"),
        by_version=shares(questions.counts(now, "versions"), total, "product_version")[:12],
        series=series,
        evidence=evidence,
        criticism=criticism,
    )


def _net(labels: Mapping[str, int]) -> Estimate | None:
    return net(labels.get("negative", 0), labels.get("neutral", 0), labels.get("positive", 0))
