"""A text with what was judged of it marked where it stands; and the one sentence that a row shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from analysis.model import Claim, Mention
from analysis.model.mention import claims_of
from analysis.store.snippet import snippet

LEADING = ("severity", "complaint", "switching", "move", "wish", "praise", "question", "topic")
"""Which claim's sentence stands for the mention, the first that there is."""
MOST_SIGNS = 50_000
"""A longer text is cut where it is shown: a browser takes seconds to lay out one word of a million letters."""
_ROW = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedWords:
    """Some characters of a text, and the claims that rest on them; none for the words in between."""

    text: str
    claims: tuple[Claim, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of the claim that leads."""
        return min((claim.kind for claim in self.claims), key=_place, default="")


def leading(mention: Mention) -> tuple[MarkedWords, ...]:
    """Return the sentence that says best what is said of the brand, with the words that it rests on marked."""
    for kind in LEADING:
        claims = claims_of(mention, kind)
        if claims and claims[0].sentence:
            return _row(claims[0])
    words = mention.quote or snippet(mention.text or mention.title, None, length=_ROW)
    return (MarkedWords(text=words[:_ROW]),)


def _row(claim: Claim) -> tuple[MarkedWords, ...]:
    sentence, start, end = claim.sentence, claim.start, claim.end
    if not 0 <= start < end <= len(sentence):
        return (MarkedWords(text=sentence[:_ROW]),)
    first = max(0, start - _ROW // 2)
    last = max(end, min(len(sentence), first + _ROW))
    before = ("… " if first else "") + sentence[first:start]
    after = sentence[end:last] + (" …" if last < len(sentence) else "")
    marked = MarkedWords(text=sentence[start : min(end, start + _ROW)], claims=(claim,))
    return tuple(piece for piece in (MarkedWords(text=before), marked, MarkedWords(text=after)) if piece.text)


def marked(text: str, claims: Iterable[Claim]) -> tuple[MarkedWords, ...]:
    """Return ``text`` in pieces, each with the claims that rest on it; a claim whose words are not in it marks none."""
    shown = text[:MOST_SIGNS]
    spans = [(start, end, claim) for claim in claims for start, end in _spans(shown, claim)]
    edges = sorted({0, len(shown), *(edge for start, end, _ in spans for edge in (start, end))})
    pieces = []
    for start, end in pairwise(edges):
        over = tuple(claim for first, last, claim in spans if first <= start and end <= last)
        pieces.append(MarkedWords(text=shown[start:end], claims=over))
    return tuple(pieces)


def _spans(text: str, claim: Claim) -> list[tuple[int, int]]:
    at = text.find(claim.sentence) if claim.sentence else -1
    if at < 0 or not 0 <= claim.start < claim.end <= len(claim.sentence):
        return []
    return [(at + claim.start, at + claim.end)]


def _place(kind: str) -> int:
    return LEADING.index(kind) if kind in LEADING else len(LEADING)
