"""``candor rejudge``: stored mentions judged again, compared, stopped and taken up, undone, erased."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.model import Mention
from analysis.store.base import Filter
from analysis.store.letters import FormerJudgements
from analysis.store.open import open_store
from tests.candor.commands.test_commands import CONFIG, candor, rows

SAID = (
    "The Tessaro kettle leaks and support never answers.",
    "I love my Tessaro kettle, it is the best one I ever had.",
    "Does the Tessaro kettle come in blue?",
    "We bought a Tessaro in March.",
    "The Tessaro broke after two days, and the Ulmo works fine.",
)


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """A folder whose mentions were judged by rules and the linear model, and whose configuration says so no more."""
    (tmp_path / "candor.toml").write_text(f'{CONFIG}\n[enrich]\nmodel = "linear"\n')
    posts = [{"url": f"https://forum.example/{n}", "text": text, "author": "ann"} for n, text in enumerate(SAID)]
    assert candor(tmp_path, "import", "-", given="\n".join(map(json.dumps, posts))).returncode == 0
    (tmp_path / "candor.toml").write_text(CONFIG)
    return tmp_path


def stored(folder: Path) -> dict[str, Mention]:
    with open_store(str(folder / ".candor" / "store"), write=False) as store:
        return {mention.id: mention for mention in store.scan(Filter())}


def test_it_compares_judges_and_brings_back(judged: Path) -> None:
    before = stored(judged)
    (would,) = rows(candor(judged, "rejudge", "--check", "--json"))
    assert (would["run"], would["judged"]) == (None, len(before))
    assert stored(judged) == before
    done = candor(judged, "rejudge", "--json")
    (did,) = rows(done)
    assert {**did, "run": None} == would
    after = stored(judged)
    assert {mention.model for mention in after.values()} == {did["model"]["to"]}
    assert set(did["model"]["from"]) == {mention.model for mention in before.values()}
    for id_, mention in after.items():
        assert (mention.author, mention.first_seen_at, mention.story, mention.run) == (
            before[id_].author,
            before[id_].first_seen_at,
            before[id_].story,
            before[id_].run,
        )
    (again,) = rows(candor(judged, "rejudge", "--json"))
    assert again["judged"] == 0
    back = candor(judged, "rejudge", "--back", did["run"])
    assert back.returncode == 0
    assert stored(judged) == before
    gone = candor(judged, "rejudge", "--back", did["run"])
    assert (gone.returncode, "there is none" in gone.stderr) == (2, True)


def test_a_part_is_taken_up_by_the_next_run_and_erasure_reaches_what_was(judged: Path) -> None:
    (first,) = rows(candor(judged, "rejudge", "--limit", "2", "--json"))
    assert first["judged"] == 2
    table = candor(judged, "rejudge")
    assert f"Judged again: {len(stored(judged)) - 2} mentions" in table.stdout
    folder = judged / ".candor" / "store"
    runs = FormerJudgements.runs(folder)
    assert len(runs) == 2
    erased = candor(judged, "erase", "--domain", "forum.example", "--reason", "asked to", "--yes")
    assert erased.returncode == 0, erased.stderr
    assert [line for run in runs for line in FormerJudgements(folder, run).all()] == []
