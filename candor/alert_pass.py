"""From a configuration to a pass of alerts; ``candor alert``, ``run --alerts`` and ``watch`` all call it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from analysis.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis.alert.channels.configured import Channel
    from analysis.alert.message import Text
    from analysis.alert.outbox import Delivery
    from analysis.alert.passes import Pass
    from analysis.alert.watchlist import Watchlist
    from analysis.settings.file import Config
    from analysis.store.base import Store


def alert_pass(config: Config, store: Store, *, now: datetime, dry_run: bool = False) -> Pass:
    """Measure, judge and deliver once. Raises ``ConfigError`` where a channel or a rule of the file cannot be used."""
    from analysis.flow import watch

    return watch(store, watchlist_of(config), channels_of(config), now=now, dry_run=dry_run)


def digest_pass(config: Config, store: Store, *, now: datetime) -> tuple[Delivery, ...]:
    """Send the digests that are due, and what waits. Raises ``ConfigError`` where no channel asks for one."""
    from analysis.alert.calendar import rhythm
    from analysis.alert.passes import send_digests

    channels = channels_of(config)
    if all(rhythm(channel, config.alerts) == "never" for channel in channels):
        cure = 'write digest = "weekly" (or "daily") under [alerts], or under the [[channels]] that wants it'
        raise ConfigError([f"{config.path}: no channel asks for a digest: {cure}"])
    return send_digests(store, watchlist_of(config), channels, now=now)


def digest_text(config: Config, store: Store, *, now: datetime) -> Text:
    """Return the digest of the newest period: the week's, where the configuration does not ask for the day's."""
    from analysis.alert.calendar import last_period
    from analysis.alert.digest import preview
    from analysis.alert.message import Limits
    from analysis.alert.remembered import alerts_of

    asked = {config.alerts.digest.every, *(channel.digest for channel in config.channels)}
    period = last_period("daily" if "daily" in asked and "weekly" not in asked else "weekly", now, config.alerts.digest)
    return preview(store, watchlist_of(config), alerts_of(store.records), period, now=now, limits=Limits())


def watchlist_of(config: Config) -> Watchlist:
    """Return what the configuration asks to be watched."""
    from analysis.alert.rules import RULES
    from analysis.alert.watchlist import Watchlist
    from analysis.enrich.taxonomy import taxonomy_of
    from analysis.track.harm import Weights
    from candor.kibana.links import links_of
    from candor.next_steps import next_steps
    from candor.serve.look.watched import watched

    known = {rule.id for rule in RULES}
    asked = [("alerts.rules", name) for name in config.alerts.rules]
    asked += [
        (f"channels[{place}].rules", name) for place, channel in enumerate(config.channels, 1) for name in channel.rules
    ]
    wrong = [
        f"{config.path}: {where}: {name!r} is no rule; `candor rules` lists them"
        for where, name in asked
        if name not in known
    ]
    if not config.brands:
        wrong.append(f"{config.path or 'candor.toml'}: no [[brands]]; name your brand and at least one competitor")
    if wrong:
        raise ConfigError(wrong)
    return Watchlist(
        brands=config.brands,
        sources=tuple(source for source in config.sources if not source.paused),
        options=config.alerts,
        names={topic.id: topic.name for topic in taxonomy_of(config).topics.values()},
        weights=Weights(**config.report.weights),
        links=links_of(config.kibana),
        next_steps=next_steps(config.call),
        views=watched,
        keep_runs_s=config.crawl.keep_runs,
    )


def channels_of(config: Config) -> list[Channel]:
    """Return the channels, ready to send."""
    from analysis.alert.channels import configured

    return configured.channels_of(config.channels)


def pass_rows(done: Pass) -> Iterator[dict[str, Any]]:
    """Yield what a pass did as ``candor alert --json`` writes it: a row an alert, then a row a delivery."""
    from analysis.alert.message import public

    for change, alert in done.alerts:
        yield {"type": "alert", "change": change, **public(alert)}
    for judged in done.held:
        finding = judged.finding
        yield {"type": "held", "rule": finding.rule, "labels": dict(finding.labels), "reason": judged.inhibited}
    for delivery in done.deliveries:
        yield {"type": "delivery", **delivery_row(delivery)}
    for kind, count in done.pruned.items():
        yield {"type": "pruned", "kind": kind, "count": count}


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as JSON for scripts."""
    return {
        "message": delivery.message,
        "channel": delivery.channel,
        "occasion": delivery.occasion,
        "title": delivery.title,
        "alerts": list(delivery.alerts),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "cause": delivery.cause or None,
        "next_try_at": delivery.next_try_at or None,
    }


def problems(config: Config, deliveries: Sequence[Delivery]) -> str:
    """Say in words which channels cannot be used and which could not be reached in a pass; empty where all is well."""
    from analysis.alert.channels.configured import usable

    return "; ".join(filter(None, [*usable(config.channels)[1], undelivered(deliveries)]))


def undelivered(deliveries: Sequence[Delivery]) -> str:
    """Say in words which channels could not be reached in a pass; empty where every message went out."""
    last = {delivery.message: delivery for delivery in deliveries}
    bad = [delivery for delivery in last.values() if delivery.state != "sent" and delivery.attempts]
    causes = sorted({f"{delivery.channel}: {delivery.cause}" for delivery in bad})
    return f"{len(bad)} messages not delivered ({'; '.join(causes)}); they are kept and tried again" if bad else ""


def print_lines(lines: list[str]) -> None:
    """Print lines to standard output as they are: they hold strangers' words."""
    from candor.streams import Terminal

    out = Terminal(highlight=False, soft_wrap=True)
    for line in lines:
        out.print(line, markup=False)
