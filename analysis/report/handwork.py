"""What people did, in words: how fast they answered, what they corrected, erased and left out."""

from __future__ import annotations

from analysis.report.words import clean, plural
from analysis.track.results import Hands, Measures, Reputation, ResponseTime

STEP = {
    "collected": "until Candor had collected it",
    "acknowledged": "until we first acknowledged it",
    "fixed": "until a fix was shipped",
}


def duration(seconds: float) -> str:
    """Return "3 hours", "2.5 days": two digits at most."""
    for unit, length in (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0)):
        count = seconds / length
        if count >= 1.0:
            text = f"{count:.1f}".removesuffix(".0") if count < 9.95 else f"{count:,.0f}"
            return f"{text} {unit}{'' if text == '1' else 's'}"
    return "under a minute"


def response_line(row: ResponseTime) -> str:
    """Return how many got to a step and how long it took half, and nine of ten, of them; few are said to be few."""
    if not row.of:
        return (
            "not known: none was published while its source was watched" if row.step == "collected" else "no complaint"
        )
    text = f"{row.reached:,} of {plural(row.of, 'complaint')}" if row.reached else f"none of {row.of:,} yet"
    if row.median_s is not None:
        text += f"; half within {duration(row.median_s)}, "
        text += f"nine of ten within {duration(row.p90_s)}" if row.p90_s is not None else "nine of ten not yet"
    elif row.reached:
        text += "; fewer than half so far"
    return f"{text} (few data)" if row.few else text


def step(row: ResponseTime) -> str:
    """Return what was waited for, as the beginning of a line."""
    words = STEP[row.step]
    return words[:1].upper() + words[1:]


def sampled(report: Measures) -> str:
    """Return the sentence that says so where a random part of the complaints stands for all, else nothing."""
    return "A random part of the complaints stands for all." if any(row.sampled for row in report.response) else ""


def hands(found: Hands) -> list[str]:
    """Return what was erased and corrected; three lines, always, and the audit log's numbers where it says more."""
    erased = (
        f"{plural(found.erasures, 'erasure')} on request, {plural(found.erased_mentions, 'mention')} removed"
        if found.erasures
        else "nothing was erased on request"
    )
    expired = (
        f"{plural(found.expired_mentions, 'mention')} removed because they were too old to keep (retention)"
        if found.expiries
        else "retention removed nothing"
    )
    corrected = "no judgement was corrected by hand"
    if found.corrections:
        ways = ", ".join(f"{clean(one.name)}: {one.count}" for one in found.corrected)
        corrected = f"{plural(found.corrections, 'judgement')} corrected by hand ({ways})"
    lines = [erased, expired, corrected]
    if found.entries:
        numbers = ", ".join(map(str, found.entries))
        lines.append(f"the audit log has them under {numbers}: candor audit show")
    return lines


def left_out(report: Measures) -> list[str]:
    """Return how much the exclusions in force hide; empty where there are none."""
    if not report.left_out:
        return []
    return [f"what is left out hides {plural(report.left_out_mentions, 'mention')} of this period from every figure"]


def adjusted_mentions(brand: Reputation) -> str:
    """Return the number of mentions after people's corrections, where it differs."""
    if brand.mentions_adjusted in (None, brand.mentions):
        return ""
    return f" ({brand.mentions_adjusted:,} after people's corrections)"
