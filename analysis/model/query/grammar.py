"""From the pieces of a query to its tree.

From tight to loose: ``NEAR/5``, words side by side (all must occur), ``AND``, ``OR``. A ``NOT`` (or ``-`` or ``!``)
behind alternatives rules out for all of them: ``a OR b NOT c``. Where an ``OR`` or a word follows it, two readings are
possible, and the query is refused. The syntax is Lucene's and what Brandwatch, Meltwater and Talkwalker add to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from analysis.model.errors import QueryError
from analysis.model.folding import fold
from analysis.model.query.lexing import MOST_GAP, SYNTAX_HELP, Lexeme, pieces
from analysis.model.query.names import name_node
from analysis.model.query.tree import All, Either, Nearby, Node, Query, Terms, Wildcard, Without, has_positive
from analysis.model.text import plain_tokens

_DEEPEST = 60
_UNITS = ("(", "word", "phrase", "exact", "plus")
_WILD = re.compile(r"(?<!\\)[*?]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def parse(source: str) -> Query:
    """Return the query that ``source`` says. Raises ``QueryError`` with the column of the first mistake."""
    if not source.strip():
        raise QueryError(f"the query is empty; {SYNTAX_HELP}", column=1)
    found = pieces(source)
    _check_parentheses(found)
    node = _Reader(found).whole()
    if not has_positive(node):
        raise QueryError(f"the query only excludes; name at least one word to find; {SYNTAX_HELP}", column=1)
    return Query(source, node)


def _check_parentheses(found: list[Lexeme]) -> None:
    opened: list[Lexeme] = []
    for piece in found:
        if piece.kind == "(":
            opened.append(piece)
            if len(opened) > _DEEPEST:
                raise QueryError(f"more than {_DEEPEST} parentheses inside each other", column=piece.column)
        elif piece.kind == ")":
            if not opened:
                raise QueryError(f"the parenthesis at column {piece.column} closes nothing", column=piece.column)
            opened.pop()
    if opened:
        column = opened[-1].column
        raise QueryError(f"the parenthesis at column {column} is not closed", column=column)


@dataclass(slots=True)
class _Level:
    """What stands between two parentheses: alternatives, each of parts that all must match, and what is ruled out."""

    branches: list[list[Node]] = field(default_factory=lambda: [[]])
    ruled_out: list[Node] = field(default_factory=list)
    barred: int = 0

    def add(self, node: Node, *, joined: str, negated: bool, column: int) -> None:
        """Add an operand; ``joined`` is what stands before it: and, or, or nothing."""
        if joined == "or":
            if self.barred:
                raise _two_readings(column)
            self.branches.append([])
        if negated and (self.ruled_out or (joined == "" and self.branches[0])):
            self.barred = column
            self.ruled_out.append(node)
        elif self.ruled_out and len(self.branches) > 1:
            raise _two_readings(column)
        else:
            self.branches[-1].append(Without(node) if negated else node)

    def node(self) -> Node:
        """Return the tree."""
        parts = [_all(branch) for branch in self.branches]
        body = parts[0] if len(parts) == 1 else Either(tuple(parts))
        if not self.ruled_out:
            return body
        kept = body.parts if isinstance(body, All) else (body,)
        return All((*kept, *(Without(node) for node in self.ruled_out)))


def _two_readings(column: int) -> QueryError:
    return QueryError(
        "what follows NOT can be read in two ways; put parentheses around what belongs together", column=column
    )


def _all(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else All(tuple(parts))


class _Reader:
    """Reads pieces from left to right."""

    def __init__(self, found: list[Lexeme]) -> None:
        self._pieces = found
        self._at = 0

    @property
    def _next(self) -> Lexeme:
        return self._pieces[self._at]

    def _take(self) -> Lexeme:
        self._at += 1
        return self._pieces[self._at - 1]

    def whole(self) -> Node:
        """Return the tree of all pieces."""
        node = self._level()
        if self._next.kind != "end":
            raise _breaks(self._next)
        return node

    def _level(self) -> Node:
        level, joined, first = _Level(), "", True
        while self._next.kind not in (")", "end"):
            if self._next.kind in ("and", "or"):
                if first or joined:
                    raise _breaks(self._next)
                joined = self._take().kind
                continue
            column, negated = self._next.column, False
            while self._next.kind == "not":
                self._take()
                negated = not negated
            level.add(self._chain(), joined=joined, negated=negated, column=column)
            joined, first = "", False
        if first or joined:
            raise _breaks(self._next)
        return level.node()

    def _chain(self) -> Node:
        """Return an operand: a unit, or units near each other."""
        node = self._unit()
        while self._next.kind == "near":
            near = self._take()
            other = self._unit()
            for part in (node, other):
                _check_near(part, near)
            node = Nearby((node, other), near.degree, near.ordered)
        return node

    def _unit(self) -> Node:
        piece = self._take()
        if piece.kind == "plus":
            if self._next.kind not in _UNITS or self._next.kind == "plus":
                raise _breaks(self._next)
            return self._unit()
        if piece.kind == "(":
            return self._group()
        if piece.kind == "word":
            return self._words(piece)
        if piece.kind == "phrase":
            return _phrase(piece)
        if piece.kind == "exact":
            return name_node(piece.text, case=True, column=piece.column)
        raise _breaks(piece)

    def _group(self) -> Node:
        if self._next.kind == ")":
            raise QueryError("the parentheses are empty", column=self._next.column)
        node = self._level()
        closing = self._take()
        if closing.degree < 0:
            return node
        words = node.parts if isinstance(node, All) else (node,)
        if not all(isinstance(word, Terms) and len(word.words) == 1 and not word.form for word in words):
            raise QueryError("only plain words can be near each other so; write a NEAR/5 b", column=closing.column)
        return Terms(tuple(word.words[0] for word in words if isinstance(word, Terms)), closing.degree)

    def _words(self, piece: Lexeme) -> Node:
        """Return a word, or the name that ``Marks & Spencer`` is without quotes."""
        text = piece.text
        while self._next.kind == "joined":
            self._take()
            other = self._take()
            if other.kind != "word":
                raise _breaks(other)
            text = f"{text} & {other.text}"
        if text == piece.text and _WILD.search(text):
            return _wildcard(text, piece.column)
        return name_node(_ESCAPED.sub(r"\1", text), column=piece.column)


def _breaks(piece: Lexeme) -> QueryError:
    return QueryError(f"the query breaks at column {piece.column}; {SYNTAX_HELP}", column=piece.column)


def _check_near(node: Node, near: Lexeme) -> None:
    """Raise ``QueryError`` unless ``node`` has a place in a text that something can be near to."""
    parts = node.parts if isinstance(node, Either) else (node,)
    for part in parts:
        if isinstance(part, Either) and part is not node:
            _check_near(part, near)
        elif not isinstance(part, Terms | Wildcard | Nearby | Either):
            raise QueryError(
                f"{near.text} stands between words, phrases and alternatives (a OR b) only", column=near.column
            )


def _wildcard(text: str, column: int) -> Node:
    if not text.strip("*?"):
        raise QueryError(f"a lone {text[0]} matches everything; {SYNTAX_HELP}", column=column)
    pattern = fold(text)
    letters = re.sub(r"[*?]", "", pattern)
    if [token.norm for token in plain_tokens(letters)] != [letters]:
        raise QueryError("a wildcard works inside one word of letters or digits", column=column)
    if text != text.casefold() and re.search(r"\w[*?]+\w|\w\?$", text):
        # A name may have such a sign of its own (E*TRADE, Guess?): what is written so is found too.
        return Either((Wildcard(pattern), _with_sign(text, column)), shown=text)
    return Wildcard(pattern)


def _with_sign(text: str, column: int) -> Node:
    found = name_node(text, column=column)
    main = found.parts[0] if isinstance(found, Either) else found
    if isinstance(main, Terms) and main.form and text.endswith("?"):
        return name_node(text, exact=True, column=column)
    return main


def _phrase(piece: Lexeme) -> Node:
    words = piece.text.split()
    if any(_is_pattern(word) for word in words):
        return _phrase_of_patterns(piece, words)
    text = _ESCAPED.sub(r"\1", piece.text)
    node = name_node(text, column=piece.column)
    if piece.degree < 0:
        return node
    main = node.parts[0] if isinstance(node, Either) else node
    assert isinstance(main, Terms)
    if main.form:
        raise QueryError('a name with signs has no "..."~5; write "AT&T" NEAR/5 fibre', column=piece.column)
    return Terms(main.words, piece.degree if len(main.words) > 1 else 0, shown=main.shown)


def _is_pattern(word: str) -> bool:
    """Tell whether a word inside quotes has a wildcard: at its edge, or inside small letters (E*TRADE is a name)."""
    if word.casefold() != word and not re.search(r"^\*|(?<!\\)\*$", word):
        return False
    return bool(re.search(r"(?<!\\)\*|\w(?<!\\)\?\w", word))


def _phrase_of_patterns(piece: Lexeme, words: list[str]) -> Node:
    parts: list[Node] = []
    plain: list[str] = []
    for word in (*words, ""):
        if word and not _is_pattern(word):
            plain.append(word)
            continue
        if plain:
            parts.append(name_node(_ESCAPED.sub(r"\1", " ".join(plain)), column=piece.column))
            plain = []
        if word:
            parts.append(_wildcard(word, piece.column))
    if piece.degree < 0 or len(parts) == 1:
        return parts[0] if len(parts) == 1 else Nearby(tuple(parts), 0, ordered=True)
    if len(parts) > 2 or piece.degree > MOST_GAP:
        raise QueryError("such a phrase has no ~; write a* NEAR/5 b", column=piece.column)
    return Nearby(tuple(parts), piece.degree)
