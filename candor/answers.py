"""The answers that ``candor init`` needs, checked one by one as they are given: a wrong one is asked for again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import typer

from analysis.model.text import token_words
from analysis.settings.values import contact as contact_address
from analysis.settings.values import slug, web_address

__all__ = ["Beginning", "asked", "contact_address", "web_address"]

T = TypeVar("T")
Ask = Callable[..., Any]
_COMPANIES = frozenset(["inc", "inc.", "ltd", "ltd.", "llc", "co", "co.", "corp", "corp.", "gmbh", "ag", "s.a.", "plc"])


@dataclass(slots=True)
class Beginning:
    """What was answered so far."""

    brand: str = ""
    competitors: list[str] = field(default_factory=list)
    sources: list[tuple[str, str]] = field(default_factory=list)
    contact: str = ""

    def new_brand(self, text: str) -> str:
        """Return a brand's name. Raises ``ValueError`` where it cannot be one, or is there already."""
        name = " ".join(text.split())
        if not token_words(name) or not slug(name):
            raise ValueError(f"{text!r} holds no letter or number; write the brand's name")
        if slug(name) in {slug(known) for known in (self.brand, *self.competitors) if known}:
            raise ValueError(f"{name} was named already")
        return name

    def new_competitors(self, text: str) -> list[str]:
        """Return the names in ``text``, divided by commas or semicolons. Raises ``ValueError``."""
        known = Beginning(brand=self.brand, competitors=list(self.competitors))
        for name in _divided(text):
            known.competitors.append(known.new_brand(name))
        return known.competitors[len(self.competitors) :]


def _divided(text: str) -> list[str]:
    """Return the parts between commas and semicolons; "Ulmo, Inc." is one."""
    parts: list[str] = []
    for part in filter(None, map(str.strip, re.split("[,;\\n]", text))):
        if parts and part.casefold() in _COMPANIES:
            parts[-1] = f"{parts[-1]}, {part}"
        else:
            parts.append(part)
    return parts


def asked(ask: Ask) -> Beginning:
    """Return the answers of a person; ``ask`` puts a question and returns the answer, as ``typer.prompt`` does."""
    answers = Beginning()
    answers.brand = _right(ask, "Your brand", answers.new_brand)
    for names in _several(ask, "A competitor, or several with commas (empty to go on)", answers.new_competitors):
        answers.competitors += names
    for kind, question in (
        ("feed", "A feed to read, RSS or Atom (empty to go on)"),
        ("sitemap", "A site's sitemap.xml to read (empty to go on)"),
    ):
        for urls in _several(ask, question, _addresses):
            answers.sources += [(kind, url) for url in urls if (kind, url) not in answers.sources]
    question = "Contact for site owners, such as mailto:you@your.example"
    answers.contact = _right(ask, question, contact_address)
    return answers


def _addresses(text: str) -> list[str]:
    return [web_address(part.rstrip(",;")) for part in text.split()]


def _right(ask: Ask, question: str, check: Callable[[str], T]) -> T:
    """Ask until the answer is right."""
    while True:
        try:
            return check(str(ask(question)))
        except ValueError as error:
            typer.echo(f"  {error}", err=True)


def _several(ask: Ask, question: str, check: Callable[[str], T]) -> Iterator[T]:
    """Ask until nothing is answered; what is wrong is said, and what was right before is kept."""
    while answer := str(ask(question, default="", show_default=False)).strip():
        try:
            yield check(answer)
        except ValueError as error:
            typer.echo(f"  {error}", err=True)
