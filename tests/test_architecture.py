"""Who may import whom: folders are stages, and sibling stages never import each other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("enrich", "store", "track", "alert", "report", "ledger")
SHARED_WITH_STAGES = ("model", "errors", "text", "query", "addresses", "sections", "seen_before")
SCRAPING = ("scrapy", "twisted", "bs4", "itemadapter", "protego")
MODULES = sorted(path for top in ("analysis", "crawler", "candor") for path in (ROOT / top).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Return every module that ``path`` imports, at the top or inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_floor_may(path: Path) -> None:
    floor = path.relative_to(ROOT).parts[0]
    forbidden = {"analysis": {"crawler", "candor", *SCRAPING}, "crawler": {"candor"}, "candor": {"scrapy", "bs4"}}
    assert not tops(path) & forbidden[floor]


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(ROOT).parts[:2] in {("analysis", stage) for stage in STAGES}],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_sibling_stages_do_not_import_each_other(path: Path) -> None:
    stage = path.relative_to(ROOT).parts[1]
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("analysis.")}
    allowed = {stage, *SHARED_WITH_STAGES}
    if stage in ("report", "alert"):
        # What is shown and what is judged are the results that tracking gives.
        allowed.add("track")
    others = ours - allowed
    if others == {"store"}:
        assert not {name for name in imports(path) if name.startswith("analysis.store.")} - {
            name for name in imports(path) if name.startswith("analysis.store.base")
        }
    else:
        assert not others


def test_no_source_names_a_registry_or_a_folder_of_one_machine() -> None:
    forbidden = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|repo1\.maven|deb\.debian\.org|/work/|/root/")
    globs = ("*.*", "docs/*", "bench/*.py", "tests/**/*.py")
    for path in [*MODULES, *(path for pattern in globs for path in ROOT.glob(pattern))]:
        if path.is_file() and path != Path(__file__):
            assert not forbidden.search(path.read_text(encoding="utf-8", errors="replace")), path


def test_functions_stay_small() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                doc = len((ast.get_docstring(node) or "").splitlines())
                assert (node.end_lineno or 0) - node.lineno - doc <= 60, f"{path}: {node.name} is too long"


def test_modules_are_rarely_long() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    long = sorted(path for path, length in lengths.items() if length > 300)
    assert len(long) <= len(MODULES) / 20, f"too many modules over 300 lines: {long}"
    assert max(lengths.values()) <= 500, f"{max(lengths, key=lambda path: lengths[path])} holds more than one idea"
