"""A query cut into its words and operators, in the ways in which people write them and tools export them.

What cannot be read is refused with its column and what to write instead: a query is never read as something else.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from analysis.model.errors import QueryError

SYNTAX_HELP = 'use words, "phrases", "a b"~5, a NEAR/5 b, prefix*, {Exact}, AND, OR, NOT and parentheses'
MOST_GAP = 100
_LIKE_ASCII = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»＂〝〞", '"'),
        **dict.fromkeys("（", "("),
        **dict.fromkeys("）", ")"),
        "−": "-",
        "\ufeff": " ",
    }
)
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_BRACED = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r'(?:\\.|[^\s()"{}\[\]|&\\]|&(?!&))+', re.DOTALL)
_SUFFIX = re.compile(r"(?:~(\d*(?:\.\d+)?))?(?:\^\d+(?:\.\d+)?)?")
_BOOST = re.compile(r"\^\d+(?:\.\d+)?$")
_NEAR = re.compile(r"(ONEAR|NEAR|WITHIN|W|PRE|)/(\d+)(f?)", re.IGNORECASE)
_FIELD = re.compile(r"([A-Za-z_][\w.]*):(?!//)")
_FOREIGN = frozenset(
    ("NEAR", "ONEAR", "WITHIN", "PRE", "XOR", "ADJ", "SENTENCE", "PARAGRAPH", "ANDNOT", "ATLEAST", "SAME", "BUTNOT")
)
_TRANSLATED = {"UND": "AND", "ODER": "OR", "OU": "OR", "LUB": "OR", "NICHT": "NOT", "NIET": "NOT", "SAUF": "NOT"}
_DISTANCE = re.compile(
    r"(?i:(?:not)?(?:near|onear|within|w|adj|pre|n|p|s)/(?:\d\S*|in|s|p|sent|para)|(?:not)?o?near~?\d+)|(?:ADJ|ATLEAST)\d+"
)
_GLUED = re.compile(r"(AND|OR|NOT)[-!](?=\w)")
_ABOUT = {
    **dict.fromkeys(("title", "text", "body", "content", "headline", "ingress"), "title and text are always searched"),
    **dict.fromkeys(
        (
            "site",
            "url",
            "domain",
            "host",
            "inurl",
            "source",
            "author",
            "from",
            "lang",
            "language",
            "country",
            "location",
        ),
        "sources say what is read, and conditions beside the query narrow what is found",
    ),
}

Kind = Literal["(", ")", "and", "or", "not", "plus", "near", "word", "phrase", "exact", "joined", "end"]


class Lexeme(NamedTuple):
    """A part of a query: its text without quotes, its column, and for a nearness or a slop how many words.

    ``ordered`` is a nearness in this order; ``touches`` says that the next piece follows without a blank.
    """

    kind: Kind
    text: str
    column: int
    degree: int = -1
    ordered: bool = False
    spaced: bool = True


def pieces(source: str) -> list[Lexeme]:
    """Return the pieces of ``source``, the last of kind ``end``. Raises ``QueryError``."""
    text = _without_remarks(source.translate(_LIKE_ASCII))
    found: list[Lexeme] = []
    at = 0
    while at < len(text):
        if text[at].isspace() or text[at] in "\u200b\u2060":
            at += 1
            continue
        piece, at = _piece(text, at)
        found.append(piece)
    _check_single_quotes(found)
    return [*found, Lexeme("end", "", len(source) + 1)]


def _without_remarks(text: str) -> str:
    """Return ``text`` with blanks in the place of each ``<<<remark>>>``."""
    done = 0
    while (opened := text.find("<<<", done)) >= 0 and (closed := text.find(">>>", opened)) >= 0:
        done = closed + 3
        text = f"{text[:opened]}{' ' * (done - opened)}{text[done:]}"
    return text


def _piece(text: str, at: int) -> tuple[Lexeme, int]:
    sign, column = text[at], at + 1
    after = text[at + 1 : at + 2]
    if sign == "(":
        return Lexeme("(", sign, column), at + 1
    if sign == ")":
        degree, end = _degree(text, at + 1)
        return Lexeme(")", sign, column, degree), end
    if sign == '"':
        return _phrase(text, at)
    if sign == "{":
        return _exact(text, at)
    if text.startswith(("&&", "||"), at):
        return Lexeme("and" if sign == "&" else "or", text[at : at + 2], column), at + 2
    if sign == "|":
        return Lexeme("or", sign, column), at + 1
    if sign in "!-" and after and not after.isspace():
        return Lexeme("not", sign, column), at + 1
    if sign == "+" and after and not after.isspace() and after != "+":
        return Lexeme("plus", sign, column), at + 1
    if sign in "[]}<>":
        raise QueryError(f"{sign!r} is not understood here (ranges are not); {SYNTAX_HELP}", column=column)
    return _word(text, at)


def _degree(text: str, at: int) -> tuple[int, int]:
    suffix = _SUFFIX.match(text, at)
    assert suffix
    if suffix.group(1) is None:
        return -1, suffix.end()
    if not suffix.group(1).isdigit():
        raise QueryError('say how many words may stand between: "a b"~5', column=at + 1)
    return _number(suffix.group(1), at + 1), suffix.end()


def _number(digits: str, column: int) -> int:
    return int(digits) if len(digits) < 10 else _too_far(column)


def _too_far(column: int) -> int:
    raise QueryError("that many words are more than any text has; write a smaller number", column=column)


def _phrase(text: str, at: int) -> tuple[Lexeme, int]:
    quoted = _QUOTED.match(text, at)
    if quoted is None:
        raise QueryError(f"the quotation mark at column {at + 1} is not closed", column=at + 1)
    degree, end = _degree(text, quoted.end())
    return Lexeme("phrase", quoted.group(1), at + 1, degree), end


def _exact(text: str, at: int) -> tuple[Lexeme, int]:
    braced = _BRACED.match(text, at)
    if braced is None:
        raise QueryError(f"the brace at column {at + 1} is not closed; {{BT}} finds BT and not bt", column=at + 1)
    inner = braced.group(1).strip().strip('"')
    if re.search(r"\sTO\s|[*?]", inner):
        raise QueryError(f"braces hold a name as it is written, {{BT}}; {SYNTAX_HELP}", column=at + 1)
    return Lexeme("exact", inner, at + 1), _degree(text, braced.end())[1]


def _word(text: str, at: int) -> tuple[Lexeme, int]:
    found = _WORD.match(text, at)
    if found is None:
        raise QueryError(f"the query breaks at column {at + 1}; {SYNTAX_HELP}", column=at + 1)
    word, end, column = found.group(), found.end(), at + 1
    operator = word.casefold()
    if operator in ("and", "or", "not"):
        return Lexeme("and" if operator == "and" else "or" if operator == "or" else "not", word, column), end
    if near := _NEAR.fullmatch(word):
        return _near(near, column), end
    _refuse(word, text[end : end + 1], column)
    plain = _BOOST.sub("", word)
    if (field := _FIELD.match(plain)) and (field.end() < len(plain) or text[end : end + 1] in ('"', "(", "{")):
        return _of_field(field.group(1), plain[field.end() :], column), end
    return Lexeme("joined" if plain == "&" else "word", plain, column), end


def _near(near: re.Match[str], column: int) -> Lexeme:
    degree = _number(near.group(2), column)
    if degree > MOST_GAP:
        raise QueryError(f"{near.group()} is too far: at most {MOST_GAP} words may stand between", column=column)
    ordered = near.group(1).upper() in ("ONEAR", "PRE") or bool(near.group(3))
    return Lexeme("near", near.group(), column, degree, ordered)


def _of_field(name: str, rest: str, column: int) -> Lexeme:
    if name.casefold() == "raw" and rest:
        return Lexeme("exact", rest, column)
    why = _ABOUT.get(name.casefold(), 'in quotes it is a name: "Re:Zero"')
    raise QueryError(f"{name}: is a field name, which is not understood here; {why}", column=column)


def _refuse(word: str, after: str, column: int) -> None:
    """Raise ``QueryError`` for a word that other tools understand in a way that we do not."""
    if word in _FOREIGN:
        how = "write NEAR/5: how many words may stand between" if "NEAR" in word or word == "WITHIN" else SYNTAX_HELP
        raise QueryError(f'{word} is not understood here; {how}; in quotes it is a word: "{word}"', column=column)
    _refuse_operator(word, after, column)
    if re.search(r"(?<!\\)~[\d.]*$", word):
        raise QueryError(f"{word!r} is a fuzzy word, which is not understood here; {SYNTAX_HELP}", column=column)
    if len(word) > 2 and word[0] == word[-1] == "/":
        raise QueryError(f"a regular expression is not understood here; {SYNTAX_HELP}", column=column)
    if re.fullmatch(r"/[A-Za-z]\d*", word):
        raise QueryError(f"{word} is not understood here; write NEAR/5, ONEAR/5 or quotes", column=column)
    if word[-1] in ",;" and (after or len(word) == 1):
        raise QueryError(
            f"a {word[-1]!r} does not divide names; write OR between them, or quotes around one name", column=column
        )
    if word.startswith("++") or (len(word) == 1 and word in "-+"):
        raise QueryError(f"{word!r} says nothing here; put a name with such signs in quotes", column=column)


def _refuse_operator(word: str, after: str, column: int) -> None:
    """Raise ``QueryError`` for an operator of another tool or language, and for one without a blank behind it."""
    if word in _TRANSLATED:
        meant = _TRANSLATED[word]
        raise QueryError(
            f'{word} is not understood here; write {meant}; in quotes it is a word: "{word}"', column=column
        )
    is_call = after == "(" and re.fullmatch(r"(?i:o?near|within|adj|atleast\d*|count)", word)
    if is_call or _DISTANCE.fullmatch(word):
        raise QueryError(
            f"{word} is not understood here; write a NEAR/5 b: how many words may stand between", column=column
        )
    if glued := _GLUED.match(word):
        raise QueryError(f"a blank is missing behind {glued[1]}", column=column + len(glued[1]))


def _check_single_quotes(found: list[Lexeme]) -> None:
    """Raise ``QueryError`` where single quotes stand around several words, as if they made a phrase."""
    opened = None
    for piece in found:
        if piece.kind in ("(", ")", "phrase"):
            opened = None
        elif piece.text.startswith(("'", "‘", "`")) and not piece.text[1:].endswith(("'", "’", "`")):
            opened = piece
        elif opened and piece.text.endswith(("'", "’", "`")):
            raise QueryError('single quotes make no phrase; write "..." around the words', column=opened.column)
