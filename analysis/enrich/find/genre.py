"""Who speaks in a text: an owner for themselves, a news report of others, or a maker's notes on a release."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.enrich.data_files import load, load_words
from analysis.enrich.find.masking import without
from analysis.enrich.find.quotations import quotations
from analysis.enrich.reading import Genre
from analysis.model import Post

_MINE = load_words("grammar", "first_person")
_OURS = load_words("grammar", "first_person_plural")
_TAGS = load_words("genre", "release_tags")
_VERSION = re.compile(r"(?<![\w.])v?\d+\.\d+(?:\.\d+)*(?![\w%])")
_NOTES = re.compile("|".join(load("genre")["release_words"]), re.IGNORECASE | re.MULTILINE)
_REPORTS = frozenset({"article"})
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_READ = 4000  # characters that are looked at
_FEW_OWN, _FEW_OURS = 0.004, 0.02  # share of "I" and of "we" up to which an article is a report of others
_FEWEST_NOTES = 2


def genre_of(post: Post) -> Genre:
    """Return who speaks in ``post``. Quotations do not count: what a report quotes, its author does not say."""
    text = f"{post.title}\n{post.text[:_READ]}"
    words = [word.casefold() for word in _WORD.findall(without(text, quotations(text)))]
    own = sum(word.partition("'")[0].partition("’")[0] in _MINE for word in words)
    if not own and _is_notes(post, text, words):
        return "patch_notes"
    if post.kind in _REPORTS and post.rating is None:
        ours = sum(word in _OURS for word in words)
        return "news" if own <= _FEW_OWN * len(words) and ours <= _FEW_OURS * len(words) else "owner"
    return "owner"


def _is_notes(post: Post, text: str, words: Sequence[str]) -> bool:
    tagged = not _TAGS.isdisjoint(tag.casefold() for tag in post.tags)
    told = len(_NOTES.findall(text))
    versioned = bool(_VERSION.search(post.title or post.text[:80]))
    if post.kind == "article" or not words:
        return (tagged and (versioned or told >= 1)) or (versioned and told >= 1)
    return versioned and told >= _FEWEST_NOTES
