"""What is blamed in us and praised in a competitor; stands with what competitors did."""

from __future__ import annotations

from rich.text import Text

from analysis.report import words
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.contrasts import Contrast


def contrast_line(contrast: Contrast, names: dict[str, str]) -> str:
    """Return what is blamed in us and praised in a competitor."""
    theirs = words.clean(names[contrast.competitor])
    return (
        f"{contrast.name}: people complain {contrast.our_complaints} and praise {contrast.our_praise} times at us, "
        f"complain {contrast.their_complaints} and praise {contrast.their_praise} times at {theirs}"
    )


def rows(report: Measures, _width: int) -> Rows:
    """Return a line for each theme on which a competitor stands better."""
    names = words.names(report.brands)
    return [Text(f"They are ahead: {contrast_line(contrast, names)}.") for contrast in report.contrasts]


SECTION = Shown(title="Blamed in us, praised in them", inside="moves", rows=rows)
