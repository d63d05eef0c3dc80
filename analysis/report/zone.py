"""Times for people stand in the zone that they chose; the period and its days stay those of UTC that were counted."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from analysis.track.parts import Evidence, Period
from analysis.track.results import Measures


def in_zone(report: Measures, zone: ZoneInfo) -> Measures:
    """Return ``report`` with every moment in ``zone``: the same moments, so that the JSON says the same."""
    moved = _moved(report, zone)
    assert isinstance(moved, Measures)
    return moved


def zone_name(report: Measures) -> str:
    """Return the name of the zone in which the times of ``report`` stand."""
    zone = report.made_at.tzinfo
    return zone.key if isinstance(zone, ZoneInfo) else "UTC"


def _moved(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, Period | Evidence):
        return value
    if isinstance(value, datetime):
        return value.astimezone(zone)
    if isinstance(value, tuple):
        return tuple(_moved(item, zone) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{item.name: _moved(getattr(value, item.name), zone) for item in fields(value)})
    return value
