"""Conditions checked against what there is: a value that nothing has is a mistake, and is told with what was meant.

Brands, topics and sources are taken by their names as well as by their ids, in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from analysis.model import NO_VALUE
from analysis.model.errors import UsageError
from analysis.model.folding import fold
from analysis.track.questions import LARGE, buckets

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from analysis.store.base import Filter, Store

_FLAGS = {"brand.id": "--brand", "source.id": "--source", "topics": "--topic", "sentiment.label": "--sentiment"}
_TOPICS = frozenset(("topics", "complaint_topics", "praise_topics", "wish_topics", "switching.reason"))
_BRANDS = frozenset(("brand.id", "switching.origin", "switching.target"))
_CLOSED = ("brand.role", "source.kind", "kind", "lang", "sentiment.label", "intents", "dimensions", "journey", "moves")
_LISTED = frozenset((*_CLOSED, "severity.level", "switching.status", "published_at_source"))
_FEW = 12


def checked(where: Filter, *, config: Config, store: Store) -> Filter:
    """Return ``where`` with ids in the place of names. Raises ``UsageError`` for a value that nothing can have."""
    return replace(
        where,
        terms=_known(where.terms, config=config, store=store),
        exclude=_known(where.exclude, config=config, store=store, flag="--without"),
    )


def as_id(path: str, given: str, *, config: Config) -> str:
    """Return the id of the brand or topic that ``given`` names, in any case; ``given`` itself where none is."""
    named = {fold(name): value for name, value in _configured(path, config)}
    return named.get(fold(given.strip()), given)


def note_nothing_found(where: Filter) -> None:
    """Say on standard error that conditions which are known select nothing together."""
    from candor.crawl_progress import stderr_console

    narrowed = where.terms or where.exclude or where.query or where.since or where.until
    words = "no mention matches all of these conditions; leave one out" if narrowed else "the store holds no mention"
    stderr_console().print(f"candor: {words}", markup=False)


def _known(
    given: Mapping[str, Sequence[str]], *, config: Config, store: Store, flag: str = "--where"
) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {}
    for path, values in given.items():
        if path not in _BRANDS | _TOPICS | _LISTED | {"source.id"}:
            found[path] = values
            continue
        named = {fold(name): value for name, value in _values(path, config=config, store=store)}
        place = _FLAGS.get(path, f"{flag}: {path}") if flag == "--where" else f"{flag}: {path}"
        found[path] = tuple(dict.fromkeys(_one(value, named, place) for value in values))
    return found


def _one(value: str, named: Mapping[str, str], place: str) -> str:
    chosen = value if value == NO_VALUE else named.get(fold(value.strip()))
    if chosen is not None:
        return chosen
    near = get_close_matches(fold(value), named, n=2, cutoff=0.6)
    choices = sorted(set(named.values()))
    if near:
        cure = f"did you mean {' or '.join(dict.fromkeys(named[name] for name in near))}?"
    elif not choices:
        cure = "nothing is stored yet that has one"
    else:
        rest = f" and {len(choices) - _FEW} more" if len(choices) > _FEW else ""
        cure = f"known: {', '.join(choices[:_FEW])}{rest}"
    raise UsageError(f"{place} {value!r} is neither configured nor stored; {cure}")


def _values(path: str, *, config: Config, store: Store) -> Iterable[tuple[str, str]]:
    """Yield every name that may be given for ``path`` and the value that it stands for; ids last, so that they win."""
    yield from _configured(path, config)
    if path == "source.id":
        yield from ((source.url, source.id) for source in config.sources if source.url)
        yield from ((source.id, source.id) for source in config.sources)
    yield from ((value, value) for value in _in_model(path))
    yield from ((value, value) for value in _stored(path, store))


def _configured(path: str, config: Config) -> Iterable[tuple[str, str]]:
    if path in _BRANDS:
        yield from ((brand.name, brand.id) for brand in config.brands)
        yield from ((brand.id, brand.id) for brand in config.brands)
    if path in _TOPICS:
        yield from _topics(config)


def _topics(config: Config) -> Iterable[tuple[str, str]]:
    from analysis.enrich.taxonomy import taxonomy_of

    topics = taxonomy_of(config).topics.values()
    yield from ((topic.name, topic.id) for topic in topics)
    yield from ((topic.id, topic.id) for topic in topics)


def _in_model(path: str) -> Iterable[str]:
    """Return the values that a closed field has by definition."""
    from analysis.model import INTENTS, SENTIMENTS

    return {"sentiment.label": SENTIMENTS, "intents": INTENTS, "brand.role": ("own", "competitor")}.get(path, ())


def _stored(path: str, store: Store) -> Iterable[str]:
    from analysis.store.base import Filter

    answer = store.aggregate(Filter(), {"values": {"terms": {"field": path, "size": 10 * LARGE}}})
    return [key for key, _ in buckets(answer, "values")]
