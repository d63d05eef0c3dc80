"""A message leads into the board that shows its evidence, with filter and time set, in every chat's limits."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from analysis.alert.channels.configured import LIMITS
from analysis.alert.lifecycle import advance
from analysis.alert.message import message
from analysis.alert.model import Rule, Where, alert_from, body_of
from analysis.alert.rules import RULES
from analysis.settings.tables import KibanaSection
from analysis.track.parts import Condition, Evidence
from candor.alert_pass import watchlist_of
from candor.kibana.links import BOARDS, MENTIONS, REPORT, alert_link, evidence_link, links_of, period_link
from candor.next_steps import about_alert
from crawler.configuration import from_text
from mappings.kibana import saved_objects
from tests.support.chat.alert_chat import LIVE
from tests.support.chat.made_alerts import NOW, alert, judged
from tests.support.hostile_words import EVERY

KIBANA = KibanaSection(url="https://kibana.example:5601/base/", space="brands")
SINCE, UNTIL = datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC)
RULE = Rule(id="volume_spike", title="", needs=(), judge=lambda *_: [], severity="info")


def opened(**terms: list[str]) -> str:
    where = Where(since=SINCE, until=UNTIL, terms={name.replace("_", "."): values for name, values in terms.items()})
    (found,) = advance({}, [judged(where=where)], {RULE.id: RULE}, now=NOW, q_limit=0.05)
    assert alert_from(body_of(found)) == found
    return alert_link(KIBANA)(found)


def test_a_number_of_the_report_leads_to_its_mentions() -> None:
    found = Evidence(
        total=3, ids=(), where=(Condition(field="brand.id", values=("tessaro",)),), since=SINCE, until=UNTIL
    )
    link = unquote(evidence_link(KIBANA)(found))
    assert "/s/brands/app/dashboards#/view/candor-explore-brands?" in link
    assert "from:'2026-10-24T00:00:00.000Z',to:'2026-10-31T00:00:00.000Z'" in link
    assert 'brand.id : "tessaro"' in link


def test_an_alert_leads_to_its_selection() -> None:
    link = opened(brand_id=["tessaro"])
    assert link.startswith(
        "https://kibana.example:5601/base/s/brands/app/dashboards#/view/candor-reputation-brands?_g="
    )
    said = unquote(link)
    assert "from:'2026-10-24T00:00:00.000Z',to:'2026-10-31T00:00:00.000Z'" in said
    assert 'brand.id : "tessaro"' in said


def test_an_alert_without_a_selection_leads_to_its_labels() -> None:
    found = alert(rule="source_failing", labels={"source": "news"})
    said = unquote(alert_link(KIBANA)(found))
    assert "/view/candor-sources-brands?" in said
    assert 'source.id : "news"' in said
    assert "from:'2026-10-24T12:00:00.000Z',to:now" in said


def test_every_board_is_there_and_every_rule_is_a_rule() -> None:
    ids = {item["id"] for item in saved_objects() if item["type"] == "dashboard"}
    assert {*BOARDS.values(), MENTIONS, REPORT} <= ids
    assert set(BOARDS) <= {rule.id for rule in RULES}


def test_a_digest_leads_to_the_first_board_of_its_period() -> None:
    link = period_link(KIBANA)(SINCE, UNTIL)
    assert (
        "/view/candor-improve-brands?_g=(time:(from:'2026-10-24T00:00:00.000Z',to:'2026-10-31T00:00:00.000Z'))" in link
    )


def test_the_link_stands_in_the_message_whole_and_dead_whatever_it_holds() -> None:
    shown = 0
    for words in EVERY:
        text = words[:60].encode("utf-8", "replace").decode()
        link = opened(brand_id=["tessaro"], domain=[text])
        for service in ("discord", "telegram", "email"):
            told = message(
                [alert()], "firing", brand="Tessaro", limits=LIMITS[service], link=link, next_step=about_alert
            )
            (line,) = [line for line in told.lines if line.startswith("See: ")] or [""]
            shown += bool(line)
            if line:
                assert unquote(line.removeprefix("See: ")) == unquote(link)
                live = {name for name, sign in LIVE.items() if sign.search(line)}
                # An address in a value is a part of ours, not one of its own.
                assert live <= {"stranger's address"}, line
                assert "candor alerts show" not in told.body
            assert "candor alerts silence" in told.body
    # One that is too long to show whole is not shown.
    assert shown > 0.9 * 3 * len(EVERY)


def test_the_configuration_makes_the_links(tmp_path: Path) -> None:
    brands = '[[brands]]\nname = "Tessaro"\nrole = "own"\n'

    def link(more: str) -> str:
        return watchlist_of(from_text(brands + more, path=tmp_path / "candor.toml", environ={})).link(alert())

    assert link("") == ""
    assert "kibana.example/s/eu/app/" in link('[kibana]\nurl = "https://kibana.example"\nspace = "eu"\n')
    own = '[alerts]\nlink = "https://dash.example/alerts/"\n'
    assert link(own + '[kibana]\nurl = "https://kibana.example"\n') == f"https://dash.example/alerts/{alert().id}"
    assert links_of(None) is None
