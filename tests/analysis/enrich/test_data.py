"""The data files, their notation and the taxonomy that people edit; the contract of ``judge_rows``."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import spacy

import analysis.enrich
from analysis.enrich.data_files import load
from analysis.enrich.find.clauses import sentences, split_clauses
from analysis.enrich.find.cues import Cues
from analysis.enrich.find.words import degrees, forms
from analysis.enrich.judge import KEYS, UNASKED, judge_rows
from analysis.enrich.slots import TASKS
from analysis.enrich.taxonomy import load_taxonomy
from analysis.model import INTENTS, MOVES, SEVERITIES
from analysis.model.errors import ConfigError, UsageError

ROOM = Path(str(analysis.enrich.__file__)).parent


def test_forms_follow_the_spelling_rules() -> None:
    assert {"crashes", "crashed", "crashing"} <= forms("crash")
    assert {"stopped", "stopping"} <= forms("stop")
    assert {"charges", "charged", "charging"} <= forms("charge")
    assert {"carries", "carried"} <= forms("carry")
    assert {"broke", "broken"} <= forms("break")
    assert "openned" not in forms("open")
    assert {"slower", "slowest", "slowly"} <= degrees("slow")
    assert {"easier", "easiest", "easily"} <= degrees("easy")


def test_data_files_name_what_the_model_names() -> None:
    assert tuple(load("severity")) == SEVERITIES
    assert tuple(load("moves")) == MOVES
    assert tuple(load("intents")) == INTENTS


def test_word_lists_stand_in_data_files_and_not_in_code() -> None:
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.List | ast.Set | ast.Tuple):
                words = [item for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
                assert len(words) <= 8, f"{path.name}:{node.lineno}: move these words to analysis/enrich/data"


def test_every_problem_belongs_to_a_topic() -> None:
    topics = load_taxonomy().topics
    assert {part["topic"] for part in load("problems")["problems"]} <= set(topics)
    assert len(topics) >= 35


@pytest.mark.parametrize(
    ("pattern", "text", "matched"),
    [
        ("lost .. data", "we lost all our data today", "lost all our data"),
        ("lost .. data", "we lost . data", ""),
        ("crash~ on launch", "it Crashed on launch", "Crashed on launch"),
        ("fined #", "it was fined 40 million", "fined 40"),
        ("an? error", "error", "error"),
        ("owes $|#", "owes 40", "owes 40"),
    ],
)
def test_the_notation_of_patterns(pattern: str, text: str, matched: str) -> None:
    doc = spacy.blank("en")(text)
    cues = Cues(doc.vocab, {"x": [pattern]}).find(doc[:], [token.lower_ for token in doc])
    assert [doc[cue.start : cue.end].text for cue in cues] == ([matched] if matched else [])


def test_sentences_and_clauses_cover_every_token() -> None:
    words = [
        token.lower_ for token in spacy.blank("en")('A is great, but B fails (really!). "No." Next\nline; and so on')
    ]
    bounds = sentences(words)
    clauses = split_clauses(bounds, words)
    assert [at for clause in clauses for at in range(clause.start, clause.end)] == list(range(len(words)))
    assert len(bounds) == 4


def test_a_taxonomy_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "topics: [{id: spout, name: Spout, noun: spout, value: product, cost: [effort], journey: use, words: spout}]"
    )
    taxonomy = load_taxonomy(path)
    assert taxonomy.dimensions(["spout", "unknown"]) == ("product", "effort")
    assert taxonomy.journey(["spout"]) == ("use",)


def test_every_mistake_in_a_taxonomy_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "topics: [{id: a, value: magic, cost: [tears], journey: use, words: a}, {id: a, value: image, journey: x}]"
    )
    with pytest.raises(ConfigError) as caught:
        load_taxonomy(path)
    problems = "\n".join(caught.value.problems)
    for part in ("magic", "tears", "'x'", "twice", "words or phrases"):
        assert part in problems


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("topics:\n  - [")
    with pytest.raises(ConfigError, match=r"bad\.yaml:\d"):
        load_taxonomy(path)


def test_judge_rows_answers_as_documented() -> None:
    rows = [
        {
            "id": "a",
            "text": "Tessaro is better than Nimbo.",
            "targets": [{"start": 0, "end": 7}, {"start": 23, "end": 28}],
        }
    ]
    [answer] = judge_rows(rows)
    assert list(answer) == ["id", "targets", "intents", "topics", "comparison", "moves", "severity", "switching"]
    assert set(UNASKED) == set(TASKS) - {"relevance", "phrases", "standing"}
    assert set(answer["targets"][0]["p"]) == {"negative", "neutral", "positive"}
    assert len(answer["targets"]) == 2
    assert set(answer["intents"]) == set(INTENTS)
    assert answer["comparison"]["label"] == "BETTER"


@pytest.mark.parametrize("task", [*TASKS, "targets"])
def test_each_task_with_a_slot_may_be_asked_alone(task: str) -> None:
    [answer] = judge_rows([{"id": 1, "text": "The battery is awful."}], task=task)
    assert set(answer) == {"id", KEYS.get(task, task)}


def test_phrases_and_relevance_are_answered_where_they_are_asked_for() -> None:
    row = {"id": 1, "text": "The battery drains overnight. Please add a dark mode."}
    [phrases] = judge_rows([row], task="phrases")
    assert phrases["phrases"] == {
        "complaints": [{"topic": "battery", "phrase": "battery drains fast overnight"}],
        "wishes": [{"topic": "features", "phrase": "dark mode"}],
    }
    [relevance] = judge_rows([row], task="relevance")
    assert relevance["relevance"] == [1.0]


def test_a_topic_named_more_often_is_surer() -> None:
    [answer] = judge_rows([{"id": 1, "text": "The battery, the battery! And the screen."}], task="topics")
    assert answer["topics"] == [{"id": "battery", "p": 0.84}, {"id": "display", "p": 0.6}]


def test_the_order_of_targets_turns_a_comparison_round() -> None:
    text = "Tessaro is much faster than Nimbo."
    spans = [{"start": 0, "end": 7}, {"start": 28, "end": 33}]
    answers = list(
        judge_rows([{"text": text, "targets": spans}, {"text": text, "targets": spans[::-1]}], task="comparison")
    )
    assert [answer["comparison"]["label"] for answer in answers] == ["BETTER", "WORSE"]


def test_empty_texts_are_answered() -> None:
    [answer] = judge_rows([{"id": 1, "text": ""}])
    assert answer["targets"][0]["label"] == "neutral"
    assert answer["topics"] == []


@pytest.mark.parametrize(
    "row",
    [
        {"id": 1},
        {"text": 5},
        {"text": "ab", "targets": [{"start": 1, "end": 9}]},
        {"text": "ab", "targets": [{"start": 1}]},
    ],
)
def test_wrong_rows_are_refused_with_their_number(row: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="row 1"):
        list(judge_rows([row]))


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown task"):
        list(judge_rows([], task="mood"))
