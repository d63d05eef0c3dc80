"""A query in words, so that a person sees how it was read."""

from __future__ import annotations

from analysis.model.query.tree import All, Either, Nearby, Node, Terms, Wildcard, Without, Writing


def in_words(node: Node) -> str:
    """Return how ``node`` is understood, as a person would say it."""
    match node:
        case Terms():
            return _terms(node)
        case Wildcard(pattern):
            return f"a word like {pattern}"
        case Nearby():
            return _near(node)
        case All(parts):
            return " and ".join(_inner(part) for part in parts)
        case Either(parts, shown):
            return _spellings(parts, shown) if shown else " or ".join(_inner(part) for part in parts)
        case Without(part):
            return f"not {_inner(part)}"
    raise TypeError(f"{type(node).__name__} is no part of a query")


def _inner(node: Node) -> str:
    several = (
        isinstance(node, All)
        or (isinstance(node, Either) and not node.shown)
        or (isinstance(node, Nearby) and node.gap > 0)
    )
    return f"({in_words(node)})" if several else in_words(node)


def _terms(leaf: Terms) -> str:
    words = f'"{leaf.shown or " ".join(leaf.words)}"'
    if leaf.slop:
        return f"the words {words} with up to {leaf.slop} moves"
    form = leaf.form
    if form is None:
        return words
    return words + _manner(form)


def _manner(form: Writing) -> str:
    if form.case:
        return " written exactly so"
    if form.accents and any(form.words):
        return " with its accents"
    signs = " ".join(sign for sign in (form.before, *form.gaps, form.after) if sign)
    if form.after and form.after in "!?" and not form.strict:
        return f" with its {signs}, or with a capital"
    return f" with its {signs}"


def _near(node: Nearby) -> str:
    if node.ordered and not node.gap:
        return f'the phrase "{" ".join(_inside_quotes(part) for part in node.parts)}"'
    how = "followed by" if node.ordered else "near"
    joined = f" {how} ".join(_inner(part) for part in node.parts)
    words = "word" if node.gap == 1 else "words"
    return f"{joined} (at most {node.gap} {words} between)"


def _inside_quotes(node: Node) -> str:
    match node:
        case Wildcard(pattern):
            return pattern
        case Terms(words):
            return node.shown or " ".join(words)
        case Either(_, shown) if shown:
            return shown
    return in_words(node)


def _spellings(parts: tuple[Node, ...], shown: str) -> str:
    others = ", ".join(_other(part) for part in parts if not (isinstance(part, Terms) and part.shown == shown))
    main = next((in_words(part) for part in parts if isinstance(part, Terms) and part.shown == shown), f'"{shown}"')
    return f"{main} (also {others})" if others else main


def _other(node: Node) -> str:
    """Return a spelling: with the signs that must stand in their places."""
    if not isinstance(node, Terms) or node.form is None or not node.form.gaps:
        start = node.form.before[:1] if isinstance(node, Terms) and node.form else ""
        if isinstance(node, Terms) and node.form and any(node.form.words):
            return " ".join(said or word for said, word in zip(node.form.words, node.words, strict=True))
        return start + " ".join(node.words) if isinstance(node, Terms) else in_words(node)
    text = node.words[0]
    for sign, word in zip(node.form.gaps, node.words[1:], strict=True):
        text += ("'" if sign == "'" else f" {sign} " if sign else " ") + word
    return text
