"""A name as it is written, turned into what finds it: its words, the signs that belong to it, its other spellings.

Hyphens, apostrophes, commas and the like may stand or not (``Coca-Cola``, ``Coca Cola``). Signs that make a name
another one must stand: ``&``, ``+``, ``#``, a dot inside a word or before it. A ``!`` or ``?`` at the end may be left
out where the name begins with a capital, because then it is not the word of everyday ("Guess jeans", not "I guess").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from analysis.model.errors import QueryError
from analysis.model.folding import as_written
from analysis.model.query.tree import Either, Node, Query, Terms, Writing
from analysis.model.text import Token, plain_tokens

_BETWEEN = frozenset("&+*!$#?")
_BEFORE = frozenset("&.#@$")
_AFTER = "+#"
_SOFT = "!?"
_JOINED = frozenset("-'`*‐‑‒–—−")
_SPELT = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
_LEAST_MARKED = 5


def words_query(phrase: str, *, exact: bool = False, case: bool = False) -> Query:
    """Return the query that finds the name ``phrase``; ``exact``: with its very accents and signs, ``case``: with its
    very capitals. Raises ``QueryError`` where no word is in it.
    """
    return Query(phrase, name_node(phrase, exact=exact, case=case, name=True))


def name_node(phrase: str, *, exact: bool = False, case: bool = False, name: bool = False, column: int = 1) -> Node:
    """Return what finds ``phrase``. Only of a ``name`` the spellings are looked for that it does not hold itself: a
    hashtag of its words, an apostrophe or umlauts that it leaves out.
    """
    found = plain_tokens(phrase)
    if not found:
        raise QueryError(f"{phrase!r} holds no word or number to search for", column=column)
    shown = " ".join(phrase.split())
    main = _as_it_stands(phrase, found, exact=exact, case=case, shown=shown)
    if exact or case:
        return main
    others = [*_spellings(phrase, found), *(_fuller(phrase, found) if name else ())]
    parts = tuple(dict.fromkeys((main, *others)))
    return Either(parts, shown) if len(parts) > 1 else main


def _as_it_stands(phrase: str, found: Sequence[Token], *, exact: bool, case: bool, shown: str) -> Terms:
    words = tuple(token.norm for token in found)
    form = Writing(
        words=tuple(as_written(phrase[token.start : token.end]) for token in found) if exact or case else (),
        gaps=_gaps(phrase, found, exact=exact),
        before=_before(as_written(phrase[: found[0].start])),
        after=_after(as_written(phrase[found[-1].end :])),
        case=case,
        accents=exact or case,
        strict=exact or case,
    )
    told = form.words or form.before or form.after or any(form.gaps)
    return Terms(words, form=form if told else None, shown=shown)


def _gaps(phrase: str, found: Sequence[Token], *, exact: bool) -> tuple[str, ...]:
    between = [as_written(phrase[one.end : other.start]) for one, other in pairwise(found)]
    return tuple(gap.strip() if _tells(gap, exact=exact) else "" for gap in between)


def _tells(gap: str, *, exact: bool) -> bool:
    """Tell whether the signs between two words make them another name than the words alone are."""
    signs = gap.strip()
    if exact:
        return bool(signs)
    if signs and signs in _SOFT and gap != signs:
        return False  # the end of a word inside a name: Yum! Brands
    return gap == "." or not _BETWEEN.isdisjoint(signs)


def _before(lead: str) -> str:
    stripped = lead.rstrip()
    last = stripped[-1:]
    return last if last in _BEFORE and (last == "&" or stripped == lead) else ""


def _after(tail: str) -> str:
    """Return the signs right behind a name that belong to it: a run of ``+`` or ``#``, or one ``!`` or ``?``."""
    first = tail[:1]
    if first and first in _AFTER:
        return tail[: len(tail) - len(tail.lstrip(first))]
    return first if first and first in _SOFT else ""


def _spellings(phrase: str, found: Sequence[Token]) -> Iterator[Terms]:
    """Yield what the name holds itself, written plainer: joined words, ``and`` for ``&``, ``ae`` for ``ä``."""
    between = [as_written(phrase[one.end : other.start]) for one, other in pairwise(found)]
    words = [token.norm for token in found]
    yield from _with_and(words, [gap.strip() for gap in between])
    if any(gap in _JOINED for gap in between):
        joined, gaps = _joined(phrase, found, between)
        yield Terms(tuple(joined), form=Writing(gaps=gaps) if any(gaps) else None)
        yield from _with_and(joined, gaps)
    for place in range(1, len(words) - 1):
        if words[place] == "and" and len(words[place - 1]) > 1 and len(words[place + 1]) > 1:
            rest = (*words[:place], *words[place + 1 :])
            gaps = tuple("&" if at == place - 1 else "" for at in range(len(rest) - 1))
            yield Terms(rest, form=Writing(gaps=gaps))
    spelt = tuple(_spelt(phrase, token) for token in found)
    if spelt != tuple(words):
        yield Terms(spelt)


def _joined(phrase: str, found: Sequence[Token], between: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the words with those joined that only a hyphen or the like divides, and the signs between the rest."""
    words, gaps = [found[0].norm], []
    for token, gap, told in zip(found[1:], between, _gaps(phrase, found, exact=False), strict=True):
        if gap in _JOINED:
            words[-1] += token.norm
        else:
            words.append(token.norm)
            gaps.append(told)
    return words, tuple(gaps)


def _with_and(words: Sequence[str], gaps: Sequence[str]) -> Iterator[Terms]:
    for place, gap in enumerate(gaps):
        if gap == "&" and len(words[place]) > 1 and len(words[place + 1]) > 1:
            yield Terms((*words[: place + 1], "and", *words[place + 1 :]))


def _spelt(phrase: str, token: Token) -> str:
    written = as_written(phrase[token.start : token.end]).casefold()
    marked = [sign for sign in _SPELT if sign in written]
    if not marked:
        return token.norm
    for sign in marked:
        written = written.replace(sign, _SPELT[sign])
    return "".join(piece.norm for piece in plain_tokens(written))


def _fuller(phrase: str, found: Sequence[Token]) -> Iterator[Terms]:
    """Yield the name with what it leaves out, which must stand then: ``#CocaCola``, ``McDonald's``, ``Müller``; or
    without the blank before its number."""
    words = [token.norm for token in found]
    if 1 < len(words) <= 4 and not any(_gaps(phrase, found, exact=False)):
        yield Terms(("".join(words),), form=Writing(before="#@"))
    if len(words) == 2 and words[1].isdecimal() and words[0].isalpha() and len(words[0]) >= _LEAST_MARKED:
        yield Terms(("".join(words),))
    for place, word in enumerate(words):
        before, after = words[:place], words[place + 1 :]
        if len(word) < _LEAST_MARKED:
            continue
        if word.endswith("s"):
            yield _apostrophe(before, (word[:-1], "s"), after)
        if word[0] in "ldo":
            yield _apostrophe(before, (word[0], word[1:]), after)
        marked = word.replace("ae", "ä").replace("oe", "ö").replace("ue", "ü")
        if marked != word:
            plain = plain_tokens(marked)[0].norm
            written = (*("" for _ in before), marked, *("" for _ in after))
            yield Terms((*before, plain, *after), form=Writing(words=written, accents=True))


def _apostrophe(before: Sequence[str], halves: tuple[str, str], after: Sequence[str]) -> Terms:
    gaps = (*("" for _ in before), "'", *("" for _ in after))
    return Terms((*before, *halves, *after), form=Writing(gaps=gaps))
