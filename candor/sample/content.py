"""The texts of the sample web, read from ``content/*.txt``.

A file is a list of entries. ``# slug | title | section`` opens a group (a thread of the forum, a product of the review
site); ``@DAY HH:MM author | field | field`` opens an entry, and the lines up to the next sign are its text, paragraphs
apart by an empty line. ``~name`` on that line says that the entry belongs to a planted story; it is for the
tests and never served. DAY counts from 0 to 147; day 147 is yesterday.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

DAYS = 148
SYNDICATED = "reading-habit-survey"
FOLDER = Path(__file__).parent / "content"
_OPENING = re.compile(r"^@(\d+) (\d\d):(\d\d) (.+)$")
_STORY = re.compile(r" ~([a-z-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One post of the sample web. ``day`` is its offset, 0 to 147; ``slug`` and ``number`` never change."""

    site: str
    day: int
    clock: time
    author: str
    title: str
    text: str
    slug: str
    number: int
    section: str = ""
    thread: str = ""
    rating: int | None = None
    version: str = ""
    product: str = ""
    stories: tuple[str, ...] = ()

    @property
    def paragraphs(self) -> list[str]:
        """The text's paragraphs, in order."""
        return [part for part in self.text.split("\n\n") if part]

    def at(self, today: date) -> datetime:
        """Return when it was published (UTC), if the last day of the sample is the one before ``today``."""
        return datetime.combine(today - timedelta(days=DAYS - self.day), self.clock, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A thread or a product, with its entries oldest first."""

    slug: str
    title: str
    section: str
    number: int
    entries: tuple[Entry, ...]


def number_of(*parts: object) -> int:
    """Return a number of five to seven digits that depends on ``parts`` alone."""
    return 10_000 + zlib.crc32("\n".join(map(str, parts)).encode()) % 9_000_000


def news() -> tuple[Entry, ...]:
    """Return the news site's articles: author | section | slug | title."""
    return _sorted(
        replace(entry, section=fields[0], slug=fields[1], title=fields[2], number=number_of("news", fields[1]))
        for entry, fields, _ in _entries("news")
    )


def local(site: str) -> tuple[Entry, ...]:
    """Return a local paper's articles and its copy of the syndicated one: author | site | section | slug | title."""
    own = [_local(entry, fields) for entry, fields, _ in _entries("local") if fields[0] == site]
    return _sorted(iter([*own, copy_for(site)]))


def blog() -> tuple[Entry, ...]:
    """Return the blog's articles: author | slug | title."""
    return _sorted(
        replace(entry, slug=fields[0], title=fields[1], number=number_of("blog", fields[0]))
        for entry, fields, _ in _entries("blog")
    )


def releases() -> tuple[Entry, ...]:
    """Return the release notes: maker | version | devices. The address is made of maker, device and version."""
    return _sorted(_release(entry, fields) for entry, fields, _ in _entries("releases"))


def forum() -> tuple[Group, ...]:
    """Return the forum's threads, each with its posts."""
    return _groups("forum")


def reviews() -> tuple[Group, ...]:
    """Return the products with their reviews: author | stars | version | title. The title may be empty."""
    return _groups("reviews")


def talk() -> tuple[Group, ...]:
    """Return the topics of the second forum, which is read by its API."""
    return _groups("talk")


def apps() -> tuple[Group, ...]:
    """Return the apps of the app store with their reviews, as ``reviews``."""
    return _groups("apps")


def square() -> tuple[Entry, ...]:
    """Return the posts of the social network: author."""
    return _sorted(
        replace(entry, number=number_of("square", entry.day, entry.clock, entry.author))
        for entry, _, _ in _entries("square")
    )


def mail() -> tuple[Entry, ...]:
    """Return the mails to our maker: sender | subject."""
    return _sorted(
        replace(entry, title=fields[0], number=number_of("mail", entry.day, entry.clock, entry.author))
        for entry, fields, _ in _entries("mail")
    )


def survey() -> tuple[Entry, ...]:
    """Return the answers to our maker's survey: id | how likely they recommend it, 0 to 10."""
    return _sorted(
        replace(entry, rating=int(fields[0]), number=number_of("survey", entry.author))
        for entry, fields, _ in _entries("survey")
    )


def _release(entry: Entry, fields: list[str]) -> Entry:
    version, product = fields[0], fields[1]
    slug = re.sub(r"[^a-z0-9]+", "-", f"{product} {version}".lower()).strip("-")
    title = f"{product} {version}"
    section = entry.author.lower().split()[0]
    return replace(
        entry,
        version=version,
        product=product,
        slug=slug,
        title=title,
        section=section,
        number=number_of("releases", section, slug),
    )


def _groups(name: str) -> tuple[Group, ...]:
    heads: dict[tuple[str, ...], list[Entry]] = {}
    for entry, fields, head in _entries(name):
        slug, title, section = head
        base = replace(entry, thread=slug, slug=slug, section=section)
        base = replace(base, number=number_of(name, slug, entry.day, entry.clock, entry.author))
        if name in ("reviews", "apps"):
            base = replace(base, rating=int(fields[0]), version=fields[1], title=fields[2], product=title)
        else:
            base = replace(base, title=title)
        heads.setdefault(head, []).append(base)
    return tuple(
        Group(slug=slug, title=title, section=section, number=number_of(name, slug), entries=_sorted(iter(entries)))
        for (slug, title, section), entries in heads.items()
    )


def _sorted(entries: Iterator[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry.day, entry.clock, entry.number)))


def _entries(name: str) -> Iterator[tuple[Entry, list[str], tuple[str, str, str]]]:
    """Yield each entry with its further fields and its group, from every ``<name>*.txt`` in order of name."""
    for path in sorted(FOLDER.glob(f"{name}*.txt")):
        head, opened, text = ("", "", ""), None, list[str]()
        for line in [*path.read_text(encoding="utf-8").splitlines(), "# end | of | file"]:
            opening = _OPENING.match(line)
            if not opening and not line.startswith("# "):
                text.append(line)
                continue
            if opened:
                yield (*_entry(name, opened, text), head)
            opened, text = opening, []
            if not opening:
                first, second, third = (part.strip() for part in line[2:].split("|"))
                head = (first, second, third)


def _entry(name: str, opening: re.Match[str], text: list[str]) -> tuple[Entry, list[str]]:
    day, hour, minute, rest = opening.groups()
    author, *fields = (part.strip() for part in _STORY.sub("", rest).split("|"))
    if int(day) >= DAYS:
        raise ValueError(f"content/{name}: day {day} is past the last day, {DAYS - 1}")
    entry = Entry(
        site=name,
        day=int(day),
        clock=time(int(hour), int(minute)),
        author=author,
        title="",
        text="\n".join(text).strip(),
        slug="",
        number=0,
        stories=tuple(_STORY.findall(rest)),
    )
    return entry, fields


def copy_for(site: str) -> Entry:
    """Return the syndicated article as ``site`` printed it: the news site's text with that site's small edits.

    ``content/copies.txt`` holds them in the form of ``local.txt``, with lines ``old words => new words`` for a text;
    with nothing behind the arrow the whole paragraph that holds the words is left out.
    """
    original = next(entry for entry in news() if entry.slug == SYNDICATED)
    entry, fields = next((entry, fields) for entry, fields, _ in _entries("copies") if fields[0] == site)
    return replace(_local(entry, fields), text=_edited(original.text, entry.text.splitlines()))


def _local(entry: Entry, fields: list[str]) -> Entry:
    site, section, slug, title = fields
    return replace(entry, site=site, section=section, slug=slug, title=title, number=number_of(site, slug))


def _edited(text: str, edits: list[str]) -> str:
    for edit in edits:
        old, _, new = (part.strip() for part in edit.partition("=>"))
        if old not in text:
            raise ValueError(f"content/copies.txt: {old!r} is not in the syndicated article")
        parts = text.split("\n\n")
        text = "\n\n".join(part.replace(old, new) for part in parts if new or old not in part)
    return text
