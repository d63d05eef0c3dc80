"""The figures that stand first: how much was said of our brands, how it leans, how large their share is."""

from __future__ import annotations

from analysis.report import words
from analysis.track.results import Measures
from analysis.track.sections.reputation import Reputation


def headline(report: Measures) -> list[str]:
    """Return a line for each of our brands that has mentions now or had some before."""
    shares = {voice.brand: voice.raw.value for voice in report.voice}
    return [
        _line(report, brand, shares.get(brand.brand))
        for brand in report.reputation
        if brand.role == "own" and brand.mentions + brand.mentions_before
    ]


def _line(report: Measures, brand: Reputation, share: float | None) -> str:
    judged = brand.negative + brand.neutral + brand.positive
    parts = [words.plural(brand.mentions, "mention")]
    if report.compared:
        parts[0] += f" (before {brand.mentions_before:,})"
    parts.append(f"net {words.net(brand.net, judged)}")
    if share is not None and len(report.voice) > 1:
        parts.append(f"{words.percent(share)} of voice")
    return f"{words.clean(brand.name)}: {', '.join(parts)}"
