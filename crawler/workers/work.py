"""What a reader process does: read a page, understand posts. Top-level and pickled by name; no reactor in here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from analysis.model import Brand, Post
from analysis.model.errors import CandorError, LayerError, ReadError
from crawler.kinds import KINDS
from crawler.kinds.base import Ask, Knowledge, Step
from crawler.readers.page import Page
from crawler.workers.memory import give_back

if TYPE_CHECKING:
    from analysis.enrich.learnt.layer import Layer
    from analysis.settings.file import Config
    from analysis.settings.tables import TopicSection

log = logging.getLogger(__name__)
_GIVEN_BACK_EVERY = 4
_READ = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnricherSetup:
    """Everything that a worker needs to build its enricher; hashable, so that each worker builds it once."""

    brands: tuple[Brand, ...]
    key: bytes
    taxonomy: Path | None = None
    topics: tuple[TopicSection, ...] = ()
    model: str = "encoder"
    threads: int = 1
    layer: bytes = b""

    @classmethod
    def of(cls, config: Config, key: bytes, *, layer: bytes = b"") -> Self:
        """Return what a configuration asks for; ``key`` is the installation's, ``layer`` what answers taught."""
        return cls(
            brands=config.brands,
            key=key,
            taxonomy=config.taxonomy,
            topics=config.topics,
            model=config.enrich.model,
            threads=config.enrich.threads,
            layer=layer,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Everything but the page that reading it takes: the kind, what was asked, its options, and what is known."""

    kind: str
    ask: Ask
    options: object
    known: Knowledge


def read_page(reader: Reader, page: Page, setup: EnricherSetup | None = None) -> tuple[Step, ...]:
    """Return what the kind of source that ``reader`` names makes of ``page``.

    With ``setup``, an article that names none of its brands is read without its text: see ``Page.names``.
    Raises ``ReadError``, whatever the reader raised: the page is material from outside, and one bad page must never
    cost more than itself.
    """
    if setup is not None:
        page = replace(page, names=_names(setup.brands))
    if next(_READ) % _GIVEN_BACK_EVERY == 0:
        # What the parses of the pages before left inside the allocator's regions.
        give_back()
    try:
        return KINDS[reader.kind].steps(page, reader.ask, reader.options, reader.known)
    except CandorError:
        raise
    except Exception as error:  # noqa: BLE001 - the edge of the reading stage
        raise ReadError(f"{page.url}: the {reader.kind} reader broke on it ({type(error).__name__}: {error})") from None


def timed_page(reader: Reader, page: Page, setup: EnricherSetup | None = None) -> tuple[tuple[Step, ...], float]:
    """Return what ``read_page`` does, and for how many seconds it kept this worker."""
    began = monotonic()
    return read_page(reader, page, setup), monotonic() - began


def understand_posts(posts: Sequence[Post], setup: EnricherSetup) -> list[Any]:
    """Return what ``analysis.flow.understand`` makes of ``posts`` with the enricher that ``setup`` describes."""
    from analysis.flow import understand

    give_back()
    return list(understand(posts, enricher(setup)))


def enricher_version(setup: EnricherSetup) -> str:
    """Build the enricher in this worker and return what it calls itself; fails where it cannot be built."""
    return str(getattr(enricher(setup), "version", ""))


@lru_cache(maxsize=1)
def enricher(setup: EnricherSetup) -> Any:
    """Return the enricher for ``setup``, built on the first call."""
    from analysis.enrich.enricher import Enricher
    from analysis.enrich.taxonomy import load_taxonomy

    return Enricher(
        setup.brands,
        pseudonym_key=setup.key,
        taxonomy=load_taxonomy(setup.taxonomy, setup.topics),
        model=setup.model,
        threads=setup.threads,
        layer=_layer(setup.layer),
    )


def _layer(written: bytes) -> Layer | None:
    """Return the layer; none where it fits other weights. A crawl by schedule goes on, and its mentions say so."""
    if not written:
        return None
    from analysis.enrich.learnt.layer import fitting_layer

    try:
        return fitting_layer(written)
    except LayerError as error:
        log.warning("%s; until then the shipped judges judge", error)
        return None


@lru_cache(maxsize=1)
def _names(brands: tuple[Brand, ...]) -> Callable[[str], bool]:
    from analysis.enrich.find.brands import brand_matcher, may_name

    return partial(may_name, [brand_matcher(brand) for brand in brands])
