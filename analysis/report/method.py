"""The method and its limits, in words that a product manager reads and a statistician would sign."""

from __future__ import annotations

from rich.text import Text

from analysis.report.shown import Rows, Shown
from analysis.report.words import percent
from analysis.report.zone import zone_name
from analysis.track.results import Measures


def method(report: Measures) -> list[str]:
    """Return the method and its limits, a paragraph each."""
    ranking = "harm: severity, reach, growth and switching together" if report.ranked_by == "harm" else "their count"
    return [
        "A mention is one post seen from one brand that it names. Near-identical copies of a text are one story. "
        "In a period of more than 5,000 mentions the counts of stories and authors are estimates, some 2% off.",
        "Sentiment is judged towards each brand from the words around its name, not from the whole text. Net "
        "sentiment is the share of positive minus the share of negative mentions, in points from −100 to +100; "
        "unsure ones count as mentions only. Intervals are 95%: Bayesian for net sentiment, Wilson's for shares.",
        "A change is called rising or falling only where the 95% interval of the ratio of both rates leaves out 1. "
        "Rates are shares of the brand's mentions, so that a louder month is not a worse one. Days on which a source "
        "was silent are left out of both periods, and drawn as gaps where they take away more than a seventh.",
        f"Themes are ranked by {ranking}; the count stands beside. {_emerging(report)}",
        "Share of voice normalised: the mean of a brand's shares within each source, sources with fewer than five "
        "mentions taken together, so that a source that posts more does not weigh more. Attention: weighted by one "
        "plus likes, replies and shares.",
        "A fix is judged by the complaints before and after it against the competitors' same theme, so that what moves "
        "the whole market cancels out; see docs/statistics.md.",
        "Limits: only public posts of the sources listed are seen, and people with a complaint write more often than "
        "others. The judgement is automatic and errs; every number opens the mentions it rests on. "
        f"Days are counted in UTC; dates of posts are of {zone_name(report)}.",
    ]


def _emerging(report: Measures) -> str:
    if not report.series_tested:
        return "No series was tested for being new in this period."
    return (
        f"A complaint is called new where it is more than its own past explains, at a false discovery rate of "
        f"{percent(report.error_rate)} over all {report.series_tested:,} series tested."
    )


def rows(report: Measures, _width: int) -> Rows:
    """Return the method and its limits for a terminal."""
    return [Text(line, style="dim") for line in method(report)]


SECTION = Shown(title="Method and limits", anchor="method", rows=rows)
