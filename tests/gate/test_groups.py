"""Tests of one server line run in one process, so that each server starts once in a whole run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import LINE_OF, group_of
from tests.support.elastic.server import LINES

ROOT = Path(__file__).resolve().parents[2]


def test_a_test_belongs_to_its_line_or_its_file() -> None:
    contract = "tests/analysis/store/test_contract.py::test_terms_are_exact"
    assert group_of(f"{contract}[elastic 8.19-topics-1]") == "elasticsearch 8.19"
    assert group_of(f"{contract}[topics-elastic 9-10]") == "elasticsearch 9"
    assert group_of(f"{contract}[embedded-topics-1]") == "tests/analysis/store/test_contract.py"
    assert group_of("tests/elastic/test_faults.py::test_search_goes_past") == "elasticsearch 9"
    assert group_of("tests/elastic/test_boards.py::test_panel[9-candor-improve: a - b]") == "elasticsearch 9"
    assert group_of("tests/gate/test_docs.py::test_links[9]") == "tests/gate/test_docs.py"


def test_every_line_that_is_tested_has_a_group() -> None:
    for line in (*LINES, "given"):
        assert group_of(f"tests/elastic/test_x.py::test[{line}]") == f"elasticsearch {line}"
    assert set(LINE_OF.values()) <= set(LINES)
    assert all((ROOT / file).exists() for file in LINE_OF)


def test_the_groups_are_kept_by_the_processes_that_run_them(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(
            "import os\nimport pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_it(n):\n"
            f"    with open({str(tmp_path / name)!r}, 'a') as told:\n        print(os.getpid(), file=told)\n"
        )
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-n", "2", "--dist", "loadgroup", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("one", "two"):
        lines = (tmp_path / name).read_text().splitlines()
        assert len(lines) == 6
        assert len(set(lines)) == 1
