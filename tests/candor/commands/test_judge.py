"""``candor judge``: each judged task may be asked alone, and its help names them all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.enrich import judge as judging
from analysis.enrich.judge import parts
from analysis.enrich.pipeline import build
from analysis.enrich.roster import by_model, choose
from analysis.enrich.slots import TASKS
from analysis.ingest.tables.delimited import LONGEST
from candor.cli import app
from tests.candor.commands.test_commands import candor, rows

ROW = json.dumps({"id": 1, "text": "The Ulmo is quiet but it leaks.", "targets": [{"start": 4, "end": 8}]})


@pytest.mark.parametrize(("task", "key"), [("sentiment", "targets"), ("targets", "targets"), ("intents", "intents")])
def test_one_task_is_answered_alone(task: str, key: str) -> None:
    result = CliRunner().invoke(app, ["judge", "-", "--task", task], input=ROW)
    assert result.exit_code == 0, result.output
    assert set(json.loads(result.stdout)) == {"id", key}


def test_an_unknown_task_is_refused_with_the_tasks_there_are() -> None:
    result = CliRunner().invoke(app, ["judge", "-", "--task", "mood"], input=ROW)
    assert result.exit_code != 0
    assert all(task in f"{result.output}{result.exception}" for task in TASKS)


def test_the_help_names_every_task() -> None:
    words = set(re.findall(r"[a-z]+", CliRunner().invoke(app, ["judge", "--help"]).output))
    assert set(TASKS) <= words


def test_words_are_forgotten_behind_the_rows_that_hold_them(monkeypatch: pytest.MonkeyPatch) -> None:
    nlp = build(judges := choose(names=by_model("linear")))
    monkeypatch.setattr(judging, "build", lambda _: nlp)
    rows = [{"id": number, "text": f"The zq{number}xv leaks."} for number in range(2 * judging.TOGETHER + 1)]
    answers = judging.judge_rows(rows, judges=judges)
    assert [answer["id"] for answer in answers] == list(range(len(rows)))
    assert [row["id"] for row in rows if f"zq{row['id']}xv" in nlp.vocab.strings] == []


@pytest.mark.parametrize(
    ("text", "name", "sides"),
    [
        ("After ten years I left Acme for a cheaper one.", "Acme", ("t0", "other")),
        ("I cancelled Acme and went elsewhere.", "Acme", ("t0", "other")),
        ("Thinking of leaving Acme for something else.", "Acme", ("t0", "other")),
        ("Ich bin von Acme weg und jetzt woanders.", "Acme", ("t0", "other")),
        ("I switched to Nuvo last week and never looked back.", "Nuvo", ("other", "t0")),
    ],
)
def test_a_side_that_is_not_named_is_always_called_other(text: str, name: str, sides: tuple[str, str]) -> None:
    at = text.index(name)
    row = json.dumps({"id": 1, "text": text, "targets": [{"start": at, "end": at + len(name)}]})
    result = CliRunner().invoke(app, ["judge", "-", "--task", "switching"], input=row)
    [switch] = json.loads(result.stdout)["switching"]
    assert (switch["origin"], switch["target"]) == sides


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("The Ulmo leaks.", "-:2: not JSON (Expecting value at column 1)"),
        ('{"id": 2, "words": "It leaks."}', "row 2: a text is needed"),
        ('{"id": 2, "text": "ab", "targets": [{"start": 1, "end": 9}]}', "row 2: target 1-9 is not a span of the text"),
        ('"The Ulmo leaks."', "-:2: not a JSON object"),
    ],
)
def test_a_line_of_another_shape_is_named_with_the_right_one_and_costs_itself(bad: str, said: str) -> None:
    shape = 'a line is {"id": 1, "text": "The Ulmo leaks.", "targets": [{"start": 4, "end": 8}]}'
    done = candor(Path(), "judge", "-", "--task", "sentiment", given=f"{ROW}\n{bad}\n{ROW}\n")
    assert (done.returncode, [json.loads(line)["id"] for line in done.stdout.splitlines()]) == (1, [1, 1])
    assert said in done.stderr
    assert f"1 of 3 lines were not judged; {shape}" in done.stderr
    alone = candor(Path(), "judge", "-", "--task", "sentiment", given=f"{bad}\n")
    assert (alone.returncode, alone.stdout) == (2, "")
    assert f"no line could be judged; {shape}" in alone.stderr


def test_a_row_that_is_no_post_is_refused_without_being_held(tmp_path: Path) -> None:
    """A line of many megabytes is passed by in pieces, and a text of more than a million characters is not judged."""
    with (tmp_path / "rows.jsonl").open("w", encoding="utf-8") as stream:
        stream.write(json.dumps({"id": 1, "text": "The Tessaro leaks. " * 60_000}) + "\n")
        stream.write('{"id": 2, "text": "' + "x" * (LONGEST + 10) + '"}\n')
        stream.write(json.dumps({"id": 3, "text": "The Tessaro leaks."}) + "\n")
    done = candor(tmp_path, "judge", "rows.jsonl", "--task", "intents")
    assert done.returncode == 1
    assert [row["id"] for row in rows(done)] == [3]
    assert "row 1: the text has 1140000 characters; 1000000 can be judged" in done.stderr
    assert f"rows.jsonl:2: the line is longer than {LONGEST} characters" in done.stderr


def test_long_rows_are_read_a_few_at_once() -> None:
    sizes = [len(part) for part in parts(enumerate([{"text": "a" * 90_000}] * 7 + [{"text": "a"}] * 70, start=1))]
    assert sizes == [3, 3, 32, 32, 7]
