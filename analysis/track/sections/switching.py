"""Who leaves whom for whom, and why. A post that names both brands is one person: posts are counted, not mentions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from analysis.track import questions
from analysis.track.parts import Estimate, Evidence, Quote, Share, shares
from analysis.track.statistics.rates import net_per_month

Shown = tuple[Evidence, tuple[Quote, ...]]
PATHS = ("switching.origin", "switching.target")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """People who leave ``origin`` for ``target``: posts that say it is done, posts that consider it, and why."""

    origin: str
    target: str
    done: int
    considered: int
    reasons: tuple[Share, ...]
    quotes: tuple[Quote, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class NetFlow:
    """Arrivals minus departures of one brand (switches done), per 30 days."""

    brand: str
    gained: int
    lost: int
    net_per_month: Estimate
    came: Evidence
    left: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Every flow from one brand to another, largest first, and what it comes to for each brand."""

    switching: tuple[Flow, ...]
    net_flows: tuple[NetFlow, ...]


def question() -> questions.Document:
    """Return what is asked about switching over one period."""
    posts = {"posts": questions.distinct("post_id")}
    inside = {
        "status": {**questions.top("switching.status", 5), "aggs": posts},
        "reason": {**questions.top("switching.reason", 50), "aggs": posts},
    }
    body: questions.Document = questions.count_by(*PATHS, inside=inside)
    return body


def flows(
    answer: questions.Document, look: Callable[[str, str, int], Shown], names: Callable[[str], str]
) -> tuple[Flow, ...]:
    """Return every flow from one brand to another, largest first. ``look`` fetches evidence and quotes of a pair."""
    switches: list[Flow] = []
    for (origin, target), bucket in questions.cells(answer, *PATHS):
        status = _posts(bucket, "status")
        done, considered = status.get("done", 0), status.get("considered", 0)
        if origin == target or not done + considered:
            continue
        reasons = shares(_posts(bucket, "reason"), done + considered, "switching.reason")[:5]
        proof, quotes = look(origin, target, int(bucket["doc_count"]))
        switches.append(
            Flow(
                origin=origin,
                target=target,
                done=done,
                considered=considered,
                reasons=tuple(replace(reason, name=names(reason.value)) for reason in reasons),
                quotes=quotes,
                evidence=proof,
            )
        )
    return tuple(sorted(switches, key=lambda flow: (-flow.done, -flow.considered, flow.origin, flow.target)))


def _posts(bucket: questions.Document, name: str) -> dict[str, int]:
    return {key: max(questions.value(inner, "posts"), 1) for key, inner in questions.buckets(bucket, name)}


def net_flows(
    flows: Sequence[Flow],
    brands: Sequence[str],
    days: float,
    evidence: Callable[[Sequence[str], Sequence[str]], Evidence],
) -> tuple[NetFlow, ...]:
    """Return arrivals minus departures of each brand, per 30 days, from switches that are done.

    ``evidence`` opens the switches that are done from some brands to some brands.
    """
    result = []
    for brand in brands:
        origins = {flow.origin: flow.done for flow in flows if flow.target == brand and flow.done}
        targets = {flow.target: flow.done for flow in flows if flow.origin == brand and flow.done}
        gained, lost = sum(origins.values()), sum(targets.values())
        result.append(
            NetFlow(
                brand=brand,
                gained=gained,
                lost=lost,
                net_per_month=net_per_month(gained, lost, days),
                came=evidence(sorted(origins), [brand]),
                left=evidence([brand], sorted(targets)),
            )
        )
    return tuple(result)
