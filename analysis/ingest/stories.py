"""Which posts say the same: exactly (content hash) and nearly (MinHash bands over word shingles).

Method: Broder 1997, resemblance of documents by min-wise hashing; banding as in Leskovec, Rajaraman and Ullman,
Mining of Massive Datasets, chapter 3. 16 bands of 4 rows find half of the pairs at a resemblance of 0.5 and 98 % at
0.7; a pair that is found is then checked on its real shingles. All functions are pure.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rensa import RMinHash

from analysis.model import Mention

SHINGLE_WORDS = 3
BANDS, ROWS = 16, 4
NEAR = 0.6
MIN_WORDS = 20
"""Shorter texts are often alike by chance ("Great product, would buy again"), not by copying."""


def content_hash(words: Sequence[str]) -> str:
    """Return the hash that texts with the same tokens share."""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


def shingles(words: Sequence[str]) -> set[str]:
    """Return the runs of three words that ``words`` holds."""
    return {" ".join(words[at : at + SHINGLE_WORDS]) for at in range(max(1, len(words) - SHINGLE_WORDS + 1))}


def bands(words: Sequence[str]) -> tuple[str, ...]:
    """Return the band hashes of which near copies share at least one; none for short texts."""
    if len(words) < MIN_WORDS:
        return ()
    sketch = RMinHash(num_perm=BANDS * ROWS, seed=1)
    sketch.update(sorted(shingles(words)))
    rows = struct.pack(f"<{BANDS * ROWS}I", *sketch.digest())
    size = len(rows) // BANDS
    return tuple(
        hashlib.blake2b(bytes([place]) + rows[place * size : (place + 1) * size], digest_size=8).hexdigest()
        for place in range(BANDS)
    )


def own_band(mention: Mention, same: str) -> tuple[str, ...]:
    """Return the one band of a short text: shared where the same author said the same words at the same time.

    That is one post seen at two addresses. ``same`` is the hash of its words. None without an author or a date.
    """
    if not mention.author or mention.published_at_source in ("", "collected"):
        return ()
    said = f"{mention.author}\n{mention.published_at:%Y-%m-%dT%H:%M}\n{same}"
    return (hashlib.blake2b(said.encode(), digest_size=8).hexdigest(),)


def resemblance(words: Sequence[str], other: Sequence[str]) -> float:
    """Return the Jaccard index of two texts' shingles, 0 to 1."""
    left, right = shingles(words), shingles(other)
    return len(left & right) / len(left | right)


def with_stories(fresh: Iterable[Mention], known: Iterable[Mention]) -> list[Mention]:
    """Return ``fresh`` with the story id of the copy that was there first, in ``known`` or earlier in ``fresh``.

    A mention whose id is already known keeps its story, so that a second crawl changes nothing.
    """
    stories: dict[str, str] = {}
    by_band: dict[str, list[Mention]] = {}
    for mention in known:
        stories[mention.post_id] = mention.story
        _index(mention, by_band)
    result = []
    for mention in fresh:
        if mention.post_id not in stories:
            twin = _twin(mention, by_band)
            stories[mention.post_id] = twin.story if twin else mention.post_id
        placed = replace(mention, story=stories[mention.post_id])
        _index(placed, by_band)
        result.append(placed)
    return result


def _index(mention: Mention, by_band: dict[str, list[Mention]]) -> None:
    for band in mention.bands:
        by_band.setdefault(band, []).append(mention)


def _twin(mention: Mention, by_band: Mapping[str, Sequence[Mention]]) -> Mention | None:
    words = mention.tokens.split(" ")
    seen: set[str] = {mention.post_id}
    for band in mention.bands:
        for other in by_band.get(band, ()):
            if other.post_id in seen:
                continue
            seen.add(other.post_id)
            same = other.content_hash == mention.content_hash
            if same or resemblance(words, other.tokens.split(" ")) >= NEAR:
                return other
    return None
