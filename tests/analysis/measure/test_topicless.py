"""What no topic names is told all the same: counted, quoted, and opened by exactly the selection that counted it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from analysis.flow import measure
from analysis.model import NO_VALUE, Claim, Mention
from analysis.report import html, terminal, words
from analysis.report.commands import opening
from analysis.store.base import Filter
from analysis.track.results import Measures
from candor.mail.letter import plain_text, rich_text
from tests.analysis.measure.sections.test_claimed import BRANDS, NOW, one, report
from tests.support import seeded

NONE = "No complaint about our brands"


def told(n: int, kind: str, sentence: str, *, topic: str = "", **more: Any) -> Mention:
    claim = Claim(kind=kind, sentence=sentence, start=0, end=4, score=0.9, topic=topic)
    named: dict[str, Any] = {f"{kind}_topics": (topic,)} if topic else {}
    return replace(one(n, **more), intents=(kind,), claims=(claim,), **named)


def said(made: Measures) -> str:
    stream = io.StringIO()
    terminal.render(made, Console(file=stream, width=100, color_system=None))
    return stream.getvalue()


def test_complaints_without_a_topic_are_told_with_their_sentence(tmp_path: Path) -> None:
    mentions = [told(n, "complaint", f"It is awful, number {n}.") for n in (1, 2)]
    mentions += [told(3, "praise", "I love it."), told(4, "praise", "Theirs is lovely.", brand="nimbo")]
    with report(tmp_path, mentions) as (store, made):
        [rest] = made.topicless_complaints
        assert (rest.brand, rest.count, rest.mentions, rest.evidence.total) == ("tessaro", 2, 3, 2)
        assert {quote.claim for quote in rest.quotes} == {"complaint"}
        assert [(one.brand, one.count) for one in made.topicless_praise] == [("tessaro", 1), ("nimbo", 1)]
        terms = {part.field: part.values for part in rest.evidence.where}
        assert store.count(Filter(terms=terms)) == 2
        assert "--where 'complaint_topics=(none)' --where intents=complaint" in opening(made, rest.evidence)
        for text in (said(made), html.render(made)):
            assert "Complaints that no topic names: 2 of 3 mentions" in text
            assert "It is awful, number 1." in text
            assert "I love it." in text
            assert NONE not in text
            assert "No praise was found" not in text
        for text in (plain_text(made), rich_text(made, {})):
            assert "Complaints that no topic names: 2 of 3 mentions" in text
            assert NONE not in text


def test_they_stand_behind_the_themes_and_are_not_counted_twice(tmp_path: Path) -> None:
    mentions = [told(1, "complaint", "The lid leaks.", topic="build"), told(2, "complaint", "It is awful.")]
    with report(tmp_path, mentions) as (_, made):
        assert [theme.id for theme in made.themes] == ["build"]
        text = said(made)
        assert text.index("The lid leaks.") < text.index("Complaints that no topic names: 1 of 2 mentions")
        assert "Complaints that no topic names: 1 of 2 mentions" in plain_text(made)


def test_a_report_of_a_topic_tells_none_and_one_of_none_tells_them(tmp_path: Path) -> None:
    mentions = [told(1, "complaint", "The lid leaks.", topic="build"), told(2, "complaint", "It is awful.")]
    with report(tmp_path, mentions) as (store, made):
        for values, count in ((["build"], 0), ([NO_VALUE], 1)):
            narrow = measure(
                store,
                brands=BRANDS,
                since=made.period.since,
                until=NOW,
                now=NOW,
                where=Filter(terms={"complaint_topics": values}),
            )
            assert sum(rest.count for rest in narrow.topicless_complaints) == count


def test_several_brands_of_ours_are_told_apart(tmp_path: Path) -> None:
    ours = tuple(replace(brand, role="own") for brand in BRANDS)
    with report(tmp_path, [told(1, "complaint", "Awful."), told(2, "complaint", "Bad.", brand="nimbo")]) as (store, _):
        made = measure(store, brands=ours, since=seeded.SINCE, until=NOW, now=NOW)
        assert words.no_theme(made) == (
            "Complaints about Tessaro that no topic names: 1 of 1 mention; "
            "Complaints about Nimbo that no topic names: 1 of 1 mention"
        )
