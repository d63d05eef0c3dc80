"""The one tokenizer that brand queries, both stores and the matchers share.

A text is folded first (``analysis.model.folding``) and then cut. A token is a run of word characters with the marks
that belong to them, cut after ``MAX_TOKEN`` characters, so that no engine's own limit is met; scripts written without
spaces (Han, Hiragana, Katakana, Thai, Lao, Khmer, Myanmar) give one token a character. What may be looked for inside a
word stands beside it: the words of a hashtag or a handle (``#TessaroFail``) after it, a Korean word without its ending
or its trade before it. Because every engine indexes these very tokens (joined by a space, split at white space), a
query selects the same posts everywhere.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple, Self

from analysis.model.folding import MARKS, as_written, fold, folded_pieces

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_HANGUL = "\uac00-\ud7a3\u1100-\u11ff"
# The vowel signs of Indic scripts are no word characters to ``re``.
_LETTER = rf"[^\W_{_UNSPACED}{_HANGUL}]"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[{_HANGUL}]+|{_LETTER}+(?:(?![{_UNSPACED}])[{MARKS}]+{_LETTER}*)*")
_KOREAN = re.compile(f"[{_HANGUL}]+")
_WRITTEN_ENDINGS = """
은 는 이 가 을 를 의 에 도 로 와 과 만 랑 나 야 란 께 론 에서 에게 에는 에도 에서는 에서도 에서의 에게서 에게는
에선 에겐 으로 으로는 으로도 으로서 으로써 으론 로서 로써 로는 로도 로의 부터 까지 까지도 까지는 보다 보다는
보다도 처럼 처럼은 마다 조차 마저 밖에 이나 이랑 이라 이라는 라는 이라고 라고 이란 이고 이며 이다 입니다 이었다
였다 이지만 지만 한테 한테서 께서 께서는 하고 만의 만이 만은 만을 와의 과의 와는 과는 와도 과도 들 들이 들은
들의 들을 들도 들에게
"""
_ENDINGS = frozenset(_WRITTEN_ENDINGS.split())
_WRITTEN_TRADES = """
전자 그룹 자동차 모터스 카드 은행 증권 생명 화재 손해보험 보험 캐피탈 금융 페이 뱅크 건설 물산 중공업 화학 제약 식품
유업 통신 텔레콤 모바일 쇼핑 홈쇼핑 백화점 마트 몰 편의점 호텔 항공 택배 물류 에너지 정유 디스플레이 반도체
소프트 게임즈 엔터테인먼트 코리아 스토어 매장 제품 스마트폰 노트북 냉장고 세탁기 폰 앱 측
"""
_TRADES = frozenset(_WRITTEN_TRADES.split())
"""What Korean writes behind a company's name without a blank: its trade, its goods (삼성전자: Samsung Electronics)."""
_LONGEST_TRADE = max(map(len, _TRADES))
_LONGEST_ENDING = 4
_LEAST_STEM = 2
_TAG = re.compile(r"(?:^|[^\w])[#@＃＠]$")
MAX_TOKEN = 100  # Lucene splits at 255 UTF-16 units, of which a character may need two.
LOOSE_ENDS = " ,;:.–-"
"""What may not stand before an ellipsis."""


class Token(NamedTuple):
    """A token and the character span of the original text that it covers."""

    norm: str
    start: int
    end: int


class Words(list[str]):
    """The tokens of a text, normalised, and the text itself, so that signs and capitals can be asked for too."""

    __slots__ = ("text", "tokens")

    def __init__(self, text: str, found: Sequence[Token]) -> None:
        super().__init__(token.norm for token in found)
        self.text = text
        self.tokens = found

    @classmethod
    def of(cls, words: Sequence[str]) -> Self:
        """Return ``words``; mere words count as written so, with a blank between them."""
        if isinstance(words, cls):
            return words
        ends = list(accumulate(len(word) + 1 for word in words))
        return cls(
            " ".join(words),
            [Token(word, end - len(word) - 1, end - 1) for word, end in zip(words, ends, strict=True)],
        )

    def written(self, place: int) -> str:
        """Return how the word at ``place`` is written, capitals and accents included."""
        return as_written(self.text[self.tokens[place].start : self.tokens[place].end])

    def between(self, place: int) -> str:
        """Return what stands between the word at ``place`` and the next."""
        return as_written(self.text[self.tokens[place].end : self.tokens[place + 1].start])

    def before(self, place: int, length: int) -> str:
        """Return up to ``length`` characters before the word at ``place``."""
        start = self.tokens[place].start
        return as_written(self.text[max(0, start - length) : start])

    def after(self, place: int, length: int) -> str:
        """Return up to ``length`` characters after the word at ``place``."""
        end = self.tokens[place].end
        return as_written(self.text[end : end + length])


def normalise(word: str) -> str:
    """Return ``word`` as the tokenizer indexes it."""
    return fold(word)


def tokens(text: str) -> list[Token]:
    """Return the tokens of ``text`` in order, with spans into ``text`` itself.

    What stands beside a word because it may be looked for inside it has its own place within the word's.
    """
    return [token for whole in plain_tokens(text) for token in _with_parts(whole, text)]


def plain_tokens(text: str) -> list[Token]:
    """Return the tokens of ``text`` without what may be looked for inside a word: so names and queries are cut."""
    if text.isascii() and "&" not in text:
        return [_token(match.group(), *match.span()) for match in _TOKEN.finditer(text.lower())]
    return list(_mapped(folded_pieces(text)))


def _mapped(pieces: Sequence[tuple[str, int]]) -> Iterator[Token]:
    """Yield the tokens of folded pieces with spans into the text that the pieces were made of."""
    starts = list(accumulate((length for _, length in pieces), initial=0))
    folded = list(accumulate((len(piece) for piece, _ in pieces), initial=0))
    alike = [len(piece) == length for piece, length in pieces]
    for match in _TOKEN.finditer("".join(piece for piece, _ in pieces)):
        # The last piece that begins there or before: one that folds to nothing is passed over.
        first, last = bisect_right(folded, match.start()) - 1, bisect_right(folded, match.end() - 1) - 1
        start = starts[first] + (match.start() - folded[first] if alike[first] else 0)
        end = starts[last] + match.end() - folded[last] if alike[last] else starts[last + 1]
        yield _token(match.group(), start, end)


def _token(norm: str, start: int, end: int) -> Token:
    return Token(norm[:MAX_TOKEN], start, end)


def _with_parts(token: Token, text: str) -> Iterable[Token]:
    if not token.norm.isascii() and _KOREAN.fullmatch(token.norm):
        return (*_stems(token), token)
    return (token, *_humps(token, text)) if _tagged(token, text) else (token,)


def _tagged(token: Token, text: str) -> bool:
    start = token.start
    return bool(start) and text[start - 1] in "#@＃＠" and bool(_TAG.search(text[max(0, start - 2) : start]))


def _stems(token: Token) -> Iterator[Token]:
    """Yield a Korean word without each ending that it may have, and without the trade before it, the shortest first."""
    norm = token.norm
    sizes = [size for size in range(1, len(norm) - _LEAST_STEM + 1) if size <= _LONGEST_ENDING]
    ends = {0, *(size for size in sizes if norm[-size:] in _ENDINGS)}
    for end in tuple(ends):
        stem = norm[: len(norm) - end]
        longest = min(_LONGEST_TRADE, len(stem) - _LEAST_STEM)
        ends |= {end + size for size in range(1, longest + 1) if stem[-size:] in _TRADES}
    for size in sorted(ends - {0}, reverse=True):
        yield Token(norm[:-size], token.start, max(token.start + 1, token.end - size))


def _humps(token: Token, text: str) -> Iterator[Token]:
    """Yield the words of ``TessaroFail``; none where a capital stands inside nowhere, or only second (``iPhone``)."""
    raw = text[token.start : token.end]
    cuts = [0, *(at for at in range(1, len(raw)) if _begins(raw, at)), len(raw)]
    if len(cuts) > 2 and cuts[1] == 1 and raw[0].islower():
        del cuts[1]
    if len(cuts) > 2:
        for first, last in pairwise(cuts):
            norm = "".join(_TOKEN.findall(fold(raw[first:last])))
            if len(norm) > 1:
                yield _token(norm, token.start + first, token.start + last)


def _begins(raw: str, at: int) -> bool:
    """Tell whether a word of its own begins at ``at``: a capital after a small letter, or before one (TVShop)."""
    if not raw[at].isupper():
        return False
    return not raw[at - 1].isupper() or raw[at + 1 : at + 2].islower()


def token_words(text: str) -> Words:
    """Return the normalised tokens of ``text``, which know how they were written."""
    return Words(text, tokens(text))


def one_line(text: str) -> str:
    """Return ``text`` on one line, each run of white space as one blank."""
    return " ".join(text.split())


def shorten(text: str, longest: int, *, ending: str = "…", strip: str = LOOSE_ENDS, between_words: bool = True) -> str:
    """Return ``text`` in at most ``longest`` characters, with ``ending`` where it was longer.

    ``between_words`` cuts before the last word where that leaves more than half; ``strip`` are signs that do not stand
    before the ending.
    """
    if len(text) <= longest:
        return text
    head = text[: longest - len(ending)]
    return (whole_words(head, least=longest // 2, strip=strip) if between_words else head) + ending


def whole_words(head: str, *, least: int, strip: str = LOOSE_ENDS) -> str:
    """Return the beginning of a text up to its last blank, where that leaves more than ``least`` characters."""
    blank = head.rfind(" ")
    return (head[:blank] if blank > least else head).rstrip(strip)


_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What a terminal takes for a command, or turns the words around it by: control signs but tab and line feed, marks of
direction, tags; and halves of characters."""


def obedient(text: str) -> str:
    """Return untrusted text as a terminal may show it: it prints, and commands nothing."""
    return _COMMANDS.sub("\ufffd", text) if _COMMANDS.search(text) else text


def obedient_json(line: str) -> str:
    """Return a line of JSON that says the same and commands no terminal: such signs are escaped."""
    return _COMMANDS.sub(_escaped, line) if _COMMANDS.search(line) else line


def _escaped(sign: re.Match[str]) -> str:
    return json.dumps(sign[0])[1:-1]
