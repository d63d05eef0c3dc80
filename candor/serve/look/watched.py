"""Saved views as alerts watch them: the address of a view, read anew at each pass."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from analysis.alert.model import SEVERITIES, Severity
from analysis.alert.watched.views import WatchedView
from analysis.model.errors import CandorError
from analysis.model.records.base import Records
from analysis.model.records.view import VIEWS, Told, View, ViewAlert
from analysis.store.base import Filter
from candor.serve.look.asked import Asked, asked
from candor.serve.look.triaged import with_triage

log = logging.getLogger(__name__)
PAUSES: dict[Told, timedelta] = {"at once": timedelta(), "daily": timedelta(days=1), "weekly": timedelta(days=7)}


def watched(records: Records, now: datetime) -> list[WatchedView]:
    """Return the saved views that are alerts; one whose address means nothing any more is logged and passed over."""
    found = []
    for view, _, problem in alerting(records, now):
        if problem:
            log.warning("the saved view %s is no alert: %s", view.key, problem)
        elif view.alert:
            found.append(as_watched(records, view, view.alert, now))
    return found


def alerting(records: Records, now: datetime) -> Iterator[tuple[View, ViewAlert, str]]:
    """Yield each view that is an alert, with what is wrong with its address, or an empty text."""
    for view in VIEWS.values(records):
        if view.alert is not None:
            yield view, view.alert, wrong_with(records, view, now)


def wrong_with(records: Records, view: View, now: datetime) -> str:
    """Return why a view's address selects nothing, in words; an empty text where all is well."""
    try:
        _read(records, view, now)
    except CandorError as error:
        return str(error)
    return ""


def as_watched(records: Records, view: View, alert: ViewAlert, now: datetime) -> WatchedView:
    """Return a view as a pass watches it. Raises ``UsageError`` where its address means nothing any more."""
    wanted, where = _read(records, view, now)
    brands = wanted.terms.get("brand.id", ())
    return WatchedView(
        key=view.key,
        name=view.name,
        where=where,
        since=alert.at,
        severity=severity_of(alert.severity),
        every=PAUSES[alert.every],
        brand=brands[0] if len(brands) == 1 else "",
    )


def rhythm(every: Told) -> str:
    """Return in words how often a view tells."""
    return "told at once" if every == "at once" else f"told {every} at most"


def severity_of(text: str) -> Severity:
    """Return the severity of that name, the lowest for a word that is none."""
    return next((one for one in SEVERITIES if one == text), SEVERITIES[0])


def _read(records: Records, view: View, now: datetime) -> tuple[Asked, Filter]:
    wanted = asked(parse_qsl(view.asks))
    return wanted, with_triage(records, wanted.where(now), wanted)
