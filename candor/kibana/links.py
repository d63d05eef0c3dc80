"""Addresses that lead from messages and reports into the Kibana boards, with filter and time set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from analysis.model.times import read_time

if TYPE_CHECKING:
    from analysis.alert.model import Alert
    from analysis.alert.watchlist import Links
    from analysis.settings.tables import KibanaSection
    from analysis.track.parts import Evidence

BOARDS: Mapping[str, str] = {
    "competitor_move": "candor-competitors",
    "crawl_overdue": "candor-sources",
    "dead_letters": "candor-sources",
    "emerging_complaint": "candor-improve",
    "fix_verdict": "candor-alerts-fixes",
    "gone_quiet": "candor-improve",
    "negative_shift": "candor-reputation",
    "rating_drop": "candor-reputation",
    "source_failing": "candor-sources",
    "switching_surge": "candor-competitors",
    "volume_spike": "candor-reputation",
}
"""The board that shows what a rule speaks about; the others lead to the mentions themselves."""
MENTIONS = "candor-explore"
REPORT = "candor-improve"
FIELDS: Mapping[str, str] = {"brand": "brand.id", "source": "source.id", "theme": "complaint_topics", "site": "domain"}
BACK = timedelta(days=7)


def links_of(kibana: KibanaSection | None) -> Links | None:
    """Return the makers of links for messages; None where no Kibana is configured."""
    from analysis.alert.watchlist import Links

    if kibana is None:
        return None
    return Links(alert=alert_link(kibana), period=period_link(kibana))


def alert_link(kibana: KibanaSection) -> Callable[[Alert], str]:
    """Return what makes the address of the board that shows an alert's evidence."""
    from mappings.kibana import board_link

    def link(alert: Alert) -> str:
        terms, since, until = _selection(alert)
        board = BOARDS.get(alert.rule, MENTIONS)
        return board_link(kibana.url, board, space=kibana.space, terms=terms, since=since, until=until)

    return link


def period_link(kibana: KibanaSection) -> Callable[[datetime, datetime], str]:
    """Return what makes the address of the first board in a period: what a digest or a report links to."""
    from mappings.kibana import board_link

    def link(since: datetime, until: datetime) -> str:
        return board_link(kibana.url, REPORT, space=kibana.space, since=since, until=until)

    return link


def evidence_link(kibana: KibanaSection) -> Callable[[Evidence], str]:
    """Return what makes the address of the board of mentions with the selection behind a number."""
    from mappings.kibana import board_link

    def link(found: Evidence) -> str:
        terms = {one.field: list(one.values) for one in found.where}
        return board_link(kibana.url, MENTIONS, space=kibana.space, terms=terms, since=found.since, until=found.until)

    return link


def _selection(alert: Alert) -> tuple[dict[str, Sequence[str]], datetime, datetime | None]:
    """The selection that the alert keeps; for one without, its labels and the week before it opened."""
    if alert.where:
        terms: dict[str, Sequence[str]] = {str(one["field"]): list(one["values"]) for one in alert.where["terms"]}
        return terms, read_time(alert.where["since"]), read_time(alert.where["until"])
    named: dict[str, Sequence[str]] = {FIELDS[name]: [value] for name, value in alert.labels.items() if name in FIELDS}
    return named, read_time(alert.opened_at) - BACK, None
