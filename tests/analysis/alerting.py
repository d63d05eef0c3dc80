"""Alerts, findings and stores for the tests of alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from analysis.alert.judging import Judged
from analysis.alert.model import Alert, Finding, stamp

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

HOSTILE = (
    "<!channel> <!here|x> @here @everyone @channel @all @room <@U1> <@&123> <#C1>",
    "[click me](https://evil.example/login) <https://evil.example|bank.example> ![i](http://evil.example/i.png)",
    "<script>alert('x')</script><img src=x onerror=alert(1)><at>everyone</at>",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200b\u200b\u200b\ufeffzero\u00adwidth",
    "😀" * 5000,
    "👩‍👩‍👧‍👦🏳️‍🌈" * 2000,
    "A" + "\u0301" * 5000 + "Z\u0489" * 200,
    "word " * 200_000,
    "\x00\x07\x1b[31mred\x1b[0m\r\n\r\n# heading\n- list\n> quote\n```code```",
    "**bold** __under__ ~~gone~~ ||spoiler|| `code` /giphy cats :smile:",
    "https://user:pass@evil.example:8080/a?b=c#d javascript:alert(1) data:text/html,x www.evil.example",
    "undefined null NULL () {} '\"; DROP TABLE x;-- ${7*7} {{7*7}} %s%n ＜script＞ \ud800",
    "田中さんにあげて下さい 表ポあA鷗ŒéB逍Üßªąñ丂㐀𠀀 ЁЂЃЄ ثم نفس سقطت",
)


def finding(n: int = 1, **changes: Any) -> Finding:
    """Return a finding of a condition that fires."""
    values: dict[str, Any] = {
        "rule": "volume_spike",
        "labels": {"brand": "tessaro", "n": str(n)},
        "severity": "warning",
        "headline": f"Tessaro: far more is said than usual ({n})",
        "now": "40 stories in 24 hours, 4.4 expected.",
        "why": "negative-binomial baseline",
        "fires": True,
        "holds": True,
        "p": 0.0001,
    }
    return Finding(**{**values, **changes})


def judged(n: int = 1, *, fires: bool = True, holds: bool = True, inhibited: str = "", **changes: Any) -> Judged:
    """Return a finding as judged."""
    return Judged(finding=finding(n, fires=fires, holds=holds, **changes), q=0.001, fires=fires, inhibited=inhibited)


def alert(n: int = 1, **changes: Any) -> Alert:
    """Return an alert that fires since ``NOW``."""
    values: dict[str, Any] = {
        "id": f"{n:012x}-1",
        "fingerprint": f"{n:012x}",
        "episode": 1,
        "rule": "volume_spike",
        "labels": {"brand": "tessaro", "n": str(n)},
        "severity": "warning",
        "state": "firing",
        "opened_at": stamp(NOW),
        "last_true_at": stamp(NOW),
        "updated_at": stamp(NOW),
        "headline": f"Tessaro: far more is said than usual ({n})",
        "now": "40 stories in 24 hours, 4.4 expected.",
        "why": "negative-binomial baseline",
        "p": 0.0001,
        "q": 0.001,
        "q_limit": 0.01,
        "health": "4 of 4 sources are well",
        "context": ("Competitors do not have it.",),
        "quotes": tuple(
            {
                "id": f"m{k}",
                "text": f"It drains overnight, number {k}",
                "url": f"https://s{k}.example/p/{k}",
                "source": f"s{k}",
            }
            for k in range(4)
        ),
    }
    return Alert(**{**values, **changes})


def hostile(n: int, words: str) -> Alert:
    """Return an alert whose every untrusted part says ``words``."""
    quote = {"id": "m", "text": words, "url": f"https://evil.example/<b>@here[x](y)?q={n}", "source": words[:50]}
    return alert(n, thing=words, quotes=(quote,) * 5)
