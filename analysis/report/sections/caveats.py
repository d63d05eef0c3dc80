"""What the data cannot say."""

from __future__ import annotations

from rich.text import Text

from analysis.report import words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures


def rows(report: Measures, _width: int) -> Rows:
    """Return a line for each caveat."""
    return [Text(f"- {words.sentence(words.clean(caveat.text))}.") for caveat in report.caveats]


SECTION = Shown(title="What the data cannot say", anchor="limits", rows=rows)
