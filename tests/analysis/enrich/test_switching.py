"""Who is left where a text only says who was chosen: the brand that was complained of before."""

from __future__ import annotations

import re

import pytest

from analysis.enrich.pipeline import build, read_all
from analysis.enrich.reading import REACH_PERSONAL, BrandPlace, Window, reading_of
from analysis.enrich.roster import by_model, choose


def told(text: str, lang: str = "en", model: str = "encoder") -> set[tuple[str, str, str]]:
    judges = choose(names=by_model(model))
    names = sorted(re.finditer("Tessaro|Nimbo", text), key=lambda match: match.start())
    places = tuple(BrandPlace(match[0], *match.span()) for match in names)
    window = Window(text=text, places=places, reach=REACH_PERSONAL, lang=lang)
    [doc] = read_all(build(judges), judges, [window])
    switches = (ruling.value for ruling in reading_of(doc).switching.values())
    return {(switch.origin, switch.target, switch.reason) for switch in switches}


@pytest.mark.parametrize("model", ["encoder", "linear"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Tessaro keeps showing me ads, so I moved to Nimbo", "ads"),
        ("Tessaro is full of ads and therefore I switched to Nimbo.", "ads"),
        ("Tessaro lost my photos. We have moved to the Nimbo.", ""),
    ],
)
def test_whoever_is_complained_of_before_is_left(text: str, reason: str, model: str) -> None:
    assert told(text, model=model) == {("Tessaro", "Nimbo", reason)}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("de", "Tessaro zeigt mir ständig Werbung, also bin ich zu Nimbo gewechselt."),
        ("de", "Tessaro antwortet nicht, deshalb bin ich jetzt bei Nimbo."),
        ("fr", "Tessaro me montre sans cesse des pubs, donc je suis passé à Nimbo."),
        ("it", "Tessaro mi mostra solo pubblicità, quindi sono passato a Nimbo."),
    ],
)
def test_so_it_is_in_other_languages(lang: str, text: str) -> None:
    assert {switch[:2] for switch in told(text, lang)} == {("Tessaro", "Nimbo")}


@pytest.mark.parametrize("model", ["encoder", "linear"])
@pytest.mark.parametrize(
    "text",
    [
        "I moved to Berlin, and Tessaro is still on my shelf, beside the Nimbo.",
        "We moved to a new flat with our Tessaro and our Nimbo.",
    ],
)
def test_moving_house_is_no_switch(text: str, model: str) -> None:
    assert told(text, model=model) == set()


def test_who_is_only_named_elsewhere_is_not_left() -> None:
    text = "Mein Bruder arbeitet bei Tessaro. Ich bin zu Nimbo gewechselt."
    assert told(text, "de") == {("other", "Nimbo", "")}


@pytest.mark.parametrize(
    "text",
    [
        "Left Tessaro after six years. Nimbo does in a minute what took me an evening.",
        "I am done with Tessaro. My new Nimbo arrives on Monday.",
    ],
)
def test_who_is_left_is_left_for_whoever_probably_came_instead(text: str) -> None:
    """A switch has two ends: the second is believed on less than the first."""
    assert {switch[:2] for switch in told(text)} == {("Tessaro", "Nimbo")}
