"""``first_mention``: facts that make it fire, and facts that must not. The form of a rule's first case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analysis.alert.model import Facts
from analysis.alert.rules.first_mention import BASELINE_DAYS, RULE
from analysis.model import Brand

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
OURS = Brand(id="tessaro", name="Tessaro", role="own")


def facts(days: int) -> Facts:
    """Return the facts of a site that is new, for a brand whose history begins so many days ago."""
    newcomers = {("tessaro", "blog.example"): 2}
    return Facts(now=NOW, brands=(OURS,), newcomers=newcomers, history={"tessaro": NOW.date() - timedelta(days=days)})


def test_a_new_site_is_told_with_what_it_wrote() -> None:
    (finding,) = RULE.judge(facts(BASELINE_DAYS), RULE)
    assert finding.fires
    assert finding.labels == {"brand": "tessaro", "site": "blog.example"}
    assert finding.now == "2 mentions in 7 days, none before."


def test_without_four_weeks_of_history_every_site_is_new_and_none_is_told() -> None:
    assert RULE.judge(facts(BASELINE_DAYS - 1), RULE) == []


def test_of_nothing_nothing_is_told() -> None:
    assert RULE.judge(Facts(now=NOW, brands=(OURS,)), RULE) == []
