"""The digest in words: the report's first page as a chat message, and one line where there is nothing to tell.

Sent through the same outbox as alerts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from analysis.alert import calendar
from analysis.alert.calendar import GROUP, DigestPeriod
from analysis.alert.channels.configured import Channel
from analysis.alert.channels.outgoing import Message
from analysis.alert.defuse import cut, dead, shown_link
from analysis.alert.message import QUOTE, TITLE, Limits, Line, Text, fit, see
from analysis.alert.model import Alert, stamp
from analysis.alert.watchlist import Watchlist
from analysis.measure.asking import Asking
from analysis.measure.scope import scope_of
from analysis.measure.sections import reputation, sources, themes
from analysis.report import words
from analysis.report.sections.reputation import judged
from analysis.report.sections.themes import change, theme_count, theme_kind, theme_versions
from analysis.store.base import Store
from analysis.track.parts import BrandName
from analysis.track.sections.reputation import Reputation
from analysis.track.sections.sources import SourceHealth
from analysis.track.sections.themes import Theme, Themes

FORMAT = "candor-digest"
TOP = 5
MORE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPage:
    """The sections of the report that a digest tells of."""

    brands: tuple[BrandName, ...]
    themes: Themes
    reputation: tuple[Reputation, ...]
    sources: tuple[SourceHealth, ...]


def digest_messages(
    store: Store,
    watchlist: Watchlist,
    channels: Sequence[Channel],
    alerts: Sequence[Alert],
    last: Mapping[tuple[str, str], Message],
    *,
    now: datetime,
) -> list[Message]:
    """Return the digests that are due. Each period is measured once for all channels."""
    messages: list[Message] = []
    measured: dict[DigestPeriod, FirstPage] = {}
    for channel, period in calendar.due(channels, last, options=watchlist.options, now=now):
        if period not in measured:
            measured[period] = _measured(store, watchlist, period, now)
        text = digest_text(
            measured[period], period, watchlist, alerts, brands=channel.route.brands, limits=channel.limits
        )
        messages.append(_message(channel, period, text, measured[period]))
    return messages


def preview(
    store: Store, watchlist: Watchlist, alerts: Sequence[Alert], period: DigestPeriod, *, now: datetime, limits: Limits
) -> Text:
    """Return the digest of a period as a channel that takes everything would get it."""
    page = _measured(store, watchlist, period, now)
    return digest_text(page, period, watchlist, alerts, brands=(), limits=limits)


def _measured(store: Store, watchlist: Watchlist, period: DigestPeriod, now: datetime) -> FirstPage:
    scope = scope_of(
        store, brands=watchlist.brands, sources=watchlist.sources, since=period.since, until=period.until, now=now
    )
    asking = Asking(scope, names=watchlist.names, weights=watchlist.weights)
    return FirstPage(
        brands=scope.names(),
        themes=asking.of(themes.section),
        reputation=asking.of(reputation.section),
        sources=asking.of(sources.section),
    )


def digest_text(
    page: FirstPage,
    period: DigestPeriod,
    watchlist: Watchlist,
    alerts: Sequence[Alert],
    *,
    brands: Collection[str],
    limits: Limits,
) -> Text:
    """Return the message of a period: our brands' figures, the worst complaints with a quote each, alerts, sources.

    ``brands`` narrows it to these; empty means all of ours.
    """
    own = [brand.id for brand in watchlist.brands if brand.role == "own" and (not brands or brand.id in brands)]
    named = ", ".join(words.clean(brand.name) for brand in watchlist.brands if brand.id in own) or "our brands"
    title = f"{period.every.capitalize()} digest, {named}: {period.words(watchlist.options.digest.timezone)}"
    themes = [theme for theme in (*page.themes.themes, *page.themes.other_themes) if theme.brand in own]
    steps = watchlist.next_steps
    summary = _alerts(alerts, period, steps.alerts if steps else "")
    health = _sources(page)
    if not themes and not summary:
        read = sum(figures.mentions for figures in page.reputation if figures.brand in own)
        quiet = f"Nothing to tell: no complaint and no alert; {words.plural(read, 'mention')} of {named}."
        return fit(cut(title, min(TITLE, limits.title)), [Line(f"{quiet} {health}".strip(), 0)], limits)
    lines = [Line(text, 0) for text in _standing(page, own)]
    for rank, theme in enumerate(themes[:TOP], start=1):
        lines += _theme(page, theme, rank, several=len(own) > 1)
    if themes[TOP:]:
        rest = ", ".join(f"{words.clean(theme.name)} {theme.count}" for theme in themes[TOP : TOP + MORE])
        lines.append(Line(f"Also complained about: {rest}.", 4))
    lines += [Line(text, 2) for text in (summary, health) if text]
    if watchlist.links is not None:
        lines += see(watchlist.links.period(period.since, period.until))
    if steps is not None:
        lines.append(Line(f"Next: {steps.period(period.since, period.until)}", 2))
    return fit(cut(title, min(TITLE, limits.title)), lines, limits)


def _standing(page: FirstPage, own: Collection[str]) -> list[str]:
    lines = []
    for brand in page.reputation:
        if brand.brand in own:
            before = f", {brand.mentions_before:,} before"
            text = f"{words.clean(brand.name)}: {words.plural(brand.mentions, 'mention')}{before}"
            lines.append(f"{text}; net sentiment {words.net(brand.net, judged(brand))}.")
    return lines


def _theme(page: FirstPage, theme: Theme, rank: int, *, several: bool) -> list[Line]:
    who = f" ({words.clean(words.names(page.brands)[theme.brand])})" if several else ""
    new = ", NEW" if theme.emerging else ""
    kind = "; ".join(part for part in (theme_kind(theme), theme_versions(theme), words.clean(theme.ledger)) if part)
    lines = [
        Line(
            f"{rank} {words.clean(theme.name)}{who}{new}: {theme_count(theme)}; {change(theme.change, compared=True)}.",
            1,
        ),
        # A version is what a stranger's page calls it.
        *([Line(f"{dead(kind, 300)}.", 5)] if kind else []),
    ]
    for quote in [quote for quote in theme.quotes if not quote.private][:1]:
        link = shown_link(quote.url)
        said = f"“{dead(quote.text, QUOTE)}” {dead(quote.domain or quote.source, 40)} {link}".rstrip()
        lines.append(Line(said, 3, whole=bool(link)))
    return lines


def _alerts(alerts: Sequence[Alert], period: DigestPeriod, listed: str) -> str:
    """Count the alerts of the period, and say where they are ``listed``; an empty string where there were none."""
    since, until = stamp(period.since), stamp(period.until)
    opened = [alert for alert in alerts if since <= alert.opened_at < until]
    ended = sum(alert.state == "resolved" and since <= alert.resolved_at < until for alert in alerts)
    if not opened and not ended:
        return ""
    urgent = sum(alert.severity == "urgent" for alert in opened)
    said = f"Alerts: {len(opened)} opened" + (f" ({urgent} urgent)" if urgent else "")
    return f"{said}, {ended} over{f'; {listed}' if listed else ''}."


def _sources(page: FirstPage) -> str:
    watched = [source for source in page.sources if source.state != "unwatched"]
    bad = [words.clean(source.id) for source in watched if source.state != "ok"]
    if not watched:
        return ""
    named = f"; not well: {', '.join(bad[:3])}{' and others' if len(bad) > 3 else ''}" if bad else ""
    return f"Sources: {len(watched) - len(bad)} of {len(watched)} are well{named}."


def _message(channel: Channel, period: DigestPeriod, text: Text, page: FirstPage) -> Message:
    data = {
        "format": FORMAT,
        "version": 1,
        "occasion": "digest",
        "period": {"every": period.every, "since": stamp(period.since), "until": stamp(period.until)},
        "title": text.title,
        "text": text.body,
        "themes": [
            {"brand": theme.brand, "id": theme.id, "name": theme.name, "count": theme.count}
            for theme in page.themes.themes
        ],
    }
    return Message(
        channel=channel.id,
        group=GROUP,
        sequence=period.sequence,
        occasion="digest",
        alerts=(),
        told={},
        title=text.title,
        text=text.body,
        severity="info",
        data=data,
    )
