"""Finding by meaning: what is said like a text, or like a mention, in whatever words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.enrich.models.meaning.maker import Directions, Hide, said
from analysis.model import Mention
from analysis.model.errors import UsageError
from analysis.store.base import Filter, Hit, Store
from analysis.store.directions import Direction, nearness
from analysis.store.snippet import snippet

_ID_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """The nearest mentions, each with the sentence that is nearest; ``unmade`` of those chosen could not be compared.

    Those were stored without directions, or with those of another maker.
    """

    hits: list[Hit]
    unmade: int


def alike(store: Store, where: Filter, like: str, *, limit: int, directions: Directions, hide: Hide) -> Alike:
    """Return what is said most nearly as in ``like``, a text or the id of a mention, which is not listed itself.

    ``score`` is the cosine: 1 for the same words, about 0 for nothing shared. ``hide`` takes the names of brands out.
    Raises ``UsageError`` for an id that no mention has, and for a text that cannot be compared.
    """
    mention = _named(store, like.strip())
    texts = said(mention) if mention else [like]
    wanted = [each for each in directions.of_all(list(map(hide, texts))) if each is not None]
    if not wanted or (mention is None and _is_wordless(like) != _is_wordless(hide(like))):
        raise UsageError(_why(like, hide), about=("like",))
    without = (mention.id,) if mention else ()
    hits = store.nearest(where, wanted, maker=directions.maker, limit=limit, without=without)
    others = {**where.exclude, "meaning.maker": (*where.exclude.get("meaning.maker", ()), directions.maker)}
    unmade = store.count(replace(where, exclude=others))
    return Alike(hits=[_shown(hit, wanted, directions, hide) for hit in hits], unmade=unmade)


def _named(store: Store, like: str) -> Mention | None:
    """Return the mention that ``like`` names; None where it is a text."""
    if not like or " " in like:
        return None
    found = store.get([like]).get(like)
    if found is None and len(like) == _ID_DIGITS and all(sign in "0123456789abcdef" for sign in like):
        raise UsageError(f"no mention has the id {like}", about=("like",), cure="search")
    return found


def _why(like: str, hide: Hide) -> str:
    if not like.strip():
        return "nothing to compare with; give a sentence, or the id of a mention"
    if _is_wordless(hide(like)):
        return f"{like!r} says nothing but the names of brands; give what is said of them"
    return f"{like!r} cannot be compared: it has no words in Latin script"


def _is_wordless(text: str) -> bool:
    return not any(sign.isalnum() for sign in text)


def _shown(hit: Hit, wanted: Sequence[Direction], directions: Directions, hide: Hide) -> Hit:
    """Return a hit with the sentence that it was found by."""
    texts = said(hit.mention)
    made = [pair for pair in zip(texts, directions.of_all(list(map(hide, texts))), strict=True) if pair[1] is not None]
    if not made:
        return hit
    near = nearness(np.stack([each for _, each in made if each is not None]), wanted)
    return replace(hit, snippet=snippet(made[int(near.argmax())][0], None))
