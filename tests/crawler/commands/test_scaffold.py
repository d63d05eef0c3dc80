"""A new kind of source, begun in a copy of the tree: the lists agree at once, and its case fails until it is filled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crawl.crawling import configure
from tests.support.crawl.replay import Answer, Replay

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("analysis", "candor", "crawler", "docs", "mappings", "tests")
FILES = ("pyproject.toml", "scrapy.cfg", "README.md")
HOST = "127.0.0.2"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name in PARTS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.gz", "*.npz"))
    for name in FILES:
        shutil.copy(ROOT / name, root / name)
    return root


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=tree, env=env, capture_output=True, text=True, timeout=120
    )


def gate(tree: Path, *more: str) -> int:
    done = run(tree, "pytest", "-q", "-p", "no:cacheprovider", "tests/gate/test_kinds.py", *more)
    return done.returncode


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line by which a command refused."""
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "Traceback" not in said
    (line,) = [line for line in said.splitlines() if ": error: " in line]
    assert said.endswith(f"{line}\n")
    return line


@pytest.fixture
def web() -> Iterator[Replay]:
    with Replay((HOST,)) as replay:
        yield replay


def test_a_kind_is_begun_by_a_command_and_filled_in_by_a_person(tree: Path, web: Replay) -> None:
    begun = run(tree, "scrapy", "newsource", "kettleforum")
    assert (begun.returncode, begun.stderr) == (0, "")
    assert begun.stdout.startswith("wrote crawler/kinds/kettleforum.py\n")
    assert "scrapy savecase kettleforum ADDRESS" in begun.stdout
    assert gate(tree) == 0
    assert "kettleforum" in run(tree, "scrapy", "list").stdout.split()
    style = run(tree, "ruff", "check", "crawler/kinds"), run(tree, "ruff", "format", "--check", "crawler/kinds")
    assert [done.returncode for done in style] == [0, 0], style
    cases = "tests/crawler/kinds/test_cases.py"
    failing = run(tree, "pytest", "-q", "-p", "no:cacheprovider", cases)
    assert failing.returncode == 1
    assert "kettleforum/first" in failing.stdout
    # As it is told: another answer in place of the empty one, from an address.
    items = {"items": [{"url": "https://kettleforum.example/1", "text": "My kettle leaks."}]}
    web.add(HOST, "/search", Answer(body=json.dumps(items).encode(), headers={"Content-Type": "application/json"}))
    configure(tree, {})
    saved = run(tree, "scrapy", "savecase", "kettleforum", web.url(HOST, "/search"), "--case", "first")
    assert (saved.returncode, saved.stderr) == (0, ""), saved.stdout
    assert len(saved.stdout.splitlines()) == 2
    folder = tree / "tests" / "data" / "kettleforum" / "first"
    assert sorted(path.name for path in folder.iterdir()) == ["answer.json", "case.json", "expected.json"]
    (row,) = json.loads((folder / "expected.json").read_text())
    assert (row["url"], row["text"]) == ("https://kettleforum.example/1", "My kettle leaks.")
    assert gate(tree, cases) == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    over = run(tree, "scrapy", "savecase", "kettleforum", web.url(HOST, "/search"), "--case", "first")
    assert refusal(over).endswith("first is a case already; give another name by --case, or delete it")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    again = run(tree, "scrapy", "newsource", "kettleforum")
    assert again.returncode == 2
    assert "is there already" in again.stdout + again.stderr


def test_a_case_is_saved_from_a_file_too(tree: Path) -> None:
    feed = tree / "feed.xml"
    feed.write_text(
        "<rss version='2.0'><channel><title>Kettles</title><item><title>A leak</title><link>https://a.example/1</link>"
        "<description>It leaks.</description></item></channel></rss>"
    )
    done = run(tree, "scrapy", "savecase", "feed", str(feed), "--url", "https://a.example/feed.xml", "--case", "leak")
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = json.loads((tree / "tests" / "data" / "feed" / "leak" / "expected.json").read_text())
    assert (row["url"], row["title"], row["text"]) == ("https://a.example/1", "A leak", "It leaks.")
    wrong = run(tree, "scrapy", "savecase", "nothing", str(feed))
    assert wrong.returncode == 2
    assert "say by --url ADDRESS where" in refusal(run(tree, "scrapy", "savecase", "feed", str(feed)))
    missing = run(tree, "scrapy", "savecase", "feed", "no-such.xml", "--url", "https://a.example/feed.xml")
    assert "no-such.xml cannot be read: No such file or directory" in refusal(missing)


def test_without_a_configuration_a_line_says_what_is_needed(tree: Path) -> None:
    for command in ("crawl", "shell"):
        done = run(tree, "scrapy", command, "feed", *(("-a", "url=https://a.example/feed.xml") * (command == "crawl")))
        assert "candor.toml: there is no such file; a crawl needs one with a contact" in refusal(done)
    save = ("scrapy", "savecase", "feed", f"http://{HOST}:9/feed.xml")
    assert "add --contact mailto:you@example.org" in refusal(run(tree, *save))
    assert "has blanks, brackets or odd characters" in refusal(run(tree, *save, "--contact", "me and you"))
    # It asks, and as everywhere no private address unless a configuration names it.
    assert f"{HOST}:9/feed.xml: private address" in refusal(run(tree, *save, "--contact", "mailto:me@a.example"))
    configure(tree, {}, head="[crawl]\nallow_networks = ['127.0.0.0/8']\n")
    assert "[crawl] contact is missing" in refusal(run(tree, "scrapy", "crawl", "feed"))


def test_a_kind_that_lists_has_no_query(tree: Path) -> None:
    assert run(tree, "scrapy", "newsource", "kettlelist", "--list").returncode == 0
    assert gate(tree) == 0
    style = run(tree, "ruff", "check", "crawler/kinds"), run(tree, "ruff", "format", "--check", "crawler/kinds")
    assert [done.returncode for done in style] == [0, 0], style
    for file in ("crawler/kinds/kettlelist.py", "tests/data/kettlelist/first/case.json"):
        assert "query" not in (tree / file).read_text()
    section = (tree / "docs" / "configuration.md").read_text().partition("### kettlelist\n")[2].partition("\n## ")[0]
    assert "`api`" in section
    assert "`query`" not in section
    answer = tree / "answer.json"
    answer.write_text('{"items": [{"url": "https://kettlelist.example/1", "text": "My kettle leaks."}]}')
    where = ("--url", "https://kettlelist.example/items", "--case", "first")
    saved = run(tree, "scrapy", "savecase", "kettlelist", str(answer), *where)
    assert (saved.returncode, saved.stderr) == (0, ""), saved.stdout
    assert gate(tree, "tests/crawler/kinds/test_cases.py") == 0


@pytest.mark.parametrize("name", ["Kettle", "a", "has-hyphen", "two words", "../up"])
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str) -> None:
    from analysis.model.errors import UsageError
    from crawler.commands.newsource import new_source

    with pytest.raises(UsageError, match="cannot name a kind"):
        new_source(tmp_path, name)
