"""Whether our fixes worked."""

from __future__ import annotations

from rich.text import Text

from analysis.report import words
from analysis.report.commands import register_fix
from analysis.report.shown import Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.fixes import FixResult

VERDICT = {
    "worked": "It worked",
    "no effect seen": "No effect seen",
    "worse": "It got worse",
    "came back": "It came back",
    "too little data": "Too little data to say",
}


def no_fixes(report: Measures) -> str:
    """Return what to do where no fix is registered: the command for the first theme."""
    words = "No fix is registered, so nobody can say whether one worked. Register the next one"
    return f"{words}: {register_fix(report)}"


def fix_line(fix: FixResult) -> str:
    """Return the verdict on a fix in a sentence, never a bare number."""
    text = VERDICT[fix.verdict]
    if fix.effect is not None and fix.verdict != "too little data":
        effect = fix.effect
        if fix.turned is not None:
            text += f": complaints fell after the fix, and since about {words.day(fix.turned)} they are up again; "
            text += "over all days since it shipped there are "
        else:
            text += ": "
        text += (
            f"{'fewer' if effect.value < 0 else 'more'} complaints by {words.percent(abs(effect.value))} "
            f"({words.signed(effect.low)}% to {words.signed(effect.high)}%), measured against the competitors"
        )
    return f"{text}. {words.clean(fix.needed)}".strip() if fix.needed else f"{text}."


def rows(report: Measures, _width: int) -> Rows:
    """Return a line for each fix with its verdict."""
    if not report.fixes:
        return [Text(no_fixes(report))]
    judged = []
    for fix in report.fixes:
        version = f" in {words.clean(fix.version)}" if fix.version else ""
        text = Text(f"{words.clean(fix.theme_name)}, shipped {words.day(fix.shipped)}{version}: ", style="bold")
        judged.append(text.append(fix_line(fix), style="not bold"))
    return judged


SECTION = Shown(title="Did our fixes work", anchor="fixes", rows=rows)
