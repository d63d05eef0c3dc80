"""What a message says, what fits, and what a stranger's words can do in it: nothing."""

from __future__ import annotations

import json

import pytest
import regex

from analysis.alert.channels.configured import LIMITS
from analysis.alert.defuse import cut, dead, shown_link
from analysis.alert.message import Limits, as_object, message, units
from candor.next_steps import about_alert, next_steps
from tests.support.chat import alert_chat
from tests.support.chat.made_alerts import NOW, alert, hostile
from tests.support.hostile_words import BY_KIND, EVERY


def test_five_lines_are_enough_on_a_phone() -> None:
    told = message([alert()], "firing", brand="Tessaro", limits=Limits(), next_step=about_alert)
    first = [told.title, *told.lines[:4]]
    assert first[0] == "Tessaro: far more is said than usual (1)"
    assert first[1] == "40 stories in 24 hours, 4.4 expected."
    assert first[2].startswith("“It drains overnight, number 0” s0 https://s0.example/p/0")
    assert "rule volume_spike" in first[3]
    assert "q 0.001 under 0.01" in first[3]
    assert alert().id in first[4]
    assert "candor alerts silence" in first[4]
    rest = "\n".join(told.lines[4:])
    assert "Competitors do not have it." in rest
    assert "4 of 4 sources are well" in rest
    assert rest.count("https://") == 3


def test_an_urgent_one_says_so_and_an_old_one_says_still_or_over() -> None:
    urgent = alert(severity="urgent")
    assert message([urgent], "firing", brand="", limits=Limits()).title.startswith("URGENT: ")
    assert message([urgent], "still", brand="", limits=Limits()).title.startswith("Still: URGENT: ")
    over = message([alert(state="resolved", resolved_at="2026-11-01T00:00:00Z")], "resolved", brand="", limits=Limits())
    assert over.title.startswith("Over: ")
    assert "https://" not in over.body


def test_five_hundred_alerts_make_one_message_with_the_top_five_and_a_count() -> None:
    many = [alert(n, severity="urgent" if n == 77 else "warning", q=n / 1e6) for n in range(1, 501)]
    told = message(many, "firing", brand="Tessaro", limits=Limits(characters=1900))
    assert told.title == "URGENT: Tessaro: 500 alerts of volume spike"
    assert sum(line.startswith("• ") for line in told.lines) == 5
    assert "(77)" in told.lines[0]
    assert "… and 495 more" in told.lines


@pytest.mark.parametrize("kind", BY_KIND)
def test_hostile_words_stay_within_limits_and_dead(kind: str) -> None:
    for words in BY_KIND[kind]:
        one = hostile(1, words)
        told = message([one], "firing", brand="Tessaro", limits=LIMITS["email"])
        raw = json.dumps(as_object([one], "firing", told), ensure_ascii=False).encode()
        assert alert_chat.check("webhook", raw) == [], words[:80]
    for start in range(0, len(BY_KIND[kind]), 5):
        some = [hostile(n, words) for n, words in enumerate(BY_KIND[kind][start : start + 5])]
        for service in ("discord", "workflows", "zulip", "email"):
            limits = LIMITS[service]
            for alerts in (some[:1], some):
                told = message(alerts, "firing", brand="Tessaro", limits=limits)
                assert units(told.title) + units(told.body) + 1 <= limits.characters, service
                assert len(json.dumps([told.title, told.body])) <= limits.json_bytes
                assert alerts[0].id[:12] in told.body
                assert alert_chat.check("webhook", json.dumps([told.title, told.body]).encode()) == []


def test_there_are_many_hostile_words_and_unchanged_they_would_be_seen() -> None:
    assert len(EVERY) >= 150
    assert len(set(EVERY)) == len(EVERY)

    def is_seen(words: str) -> bool:
        return bool(alert_chat.check("webhook", json.dumps([words]).encode()))

    seen = {kind: sum(map(is_seen, some)) for kind, some in BY_KIND.items()}
    for kind in ("mass mentions", "masked links", "direction", "unseen", "control", "halves", "tags"):
        assert seen[kind] >= len(BY_KIND[kind]) / 2, kind
    assert min(seen["markup"], seen["people"], seen["programs"]) > 0


@pytest.mark.parametrize("longest", [1, 2, 3, 5, 8, 40])
def test_a_cut_is_between_graphemes(longest: int) -> None:
    for text in ("👩‍👩‍👧‍👦🏳️‍🌈 e\u0301e\u0301 " * 9, "नमस्ते दुनिया " * 5, "🇩🇪🇫🇷🇯🇵" * 5):
        whole = regex.findall(r"\X", text)
        kept = cut(text, longest)
        if len(whole) <= longest:
            assert kept == text
            continue
        assert len(regex.findall(r"\X", kept)) <= longest
        assert kept.endswith("…")
        body = kept[:-1]
        assert any(body == "".join(whole[:end]).rstrip(" ") for end in range(longest + 1))


@pytest.mark.parametrize("characters", range(250, 900, 37))
def test_a_link_is_whole_or_not_there(characters: int) -> None:
    told = message([alert()], "firing", brand="", limits=Limits(characters=characters))
    links = regex.findall(r"https?://\S*", told.body)
    assert set(links) <= {f"https://s{k}.example/p/{k}" for k in range(4)}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/p?x=1&y=2#top", "https://a.example/p?x=1&y=2"),
        ("https://a.example/@user/(x)[y]|<z>*", "https://a.example/%40user/%28x%29%5By%5D%7C%3Cz%3E%2A"),
        ("https://münchen.example/ü", "https://xn--mnchen-3ya.example/%C3%BC"),
        ("https://user:secret@a.example/p", "https://a.example/p"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://a b.example/", ""),
        ("http://[::1", ""),
        ("https://a.example/" + "x" * 500, ""),
    ],
)
def test_only_a_harmless_whole_address_is_shown(url: str, shown: str) -> None:
    assert shown_link(url) == shown


def test_personal_data_is_left_out_of_quotes() -> None:
    words = dead("Call me at +49 170 1234567 or jane.doe@mail.example, order 12345", 200)
    assert words == "Call me at (number) or (e-mail), order 12345"


def test_plain_words_stay_as_they_are() -> None:
    for plain in ("It went from 4.5 days to 1 - why?", "snake_case and version 2.3.1 & more", "Müller’s „Tee“ 100%"):
        assert dead(plain, 100) == plain


def test_the_size_of_a_text_does_not_matter() -> None:
    import time

    began = time.perf_counter()
    for _ in range(20):
        dead("<b>@here [x](http://y.example) 😀" * 60_000, 180)
    assert time.perf_counter() - began < 2.0


def test_every_command_in_a_message_chooses_the_configuration_that_it_is_of() -> None:
    steps = next_steps(("--config", "my shop/candor.toml"))
    told = message([alert()], "firing", brand="Tessaro", limits=Limits(), next_step=steps.alert)
    (line,) = [line for line in told.lines if "candor alerts" in line]
    commands = line[line.index("candor") :].split(" | ")
    assert all(command.endswith("--config 'my shop/candor.toml'") for command in commands)
    assert steps.period(NOW, NOW).endswith("--config 'my shop/candor.toml'")
    assert steps.alerts == "candor alerts --config 'my shop/candor.toml' lists them"
