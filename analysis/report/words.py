"""Numbers and findings in words, the same in every form of the report. Few data are said to be few."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from analysis.track.results import (
    Change,
    Condition,
    Contrast,
    EmergingSeries,
    Estimate,
    Evidence,
    FixResult,
    Flow,
    Measures,
    Move,
    NetFlow,
    Reputation,
    SourceHealth,
    Theme,
    Wish,
)

FEW = 10
MINUS = "−"

SEVERITY = {
    "safety": "a safety risk",
    "data_loss": "data lost",
    "money": "money lost",
    "cannot_use": "cannot be used",
    "annoyance": "an annoyance",
}
DIMENSION = {
    "money": "costs money",
    "time": "costs time",
    "effort": "costs effort",
    "worry": "causes worry",
    "product": "lowers the product's value",
    "service": "lowers the service's value",
    "people": "lowers the value of the people met",
    "image": "lowers the brand's image",
}
JOURNEY = {
    "before": "before the sale",
    "buying": "while buying",
    "delivery": "on delivery",
    "use": "in use",
    "after": "after the sale",
}
MOVE = {
    "launch": "launch",
    "price": "price change",
    "outage": "outage",
    "recall": "recall",
    "incident": "incident",
    "acquisition": "acquisition",
    "layoffs": "lay-offs",
    "partnership": "partnership",
    "end_of_product": "end of a product",
    "terms": "change of terms",
}
# Characters that turn the direction of the text around them; a post could use them to make a line read differently.
_TURNING = {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def clean(text: str) -> str:
    """Return untrusted text safe to show: no control or escape characters, direction overrides made visible."""
    kept = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp", "Cs") else sign for sign in text)
    return kept.translate(_TURNING).strip()


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


def net(found: Estimate | None, judged: int = FEW) -> str:
    """Return "−23 (−31 to −14)", or that there are few data."""
    if found is None:
        return "not judged"
    text = f"{signed(found.value)} ({signed(found.low)} to {signed(found.high)})"
    return text if judged >= FEW else f"{text}, few data"


def rate(found: Estimate, count: int, mentions: int) -> str:
    """Return a rate as the reader can trust it: a percentage only where the whole is large enough."""
    return percent(found.value) if mentions >= FEW else f"{count} of {mentions}"


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


def _period(since: datetime, until: datetime) -> str:
    return span(since.date(), (until - timedelta(microseconds=1)).date())


def filters(report: Measures) -> list[str]:
    """Return one line for each filter in force, what is excluded first in plain words; empty where none is."""
    lines = [f"left out: {_condition(one)}" for one in report.left_out]
    lines += [f"only: {_condition(one)}" for one in report.filters]
    return lines + ([f"only mentions that match: {clean(report.words)}"] if report.words else [])


def _condition(one: Condition) -> str:
    return f"{one.field} {' or '.join(clean(value) for value in one.values)}"


def selection(found: Evidence) -> str:
    """Return the selection that finds every mention under a number."""
    where = ", ".join(f"{one.field} = {' or '.join(one.values)}" for one in found.where)
    return f"{where}, published {_period(found.since, found.until)}"


def change(found: Change, *, compared: bool) -> str:
    """Return how a rate changed: the word first, then both rates."""
    if not compared:
        return "not compared"
    before, now = _rate(found.before, found.before_of), _rate(found.now, found.now_of)
    if found.direction == "too little data":
        return f"too little data for a trend ({found.now}, before {found.before})"
    return f"{found.direction} ({now}, before {before})"


def _rate(count: int, of_all: int) -> str:
    return percent(count / of_all) if of_all >= FEW else f"{count} of {of_all}"


def theme_short(theme: Theme, *, compared: bool) -> str:
    """Return a theme in so few words that five of them are read in ten seconds."""
    parts = [percent(theme.count / theme.mentions) if theme.mentions >= FEW else plural(theme.count, "mention")]
    if compared and theme.change.direction != "too little data":
        parts.append(theme.change.direction)
    parts += ["new"] if theme.emerging else []
    parts += [theme.scope] if theme.scope == "more than at competitors" else []
    parts += [clean(theme.ledger)] if theme.ledger else []
    return ", ".join(parts)


ARROW = {"rising": "▲", "falling": "▼", "no clear change": "▬", "too little data": "?"}


def theme_count(theme: Theme) -> str:
    """Return how many tell of the theme, and from how many stories and authors."""
    text = of(theme.count, theme.mentions)
    extra = [] if theme.adjusted in (None, theme.count) else [f"{theme.adjusted:,} after people's corrections"]
    if theme.stories < theme.count:
        extra.append(plural(theme.stories, "story", "stories"))
    if theme.authors:
        extra.append(plural(theme.authors, "author"))
    return text + (f", {', '.join(extra)}" if extra else "")


def theme_market(theme: Theme) -> str:
    """Return the competitors' rate on the same theme."""
    if not theme.competitors:
        return "no competitors are tracked"
    rates = ", ".join(f"{clean(one.name)} {rate(one.rate, one.count, one.mentions)}" for one in theme.competitors)
    said = {"too little data": "too little data to compare"}.get(theme.scope, theme.scope)
    return f"{said}: {rates}"


def theme_kind(theme: Theme) -> str:
    """Return severity, customer value or cost, and stage of the journey in words."""
    parts = [SEVERITY.get(theme.severity, ""), DIMENSION.get(theme.dimension, "")]
    stage = JOURNEY.get(theme.journey, "")
    if stage:
        parts[1] = f"{parts[1]} {stage}".strip()
    return ", ".join(part for part in parts if part)


def theme_versions(theme: Theme) -> str:
    """Return the versions in which the complaint is concentrated, or an empty string."""
    if not theme.versions:
        return ""
    return "concentrated in version " + ", ".join(
        f"{clean(one.version)} ({of(one.count, one.mentions, 'mentions')})" for one in theme.versions[:3]
    )


def new_line(found: EmergingSeries, names: dict[str, str]) -> str:
    """Return what is new, against what its past leads one to expect, and who else has it."""
    expected = "fewer than 1" if found.expected < 1 else f"{found.expected:.0f}"
    since = f", first seen {day(found.first_seen)}" if found.first_seen else ""
    who = {"ours only": f"{names[found.brand]} only", "whole market": "the whole market has it"}.get(found.market, "")
    return (
        f"{plural(found.observed, 'story', 'stories')} in {found.window_days} days where {expected} would be usual, "
        f"by {plural(found.authors, 'author')}{since}{f'; {clean(who)}' if who else ''}"
    )


VERDICT = {
    "worked": "It worked",
    "no effect seen": "No effect seen",
    "worse": "It got worse",
    "came back": "It came back",
    "too little data": "Too little data to say",
}


def fix_line(fix: FixResult) -> str:
    """Return the verdict on a fix in a sentence, never a bare number."""
    text = VERDICT[fix.verdict]
    if fix.effect is not None and fix.verdict != "too little data":
        effect = fix.effect
        text += (
            f": {'fewer' if effect.value < 0 else 'more'} complaints by {percent(abs(effect.value))} "
            f"({signed(effect.low)}% to {signed(effect.high)}%), measured against the competitors"
        )
    return f"{text}. {clean(fix.needed)}".strip() if fix.needed else f"{text}."


NO_FIXES = (
    "No fix is registered, so nobody can say whether one worked. "
    "Register the next one: candor fix add --theme THEME --shipped YYYY-MM-DD"
)


def move_name(move: Move) -> str:
    """Return what a brand did, and of what, in the words that its reports share."""
    kind = MOVE.get(move.what, move.what)
    return f"{kind} ({', '.join(clean(word) for word in move.about)})" if move.about else kind


def reaction(move: Move) -> str:
    """Return what people felt about the brand before and after a move."""
    if move.reaction == "too little data":
        return "too few opinions to see a reaction"
    before, after = move.net_before, move.net_after
    figures = f"{signed(before.value)} before, {signed(after.value)} after" if before and after else ""
    word = {"better": "the mood rose", "worse": "the mood fell"}.get(move.reaction, "no clear change of mood")
    return f"{word} ({figures})"


def flow(found: Flow) -> str:
    """Return how many switched and how many consider it."""
    return f"{found.done} switched, {plural(found.considered, 'considers it', 'consider it')}"


def net_flow(found: NetFlow) -> str:
    """Return arrivals minus departures per month with the interval."""
    text = f"{found.gained} came, {found.lost} left"
    if found.gained + found.lost < FEW:
        return f"{text} (few data)"
    month = found.net_per_month
    return f"{text}; net {_plain(month.value)} a month ({_plain(month.low)} to {_plain(month.high)})"


def _plain(value: float) -> str:
    points = round(value)
    return f"+{points}" if points > 0 else f"{MINUS}{-points}" if points < 0 else "0"


def judged(brand: Reputation) -> int:
    """Return how many mentions were judged, unsure ones aside."""
    return brand.negative + brand.neutral + brand.positive


def contrast(found: Contrast, names: dict[str, str]) -> str:
    """Return what is blamed in us and praised in a competitor."""
    return (
        f"{found.name}: people complain {found.our_complaints} and praise {found.our_praise} times at us, "
        f"complain {found.their_complaints} and praise {found.their_praise} times at {clean(names[found.competitor])}"
    )


def wish_at(wish: Wish, names: dict[str, str]) -> str:
    """Return which competitor is praised for it already, or an empty string."""
    return "already praised at " + ", ".join(clean(names[one]) for one in wish.praised_at) if wish.praised_at else ""


def source_line(source: SourceHealth) -> str:
    """Return how a source did."""
    if source.state == "unwatched":
        return "imported, or never polled by Candor"
    good = f"last good run {day(source.last_ok)}" if source.last_ok else "no good run yet"
    silent = f"; silent on {plural(source.silent_days, 'day')}" if source.silent_days else ""
    cause = f"; {clean(source.cause)}" if source.cause and source.state != "ok" else ""
    return f"{good}{silent}{cause}"


def names(report: Measures) -> dict[str, str]:
    """Return brand id -> name, with the word for brands that are not tracked."""
    return {"other": "another brand", **{brand.id: brand.name for brand in report.brands}}


def our_names(report: Measures) -> str:
    """Return the names of our own brands."""
    return ", ".join(clean(brand.name) for brand in report.brands if brand.role == "own") or "no brand of ours"
