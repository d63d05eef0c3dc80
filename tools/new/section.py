"""Begin a section of the report: its file on each floor, its part of the page, its list line, and a case that fails."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from analysis.model.errors import UsageError
from crawler.commands.addition import Addition, checked_name, class_name, filled, with_before, with_import

CONTENTS = Path("analysis/measure/contents.py")
RESULTS = Path("analysis/track/results.py")
DOCS = Path("docs/report.md")
SCHEMA = Path("docs/report.schema.json")
BEFORE = re.compile(r'^    (\w+)\(name="caveats", ', re.MULTILINE)
FIELD_BEFORE = "    caveats: "
ROW_BEFORE = "| `caveats` |"
TEMPLATES = {
    "analysis/track/sections/{name}.py": "section_track.py.txt",
    "analysis/measure/sections/{name}.py": "section_measure.py.txt",
    "analysis/report/sections/{name}.py": "section_report.py.txt",
    "analysis/report/sections/{name}.html.j2": "section_page.html.j2.txt",
    "tests/analysis/measure/sections/test_{name}.py": "section_case.py.txt",
}
NEXT = """Next:
  1. analysis/track/sections/{name}.py: what it shows, and how that is worked out (pure)
  2. analysis/measure/sections/{name}.py: what it asks the store
  3. tests/analysis/measure/sections/test_{name}.py: stored mentions, and what must come of them
  4. analysis/report/sections/{name}.py and {name}.html.j2 beside it: its words in a terminal and on the page
  5. analysis/measure/contents.py, analysis/track/results.py: the line and the field to their place; the order of the
     lines is that of the report, that of the fields is that of the JSON
  6. docs/report.md: the row {name}; then make docs, which writes docs/report.schema.json anew
  7. .venv/bin/pytest tests/gate tests/analysis/measure/sections/test_{name}.py tests/analysis/report
"""


def new_section(root: Path, name: str, title: str) -> list[Path]:
    """Begin the section ``name`` in the tree at ``root`` and return what was written or changed.

    Raises ``UsageError`` for a name that cannot be a module's or is taken, and for a title that cannot be one.
    """
    checked_name(name, "a section", "wishes")
    if not re.fullmatch(r"[A-Z][A-Za-z0-9 ,:'?-]{2,59}", title):
        raise UsageError(
            f"{title!r} cannot be a title: use a capital letter, then letters, digits, blanks and , : ' ? -"
        )
    _claim_field((root / RESULTS).read_text(encoding="utf-8"), name)
    addition, result = Addition(root), class_name(name)
    words = {"name": name, "title": title, "class_name": result, "anchor": name.replace("_", "-")}
    for path, template in TEMPLATES.items():
        addition.add(Path(path.format(name=name)), filled("tools.new", f"templates/{template}", **words))
    addition.claim(result)
    shown = (root / "analysis/report/sections").glob("*.py")
    if any(f'title="{title}"' in path.read_text(encoding="utf-8") for path in shown):
        raise UsageError(f"a section has the title {title!r} already; choose another")
    _list(addition, name, result)
    addition.change(DOCS, lambda text: with_before(text, ROW_BEFORE, f"| `{name}` | say here what it holds |\n"))
    written = addition.write()
    (root / SCHEMA).write_text(_schema(root), encoding="utf-8")
    return [*written, SCHEMA]


def _claim_field(results: str, name: str) -> None:
    """Raise ``UsageError`` where ``Measures`` has a field of that name, or one that readers would take for it."""
    fields = re.findall(r"^    (\w+): ", results.partition("class Measures:")[2], re.MULTILINE)
    if name in fields:
        raise UsageError(f"{RESULTS} has a field {name} already; choose another name")
    twin = next((field for field in fields if _is_twin(name, field) or _is_twin(field, name)), None)
    if twin:
        raise UsageError(f"{RESULTS} has a field {twin}, too much like {name}; choose another name")


def _is_twin(name: str, longer: str) -> bool:
    """Return whether ``longer`` is the name with a word before or behind it, or with a plural's ending."""
    return longer.startswith(f"{name}_") or longer.endswith(f"_{name}") or longer in (f"{name}s", f"{name}es")


def _list(addition: Addition, name: str, result: str) -> None:
    addition.change(CONTENTS, lambda text: with_import(text, "analysis.measure.sections", name))
    addition.change(CONTENTS, lambda text: BEFORE.sub(rf'    \1(name="{name}", ask={name}.section),\n\g<0>', text, 1))
    addition.change(RESULTS, lambda text: _imported(text, name, result))
    addition.change(RESULTS, lambda text: with_before(text, FIELD_BEFORE, f"    {name}: tuple[{result}, ...]\n"))


def _imported(text: str, name: str, result: str) -> str:
    """Return the module of ``Measures`` with the import of the section's result, in the order of the modules."""
    start = "from analysis.track.sections."
    lines = text.splitlines(keepends=True)
    later = [number for number, line in enumerate(lines) if line.startswith(start) and line > f"{start}{name} "]
    last = [number + 1 for number, line in enumerate(lines) if line.startswith(start)][-1:]
    place = (later or last or [0])[0]
    return "".join([*lines[:place], f"{start}{name} import {result}\n", *lines[place:]]) if last else text


def _schema(root: Path) -> str:
    """Return the JSON Schema of the report as the changed tree draws it: in a process that imports that tree."""
    command = [sys.executable, "-m", "analysis.report.json"]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own
