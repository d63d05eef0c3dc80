"""Page one of the report: what to improve."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analysis.report import lines, words
from analysis.report.headline import headline
from analysis.report.shown import Json, Rows, Shown
from analysis.track.results import Measures
from analysis.track.sections.themes import BrandRate, Theme
from analysis.track.statistics.rates import Against, Change, against

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
FEW_NAMES = 8
AGAINST: Mapping[Against, str] = {
    "more than at competitors": "more than at",
    "as at competitors": "unsure at",
    "less than at competitors": "less than at",
    "too little data": "few data:",
}
ARROW = {"rising": "▲", "falling": "▼", "no clear change": "▬", "too little data": "?"}
STYLE = {"rising": "bold red", "falling": "green", "no clear change": "", "too little data": "dim"}


def change(changed: Change, *, compared: bool) -> str:
    """Return how a rate changed: the word first, then both rates."""
    if not compared:
        return "not compared"
    before, now = _rate(changed.before, changed.before_of), _rate(changed.now, changed.now_of)
    if changed.direction == "too little data":
        return f"too little data for a trend ({changed.now}, before {changed.before})"
    return f"{changed.direction} ({now}, before {before})"


def _rate(count: int, of_all: int) -> str:
    return words.percent(count / of_all) if of_all >= words.FEW else f"{count} of {of_all}"


def theme_short(theme: Theme, *, compared: bool) -> str:
    """Return a theme in so few words that five of them are read in ten seconds."""
    parts = [
        words.percent(theme.count / theme.mentions)
        if theme.mentions >= words.FEW
        else words.plural(theme.count, "mention")
    ]
    if compared and theme.change.direction != "too little data":
        parts.append(theme.change.direction)
    parts += ["new"] if theme.emerging else []
    more = [words.clean(one.name) for one in theme.competitors if _against(theme, one) == "more than at competitors"]
    everywhere = theme.scope == "more than at competitors" and len(more) == len(theme.competitors)
    parts += ["more than at competitors" if everywhere else f"more than at {_and(more)}"] if more else []
    parts += [words.clean(theme.ledger)] if theme.ledger else []
    return ", ".join(parts)


def theme_count(theme: Theme) -> str:
    """Return how many tell of the theme, and from how many stories and authors."""
    text = words.of(theme.count, theme.mentions)
    extra = [] if theme.adjusted in (None, theme.count) else [f"{theme.adjusted:,} after people's corrections"]
    if theme.stories < theme.count:
        extra.append(words.plural(theme.stories, "story", "stories"))
    if theme.authors:
        extra.append(words.plural(theme.authors, "author"))
    return text + (f", {', '.join(extra)}" if extra else "")


def theme_market(theme: Theme) -> str:
    """Return the competitors' rate on the same theme, each beside what the test against this one says."""
    if not theme.competitors:
        return "no competitors are tracked"
    said: dict[Against, list[str]] = {word: [] for word in AGAINST}
    for one in theme.competitors:
        rate = words.rate(one.rate, one.count, one.mentions)
        said[_against(theme, one)].append(f"{words.clean(one.name)} ({rate})")
    return ", ".join(f"{AGAINST[word]} {_and(rates)}" for word, rates in said.items() if rates)


def _against(theme: Theme, rate: BrandRate) -> Against:
    return against(theme.count, theme.mentions, rate.count, rate.mentions)


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


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
        f"{words.clean(one.version)} ({words.of(one.count, one.mentions, 'mentions')})" for one in theme.versions[:3]
    )


def rows(report: Measures, width: int) -> Rows:
    """Return what to improve now, the most harmful first."""
    head = Text(f"{SECTION.title}: {words.our_names(report)}", style="bold")
    parts: list[RenderableType] = [Text(line, style="bold yellow") for line in words.moved(report)]
    parts += [head, Text(words.period_line(report), style="dim")]
    parts += [Text(line) for line in headline(report)]
    parts += [Text(line, style="yellow") for line in (*words.filters(report), *words.hidden(report))]
    if not report.themes:
        said = [] if report.topicless_complaints else [Text(), Text(words.no_theme(report))]
        parts += [*said, Text(_basis(report), style="dim")]
    for rank, theme in enumerate(report.themes, 1):
        parts += ["", *_theme(report, theme, rank, width)]
    if report.other_themes:
        names = ", ".join(f"{words.clean(theme.name)} {theme.count}" for theme in report.other_themes[:FEW_NAMES])
        left = len(report.other_themes[FEW_NAMES:])
        more = f" and {words.plural(left, 'theme')} more" if left else ""
        parts += [Text(f"Also complained about: {names}{more}", style="dim")]
    for rest in report.topicless_complaints:
        parts += [
            "",
            Text(words.complained(report, rest), style="bold"),
            *lines.quoted_below(rest.quotes, width, most=2),
        ]
    return parts


def _basis(report: Measures) -> str:
    brands = "these" if report.filters else "all tracked"
    was = "was" if report.mentions == 1 else "were"
    return f"{words.plural(report.mentions, 'mention')} of {brands} brands {was} read for it."


def _theme(report: Measures, theme: Theme, rank: int, width: int) -> list[RenderableType]:
    head = Table.grid(expand=True, padding=(0, 1))
    head.add_column(ratio=1)
    head.add_column(justify="right", no_wrap=True)
    title = Text(f"{rank} {words.clean(theme.name)}", style="bold")
    if sum(brand.role == "own" for brand in report.brands) > 1:
        title.append(f" ({words.clean(words.names(report.brands)[theme.brand])})", style="dim")
    if theme.emerging:
        title.append("  NEW", style="bold red")
    trend = Text(lines.spark(theme.trend), style="cyan")
    if report.compared:
        said = theme.change.direction
        trend.append(f"  {ARROW[said]} {said}", style=STYLE[said])
    head.add_row(title, trend)
    figures = [f"{theme_count(theme)}; {_compared(report, theme)}", theme_market(theme)]
    kind = ". ".join(
        words.sentence(part) for part in (theme_kind(theme), theme_versions(theme), words.clean(theme.ledger)) if part
    )
    body = [Text(words.sentence(line)) for line in (*figures, kind) if line]
    return [head, Padding(Group(*body, *lines.quotes(theme.quotes[:2], width - 2)), (0, 0, 0, 2))]


def _compared(report: Measures, theme: Theme) -> str:
    if report.compared is None:
        return "not compared"
    return f"before: {words.of(theme.change.before, theme.change.before_of)}"


def charts(report: Measures) -> Mapping[str, Callable[..., str]]:
    """Return how each theme of page one is drawn."""
    # Imported here: Altair takes a second, and only the page needs it.
    from analysis.report.charts.themes import theme_rates, theme_trend

    names = words.names(report.brands)
    drawn: dict[str, Callable[..., str]] = {}
    for place, theme in enumerate(report.themes, 1):
        drawn[f"trend{place}"] = partial(theme_trend, theme, report)
        drawn[f"rates{place}"] = partial(theme_rates, theme, names[theme.brand])
    return drawn


def tables(data: Json) -> Mapping[str, list[Json]]:
    """Return each theme's trend, and its rate at each competitor."""
    themes = [*data["themes"], *data["other_themes"]]
    return {
        "theme_trends": [
            {"brand": theme["brand"], "theme": theme["id"], **point} for theme in themes for point in theme["trend"]
        ],
        "theme_rates": [{"theme": theme["id"], **rate} for theme in themes for rate in theme["competitors"]],
    }


SECTION = Shown(title="What to improve now", rows=rows, charts=charts, tables=tables)
