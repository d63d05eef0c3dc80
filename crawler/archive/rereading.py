"""Kept answers read anew with today's readers, into the store, without asking a site: the core of ``candor reread``.

What is understood takes the same road as in a crawl, so that what was erased stays out and an answer that is older than
what is stored changes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from analysis.model import Post, Source, at_nameless
from analysis.model.errors import ReadError
from analysis.settings.file import Config
from analysis.settings.key import installation_key
from analysis.store.base import Store
from crawler.archive.answers import KeptAnswer, answers_in
from crawler.archive.folders import folders_of
from crawler.archive.notes import ENTRY, ITEM, Note, item_of, post_of
from crawler.archive.writing import files_in
from crawler.context import Clock, Context, new_run, utc_now
from crawler.keeping.intake import Waiting
from crawler.keeping.visit import Visit
from crawler.kinds import KINDS
from crawler.kinds.base import Knowledge, Took
from crawler.kinds.feed import completed, is_its_own, is_old, kept
from crawler.kinds.sitemap import dated_by
from crawler.readers.page import Page
from crawler.workers import memory
from crawler.workers.pool import reason, start_importing
from crawler.workers.work import Reader

PAGES = "pages"
GONE = "its source is no longer in candor.toml"
ANOTHER = "of another kind than its source is now"
Followed = set[bytes]
"""Digests of (source, entry) of which an article's page is kept."""


@dataclass(frozen=True, slots=True)
class Anew:
    """A post read anew, and what its feed says of it; see ``Waiting``."""

    post: Post
    instead: Post | None = None


def reread(
    config: Config, store: Store, sources: Sequence[Source], *, since: datetime | None = None, now: Clock = utc_now
) -> list[Visit]:
    """Read what is kept of ``sources``, fetched at ``since`` or later, into ``store``; return what each gave. Blocks.

    Raises ``ReadError`` where nothing is kept at all, and ``StoreError`` where the store fails.
    """
    files = [path for folder in folders_of(config) for path in files_in(folder)]
    if not files:
        raise ReadError(
            'no raw pages are kept: write archive = "raw" under [crawl] in candor.toml, and crawl; '
            "what was fetched before that cannot be read anew"
        )
    if since is not None:
        files = [path for path in files if path.stat().st_mtime >= since.timestamp()]
    memory.keep_bounded()
    start_importing()
    return asyncio.run(_all(config, store, sources, files, since, now))


async def _all(
    config: Config, store: Store, sources: Sequence[Source], files: Sequence[Path], since: datetime | None, now: Clock
) -> list[Visit]:
    key = installation_key(config.key_file, named=config.key_is_named)
    context = Context(config, run=new_run(now()), key=key, store=store, now=now)
    visits = {source.id: context.visit(source) for source in sources}
    chosen = {source.id for source in sources}
    try:
        followed = await asyncio.to_thread(_followed, files, chosen)
        ahead: deque[asyncio.Task[tuple[Visit, list[Anew]]]] = deque()
        answers = _answers(files, since)
        while (answer := await asyncio.to_thread(next, answers, None)) is not None:
            note = answer.note
            if answer.page is None or note is None or note.source not in visits:
                continue
            ahead.append(asyncio.ensure_future(_read(context, visits[note.source], answer.page, note, followed)))
            if len(ahead) > 2 * config.crawl.workers:
                await _put(context, *await ahead.popleft())
        while ahead:
            await _put(context, *await ahead.popleft())
    finally:
        await context.close()
    if context.intake.error is not None:
        raise context.intake.error
    return list(visits.values())


def _followed(files: Sequence[Path], sources: set[str]) -> Followed:
    """Return which entries of feeds have a page of their own among what is kept."""
    found = set()
    for answer in _answers(files, None):
        if answer.note is not None and answer.note.source in sources and ENTRY in answer.note.told:
            found.add(_digest(answer.note.source, str(answer.note.told[ENTRY].get("url", ""))))
    return found


def _answers(files: Sequence[Path], since: datetime | None) -> Iterator[KeptAnswer]:
    for path in files:
        try:
            for answer in answers_in(path):
                if answer.page is not None and (since is None or answer.page.fetched_at >= since):
                    yield answer
        except ReadError:
            continue


async def _read(context: Context, visit: Visit, page: Page, note: Note, followed: Followed) -> tuple[Visit, list[Anew]]:
    source = visit.source
    if note.kind not in (PAGES, source.kind) or note.kind not in KINDS:
        visit.drop(ANOTHER)
        return visit, []
    names = [name for brand in context.config.brands for name in (brand.name, *brand.aliases)]
    known = Knowledge(now=page.fetched_at, brands=tuple(dict.fromkeys(names)))
    reader = Reader(kind=note.kind, ask=note.ask, options=source.options, known=known)
    try:
        steps = await context.pool.read(reader, page, whole=False)
        visit.pages += 1
        posts = tuple(post for step in steps if isinstance(step, Took) for post in step.posts)
    except ReadError as error:
        visit.drop(reason(error))
        posts = ()
    try:
        return visit, list(_anew(posts, page, note, source, followed))
    except (ValueError, TypeError, AttributeError):
        visit.drop("its note cannot be read")
        return visit, []


def _anew(posts: tuple[Post, ...], page: Page, note: Note, source: Source, followed: Followed) -> Iterator[Anew]:
    """Yield what a crawl would keep of the answer, with what the list that led to it said."""
    told: Mapping[str, object] = note.told
    if ENTRY in told:
        yield from _of_article(posts, post_of(note.told[ENTRY]), source)
    elif ITEM in told:
        item = item_of(note.told[ITEM])
        yield from (Anew(dated_by(post, item) if len(posts) == 1 else post) for post in posts)
    elif KINDS[note.kind].driver in ("feed", "news"):
        since = getattr(source.options, "since", None)
        fresh = (post for post in posts if not is_old(post, since, page.fetched_at))
        yield from (Anew(kept(post)) for post in fresh if _digest(source.id, post.url) not in followed)
    else:
        yield from map(Anew, posts)


def _of_article(posts: tuple[Post, ...], entry: Post, source: Source) -> Iterator[Anew]:
    own, alone = is_its_own(entry, source.url), len(posts) == 1
    for post in posts:
        yield Anew(completed(post, entry, alone=alone, own=own), kept(entry) if alone and own else None)
    if not posts and own:
        yield Anew(kept(entry))


async def _put(context: Context, visit: Visit, anew: Sequence[Anew]) -> None:
    for each in anew:
        post = _signed(each.post, visit.source)
        if not post.text.strip() and not post.title.strip():
            visit.drop("no text")
            continue
        visit.saw(post)
        instead = _signed(each.instead, visit.source) if each.instead else None
        await context.intake.put(Waiting(post, visit, None, instead))


def _signed(post: Post, source: Source) -> Post:
    return replace(at_nameless(post), source=source.id, source_kind=source.kind)


def _digest(source: str, url: str) -> bytes:
    return hashlib.blake2b(f"{source}\n{url}".encode(errors="surrogatepass"), digest_size=8).digest()
