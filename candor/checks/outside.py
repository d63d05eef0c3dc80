"""What others must take from us, looked at without sending anything: the mail server and the tracker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from candor.hints import lines_of

if TYPE_CHECKING:
    from analysis.settings.file import Config

Line = tuple[str, str, str]
"""A part, its state (ok, note or bad), and the words."""


def outside_lines(config: Config, environ: Mapping[str, str], *, offline: bool) -> Iterator[Line]:
    """Yield what is missing, works or is refused; with ``offline`` only what is missing. None where none is needed."""
    if config.reports:
        yield _told("mail", lambda: _mail(environ, offline=offline))
    if config.tracker is not None:
        yield _told("tracker", lambda: _tracker(config, environ, offline=offline))


def _told(part: str, asked: Callable[[], str]) -> Line:
    from analysis.model.errors import CandorError

    try:
        return part, "ok", asked()
    except CandorError as error:
        return part, "bad", "; ".join(lines_of(error))


def _mail(environ: Mapping[str, str], *, offline: bool) -> str:
    from candor.mail.office import office_of

    office = office_of(environ)
    return f"{office.place} is configured and was not asked" if offline else office.check()


def _tracker(config: Config, environ: Mapping[str, str], *, offline: bool) -> str:
    from candor.tracker.kinds import tracker_of

    assert config.tracker is not None
    tracker = tracker_of(config.tracker, environ)
    return f"a key of {config.tracker.kind} is there and was not tried" if offline else tracker.check()
