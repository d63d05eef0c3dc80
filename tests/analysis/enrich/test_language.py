"""Languages: what a source says of them."""

from __future__ import annotations

import pytest

from analysis.enrich.find.language import code_of


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
