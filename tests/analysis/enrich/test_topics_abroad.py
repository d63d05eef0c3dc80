"""Topics of texts that are not English: every topic has words in seven languages, found whatever their form."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.enrich.enricher import Enricher
from analysis.enrich.find.stems import StemTable, plain
from analysis.enrich.judge import judge_rows
from analysis.enrich.taxonomy import OTHER_LANGUAGES, load_taxonomy
from analysis.model import Brand, Post
from analysis.model.errors import ConfigError

SENTENCES = Path(__file__).parents[2] / "data" / "topics" / "other_languages.jsonl"
ROWS = [json.loads(line) for line in SENTENCES.read_text(encoding="utf-8").splitlines()]


def named(rows: list[dict[str, object]]) -> list[list[str]]:
    asked = ({"id": None, "text": row["text"], "lang": row["lang"]} for row in rows)
    return [[topic["id"] for topic in said["topics"]] for said in judge_rows(asked, task="topics")]


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_what_a_sentence_speaks_of_is_found_and_right(language: str) -> None:
    rows = [row for row in ROWS if row["lang"] == language]
    said = named(rows)
    telling = [(row["topics"], topics) for row, topics in zip(rows, said, strict=True) if row["topics"]]
    assert len(telling) >= 8
    assert sum(bool(set(gold) & set(topics)) for gold, topics in telling) >= len(telling) - 1
    wrong = [topic for row, topics in zip(rows, said, strict=True) for topic in topics if topic not in row["topics"]]
    assert wrong == []


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_every_topic_has_words_in_every_language(language: str) -> None:
    taxonomy = load_taxonomy()
    assert set(taxonomy.topics) <= set(taxonomy.abroad[language])


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("de", "Laut Hersteller kommt er aus lauter guten Händen."),
        ("it", "Caro Tessaro, mi rendo conto di quanto siete bravi."),
        ("es", "Me di cuenta de que Tessaro da la cara."),
        ("fr", "Nous sommes en charge de Tessaro, à tout prix."),
        ("nl", "Op den duur moet Tessaro daar rekening mee houden."),
        ("pl", "Za wszelką cenę chcę Tessaro."),
        ("sv", "Batteriet är slut."),
    ],
)
def test_words_that_look_alike_name_no_topic(lang: str, text: str) -> None:
    assert named([{"text": text, "lang": lang}]) == [[]]


def test_a_complaint_in_german_belongs_to_its_topic() -> None:
    enricher = Enricher([Brand(id="tessaro", name="Tessaro", role="own")], pseudonym_key=b"key")
    told = Post(
        url="https://shop.example/1",
        kind="review",
        title="Bin enttäuscht",
        text="Der Kundendienst von Tessaro meldet sich seit zwei Wochen nicht.",
        fetched_at=datetime(2026, 5, 2, tzinfo=UTC),
    )
    [[mention]] = enricher.mentions([told])
    assert mention.lang == "de"
    assert mention.complaint_topics == ("support",)
    assert mention.dimensions == ("service", "time", "effort")


def test_wordings_are_found_in_any_form() -> None:
    table: StemTable[str] = StemTable()
    table.add("écran*, hält kaum|nicht, geld .. zurück, mot|mots de? passe", "found")
    for text in ("l'écrans", "HÄLT nicht", "hält kaum", "Geld nie wieder zurück", "Mots passe", "l’ecran"):
        words = [plain(word) for word in text.replace("’", "'").split()]
        assert table.every(words, 0, len(words)) == [(0, len(words), "found")]
    for text in ("hält", "nicht hält", "geld von mir nie mehr zurück", "scran"):
        words = [plain(word) for word in text.split()]
        assert table.every(words, 0, len(words)) == []


def test_an_own_taxonomy_may_tell_words_of_other_languages(tmp_path: Path) -> None:
    path = tmp_path / "topics.yaml"
    topic = "topics: [{id: spout, value: product, journey: use, words: spout}]\n"
    path.write_text(topic + "languages:\n  de: {spout: 'tülle*, ausguss', everyday: ausguss der küche}\n")
    assert load_taxonomy(path).abroad == {"de": {"spout": "tülle*, ausguss", "everyday": "ausguss der küche"}}
    path.write_text(topic + "languages:\n  de: {lid: deckel*}\n  fr: bec\n")
    with pytest.raises(ConfigError) as caught:
        load_taxonomy(path)
    assert [problem.split(": ", 1)[1] for problem in caught.value.problems] == [
        "languages: de: no topic 'lid' is listed under topics",
        "languages: fr: give topics with wordings, such as 'battery: akku*'",
    ]
