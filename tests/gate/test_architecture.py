"""Who may import whom: floors are one ordered list, and imports only go down."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = (
    "mappings",
    "analysis.model",
    "analysis.settings",
    "analysis.track",
    "analysis.store",
    "analysis.ledger",
    "analysis.enrich",
    "analysis.ingest",
    "analysis.measure",
    "analysis.report",
    "analysis.alert",
    "analysis.flow",
    "crawler",
    "candor",
)
"""The floors from the ground up. A module imports its own floor and those below it, never one above."""
SCRAPING = ("scrapy", "twisted", "bs4", "itemadapter", "protego")
"""What only ``crawler`` knows."""
MODULES = sorted(path for top in ("mappings", "analysis", "crawler", "candor") for path in (ROOT / top).rglob("*.py"))


def floor_of(name: str) -> int | None:
    """Return the number of the floor that the module of that dotted name stands on; None outside the house."""
    for number, floor in enumerate(FLOORS):
        if name == floor or name.startswith(f"{floor}."):
            return number
    return None


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


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


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_only_go_down(path: Path) -> None:
    own = floor_of(dotted(path))
    if own is None:
        assert dotted(path) == "analysis", f"{path} stands on no floor: add its room to FLOORS"
        return
    above = sorted(name for name in imports(path) if (floor := floor_of(name)) is not None and floor > own)
    assert not above, f"{dotted(path)} imports from above: {above}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_only_the_crawler_knows_scrapy(path: Path) -> None:
    if not dotted(path).startswith("crawler"):
        assert not tops(path) & set(SCRAPING)


def test_no_source_names_a_registry_or_a_folder_of_one_machine() -> None:
    forbidden = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|repo1\.maven|deb\.debian\.org|/work/|/root/")
    globs = ("*.*", "docs/*", "bench/*.py", "tests/**/*.py")
    for path in [*MODULES, *(path for pattern in globs for path in ROOT.glob(pattern))]:
        if path.is_file() and path not in (Path(__file__), ROOT / ".git"):
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
