"""From a window to what the network reads: chunks of pieces with the targets' names masked.

A chunk is ``<s> words </s>``. Each name becomes one mask, so that a name's own words never vote; a chunk that speaks
of a target without naming it begins with that target's mask; the state of ``<s>`` stands for the text as a whole. A
chunk that names several is read once for each where the heads were trained so, the others' masks changed for the
unknown piece (``asked_of``): every layer then knows whose words are looked for, as two brands may be judged the
opposite way. The title of a thread and what is quoted, whole lines or a few words of a sentence, are not read: they
say what a post is about, never what its author feels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from analysis.enrich.data_files import load_words
from analysis.enrich.models.encoder.network import LONGEST
from analysis.enrich.models.encoder.vocabulary.pieces import Vocabulary
from analysis.enrich.reading import REACH_ARTICLE, Bounds, BrandPlace, Window

MOST = 4  # chunks of a window that are read
CARRIED = 0.6  # weight of a chunk that speaks of a target without naming it
_QUOTED = 0.5  # share from which a sentence is somebody else's: what is left of it says nothing by itself
NOWHERE: Bounds = (-1, -1)
_SENTENCE = re.compile(r"(?<=[.!?…])[\"')\]”’]*\s+|\n+")
# Aspects that judge by their own word, which must not be read beside the mask.
_LEANING = load_words("grammar", "leaning_aspects")


@dataclass(slots=True)
class Chunk:
    """Pieces with their characters in the window, and for each target the pieces that stand for it, with a weight."""

    ids: list[int] = field(default_factory=list)
    spans: list[Bounds] = field(default_factory=list)
    positions: dict[str, list[int]] = field(default_factory=dict)
    weight: float = 1.0
    number: int = 0  # of the chunk in its window; the same for all that are made of it

    @property
    def key(self) -> tuple[tuple[int, ...], tuple[tuple[str, tuple[int, ...]], ...]]:
        """What makes the network's answer: equal for equal texts, wherever they stand."""
        return tuple(self.ids), tuple((target, tuple(places)) for target, places in self.positions.items())


def chunks_of(window: Window, pieces: Vocabulary) -> list[Chunk]:
    """Return what is read of ``window``: at most ``MOST`` chunks of ``LONGEST`` pieces, those with names first."""
    whole = [place.brand for place in window.places if place.start == 0 and place.end == len(window.text)]
    own = bool(whole) or window.own_title or not window.title_end
    body = (0, len(window.text)) if own else window.body
    named = sorted((place for place in window.places if place.brand not in whole), key=lambda place: place.start)
    inside = [place for place in named if place.start >= body[0] and not _is_quoted(window, place.start, place.end)]
    packed = list(_packed(window, body, inside, pieces, LONGEST - 3))
    _carry(window, packed, {place.brand for place in named}, pieces.mask)
    for number, chunk in enumerate(packed):
        _open(chunk, whole, pieces)
        chunk.number = number
    chosen = sorted(range(len(packed)), key=lambda at: (not packed[at].positions, packed[at].weight < 1, at))[:MOST]
    return [packed[at] for at in sorted(chosen) if packed[at].positions]


def asked_of(chunk: Chunk, unknown: int) -> list[Chunk]:
    """Return ``chunk`` once for each of its targets, where the other names are the piece ``unknown``, no masks."""
    if len(chunk.positions) < 2:
        return [chunk]
    return [
        replace(chunk, ids=asked_ids(chunk.ids, places, chunk.positions.values(), unknown), positions={target: places})
        for target, places in chunk.positions.items()
    ]


def asked_ids(ids: Sequence[int], own: Sequence[int], every: Iterable[Sequence[int]], unknown: int) -> list[int]:
    """Return pieces in which the names of other targets than the one at ``own`` are the piece ``unknown``.

    A place that two targets share stays, and so does the start, which stands for the whole text.
    """
    others = {place for places in every for place in places if place} - set(own)
    if 0 in own:
        return list(ids)
    return [unknown if at in others else piece for at, piece in enumerate(ids)]


def _packed(
    window: Window, body: Bounds, places: Sequence[BrandPlace], pieces: Vocabulary, room: int
) -> Iterator[Chunk]:
    """Yield chunks of whole sentences, each as many as there is room for."""
    chunk = Chunk()
    for first, last in _sentences(window.text, *body):
        if _is_quoted(window, first, last):
            continue
        inside = [place for place in places if first <= place.start < last]
        sentence = _masked(window, first, last, inside, pieces)
        if chunk.ids and len(chunk.ids) + len(sentence.ids) > room:
            yield chunk
            chunk = Chunk()
        _append(chunk, sentence)
        while len(chunk.ids) > room:  # one sentence that is longer than a chunk
            yield _split(chunk, room)
    yield chunk


def _is_quoted(window: Window, first: int, last: int) -> bool:
    said = sum(max(0, min(last, end) - max(first, start)) for start, end in window.quoted)
    return said > _QUOTED * (last - first)


def _sentences(text: str, start: int, end: int) -> Iterator[Bounds]:
    for match in _SENTENCE.finditer(text, start, end):
        if match.end() < end:
            yield start, match.end()
            start = match.end()
    yield start, end


def _masked(window: Window, first: int, last: int, places: Sequence[BrandPlace], pieces: Vocabulary) -> Chunk:
    chunk = Chunk()
    at = first
    for place in places:
        if place.start < at and chunk.positions:  # two brands of one name
            chunk.positions.setdefault(place.brand, []).append(_last_mask(chunk, pieces.mask))
            continue
        _add_own(chunk, pieces, window, at, place.start)
        chunk.positions.setdefault(place.brand, []).append(len(chunk.ids))
        chunk.ids.append(pieces.mask)
        chunk.spans.append((place.start, place.end))
        at = min(max(at, place.end), last)
        if window.aspects and _is_plain(window.text[place.start : place.end]):
            _add(chunk, pieces, window.text, place.start, place.end)
    _add_own(chunk, pieces, window, at, last)
    return chunk


def _last_mask(chunk: Chunk, mask: int) -> int:
    return max(at for at, piece in enumerate(chunk.ids) if piece == mask)


def _is_plain(name: str) -> bool:
    """Return whether a target is named by common words ("battery life"), which say what is judged."""
    letters = name.replace(" ", "").replace("-", "")
    return letters.isalpha() and name == name.lower() and _LEANING.isdisjoint(name.split())


def _add_own(chunk: Chunk, pieces: Vocabulary, window: Window, first: int, last: int) -> None:
    """Add what the author wrote between ``first`` and ``last``: what is quoted inside a sentence is left out."""
    for start, end in window.quoted:
        if first < end and start < last:
            _add(chunk, pieces, window.text, first, max(first, start))
            first = end
    if first < last:
        _add(chunk, pieces, window.text, first, last)


def _add(chunk: Chunk, pieces: Vocabulary, text: str, first: int, last: int) -> None:
    cut = pieces.cut(text, first, last)
    chunk.ids += cut.ids
    chunk.spans += cut.spans


def _append(chunk: Chunk, more: Chunk) -> None:
    for target, places in more.positions.items():
        chunk.positions.setdefault(target, []).extend(place + len(chunk.ids) for place in places)
    chunk.ids += more.ids
    chunk.spans += more.spans


def _split(chunk: Chunk, room: int) -> Chunk:
    """Cut the first ``room`` pieces off ``chunk`` and return them as one."""
    places = chunk.positions
    first = Chunk(chunk.ids[:room], chunk.spans[:room])
    first.positions = {name: kept for name, at in places.items() if (kept := [place for place in at if place < room])}
    later = {name: kept for name, at in places.items() if (kept := [place - room for place in at if place >= room])}
    chunk.ids, chunk.spans, chunk.positions = chunk.ids[room:], chunk.spans[room:], later
    return first


def _carry(window: Window, packed: Sequence[Chunk], targets: set[str], mask: int) -> None:
    """Let chunks without a name speak of the one named last, or of what only the title names, if that is one."""
    inside = {target for chunk in packed for target in chunk.positions}
    current, weight = sorted(targets - inside), 1.0
    if len(current) > 1 or (inside and window.reach <= REACH_ARTICLE):
        current = []
    for chunk in packed:
        if chunk.positions:
            last = max(chunk.positions, key=lambda target: max(chunk.positions[target]))
            current, weight = ([last], CARRIED) if window.reach > REACH_ARTICLE else ([], 1.0)
            continue
        if current and chunk.ids:
            chunk.ids.insert(0, mask)
            chunk.spans.insert(0, NOWHERE)
            chunk.positions = {target: [0] for target in current}
            chunk.weight, weight = weight, CARRIED


def _open(chunk: Chunk, whole: Sequence[str], pieces: Vocabulary) -> None:
    chunk.ids = [pieces.start, *chunk.ids, pieces.end]
    chunk.spans = [NOWHERE, *chunk.spans, NOWHERE]
    chunk.positions = {target: [at + 1 for at in places] for target, places in chunk.positions.items()}
    chunk.positions |= {target: [0] for target in whole}
