"""Opening, holding, ending, silences, quiet hours, groups: pure, with time as an argument."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from analysis.alert.channels.outgoing import Message
from analysis.alert.grouping import Draft, Route, drafts, is_quiet, silenced
from analysis.alert.judging import Judged
from analysis.alert.lifecycle import Silence, advance, newest
from analysis.alert.model import Alert, Rule, stamp
from analysis.alert.rules import RULES
from analysis.settings.tables import AlertOptions, QuietSection
from tests.support.chat.made_alerts import HOUR, NOW, alert, finding, judged, outgoing

BY_ID = {rule.id: rule for rule in RULES}
EVENTS = frozenset(rule.id for rule in RULES if rule.event)


def passes(steps: list[tuple[timedelta, list[Judged]]]) -> list[list[Alert]]:
    """Run passes at these times after ``NOW`` and return what each changed."""
    known: dict[str, Alert] = {}
    result = []
    for after, found in steps:
        changed = advance(known, found, BY_ID, now=NOW + after, q_limit=0.01)
        known |= newest(changed)
        result.append(changed)
    return result


def test_the_same_labels_are_the_same_alert_in_any_order() -> None:
    one = finding(labels={"brand": "tessaro", "theme": "app"})
    assert one.fingerprint == finding(labels={"theme": "app", "brand": "tessaro"}).fingerprint
    assert one.fingerprint != finding(labels={"brand": "tessaro", "theme": "lid"}).fingerprint
    assert one.fingerprint != finding(labels=dict(one.labels), rule="rating_drop").fingerprint


def test_an_alert_fires_at_one_threshold_and_clears_at_a_lower_one() -> None:
    fires, holds, gone = judged(), judged(fires=False), judged(fires=False, holds=False)
    states = [
        [one.state for one in changed]
        for changed in passes(
            [
                (0 * HOUR, [holds]),
                (HOUR, [fires]),
                (2 * HOUR, [holds]),
                (30 * HOUR, [holds]),
                (33 * HOUR, [gone]),
                (37 * HOUR, [gone]),
                (40 * HOUR, [gone]),
            ]
        )
    ]
    assert states == [[], ["firing"], ["firing"], ["firing"], [], ["resolved"], []]


def test_after_its_end_an_alert_rests_and_then_begins_a_new_episode() -> None:
    fires = [judged()]
    found = passes([(0 * HOUR, fires), (7 * HOUR, []), (8 * HOUR, fires), (18 * HOUR, fires), (20 * HOUR, fires)])
    assert [[(one.state, one.episode) for one in changed] for changed in found] == [
        [("firing", 1)],
        [("resolved", 1)],
        [],
        [],
        [("firing", 2)],
    ]
    assert found[0][0].id != found[4][0].id


def test_an_inhibited_finding_neither_opens_nor_ends_an_alert() -> None:
    held = [judged(fires=False, holds=False, inhibited="a source is silent")]
    assert passes([(0 * HOUR, held)]) == [[]]
    found = passes([(0 * HOUR, [judged()]), (100 * HOUR, held)])
    assert [len(changed) for changed in found] == [1, 0]


def test_an_event_is_told_once_and_closed_without_a_word() -> None:
    event = [judged(rule="competitor_move", labels={"brand": "northkettle", "move": "price"})]
    rest = timedelta(hours=BY_ID["competitor_move"].cooldown_h)
    found = passes([(0 * HOUR, event), (HOUR, event), (rest, event), (rest + HOUR, event)])
    assert [[one.state for one in changed] for changed in found] == [["firing"], [], ["closed"], []]


def test_watched_words_that_are_found_every_day_are_told_every_day() -> None:
    found = [judged(rule="keyword", labels={"brand": "tessaro", "watch": "recall"})]
    days = passes([(HOUR * hours, found) for hours in (0, 6, 24, 30, 48)])
    told = [[(one.episode, one.state) for one in changed] for changed in days]
    assert told == [
        [(1, "firing")],
        [],
        [(2, "firing"), (1, "closed")],
        [],
        [(3, "firing"), (2, "closed")],
    ]
    none = passes([(0 * HOUR, found), (24 * HOUR, []), (30 * HOUR, found)])
    assert [[(one.episode, one.state) for one in changed] for changed in none] == [
        [(1, "firing")],
        [(1, "closed")],
        [(2, "firing")],
    ]


def test_watched_words_marked_as_false_are_not_told_on_the_next_day() -> None:
    found = judged(rule="keyword", labels={"brand": "tessaro", "watch": "recall"})
    name = found.finding.fingerprint
    false = alert(rule="keyword", opened_at=stamp(NOW), mark="false", fingerprint=name)
    for after, opened in ((24, 0), (48, 0), (96, 1)):
        changed = advance({name: false}, [found], BY_ID, now=NOW + HOUR * after, q_limit=0.01)
        assert sum(one.state == "firing" for one in changed) == opened


def test_one_marked_as_false_rests_four_times_as_long() -> None:
    rest = timedelta(hours=BY_ID["volume_spike"].cooldown_h)
    over = alert(state="resolved", resolved_at=stamp(NOW), mark="false", fingerprint=finding().fingerprint)
    for after, opened in ((2 * rest, 0), (4 * rest, 1)):
        assert len(advance({over.fingerprint: over}, [judged()], BY_ID, now=NOW + after, q_limit=0.01)) == opened


def make(
    alerts: list[Alert], *, last: dict[tuple[str, str], Message] | None = None, after: timedelta = HOUR, **options: Any
) -> list[Draft]:
    return drafts(
        alerts, [Route(channel="chat")], last or {}, options=AlertOptions(**options), events=EVENTS, now=NOW + after
    )


def sent(draft: Draft, at: datetime) -> dict[tuple[str, str], Message]:
    words: dict[str, Any] = {"channel": draft.channel, "state": "sent", "created_at": stamp(at), "told": draft.told}
    return {(draft.channel, draft.group): outgoing(draft.group, draft.sequence, **words)}


def test_five_hundred_alerts_of_one_group_make_one_message_and_the_same_again_none() -> None:
    many = [alert(n) for n in range(500)]
    first = make(many)
    assert len(first) == 1
    assert len(first[0].alerts) == 500
    assert make(many, last=sent(first[0], NOW), after=2 * HOUR) == []
    again = make(many, last=sent(first[0], NOW), after=24 * HOUR)
    assert [one.occasion for one in again] == ["still"]
    assert again[0].sequence == 2


def test_resolved_is_said_once() -> None:
    first = make([alert()])[0]
    over = [alert(state="resolved", resolved_at=stamp(NOW + HOUR))]
    second = make(over, last=sent(first, NOW), after=2 * HOUR)
    assert [one.occasion for one in second] == ["resolved"]
    assert make(over, last=sent(second[0], NOW + 2 * HOUR), after=30 * HOUR) == []


def test_groups_are_of_a_rule_and_a_brand() -> None:
    other = alert(3, labels={"brand": "northkettle"})
    third = alert(4, rule="rating_drop")
    assert sorted(len(one.alerts) for one in make([alert(1), alert(2), other, third])) == [1, 1, 2]


def test_a_group_waits_for_its_interval_unless_it_is_urgent() -> None:
    first = make([alert(1)])[0]
    soon: dict[str, Any] = {"last": sent(first, NOW), "after": timedelta(minutes=2)}
    assert make([alert(1), alert(2)], **soon) == []
    assert len(make([alert(1), alert(2, severity="urgent")], **soon)) == 1
    assert make([alert(1)], after=timedelta(seconds=10), group_wait="30s") == []
    assert len(make([alert(1)], after=timedelta(seconds=31), group_wait="30s")) == 1


def test_what_waits_to_be_sent_lets_the_next_message_gather() -> None:
    first = make([alert(1)])[0]
    last = {key: replace(message, state="waiting") for key, message in sent(first, NOW).items()}
    assert make([alert(1), alert(2)], last=last, after=50 * HOUR) == []


def test_quiet_hours_hold_all_but_urgent_ones_and_what_ended_meanwhile_is_still_told() -> None:
    night: dict[str, Any] = {"quiet": QuietSection(start=time(22), end=time(7), timezone="Europe/Berlin")}
    at = datetime(2026, 10, 31, 23, tzinfo=UTC) - NOW
    assert make([alert(1)], after=at, **night) == []
    assert [one.alerts[0].id for one in make([alert(1, severity="urgent")], after=at, **night)] == [alert(1).id]
    morning = datetime(2026, 11, 1, 8, tzinfo=UTC)
    over = alert(1, state="resolved", resolved_at=stamp(morning - 3 * HOUR))
    assert [one.occasion for one in make([over], after=morning - NOW, **night)] == ["resolved"]


@pytest.mark.parametrize(
    ("at", "quiet"), [("21:59", False), ("22:00", True), ("03:00", True), ("06:59", True), ("07:00", False)]
)
def test_quiet_hours_follow_the_zones_clock_over_midnight_and_its_changes(at: str, quiet: bool) -> None:
    section = QuietSection(timezone="Europe/Berlin")
    hour, minute = map(int, at.split(":"))
    for day, offset in (((2026, 7, 1), 2), ((2026, 12, 1), 1)):
        moment = datetime(*day, hour, minute, tzinfo=UTC) - timedelta(hours=offset)
        assert is_quiet(section, moment) is quiet


def test_a_silence_holds_messages_until_it_ends_and_says_which() -> None:
    one = Silence(
        id="s1", match={"rule": "volume_spike", "brand": "tessaro"}, until=NOW + 5 * HOUR, author="a", reason="r"
    )
    held = silenced([alert(), alert(2, rule="rating_drop")], [one], NOW + HOUR)
    assert [each.silenced_by for each in held] == ["s1", ""]
    assert [draft.alerts[0].rule for draft in make(held)] == ["rating_drop"]
    later = silenced(held, [one], NOW + 5 * HOUR)
    assert len(make(later, after=5 * HOUR)) == 2


def test_what_began_and_ended_under_a_silence_is_never_told() -> None:
    one = Silence(id="s1", match={"rule": "volume_spike"}, until=NOW + 2 * HOUR, author="a", reason="r")
    (held,) = silenced([alert()], [one], NOW)
    ended = NOW + HOUR
    over = replace(held, state="resolved", resolved_at=stamp(ended), updated_at=stamp(ended))
    at_its_end = silenced([over], [one], ended)
    assert [each.silenced_by for each in at_its_end] == ["s1"]
    assert make(at_its_end, after=HOUR) == []
    later = silenced(at_its_end, [], NOW + 3 * HOUR)
    assert make(later, after=3 * HOUR) == []


def test_a_channel_that_was_told_is_told_of_the_end_under_a_silence_too() -> None:
    first = make([alert()])[0]
    one = Silence(id="s1", match={"rule": "volume_spike"}, until=NOW + 9 * HOUR, author="a", reason="r")
    ended = NOW + HOUR
    over = silenced([alert(state="resolved", resolved_at=stamp(ended), updated_at=stamp(ended))], [one], ended)
    assert [draft.occasion for draft in make(over, last=sent(first, NOW), after=2 * HOUR)] == ["resolved"]


def test_a_channel_takes_only_its_rules_brands_and_severities() -> None:
    spike, drop = alert(1), alert(2, rule="rating_drop", severity="urgent", labels={"brand": "brewvia"})
    source = alert(3, rule="source_failing", labels={"source": "forum"})
    takes = {
        "all": Route(channel="c"),
        "rule": Route(channel="c", rules=("volume_spike",)),
        "brand": Route(channel="c", brands=("brewvia",)),
        "urgent": Route(channel="c", severity="urgent"),
    }
    found = {name: [route.takes(one) for one in (spike, drop, source)] for name, route in takes.items()}
    assert found == {
        "all": [True, True, True],
        "rule": [True, False, False],
        "brand": [False, True, True],
        "urgent": [False, True, False],
    }


def test_every_rule_has_one_file_and_stands_on_the_list_once() -> None:
    from pathlib import Path

    import analysis.alert.rules as package

    files = {path.stem for path in Path(str(package.__file__)).parent.glob("*.py")} - {"__init__"}
    assert files == {rule.id for rule in RULES}
    assert len(RULES) == len(files)
    page = (Path(__file__).resolve().parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert [rule.id for rule in RULES if f"\n### {rule.id}\n" not in page] == []
    assert all(isinstance(rule, Rule) for rule in RULES)
