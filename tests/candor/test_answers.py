"""The questions of ``candor init``: each answer is checked when it is given, and none is lost."""

from __future__ import annotations

from typing import Any

import pytest

from candor.answers import Beginning, asked


class Person:
    """Beginning from a list; remembers the questions."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = answers
        self.questions: list[str] = []

    def __call__(self, question: str, **_: Any) -> str:
        self.questions.append(question)
        return self.answers.pop(0)


def test_a_wrong_answer_is_asked_for_again_and_the_others_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["!!", "Tessaro", "Ulmo, Kettlo; Ulmo GmbH", "tessaro", "Brew, Inc.", ""]
    addresses = ["news.example/feed", "https://a.example/feed https://b.example/rss,", "", ""]
    person = Person([*names, *addresses, "me", "me@our.example"])
    answers = asked(person)
    assert answers.brand == "Tessaro"
    assert answers.competitors == ["Ulmo", "Kettlo", "Ulmo GmbH", "Brew, Inc."]
    assert answers.sources == [("feed", "https://a.example/feed"), ("feed", "https://b.example/rss")]
    assert answers.contact == "mailto:me@our.example"
    said = capsys.readouterr().err
    for words in (
        "'!!' holds no letter",
        "tessaro was named already",
        "'news.example/feed' is not a web",
        "'me' is no",
    ):
        assert words in said
    assert person.answers == []


def test_a_company_form_belongs_to_its_name() -> None:
    assert Beginning(brand="A").new_competitors("Brew, Ltd., Ulmo") == ["Brew, Ltd.", "Ulmo"]
