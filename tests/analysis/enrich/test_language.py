"""Languages: what a source says of them."""

from __future__ import annotations

import pytest

from analysis.enrich.find.language import Languages, code_of
from analysis.model.text import token_words


@pytest.mark.parametrize(
    ("said", "code"),
    [
        *((word, "en") for word in ("en", "EN", "en-US", "en_GB", "eng", "English", " english ")),
        *((word, "") for word in ("", "und", "unknown", "xx", "n/a", "mul", "e1", "??")),
        ("Deutsch", "de"),
        ("ger", "de"),
        ("pt-BR", "pt"),
        ("zho", "zh"),
    ],
)
def test_what_a_source_calls_a_language_is_known_or_looked_at(said: str, code: str) -> None:
    assert code_of(said) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("La batteria non arriva a sera.", "it"),
        ("L'assistenza non risponde mai.", "it"),
        ("De trein had weer eens vertraging.", "nl"),
        ("Echt waardeloos, nooit meer.", "nl"),
        ("Nunca mais compro, muito caro.", "pt"),
        ("Vende mis datos personales a cualquiera.", "es"),
        ("Der Akku ist nach drei Stunden leer.", "de"),
        ("Le colis est en retard.", "fr"),
        ("Nie mam zasilania od rana.", "pl"),
        ("rocks!", "en"),
        ("No refund, no reply.", "en"),
        ("battery died on me", "en"),
        ("De-icer broke again", "en"),
        ("Menu in a mess", "en"),
        ("Do not buy", "en"),
    ],
)
def test_a_short_text_is_told_by_its_function_words(text: str, code: str) -> None:
    assert Languages().of(text, token_words(text)) == code
