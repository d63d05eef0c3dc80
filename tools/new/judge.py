"""Begin a judge of a judged task: its file, its line on the roster, its word in the documentation, its sentences."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

from analysis.model.errors import UsageError
from crawler.commands.addition import Addition, checked_name, class_name, filled

SLOTS = Path("analysis/enrich/slots.py")
ROSTER = Path("analysis/enrich/roster.py")
DOCS = Path("docs/taxonomy.md")
SENTENCES = Path("tests/data/enrich")
FEWEST = 8  # sentences that a judge comes with, half of them near misses
NOTHING = ("", False, "neutral", "NONE")
"""The answers, last in a row of sentences, that say that the sentence tells nothing."""
ASKED = {
    "TargetJudge": ("doc: Doc, targets: Sequence[str]", "Sequence[{answer}]", "one answer per target, in order"),
    "TopicJudge": ("doc: Doc", "Sequence[TopicHit]", "the topics that the text names, in order of place"),
    "PairJudge": ("doc: Doc, first: str, second: str", "Comparison", "how ``first`` stands against ``second``"),
    "RelevanceJudge": (
        "window: Window, tokens: Sequence[Token]",
        "Sequence[float]",
        "for each of the window's places the probability that it means its brand",
    ),
}
"""What a judge that keeps a protocol is asked, and what it answers, in types and in words."""
NEXT = """Next:
  1. analysis/enrich/judges/{task}_{name}.py: the judge; its word lists go to analysis/enrich/data/
  2. tests/data/enrich/{task}/{name}.jsonl: sentences of its own in place of the eight that were copied from another
     judge, half of them near misses
  3. docs/taxonomy.md: by what it judges, in the row of {task}
  4. .venv/bin/pytest tests/analysis/enrich/test_roster.py tests/eval/test_enricher_scores.py -k {name}
     It must get all right, or has its floors in SENTENCES there. To be the one that judges where none is named,
     its line comes first of its task in analysis/enrich/roster.py.
"""


def new_judge(root: Path, task: str, name: str) -> list[Path]:
    """Begin the judge ``name`` of ``task`` in the tree at ``root`` and return what was written or changed.

    Raises ``UsageError`` for a task that is none, and for a name that cannot be a module's or is taken.
    """
    tasks = _protocols((root / SLOTS).read_text(encoding="utf-8"))
    if task not in tasks:
        raise UsageError(f"{task!r} is no judged task; use one of {', '.join(tasks)}")
    checked_name(name, "a judge", "wordlist")
    addition, called = Addition(root), class_name(f"{task}_{name}")
    if re.search(rf'^    \("{task}", "{name}", ', (root / ROSTER).read_text(encoding="utf-8"), re.MULTILINE):
        raise UsageError(f"{ROSTER} has a judge {name} of {task} already; choose another name")
    addition.add(Path("analysis/enrich/judges") / f"{task}_{name}.py", _module(root, called, name, tasks[task]))
    addition.claim(called)
    addition.add(SENTENCES / task / f"{name}.jsonl", _sentences(root, task))
    addition.change(ROSTER, lambda text: _listed(text, task, name))
    addition.change(DOCS, lambda text: _documented(text, task, name))
    return addition.write()


def _protocols(slots: str) -> dict[str, str]:
    """Return the protocol of each task's slot, by task: the fields of ``Judges``."""
    slot = next(node for node in ast.parse(slots).body if isinstance(node, ast.ClassDef) and node.name == "Judges")
    lines = [line for line in slot.body if isinstance(line, ast.AnnAssign)]
    return {ast.unparse(line.target): ast.unparse(line.annotation) for line in lines}


def _module(root: Path, called: str, name: str, protocol: str) -> str:
    slots = (root / SLOTS).read_text(encoding="utf-8")
    alias = re.search(rf"^{protocol}: TypeAlias = (\w+)\[(.+)\]$", slots, re.MULTILINE)
    kept, answer = (alias[1], alias[2]) if alias else (protocol, "")
    asked, answers, words = ASKED[kept]
    answers = answers.format(answer=answer)
    imports = _imports(slots, f"{asked} {answers}", protocol)
    return filled(
        "tools.new",
        "templates/judge.py.txt",
        class_name=called,
        name=name,
        protocol=protocol,
        asked=asked,
        answers=answers,
        words=words,
        imports=imports,
    )


def _imports(slots: str, types: str, protocol: str) -> str:
    """Return the imports of the words in ``types``, from where ``slots.py`` has them."""
    words, tree = set(re.findall(r"\w+", types)), ast.parse(slots)
    lines = {"analysis.enrich.slots": {"Material", protocol}}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {alias.name for alias in node.names} & words
            if names:
                lines.setdefault(node.module, set()).update(names)
    # As ruff sorts them: the standard library, what others wrote, our own.
    first, ours = {"collections.abc"}, sorted(module for module in lines if module.startswith("analysis"))
    groups = (sorted(first & {*lines}), sorted({*lines} - first - {*ours}), ours)
    told = ["".join(f"from {each} import {', '.join(sorted(lines[each]))}\n" for each in group) for group in groups]
    return "\n".join(filter(None, told))


def _sentences(root: Path, task: str) -> str:
    """Return eight sentences of the task's first judge, half of them such that tell nothing."""
    saved = sorted((root / SENTENCES / task).glob("*.jsonl"))
    lines = [line for path in saved for line in path.read_text(encoding="utf-8").splitlines()]
    empty = {line: list(json.loads(line).values())[-1] in NOTHING for line in lines}
    telling = [line for line in empty if not empty[line]][: FEWEST // 2]
    misses = [line for line in empty if empty[line]][: FEWEST // 2]
    return "".join(f"{line}\n" for line in (*telling, *misses))


def _listed(text: str, task: str, name: str) -> str:
    lines = list(re.finditer(rf'^    \("{task}", .*\),\n', text, re.MULTILINE))
    line = f'    ("{task}", "{name}", "judges.{task}_{name}"),\n'
    return text[: lines[-1].end()] + line + text[lines[-1].end() :] if lines else text


def _documented(text: str, task: str, name: str) -> str:
    return re.sub(rf"^(\| `{task}` \|.*) \|$", rf"\1; `{name}`: say here by what it judges |", text, flags=re.MULTILINE)
