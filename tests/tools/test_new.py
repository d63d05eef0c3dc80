"""One of each part, begun in a copy of the tree: all lists agree at once; each first case fails until it is filled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from analysis.model.errors import UsageError
from tools.new.judge import new_judge
from tools.new.rule import new_rule
from tools.new.section import new_section

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("analysis", "bench", "candor", "crawler", "deploy", "docs", "mappings", "tests", "tools", "training")
PARTS: Mapping[str, tuple[str, ...]] = {
    "source": ("source", "hootingowls"),
    "judge": ("judge", "severity", "hooting_owls"),
    "rule": ("rule", "hooting_owl_day"),
    "section": ("section", "hooting_owls_heard", "What the owls hoot"),
}
GATE = (
    "tests/gate/test_architecture.py",
    "tests/gate/test_docs.py",
    "tests/gate/test_kinds.py",
    "tests/gate/test_lists.py",
    "tests/gate/test_names.py",
    "tests/gate/test_sections.py",
    "tests/analysis/enrich/test_roster.py",
    "tests/analysis/report/test_report.py::test_the_published_schema_is_the_one_of_the_types",
    "tests/analysis/report/test_report.py::test_the_reference_page_explains_every_part_of_the_json",
    "tests/analysis/report/test_report.py::test_the_page_is_one_small_file_with_described_charts",
)
"""The tests that hold lists, files and documentation together."""
CASES = {
    "source": "tests/crawler/kinds/test_cases.py::test_a_saved_answer_becomes_what_a_person_checked[hootingowls/first]",
    "judge": "tests/eval/test_enricher_scores.py::test_written_sentences[severity-hooting_owls]",
    "rule": "tests/analysis/alert/rules/test_hooting_owl_day.py",
    "section": "tests/analysis/measure/sections/test_hooting_owls_heard.py",
}
FIRST = {
    "source": "hootingowls/first",
    "judge": "NotImplementedError",
    "rule": "test_it_fires",
    "section": "test_what_is_stored_is_shown",
}
"""What a first case says when it fails."""
FILLED: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "source": {
        "tests/data/hootingowls/first/answer.json": {
            '{"items": []}': '{"items": [{"url": "https://hootingowls.example/1", "text": "My kettle leaks."}]}'
        },
        "tests/data/hootingowls/first/expected.json": {
            "the address of the first post": "https://hootingowls.example/1",
            "its text": "My kettle leaks.",
            '"published_at": ""': '"published_at": null',
        },
    },
    "judge": {
        "analysis/enrich/judges/severity_hooting_owls.py": {
            'raise NotImplementedError("say here how it judges")': "harm = next(filter(None, "
            "(HARMS.get(word.lower_) for word in doc)), None)\n"
            "        return [Ruling(harm) if harm else None for _ in targets]",
            "\n\nclass": '\nHARMS = {"smoke": "safety", "shock": "safety", "gone": "data_loss", "twice": "money"}\n'
            "\n\nclass",
        }
    },
    "rule": {
        "analysis/alert/rules/hooting_owl_day.py": {
            "fires=False,  # say when: len(mentions) >= rule.least": "fires=len(mentions) >= rule.least,"
        }
    },
    "section": {
        "analysis/measure/sections/hooting_owls_heard.py": {
            "counts: dict[str, int] = {}": "counts = asking.of(answers.mentions)",
            "from analysis.measure.asking": "from analysis.measure import answers\nfrom analysis.measure.asking",
        }
    },
}
"""What a person changes in each file: old words and new ones."""
EVIDENCE = """
from datetime import timedelta
from pathlib import Path

from analysis.alert.passes import replay
from analysis.alert.rules.hooting_owl_day import RULE
from analysis.alert.watchlist import Watchlist
from analysis.model import Brand, Severity
from analysis.store.embedded.store import EmbeddedStore
from tests.support.mentions import NOW, make_mention

grave = {"severity": Severity(level="safety", weight=1.0), "intents": ("complaint",)}
mentions = [make_mention(number, **(grave if number < 3 else {})) for number in range(1, 6)]
with EmbeddedStore(Path("store"), write=True) as store:
    store.write(mentions)
    store.refresh()
    watchlist = Watchlist(brands=(Brand(id="tessaro", name="Tessaro", role="own"),))
    (alert,) = replay(store, watchlist, RULE, since=NOW, until=NOW, step=timedelta(days=1))
assert set(alert.evidence) == {mention.id for mention in mentions[:2]}, alert.evidence
assert alert.evidence_total == 2, alert.evidence_total
"""
"""The evidence of the begun rule: the mentions that it names, and no others of the brand."""
REFUSED: tuple[tuple[Callable[..., list[Path]], tuple[str, ...], str], ...] = (
    (new_judge, ("mood", "hooting_owls"), "'mood' is no judged task; use one of relevance, topics"),
    (new_judge, ("severity", "rules"), "has a judge rules of severity already"),
    (new_rule, ("Slow-Day",), "cannot name a rule: use lower-case letters, digits and _, such as rating_drop"),
    (new_rule, ("../up",), "cannot name a rule"),
    (new_section, ("list", "Lists"), "it is a word of Python"),
    (new_section, ("mentions", "What is said"), "has a field mentions already"),
    (new_section, ("fix_result", "What is said"), "has a class FixResult already"),
    (new_section, ("other", "What is said"), "has a field other_themes, too much like other; choose another name"),
    (new_section, ("theme", "What is said"), "has a field themes, too much like theme"),
    (new_section, ("tested", "What is said"), "has a field series_tested, too much like tested"),
    (new_section, ("hands_up", "What is said"), "has a field hands, too much like hands_up"),
    (new_section, ("hooting_barn_owls", '<b>"'), "cannot be a title"),
    (new_section, ("hooting_barn_owls", "What people praise"), "a section has the title 'What people praise' already"),
)


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = (sys.executable, "-m", *command)
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=120)


def tried(tree: Path, *which: str) -> subprocess.CompletedProcess[str]:
    return run(tree, "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *which)


def passed(done: subprocess.CompletedProcess[str]) -> bool:
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode == 0


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in which one of each part was begun."""
    root = tmp_path_factory.mktemp("new") / "tree"
    for room in ROOMS:
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__", "*.gz"))
    for path in (*ROOT.glob("*.md"), ROOT / "pyproject.toml", ROOT / "scrapy.cfg"):
        shutil.copy(path, root)
    for part, words in PARTS.items():
        done = run(root, "tools.new", *words)
        assert done.returncode == 0, done.stderr
        assert "Next:\n  1. " in done.stdout, part
    return root


def test_all_lists_agree_as_soon_as_a_part_is_begun(tree: Path) -> None:
    done = tried(tree, *GATE)
    assert passed(done), done.stdout
    for command in (("check",), ("format", "--check")):
        style = run(tree, "ruff", *command, *ROOMS)
        assert style.returncode == 0, style.stdout


def test_a_first_case_fails_until_it_is_filled(tree: Path) -> None:
    failing = tried(tree, *CASES.values())
    assert not passed(failing)
    assert [part for part, words in FIRST.items() if words not in failing.stdout] == []
    for files in FILLED.values():
        for file, changes in files.items():
            text = (tree / file).read_text(encoding="utf-8")
            for old, new in changes.items():
                assert old in text
                text = text.replace(old, new, 1)
            (tree / file).write_text(text, encoding="utf-8")
    done = tried(tree, *CASES.values())
    assert passed(done), done.stdout


def test_the_evidence_of_a_begun_rule_is_what_it_names(tree: Path, tmp_path: Path) -> None:
    """The rule as it was begun, but for when it fires."""
    rule = tree / "analysis" / "alert" / "rules" / "hooting_owl_day.py"
    rule.write_text(rule.read_text(encoding="utf-8").replace("fires=False,", "fires=True,"), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", EVIDENCE], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_nothing_is_written_over_and_a_wrong_name_is_refused(tree: Path) -> None:
    before = {path: path.read_bytes() for path in tree.rglob("*.*") if path.is_file()}
    for words in PARTS.values():
        again = run(tree, "tools.new", *words)
        assert (again.returncode, again.stdout) == (2, "")
        assert "already; choose another name" in again.stderr
    for begin, words, message in REFUSED:
        with pytest.raises(UsageError, match=message):
            begin(tree, *words)
    assert {path: path.read_bytes() for path in tree.rglob("*.*") if path.is_file()} == before
