"""What a query is once it is read: a small tree that is matched, compiled by each engine, or said in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product

MOST_PAIRS = 64


@dataclass(frozen=True, slots=True)
class Writing:
    """How words must be written, where their letters alone do not say it.

    ``words`` holds for each word its writing, empty where any will do; it is compared with or without regard to
    ``case`` and ``accents``. ``gaps`` are the signs between the words, ``before`` (one of its signs) and ``after``
    those around them, empty where any will do. ``strict``: the last sign may not be left out.
    """

    words: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    case: bool = False
    accents: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """Words in this order; with ``slop`` they may be moved, as in Lucene.

    Take from each word's position its place in the phrase: the largest and the smallest result may differ by ``slop``.
    So ``"a b"~1`` finds ``a x b``, ``"a b"~2`` also ``b a``. A repeated word needs as many occurrences. Words with a
    ``form`` have no slop.
    """

    words: tuple[str, ...]
    slop: int = 0
    form: Writing | None = None
    shown: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """One token that matches ``pattern``, where ``*`` is any run of characters and ``?`` is one."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Nearby:
    """All parts, each with at most ``gap`` words between it and the one before it; in any order if there are two and
    they are not ``ordered``. Parts are words, alternatives and other ``Nearby``.
    """

    parts: tuple[Node, ...]
    gap: int
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Every part matches."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part matches. ``shown`` is set where all are ways of writing one name."""

    parts: tuple[Node, ...]
    shown: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Without:
    """The part does not match."""

    part: Node


Leaf = Terms | Wildcard | Nearby
Node = Leaf | All | Either | Without


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query and the text that it came from."""

    source: str
    node: Node


def has_positive(node: Node) -> bool:
    """Tell whether ``node`` names something to find, so that it cannot match everything."""
    match node:
        case Without():
            return False
        case All(parts):
            return any(has_positive(part) for part in parts)
        case Either(parts):
            return all(has_positive(part) for part in parts)
    return True


def positive_leaves(node: Node) -> Iterable[Leaf]:
    """Yield what a text that matches may hold, in the order of the query."""
    match node:
        case All(parts) | Either(parts):
            for part in parts:
                yield from positive_leaves(part)
        case Terms() | Wildcard() | Nearby():
            yield node


def plainer(node: Terms | Nearby) -> Node | None:
    """Return what any index can be asked of ``node`` and that matches all that ``node`` matches, and perhaps more.

    None where ``node`` is such itself. Exactly the same where ``spelled_out`` returns something.
    """
    if isinstance(node, Terms):
        return Terms(node.words, node.slop) if node.form else None
    return All(tuple(_loose(part) for part in node.parts))


def _loose(node: Node) -> Node:
    match node:
        case Terms() | Nearby():
            return plainer(node) or node
        case Either(parts):
            return Either(tuple(_loose(part) for part in parts))
    return node


def spelled_out(node: Nearby) -> Either | None:
    """Return two groups of single words near each other as phrases with slop, which indexes know; else None."""
    if node.ordered or len(node.parts) != 2:
        return None
    left, right = (_single_words(part) for part in node.parts)
    if not left or not right or set(left) & set(right) or len(left) * len(right) > MOST_PAIRS:
        return None
    pairs = [pair for one, other in product(left, right) for pair in ((one, other), (other, one))]
    return Either(tuple(Terms(pair, node.gap) for pair in pairs))


def _single_words(node: Node) -> list[str]:
    parts = node.parts if isinstance(node, Either) else (node,)
    words = [part.words[0] for part in parts if isinstance(part, Terms) and len(part.words) == 1 and not part.form]
    return words if len(words) == len(parts) else []
