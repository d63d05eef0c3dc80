"""What reading a place costs: requests a day, the limits of its API, and a key where it needs one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.settings.sources import SourceSection
from crawler.kinds import KINDS
from crawler.kinds.base import Knowledge

_DAY_S = 86400.0
_MORE = {
    "feed": "and one for each new article",
    "sitemap": "and one for each new page",
    "pages": "and one for each page that it leads to",
    "api": "and more where there is much that is new",
    "news": "and one for each new article",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """``requests`` a day, and ``more`` in words; ``quota``, ``key`` and ``where`` to get one; empty for none."""

    requests: int
    more: str = ""
    quota: str = ""
    key: str = ""
    where: str = ""

    @property
    def words(self) -> str:
        """The cost for a person."""
        asked = f"at least {self.requests} requests a day, {self.more}" if self.requests else "no request to anybody"
        key = f"key: {self.key}" + (f" ({self.where})" if self.where else "") if self.key else ""
        return "; ".join(part for part in (asked, self.quota, key) if part)


def cost_of(kind: str, options: SourceSection, known: Knowledge) -> Cost:
    """Return what a source of ``kind`` costs. It is estimated: how much is new nobody knows."""
    a_visit = len(list(KINDS[kind].start(options, known)))
    more = _MORE.get(KINDS[kind].driver, "")
    if KINDS[kind].driver in ("feed", "news") and not getattr(options, "full", True):
        more = "and none for the articles"
    return Cost(requests=round(a_visit * _DAY_S / options.every), more=more, **told_of(kind))


def told_of(kind: str) -> Mapping[str, str]:
    """Return in words a kind's ``quota``, its ``key`` and ``where`` to get one; nothing for the others."""
    return _told().get(kind, {})


@cache
def _told() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((files("crawler.finding") / "data" / "costs.toml").read_text(encoding="utf-8"))
