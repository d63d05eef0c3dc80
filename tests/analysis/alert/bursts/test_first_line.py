"""Each rule that tells of a burst says in its first line what kind it is; a fall says whether others have it too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from analysis.alert.message import Limits, message
from analysis.alert.rules import RULES
from analysis.alert.watchlist import Watchlist
from analysis.flow import watch
from analysis.model import Mention, Switching
from analysis.store.embedded.store import EmbeddedStore
from tests.analysis.alert.test_rules import NOW, ago, background, one
from tests.support import seeded

LEFT = Switching(origin="tessaro", target="brewvia", status="done")
PRAISE = {"label": "positive", "intents": ("praise",), "topics": ("battery",), "praise_topics": ("battery",)}
COMPLAINT = {
    "label": "negative",
    "intents": ("complaint",),
    "topics": ("battery",),
    "complaint_topics": ("battery",),
    "complaint_phrases": ("battery/drains overnight",),
}
SAID = ("gone flat by noon", "no charge left after lunch", "dead before the meeting", "it starves on the desk")


def first_lines(folder: Path, extra: Sequence[Mention], rule: str) -> list[str]:
    with EmbeddedStore(folder, write=True) as store:
        store.write([*background(), *extra])
        store.refresh()
        done = watch(store, Watchlist(brands=seeded.BRANDS, sources=seeded.SOURCES), [], now=NOW)
    alerts = [alert for _, alert in done.alerts if alert.rule == rule]
    return [message([alert], "firing", brand="Tessaro", limits=Limits()).title for alert in alerts]


def test_every_rule_of_a_burst_has_a_line_here() -> None:
    assert {rule.id for rule in RULES if rule.burst} == {
        "volume_spike",
        "emerging_complaint",
        "switching_surge",
        "negative_shift",
    }


@pytest.mark.parametrize(
    ("rule", "hours", "many", "more", "kind"),
    [
        ("volume_spike", 1 / 8, 40, {}, "talk by "),
        ("emerging_complaint", 4, 16, COMPLAINT, "complaints by 15 people"),
        ("switching_surge", 8, 14, {"switching": LEFT}, "talk by "),
        ("negative_shift", 1, 45, {"label": "negative", "intents": ("complaint",)}, "complaints by "),
    ],
)
def test_the_first_line_says_who_what_and_which_version(
    tmp_path: Path, rule: str, hours: float, many: int, more: dict[str, object], kind: str
) -> None:
    burst = [
        one(9000 + n, ago(hours * n), text=f"Tessaro {SAID[n % 4]} {n} {'xyz'[n % 3]}", version="2.3", **more)
        for n in range(many)
    ]
    lines = first_lines(tmp_path, burst, rule)
    assert lines, rule
    for line in lines:
        head, _, told = line.partition(" – ")
        assert head.startswith("Tessaro: ")
        assert told.startswith(kind), line
        assert "version 2.3" in told, line


def test_praise_that_stops_is_told_with_whether_it_goes_on_elsewhere(tmp_path: Path) -> None:
    ours = [one(9000 + n, ago(24 * 9 + 8 * n), **PRAISE) for n in range(170)]
    theirs = [one(9500 + n, ago(8 * n), brand=seeded.BRANDS[1], **PRAISE) for n in range(200)]
    (line,) = first_lines(tmp_path / "alone", [*ours, *theirs], "gone_quiet")
    assert line == "Tessaro: praise for battery has stopped – this brand only"
    with_others = [mention for mention in theirs if mention.published_at < ago(24 * 9)]
    (line,) = first_lines(tmp_path / "market", [*ours, *with_others], "gone_quiet")
    assert line.endswith("has stopped – the whole market has it")
