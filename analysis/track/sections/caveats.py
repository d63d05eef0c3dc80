"""What the data cannot say, each in a sentence with the numbers it rests on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis.track.parts import Evidence, Stretch
from analysis.track.sections.reputation import Reputation
from analysis.track.sections.sources import SourceHealth


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """Something that the data cannot say, in a sentence, with the numbers it rests on."""

    kind: str
    text: str
    count: int
    of: int
    evidence: Evidence | None = None


def caveats(
    reputations: Iterable[Reputation],
    sources: Iterable[SourceHealth],
    *,
    languages: Mapping[str, int],
    judged: Collection[str],
    undated: int,
    late: int,
    mentions: int,
    evidence: Callable[[int, Mapping[str, Sequence[str]]], Evidence],
) -> tuple[Caveat, ...]:
    """Return the sentences that a reader must know before trusting the rest, most telling first.

    ``evidence`` opens so many mentions that have the given terms.
    """
    sentences: list[Caveat] = []
    for source in sources:
        if source.silent_days:
            spans = ", ".join(_span(stretch) for stretch in source.silent)
            text = f"{source.id} was silent on {_days(source.silent_days)} ({spans}); comparisons leave them out"
            proof = source.evidence
            sentences.append(Caveat(kind="silent_source", text=text, count=source.silent_days, of=0, evidence=proof))
    for brand in reputations:
        if brand.few:
            text = f"{brand.name}: only {brand.mentions} mentions; its figures are hints"
            proof = brand.evidence
            sentences.append(Caveat(kind="few_mentions", text=text, count=brand.mentions, of=mentions, evidence=proof))
    unsure = sum(brand.unsure for brand in reputations)
    if unsure:
        text = f"sentiment is unsure in {unsure} of {mentions} mentions; they count as mentions, not as opinions"
        proof = evidence(unsure, {"sentiment.label": ["unsure"]})
        sentences.append(Caveat(kind="unsure", text=text, count=unsure, of=mentions, evidence=proof))
    other = {lang: count for lang, count in languages.items() if lang not in judged}
    if other:
        names = ", ".join(sorted(other, key=lambda lang: (-other[lang], lang))[:8])
        text = (
            f"{sum(other.values())} of {mentions} mentions are in languages that the rules do not read ({names}): "
            "what is said of them rests on the network alone, if on anything, and names no topic but those by examples"
        )
        proof = evidence(sum(other.values()), {"lang": sorted(other)})
        sentences.append(Caveat(kind="language", text=text, count=sum(other.values()), of=mentions, evidence=proof))
    if undated:
        text = f"{undated} of {mentions} mentions tell no date of their own; they stand at the time of collection"
        proof = evidence(undated, {"published_at_source": ["collected"]})
        sentences.append(Caveat(kind="undated", text=text, count=undated, of=mentions, evidence=proof))
    if late:
        text = (
            f"{late} of {mentions} mentions were read back more than three days after they were published; "
            "how many there are says how far the archives reach, so only shares of them are compared"
        )
        sentences.append(Caveat(kind="late", text=text, count=late, of=mentions))
    return tuple(sentences)


def taught(adjusted: Mapping[str, int], mentions: int) -> tuple[Caveat, ...]:
    """Return the sentence that says how many judgements are not the shipped judges' own; none where all are.

    ``adjusted`` counts what the shipped judges said (``task:answer``) where a learnt layer says otherwise.
    """
    tasks: dict[str, int] = {}
    for said, count in adjusted.items():
        name = said.partition(":")[0]
        tasks[name] = tasks.get(name, 0) + count
    if not tasks:
        return ()
    parts = ", ".join(f"{name} {count}" for name, count in sorted(tasks.items()))
    count = sum(tasks.values())
    text = (
        f"{count} judgements of {mentions} mentions are as learnt from your answers and not as shipped ({parts}); "
        "each such mention keeps the shipped one"
    )
    return (Caveat(kind="learnt", text=text, count=count, of=mentions),)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _span(stretch: Stretch) -> str:
    if stretch.first == stretch.last:
        return stretch.first.isoformat()
    return f"{stretch.first.isoformat()} to {stretch.last.isoformat()}"
