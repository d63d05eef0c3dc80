"""Questions to a person in the terminal, and answers from a file: what ``candor label`` shows and takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from rich.text import Text

from analysis.model.errors import UsageError
from candor.streams import Terminal

if TYPE_CHECKING:
    from analysis.ledger.learning.doubts import Doubt
    from analysis.model.records.audit import CorrectedField

SKIP, QUIT = "s", "q"
RIGHT = ("y", "\r", "\n")
_KEYS = "1234567890abcdefghijklmnoprtuvwxzABCDEFGHIJKLMNOPQRSTUVWXYZ"
Key = Callable[[], str]


def row_of(item: Doubt) -> dict[str, Any]:
    """Return a question as scripts read it; with ``says`` beside it, it is an answer as they write one."""
    mention = item.mention
    return {
        "mention": mention.id,
        "brand": mention.brand.id,
        "task": item.task,
        "judged": item.judged,
        "value": item.value,
        "p": None if item.p is None else round(item.p, 4),
        "doubt": round(item.doubt, 4),
        "drawn": item.drawn,
        "choices": list(item.choices),
        "sentence": item.sentence,
        "span": list(item.span),
        "title": mention.title,
        "url": mention.url,
        "published_at": mention.published_at.isoformat(),
        "model": mention.model,
    }


def asked(items: Sequence[Doubt], *, key: Key, out: Terminal) -> Iterator[tuple[Doubt, str]]:
    """Ask a person each question on the terminal, one key an answer, and yield what they say; skipped ones are not."""
    for number, item in enumerate(items, start=1):
        _show(item, f"{number} of {len(items)}", out)
        says = _key_pressed(item, key, out)
        if says is None:
            return
        if says:
            yield item, says


def keys_of(item: Doubt) -> dict[str, str]:
    """Return key -> answer, of the answers that say that the machine is wrong; of very many the last have no key."""
    others = [choice for choice in item.choices if choice != item.judged]
    return {"n": others[0]} if len(others) == 1 else dict(zip(_KEYS, others, strict=False))


def _key_pressed(item: Doubt, key: Key, out: Terminal) -> str | None:
    """Return what is said, empty where it is skipped, None where the person quits."""
    keys = keys_of(item)
    line = Text("   ")
    for sign, words in [("y", "right"), *keys.items(), (SKIP, "skip"), (QUIT, "quit")]:
        line.append(f"[{sign}]", style="bold")
        line.append(f" {words}  ")
    out.print(line)
    while True:
        pressed = key()
        if pressed in RIGHT:
            return item.judged
        if pressed in keys:
            return keys[pressed]
        if pressed == SKIP:
            return ""
        if pressed in (QUIT, "\x03", "\x04", ""):
            return None


def _show(item: Doubt, place: str, out: Terminal) -> None:
    mention = item.mention
    head = Text(f"\n{place}  {item.task}", style="bold")
    head.append(f"  {mention.brand.id} · {mention.domain} · {mention.published_at:%Y-%m-%d}", style="dim")
    if item.drawn == "lot":
        head.append("  drawn by lot", style="cyan")
    out.print(head)
    if mention.title:
        out.print(Text(f"   {mention.title}", style="dim"))
    said = Text("   " + item.sentence)
    said.stylize("bold", 3 + item.span[0], 3 + item.span[1])
    out.print(said)
    sure = "" if item.p is None else f" ({item.p:.0%} sure)"
    out.print(Text(f"   The machine says: {words_of(item)}{sure}", style="yellow"))


def words_of(item: Doubt) -> str:
    """Return a judgement in words."""
    judged = item.judged.replace("_", " ")
    if item.judged in ("yes", "no"):
        return f"{'a' if item.judged == 'yes' else 'no'} {item.task}"
    if item.task == "topic":
        return f"it complains about {judged}"
    return {"severity": f"harm: {judged}", "move": f"move: {judged}", "relevance": f"relevance: {judged}"}.get(
        item.task, judged
    )


def answer_of(row: Mapping[str, Any], place: str) -> tuple[str, CorrectedField, str, str, str]:
    """Return mention, task, value, what is said (empty: skipped) and how it was drawn, of a line of answers.

    Raises ``UsageError`` for a line that is none; ``place`` names it.
    """
    from analysis.ledger.learning.confirmations import LOT, SEVERAL
    from analysis.ledger.learning.doubts import ASKED

    said = {name: row.get(name, "") for name in ("mention", "task", "value", "says", "judged", "drawn")}
    if wrong := [name for name, value in said.items() if not isinstance(value, str)]:
        raise UsageError(f"{place}: {wrong[0]} is no text")
    if not (said["mention"] and said["task"] and said["says"]):
        raise UsageError(f'{place}: an answer is such as {{"mention": "...", "task": "complaint", "says": "right"}}')
    if said["task"] not in ASKED:
        raise UsageError(f"{place}: task {said['task']!r} is not one of {', '.join(ASKED)}")
    if said["task"] in SEVERAL and not said["value"]:
        raise UsageError(f"{place}: value is missing: which {said['task']} it is about")
    drawn = LOT if said["drawn"] == LOT else ("doubt" if said["drawn"] == "doubt" else "")
    says = "" if said["says"] == "skip" else said["says"]
    return said["mention"], cast("CorrectedField", said["task"]), said["value"], says, drawn
