"""Begin a rule of alerts: its file, its list line, its section in the documentation, and a case that fails."""

from __future__ import annotations

from pathlib import Path

from crawler.commands.addition import Addition, checked_name, filled, with_before, with_import, with_last

LIST = Path("analysis/alert/rules/__init__.py")
DOCS = Path("docs/alerts.md")
BEHIND_RULES = "## Channels\n"
SECTION = """### {name}
Say here what is found, over which time and against which baseline. Info; `least` 1; hold 6 h; cooldown 24 h. It cannot
see: say here what.

"""
NEXT = """Next:
  1. analysis/alert/rules/{name}.py: what it needs and how it judges; whether it is an event, tests against chance
     (looks_a_week, p), and how grave it is
  2. tests/analysis/alert/rules/test_{name}.py: the facts that must make it fire, and those that must not
  3. analysis/alert/rules/__init__.py: the line to its place, what harms people first
  4. docs/alerts.md: the section {name}. A fact that no part holds yet is a field of Facts and a name in Part
     (analysis/alert/model.py) and its maker in analysis/alert/facts.py; the board that a message leads to is a line
     in candor/kibana/links.py
  5. .venv/bin/pytest tests/analysis/alert/rules tests/analysis/alert/test_lifecycle.py
     tests/analysis/alert/test_rules.py
"""


def new_rule(root: Path, name: str) -> list[Path]:
    """Begin the rule ``name`` in the tree at ``root`` and return what was written or changed.

    Raises ``UsageError`` for a name that cannot be a module's or is taken.
    """
    checked_name(name, "a rule", "rating_drop")
    addition = Addition(root)
    title = name.replace("_", " ").capitalize()
    addition.add(Path("analysis/alert/rules") / f"{name}.py", _filled("rule.py.txt", name, title))
    addition.add(Path("tests/analysis/alert/rules") / f"test_{name}.py", _filled("rule_case.py.txt", name, title))
    addition.change(LIST, lambda text: with_import(text, "analysis.alert.rules", name))
    addition.change(LIST, lambda text: with_last(text, "RULES: tuple[Rule, ...] = (", f"{name}.RULE,"))
    addition.change(DOCS, lambda text: with_before(text, BEHIND_RULES, SECTION.format(name=name)))
    return addition.write()


def _filled(template: str, name: str, title: str) -> str:
    return filled("tools.new", f"templates/{template}", name=name, title=title)
