"""``candor init``: write a commented configuration, by asking or from flags."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from analysis.model.errors import UsageError
from candor.streams import Terminal, writing

_HEAD = """\
# What Candor tracks and reads. `candor doctor` checks this file; `candor run` crawls and reports.
# store = "https://elastic.example:9200"   # a team's Elasticsearch; without it: a folder beside this file

"""
_BRAND = """\
[[brands]]
name = {name}
role = {role}{note}
query = {query}   # Lucene syntax: AND OR NOT, "phrases", "near each other"~5, wildc*
# aliases = ["another spelling"]
# products = ["a product's name"]
# context = ["laptop", "keyboard"]   # for an ambiguous name: one of these words must be near it
# not = ["a word that rules it out"]

"""
_SOURCE = """\
[[sources]]
kind = {kind}   # feed, sitemap, pages or hackernews
url = {url}
every = "1h"
# promise = {{ posts = 5, dated = 0.9 }}   # what it gives when healthy; a silent break becomes a warning

"""
_CRAWL = """\
[crawl]
contact = {contact}   # goes into the User-Agent: whom a site may write to
delay = "1s"                 # between two requests to one host
# allow_networks = ["10.0.0.0/8"]   # private addresses that may be read; none by default

[report]
period = "30d"
timezone = "UTC"
"""


def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("candor.toml"),
    brand: Annotated[str | None, typer.Option("--brand", help="Your brand's name.")] = None,
    competitor: Annotated[list[str] | None, typer.Option("--competitor", help="A competitor. May be repeated.")] = None,
    feed: Annotated[list[str] | None, typer.Option("--feed", help="A feed's address. May be repeated.")] = None,
    sitemap: Annotated[
        list[str] | None, typer.Option("--sitemap", help="A sitemap's address. May be repeated.")
    ] = None,
    pages: Annotated[list[str] | None, typer.Option("--pages", help="A page to read. May be repeated.")] = None,
    contact: Annotated[str | None, typer.Option("--contact", help="mailto: or web address for site owners.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a commented candor.toml: asks for brand, competitors and sites, or takes them from flags.

    Examples:

      candor init

      candor init --brand Tessaro --competitor Ulmo --feed https://news.example/feed.xml --contact mailto:me@our.example
    """
    if path.exists() and not force:
        raise UsageError(f"{path}: is there already; edit it, or overwrite it with --force")
    if brand is None:
        if not sys.stdin.isatty():
            raise UsageError(
                "--brand: is missing, and there is no terminal to ask on; give --brand, --feed and --contact"
            )
        brand, competitor, feed, sitemap, contact = _ask()
    sources = [("feed", url) for url in feed or ()]
    sources += [("sitemap", url) for url in sitemap or ()]
    sources += [("pages", url) for url in pages or ()]
    text = configuration(brand=brand, competitors=competitor or [], sources=sources, contact=contact or "")
    _check(text, path)
    with writing(path, flag="another PATH"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    out = Terminal(stderr=True, highlight=False)
    out.print(f"Wrote {path}.", markup=False)
    if not contact:
        out.print("Before the first crawl, fill in contact = ... under \\[crawl].")
    out.print("Next: candor doctor, then candor run")


def configuration(*, brand: str, competitors: list[str], sources: list[tuple[str, str]], contact: str) -> str:
    """Return the text of a configuration."""
    parts = [_HEAD]
    for name in (brand, *competitors):
        role = "own" if name == brand else "competitor"
        note = '   # or "competitor"' if name == brand else ""
        parts.append(_BRAND.format(name=_quoted(name), role=_quoted(role), note=note, query=_literal(f'"{name}"')))
    parts += [_SOURCE.format(kind=_quoted(kind), url=_quoted(url)) for kind, url in sources]
    parts.append(_CRAWL.format(contact=_quoted(contact)))
    return "".join(parts)


def _ask() -> tuple[str, list[str], list[str], list[str], str]:
    brand = typer.prompt("Your brand")
    competitors = _several("A competitor (empty to go on)")
    feeds = _several("A feed to read, RSS or Atom (empty to go on)")
    sitemaps = _several("A site's sitemap.xml to read (empty to go on)")
    contact = typer.prompt("Contact for site owners, such as mailto:you@your.example")
    return brand, competitors, feeds, sitemaps, contact


def _several(question: str) -> list[str]:
    answers: list[str] = []
    while answer := typer.prompt(question, default="", show_default=False).strip():
        answers.append(answer)
    return answers


def _check(text: str, path: Path) -> None:
    from crawler.configuration import from_text

    from_text(text, path=path)


def _quoted(text: str) -> str:
    """Return ``text`` as a TOML basic string: JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _literal(text: str) -> str:
    return f"'{text}'" if "'" not in text else _quoted(text)
