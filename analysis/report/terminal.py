"""The report in a terminal: page one fits about forty lines of eighty columns, the rest follows in the same order."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.style import Style
from rich.table import Table
from rich.text import Text

from analysis.model.text import one_line, shorten
from analysis.report import handwork as hand
from analysis.report import words as say
from analysis.report.data import refuse_if_empty
from analysis.report.method import method
from analysis.track.results import Bin, Measures, Quote, Theme, TrendPoint

WIDEST = 100
_BARS = "▁▂▃▄▅▆▇█"
_DIRECTION = {"rising": "bold red", "falling": "green", "no clear change": "", "too little data": "dim"}


def render(report: Measures, console: Console) -> None:
    """Print the whole report. Raises ``EmptyStoreError`` where there is nothing to report on."""
    refuse_if_empty(report)
    width = min(console.width, WIDEST)
    for part in (*_page_one(report, width), *_rest(report, width)):
        console.print(part, width=width, highlight=False)


def render_page_one(report: Measures, console: Console) -> None:
    """Print only what to improve now. Raises ``EmptyStoreError`` where there is nothing to report on."""
    refuse_if_empty(report)
    width = min(console.width, WIDEST)
    for part in _page_one(report, width):
        console.print(part, width=width, highlight=False)


def _page_one(report: Measures, width: int) -> list[RenderableType]:
    head = Text(f"What to improve now: {say.our_names(report)}", style="bold")
    parts: list[RenderableType] = [head, Text(say.period_line(report), style="dim")]
    parts += [Text(line, style="yellow") for line in (*say.filters(report), *hand.left_out(report))]
    if not report.themes:
        parts += [Text(), Text("No complaint about our brands in this period."), Text(_basis(report), style="dim")]
    for rank, theme in enumerate(report.themes, 1):
        parts += ["", *_theme(report, theme, rank, width)]
    if report.other_themes:
        names = ", ".join(f"{say.clean(theme.name)} {theme.count}" for theme in report.other_themes[:8])
        parts += ["", Text(f"Also complained about: {names}", style="dim")]
    return parts


def _basis(report: Measures) -> str:
    return f"{say.plural(report.mentions, 'mention')} of all tracked brands were read for it."


def _theme(report: Measures, theme: Theme, rank: int, width: int) -> list[RenderableType]:
    head = Table.grid(expand=True, padding=(0, 1))
    head.add_column(ratio=1)
    head.add_column(justify="right", no_wrap=True)
    title = Text(f"{rank} {say.clean(theme.name)}", style="bold")
    if sum(brand.role == "own" for brand in report.brands) > 1:
        title.append(f" ({say.clean(say.names(report)[theme.brand])})", style="dim")
    if theme.emerging:
        title.append("  NEW", style="bold red")
    trend = Text(spark(theme.trend), style="cyan")
    if report.compared:
        said = theme.change.direction
        trend.append(f"  {say.ARROW[said]} {said}", style=_DIRECTION[said])
    head.add_row(title, trend)
    lines = [f"{say.theme_count(theme)}; {_change(report, theme)}", say.theme_market(theme)]
    kind = ". ".join(
        _sentence(part) for part in (say.theme_kind(theme), say.theme_versions(theme), say.clean(theme.ledger)) if part
    )
    body = [Text(_sentence(line)) for line in (*lines, kind) if line]
    return [head, Padding(Group(*body, *_quotes(theme.quotes[:2], width - 2)), (0, 0, 0, 2))]


def _change(report: Measures, theme: Theme) -> str:
    if report.compared is None:
        return "not compared"
    return f"before: {say.of(theme.change.before, theme.change.before_of)}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def spark(trend: Sequence[TrendPoint]) -> str:
    """Return the counts as a line of bars that starts at zero; a gap is a dot."""
    highest = max((point.count for point in trend if not point.gap), default=0)
    signs = []
    for point in trend:
        if point.gap:
            signs.append("·")
        else:
            signs.append(_BARS[round((len(_BARS) - 1) * point.count / highest)] if highest else _BARS[0])
    return "".join(signs)


def _quotes(quotes: Sequence[Quote], width: int) -> list[Text]:
    """The first quote has two lines, the others one; the place links to the post where the terminal can."""
    lines = []
    for rank, quote in enumerate(quotes):
        place = f"{say.clean(quote.domain or quote.source)}, {quote.published_at.day} {quote.published_at:%b}"
        room = max(width - len(place) - 6, 30) + (width - 12 if rank == 0 else 0)
        text = Text(f"“{shorten(one_line(say.clean(quote.text)), room)}” ", style="italic")
        link = say.web_link(quote.url)
        text.append(place, style=Style(dim=True, link=link or None))
        lines.append(text)
    return lines


def _rest(report: Measures, width: int) -> list[RenderableType]:
    names = say.names(report)
    parts: list[RenderableType] = []

    def section(title: str, rows: Sequence[RenderableType]) -> None:
        parts.extend(["", Rule(title, align="left", style="dim"), *rows])

    if report.emerging:
        section("New complaints", _new(report, names))
    section("Did our fixes work", _fixes(report))
    section("How fast we respond", _response(report))
    section("What competitors did", _moves(report, names, width))
    section("Who leaves and why", _switching(report, names, width))
    section("Sentiment and volume", [_reputation(report)])
    section("Share of voice", [_voice(report)])
    section("What people wish for", _wishes(report, names, width))
    section("What people praise", _praise(report, names, width))
    section("Sources", [_sources(report)])
    section("What the data cannot say", _caveats(report))
    section("Method and limits", [Text(line, style="dim") for line in method(report)])
    return parts


def _new(report: Measures, names: dict[str, str]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for one in report.emerging:
        phrase = f", “{say.clean(one.phrase)}”" if one.phrase else ""
        text = Text(f"{say.clean(names[one.brand])}: {say.clean(one.name)}{phrase}: ", style="bold")
        lines.append(text.append(f"{say.new_line(one, names)}.", style="not bold"))
    return lines


def _fixes(report: Measures) -> list[RenderableType]:
    if not report.fixes:
        return [Text(say.NO_FIXES)]
    lines: list[RenderableType] = []
    for fix in report.fixes:
        version = f" in {say.clean(fix.version)}" if fix.version else ""
        text = Text(f"{say.clean(fix.theme_name)}, shipped {say.day(fix.shipped)}{version}: ", style="bold")
        lines.append(text.append(say.fix_line(fix), style="not bold"))
    return lines


def _response(report: Measures) -> list[RenderableType]:
    lines: list[RenderableType] = [
        Text(f"{hand.step(row)}: ", style="bold").append(hand.response_line(row), style="not bold")
        for row in report.response
    ]
    note = hand.sampled(report)
    return [*lines, Text(note, style="dim")] if note else lines


def _moves(report: Measures, names: dict[str, str], width: int) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for move in report.moves:
        reports = say.plural(move.reports, "report")
        stories = f", {say.plural(move.stories, 'story', 'stories')}" if move.stories < move.reports else ""
        text = Text(f"{say.span(move.first, move.last)}  ", style="dim")
        text.append(f"{say.clean(names[move.brand])}: {say.move_name(move)}", style="bold not dim")
        text.append(f" ({reports}{stories}); {say.reaction(move)}", style="not dim")
        lines += [text, *[Padding(quote, (0, 0, 0, 2)) for quote in _quotes(move.quotes[:1], width - 2)]]
    lines += [Text(f"They are ahead: {say.contrast(contrast, names)}.") for contrast in report.contrasts]
    return lines or [Text("No move of a competitor was reported in this period.")]


def _switching(report: Measures, names: dict[str, str], width: int) -> list[RenderableType]:
    if not report.switching:
        return [Text("Nobody told of leaving one tracked brand for another in this period.")]
    lines: list[RenderableType] = []
    for flow in report.switching[:8]:
        text = Text(
            f"{say.clean(names.get(flow.origin, flow.origin))} → {say.clean(names.get(flow.target, flow.target))}: "
        )
        text.stylize("bold")
        text.append(say.flow(flow), style="not bold")
        if flow.reasons:
            why = ", ".join(f"{say.clean(reason.name)} {reason.count}" for reason in flow.reasons[:3])
            text.append(f"; why: {why}", style="not bold")
        lines += [text, *[Padding(quote, (0, 0, 0, 2)) for quote in _quotes(flow.quotes[:1], width - 2)]]
    own = {brand.id for brand in report.brands if brand.role == "own"}
    lines += [
        Text(f"{say.clean(names[flow.brand])}: {say.net_flow(flow)}") for flow in report.net_flows if flow.brand in own
    ]
    return lines


def _table(*columns: str, left: int = 1) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim", expand=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < left else "right", no_wrap=place > 0)
    return table


def _reputation(report: Measures) -> Table:
    table = _table("brand", "mentions", "before", "net (95%)", "before", "neg.", "unsure", "trend")
    for brand in report.reputation:
        before = f"{brand.mentions_before:,}" if report.compared else "-"
        table.add_row(
            Text(say.clean(brand.name), style="bold" if brand.role == "own" else ""),
            f"{brand.mentions:,}",
            before,
            say.net(brand.net, say.judged(brand)).replace(", few data", "*"),
            say.signed(brand.net_before.value) if brand.net_before else "-",
            say.percent(brand.negative / brand.mentions) if not brand.few and brand.mentions else "few",
            say.percent(brand.unsure / brand.mentions) if not brand.few and brand.mentions else "few",
            Text(_mood(brand.series), style="cyan"),
        )
    if any(say.judged(brand) < say.FEW for brand in report.reputation):
        table.caption = "* few data: fewer than ten judged mentions"
        table.caption_justify = "left"
    return table


def _mood(series: Sequence[Bin]) -> str:
    """Net sentiment as bars from −100 (lowest) to +100; a gap, or nothing judged, is a dot."""
    return "".join(
        "·" if point.gap or point.net is None else _BARS[round((point.net.value + 1) / 2 * (len(_BARS) - 1))]
        for point in series
    )


def _voice(report: Measures) -> Table:
    table = _table("brand", "mentions", "raw (95%)", "before", "normalised", "by attention")
    for voice in report.voice:
        raw = f"{say.percent(voice.raw.value)} ({say.percent(voice.raw.low)} to {say.percent(voice.raw.high)})"
        before = say.percent(voice.raw_before) if voice.raw_before is not None else "-"
        level, heard = say.percent(voice.normalised), say.percent(voice.attention)
        table.add_row(Text(say.clean(voice.name)), f"{voice.mentions:,}", raw, before, level, heard)
    return table


def _wishes(report: Measures, names: dict[str, str], width: int) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for wish in report.wishes:
        text = Text(say.clean(wish.name), style="bold")
        said = f": {say.plural(wish.count, 'mention')}, {say.plural(wish.authors, 'author')}"
        extra = [part for part in (say.wish_at(wish, names), say.clean(wish.ledger)) if part]
        text.append("; ".join([said, *extra]), style="not bold")
        lines += [text, *[Padding(quote, (0, 0, 0, 2)) for quote in _quotes(wish.quotes[:1], width - 2)]]
    return lines or [Text("No wish was found in this period.")]


def _praise(report: Measures, names: dict[str, str], width: int) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for praise in report.praise:
        text = Text(f"{say.clean(names[praise.brand])}, {say.clean(praise.name)}: ", style="bold")
        text.append(say.of(praise.count, praise.mentions), style="not bold")
        lines += [text, *[Padding(quote, (0, 0, 0, 2)) for quote in _quotes(praise.quotes[:1], width - 2)]]
    return lines or [Text("No praise was found in this period.")]


def _sources(report: Measures) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("source", overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("mentions", justify="right", no_wrap=True)
    table.add_column("runs (failed)", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for source in report.sources:
        style = {"ok": "green", "unwatched": "dim", "waiting": "yellow", "stopped": "yellow"}.get(
            source.state, "bold red"
        )
        table.add_row(
            Text(say.clean(source.id)),
            Text(source.state, style=style),
            f"{source.mentions:,}",
            f"{source.runs:,} ({source.failed:,})",
            Text(say.source_line(source)),
        )
    return table


def _caveats(report: Measures) -> list[RenderableType]:
    lines: list[RenderableType] = [Text(f"- {_sentence(say.clean(caveat.text))}.") for caveat in report.caveats]
    return lines + [Text(f"- {_sentence(line)}.") for line in hand.hands(report.hands)]
