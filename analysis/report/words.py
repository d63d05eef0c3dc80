"""Numbers and names in words, the same in every form of the report. Few data are said to be few."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from analysis.track.parts import BrandName, Condition, Estimate, Topicless
from analysis.track.results import Measures

FEW = 10
MINUS = "−"
# Characters that turn the direction of the text around them; a post could use them to make a line read differently.
_TURNING = {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def clean(text: str) -> str:
    """Return untrusted text safe to show: no control or escape characters, direction overrides made visible."""
    if text.isprintable():
        return text.strip()
    visible = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp", "Cs") else sign for sign in text)
    return visible.translate(_TURNING).strip()


def web_link(url: str) -> str:
    """Return ``url`` if it is an http or https address that can be a link, else an empty string."""
    if any(ord(sign) <= 32 or sign in '"<>\\^`{|}' or 127 <= ord(sign) < 160 for sign in url):
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and host else ""


def plural(count: int, one: str, many: str = "") -> str:
    """Return "1 mention", "2 mentions", thousands set apart by a thin mark."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """Return a share in whole percent; what is above none but rounds to it is "<1%"."""
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 < share < 1 else f"{share * 100:.0f}%"


def of(count: int, total: int, what: str = "mentions") -> str:
    """Return "34 of 212 mentions (16%)", without the percentage where the whole is too small for one."""
    noun = what[:-1] if total == 1 and what.endswith("s") else what
    text = f"{count:,} of {total:,} {noun}"
    return text if total < FEW else f"{text} ({percent(count / total)})"


def signed(value: float) -> str:
    """Return a net figure in points of 100, with a true minus sign."""
    points = round(value * 100)
    return f"+{points}" if points > 0 else f"{MINUS}{-points}" if points < 0 else "0"


def net(estimate: Estimate | None, judged: int = FEW) -> str:
    """Return "−23 (−31 to −14)", or that there are few data."""
    if estimate is None:
        return "not judged"
    text = f"{signed(estimate.value)} ({signed(estimate.low)} to {signed(estimate.high)})"
    return text if judged >= FEW else f"{text}, few data"


def rate(share: Estimate, count: int, mentions: int) -> str:
    """Return a rate as the reader can trust it: a percentage only where the whole is large enough."""
    return percent(share.value) if mentions >= FEW else f"{count} of {mentions}"


def day(moment: datetime | date) -> str:
    """Return "12 Oct 2026"."""
    return f"{moment.day} {moment:%b %Y}"


def span(first: date, last: date) -> str:
    """Return one day, or "3 to 5 Oct 2026"."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    return f"{day(first)} to {day(last)}"


def period_line(report: Measures) -> str:
    """Return the days of the period, and of the one compared with."""
    text = _period(report.period.since, report.period.until)
    if report.compared:
        text += f", compared with {_period(report.compared.since, report.compared.until)}"
    return text


def moved(report: Measures) -> list[str]:
    """Return that the period is not the last days, and why; empty where it is, or was chosen."""
    if not report.moved:
        return []
    older = plural(report.mentions_ever, "stored mention")
    return [f"Nearly all of {older} are older than the last days: this report is of the newest stretch that has data."]


def ours_left_out(report: Measures) -> str:
    """Return that the filters in force leave all our brands out, else an empty string."""
    chosen = {value for one in report.filters if one.field == "brand.id" for value in one.values}
    roles = {value for one in report.filters if one.field == "brand.role" for value in one.values}
    ours = {brand.id for brand in report.brands if brand.role == "own"}
    if (not chosen or chosen & ours) and (not roles or "own" in roles):
        return ""
    only = [clean(brand.name) for brand in report.brands if brand.id in chosen] or ["competitors"]
    return f"This report is narrowed to {', '.join(only)}: complaints about our brands are not in it."


def no_theme(report: Measures) -> str:
    """Return what is said where no complaint theme is shown: complaints without a topic, or that there is none."""
    return (
        ours_left_out(report)
        or "; ".join(complained(report, one) for one in report.topicless_complaints)
        or "No complaint about our brands in this period."
    )


def complained(report: Measures, rest: Topicless) -> str:
    """Return how many of a brand's mentions complain of what no topic names; of which brand, where several are ours."""
    ours = [brand for brand in report.brands if brand.role == "own"]
    whose = f" about {clean(names(ours).get(rest.brand, rest.brand))}" if len(ours) > 1 else ""
    return f"Complaints{whose} that no topic names: {of(rest.count, rest.mentions)}"


def _period(since: datetime, until: datetime) -> str:
    return span(since.date(), (until - timedelta(microseconds=1)).date())


def filters(report: Measures) -> list[str]:
    """Return one line for each filter in force, what is excluded first in plain words; empty where none is."""
    lines = [f"left out: {_condition(one)}" for one in report.left_out]
    lines += [f"only: {_condition(one)}" for one in report.filters]
    return lines + ([f"only mentions that match: {clean(report.words)}"] if report.words else [])


def _condition(condition: Condition) -> str:
    return f"{condition.field} {' or '.join(clean(value) for value in condition.values)}"


def hidden(report: Measures) -> list[str]:
    """Return how much the exclusions in force hide; empty where there are none."""
    lines = []
    if report.left_out:
        lines.append(
            f"what is left out hides {plural(report.left_out_mentions, 'mention')} of this period from every figure"
        )
    if report.beside:
        lines.append(f"{plural(report.beside, 'mention')} that are lists, addresses or not the brand are not counted")
    return lines


def names(brands: Sequence[BrandName]) -> dict[str, str]:
    """Return brand id -> name, with the word for brands that are not tracked."""
    return {"other": "another brand", **{brand.id: brand.name for brand in brands}}


def our_names(report: Measures) -> str:
    """Return the names of our own brands."""
    return ", ".join(clean(brand.name) for brand in report.brands if brand.role == "own") or "no brand of ours"


def sentence(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]
