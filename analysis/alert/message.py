"""What a chat message says: plain text, most useful first, so that five lines on a phone are enough.

Lines: what and who; now against expected; a quote; why it fired; what to do next; then more quotes from other sources,
what drives it, whether competitors have it too, and how complete the data are. A line with a link is kept whole or left
out; other lines are cut between graphemes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

from analysis.alert.defuse import cut, dead, own_link, shown_link
from analysis.alert.model import SEVERITIES, Alert

Occasion = Literal["firing", "still", "resolved"]
NextStep = Callable[[Alert, bool], str] | None
TOP = 5
QUOTES = 5
QUOTE = 180
TITLE = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a chat takes: characters as it counts them (UTF-16 units) of title and body together, and bytes of JSON."""

    characters: int = 4000
    title: int = 200
    json_bytes: int = 28_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A message: ``title`` may be shown apart from the ``lines``."""

    title: str
    lines: tuple[str, ...]

    @property
    def body(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be. ``rank``: 0 must stand, then the lower the sooner. A ``whole`` one holds a link and is not cut."""

    text: str
    rank: int
    whole: bool = False


def message(
    alerts: Sequence[Alert],
    occasion: Occasion,
    *,
    brand: str,
    limits: Limits,
    link: str = "",
    total: int = 0,
    next_step: NextStep = None,
) -> Text:
    """Return the message about the alerts of one group; ``total`` of them where only the first are handed in.

    ``link`` is where the evidence of the first of them can be seen. Several alerts make one message with the five most
    severe and a count. ``next_step`` says what can be done about an alert, whose evidence may be linked already.
    """
    ranked = sorted(alerts, key=lambda alert: (-SEVERITIES.index(alert.severity), alert.q or 0.0, alert.id))
    count = max(total, len(ranked))
    if count == 1:
        title, lines = _title(ranked[0], occasion), _single(ranked[0], occasion, link, next_step)
    else:
        title, lines = _group_title(ranked, occasion, brand, count), _several(ranked, occasion, count, link, next_step)
    return fit(cut(title, min(TITLE, limits.title)), lines, limits)


def _title(alert: Alert, occasion: Occasion) -> str:
    mark = {"urgent": "URGENT: ", "warning": "", "info": ""}[alert.severity]
    lead = {"firing": mark, "still": f"Still: {mark}", "resolved": "Over: "}[occasion]
    return f"{lead}{_headline(alert)}"


def _headline(alert: Alert) -> str:
    thing = f": {dead(alert.thing, 60)}" if alert.thing else ""
    kind = f" – {alert.kind['words']}" if alert.kind else ""
    return alert.headline + thing + kind


def _group_title(alerts: Sequence[Alert], occasion: Occasion, brand: str, count: int) -> str:
    lead = {"firing": "", "still": "Still: ", "resolved": "Over: "}[occasion]
    urgent = any(alert.severity == "urgent" for alert in alerts) and occasion != "resolved"
    rule = alerts[0].rule.replace("_", " ")
    return f"{lead}{'URGENT: ' if urgent else ''}{f'{brand}: ' if brand else ''}{count} alerts of {rule}"


def _single(alert: Alert, occasion: Occasion, link: str, next_step: NextStep) -> list[Line]:
    quotes = _quotes(alert)
    lines = [Line(alert.now, 1)] if alert.now else []
    if occasion == "resolved":
        lines.append(Line(f"Over since {alert.resolved_at}; it began {alert.opened_at}.", 2))
        return [*lines, Line(_next(alert, link, occasion, next_step), 0)]
    lines += [Line(text, 2, whole=linked) for text, linked in quotes[:1]]
    lines += [Line(_why(alert), 3), *see(link), Line(_next(alert, link, occasion, next_step), 0)]
    lines += [Line(text, 5, whole=linked) for text, linked in quotes[1:]]
    lines += [Line(text, 4) for text in alert.context]
    if alert.health:
        lines.append(Line(f"Data: {alert.health}", 4))
    return lines


def _several(alerts: Sequence[Alert], occasion: Occasion, count: int, link: str, next_step: NextStep) -> list[Line]:
    lines = []
    for alert in alerts[:TOP]:
        over = " (already over)" if occasion != "resolved" and alert.state == "resolved" else ""
        lines.append(Line(f"• {_headline(alert)}{over}. {alert.now} [{alert.id}]", 1))
    if count > TOP:
        lines.append(Line(f"… and {count - TOP} more", 0))
    first = alerts[0]
    lines += see(link) if occasion != "resolved" else []
    lines.append(Line(_next(first, link, occasion, next_step), 0))
    if occasion != "resolved":
        lines.append(Line(_why(first), 3))
        lines += [Line(text, 2, whole=linked) for alert in alerts[:TOP] for text, linked in _quotes(alert)[:1]]
        if first.health:
            lines.append(Line(f"Data: {first.health}", 4))
    return lines


def _quotes(alert: Alert) -> list[tuple[str, bool]]:
    lines = []
    for quote in alert.quotes[:QUOTES]:
        words, link = dead(str(quote.get("text", "")), QUOTE), shown_link(str(quote.get("url", "")))
        where = dead(str(quote.get("source", "")), 40)
        if words:
            lines.append((f"“{words}” {where} {link}".rstrip(), bool(link)))
    return lines


def _why(alert: Alert) -> str:
    q = f", q {alert.q:.2g} under {alert.q_limit:.2g}" if alert.q is not None and alert.q_limit is not None else ""
    return f"Why: rule {alert.rule}; {alert.why}{q}"


def _next(alert: Alert, link: str, occasion: Occasion, next_step: NextStep) -> str:
    if occasion == "resolved" or next_step is None:
        return f"Alert {alert.id}"
    return f"Next: {next_step(alert, bool(see(link)))}"


def see(link: str) -> list[Line]:
    """Return the line with the address where the evidence stands; none where there is none."""
    shown = own_link(link) if link else ""
    return [Line(f"See: {shown}", 1, whole=True)] if shown else []


def fit(title: str, lines: Sequence[Line], limits: Limits) -> Text:
    """Return the title and those lines that fit, in their order; lower ranks first get the room."""
    # One unit apart for each line break, and the title on a line of its own where the chat has no title.
    room = limits.characters - units(title) - 2
    raw = limits.json_bytes - _json(title) - 200
    chosen: dict[int, str] = {}
    for place, line in sorted(enumerate(lines), key=lambda pair: (pair[1].rank, pair[0])):
        text = line.text
        if units(text) + 1 > room or _json(text) + 2 > raw:
            # A fragment says nothing; and what is only shortened must not lose its link.
            if line.whole or min(room, raw // 6) < 60:
                continue
            text = cut(text, max(1, min(room, raw // 6) // 2 - 2))
            if units(text) + 1 > room or _json(text) + 2 > raw:
                continue
        chosen[place] = text
        room -= units(text) + 1
        raw -= _json(text) + 2
    return Text(title=title, lines=tuple(chosen[place] for place in sorted(chosen)))


def units(text: str) -> int:
    """Return the length in UTF-16 units, the most that any chat counts."""
    return len(text) + sum(ord(sign) > 0xFFFF for sign in text)


def _json(text: str) -> int:
    return len(json.dumps(text))


def as_object(alerts: Sequence[Alert], occasion: Occasion, text: Text) -> dict[str, Any]:
    """Return the message as programs read it: the words, and each alert with numbers and evidence."""
    return {
        "format": "candor-alert",
        "version": 1,
        "occasion": occasion,
        "title": text.title,
        "text": text.body,
        "alerts": [public(alert) for alert in alerts],
    }


def public(alert: Alert) -> dict[str, Any]:
    """Return an alert as JSON for scripts and webhooks."""
    quotes = [
        {
            **quote,
            "text": dead(str(quote.get("text", "")), QUOTE),
            "source": dead(str(quote.get("source", "")), 40),
            "url": shown_link(str(quote.get("url", ""))),
        }
        for quote in alert.quotes
    ]
    return {
        "id": alert.id,
        "rule": alert.rule,
        "labels": dict(alert.labels),
        "state": alert.state,
        "severity": alert.severity,
        "headline": _headline(alert),
        "now": alert.now,
        "why": alert.why,
        "context": list(alert.context),
        # JSON has no infinity: a rate that nothing limits above.
        "numbers": {name: None if one in (inf, -inf) else one for name, one in alert.numbers.items()},
        "kind": dict(alert.kind) or None,
        "p": alert.p,
        "q": alert.q,
        "opened_at": alert.opened_at,
        "updated_at": alert.updated_at,
        "resolved_at": alert.resolved_at or None,
        "evidence": {"total": alert.evidence_total, "ids": list(alert.evidence)},
        "quotes": quotes,
        "health": alert.health,
        "silenced_by": alert.silenced_by or None,
        "mark": alert.mark or None,
    }
