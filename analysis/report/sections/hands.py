"""What people erased and corrected; stands with what the data cannot say."""

from __future__ import annotations

from rich.text import Text

from analysis.report import words
from analysis.report.commands import SHOW_AUDIT, full
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.hands import Hands


def hand_lines(hands: Hands, command: str = SHOW_AUDIT) -> list[str]:
    """Return what was erased and corrected; three lines, always, and the audit log's numbers where it says more."""
    erased = (
        f"{words.plural(hands.erasures, 'erasure')} on request, "
        f"{words.plural(hands.erased_mentions, 'mention')} removed"
        if hands.erasures
        else "nothing was erased on request"
    )
    expired = (
        f"{words.plural(hands.expired_mentions, 'mention')} removed because they were too old to keep (retention)"
        if hands.expiries
        else "retention removed nothing"
    )
    corrected = "no judgement was corrected by hand"
    if hands.corrections:
        ways = ", ".join(f"{words.clean(way.name)}: {way.count}" for way in hands.corrected)
        corrected = f"{words.plural(hands.corrections, 'judgement')} corrected by hand ({ways})"
    lines = [erased, expired, corrected]
    if hands.entries:
        numbers = ", ".join(map(str, hands.entries))
        lines.append(f"the audit log has them under {numbers}: {command}")
    return lines


def lines_of(report: Measures) -> list[str]:
    """Return the lines of a report, with the command for its audit log."""
    return hand_lines(report.hands, full(report, SHOW_AUDIT))


def rows(report: Measures, _width: int) -> Rows:
    """Return a line for what was erased, what expired and what was corrected."""
    return [Text(f"- {words.sentence(line)}.") for line in lines_of(report)]


SECTION = Shown(title="What was changed by hand", inside="caveats", rows=rows)
