"""The refusal to write a report over nothing."""

from __future__ import annotations

from analysis.model.errors import EmptyStoreError
from analysis.track.results import Measures


def refuse_if_empty(report: Measures) -> None:
    """Raise ``EmptyStoreError`` with the reason and the cure where the report would rest on no mention."""
    if report.mentions:
        return
    if not report.mentions_ever:
        raise EmptyStoreError(
            "no report: the store holds no mention of the tracked brands; crawl or import first, and check that the "
            "brands' queries match"
        )
    newest = f"; the newest mention is of {report.newest:%Y-%m-%d}" if report.newest else ""
    narrowed = " with these filters" if report.filters or report.left_out or report.words else ""
    raise EmptyStoreError(
        f"no report: {report.mentions_ever} mentions are stored, but none from {report.period.since:%Y-%m-%d} to "
        f"{report.period.until:%Y-%m-%d}{narrowed}{newest}; widen the period, or crawl again"
    )
