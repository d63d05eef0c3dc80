"""``candor init``: write a commented configuration, by asking or from flags."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from analysis.model.errors import UsageError
from candor.answers import Beginning, asked, contact_address, web_address
from candor.next_steps import typed
from candor.streams import Terminal, writing

T = TypeVar("T")
_HEAD = """\
# What Candor tracks and reads. `candor doctor` checks this file; `candor run` crawls and reports.
# store = "https://elastic.example:9200"   # a team's Elasticsearch; without it: a folder beside this file

"""
_BRAND = """\
[[brands]]
name = {name}
role = {role}{note}
# query = '"{plain} kettle" OR {plain} NOT perfume'   # where the name alone is not enough: docs/queries.md
# case_sensitive = true              # for a name that is a word of everyday: Next, Target
# aliases = ["another spelling"]
# products = ["a product's name"]
# context = ["laptop", "keyboard"]   # for an ambiguous name: one of these words must be near it
# not = ["a word that rules it out"]

"""
_SOURCE = """\
[[sources]]
kind = {kind}   # or sitemap, pages, forum, reviews, hackernews, reddit, mastodon, bluesky, lemmy,
               # appstore, discourse, github, askbot,
               # stackexchange, gdelt, youtube, playstore, zendesk, freshdesk, intercom
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
        answers = asked(typer.prompt)
    else:
        answers = _from_flags(brand, competitor, {"feed": feed, "sitemap": sitemap, "pages": pages}, contact)
    text = configuration(
        brand=answers.brand, competitors=answers.competitors, sources=answers.sources, contact=answers.contact
    )
    _check(text, path)
    with writing(path, flag="another PATH"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    out = Terminal(stderr=True, highlight=False)
    out.print(f"Wrote {path}.", markup=False)
    if not answers.contact:
        out.print("Before the first crawl, fill in contact = ... under \\[crawl].")
    call = [] if path == Path("candor.toml") else ["--config", str(path)]
    out.print(f"Next: {typed('candor doctor', call)}, then {typed('candor run', call)}", markup=False)


def configuration(*, brand: str, competitors: list[str], sources: list[tuple[str, str]], contact: str) -> str:
    """Return the text of a configuration."""
    parts = [_HEAD]
    for name in (brand, *competitors):
        role = "own" if name == brand else "competitor"
        note = '   # or "competitor"' if name == brand else ""
        plain = "".join(sign for sign in name if sign.isalnum() or sign in " -.").strip() or "Name"
        parts.append(_BRAND.format(name=_quoted(name), role=_quoted(role), note=note, plain=plain))
    parts += [_SOURCE.format(kind=_quoted(kind), url=_quoted(url)) for kind, url in sources]
    parts.append(_CRAWL.format(contact=_quoted(contact)))
    return "".join(parts)


def _from_flags(
    brand: str, competitors: list[str] | None, sources: dict[str, list[str] | None], contact: str | None
) -> Beginning:
    answers = Beginning()
    answers.brand = _valid("--brand", answers.new_brand, brand)
    for given in competitors or ():
        answers.competitors += _valid("--competitor", answers.new_competitors, given)
    for kind, urls in sources.items():
        answers.sources += [(kind, _valid(f"--{kind}", web_address, url)) for url in urls or ()]
    answers.contact = _valid("--contact", contact_address, contact) if contact else ""
    return answers


def _valid(flag: str, check: Callable[[str], T], given: str) -> T:
    try:
        return check(given)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from None


def _check(text: str, path: Path) -> None:
    from crawler.configuration import from_text

    from_text(text, path=path)


def _quoted(text: str) -> str:
    """Return ``text`` as a TOML basic string: JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)
