"""Saving a view: a list of mentions under a name, by the page and by the command alike."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl

from analysis.alert.model import Severity
from analysis.ledger.entries import Stamp
from analysis.model.errors import UsageError
from analysis.model.records.base import Records
from analysis.model.records.view import VIEWS, Told, View, ViewAlert
from candor.serve.look.asked import asked

MOST = 500
LONGEST_NAME = 100


def save_view(records: Records, *, name: str, asks: str, stamp: Stamp) -> View:
    """Keep a list under a name, and return the view. ``asks`` is its address, or what stands behind the ``?`` of it.

    Raises ``UsageError`` for an address that means nothing, a name that is none, and where there are too many.
    """
    wanted = asked(parse_qsl(asks.rpartition("?")[2])).but()
    wanted.where(stamp.at)
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise UsageError(f"name: a view's name has 1 to {LONGEST_NAME} signs")
    if sum(1 for _ in VIEWS.values(records)) >= MOST:
        raise UsageError(f"there are {MOST} views; remove one that nobody needs")
    view = View(
        key=secrets.token_hex(8),
        name=name.strip(),
        asks=wanted.address("").removeprefix("?"),
        feed=secrets.token_urlsafe(24),
        who=stamp.who,
        at=stamp.at,
    )
    VIEWS.put(records, view, if_version=0)
    return view


def alert_by(records: Records, key: str, *, severity: Severity, every: Told, stamp: Stamp) -> View:
    """Make a view an alert, or change how it tells, and return it; what it told before is not told again.

    Raises ``UsageError`` where there is no such view, and where somebody changed it at the same moment.
    """

    def made(view: View) -> View:
        since = view.alert.at if view.alert else stamp.at
        return replace(view, alert=ViewAlert(severity=severity, every=every, who=stamp.who, at=since))

    return _changed(records, key, made)


def no_alert(records: Records, key: str) -> View:
    """Let a view be no alert any more, and return it. Raises ``UsageError`` as ``alert_by``."""
    return _changed(records, key, lambda view: replace(view, alert=None))


def _changed(records: Records, key: str, made: Callable[[View], View]) -> View:
    stored = VIEWS.get(records, key)
    if stored is None:
        raise UsageError("there is no such view")
    view = made(stored.value)
    if VIEWS.put(records, view, if_version=stored.version) is None:
        raise UsageError("somebody changed the view at the same moment; look again")
    return view


def view_named(records: Records, named: str) -> View:
    """Return the view that a name or key calls. Raises ``UsageError`` where there is none, or several of that name."""
    every = list(VIEWS.values(records))
    found = [view for view in every if named in (view.key, view.name)]
    if len(found) == 1:
        return found[0]
    if found:
        keys = " or ".join(view.key for view in found)
        raise UsageError(f"{len(found)} views are called {named!r}; name one by its key: {keys}")
    known = ", ".join(sorted(view.name for view in every)) or "none is saved yet"
    raise UsageError(f"there is no saved view {named!r}; known: {known}")
