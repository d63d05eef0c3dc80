"""Which language a text is in. Only English is judged; other texts are kept and say so.

Most texts are told by the share of English function words among their tokens, which costs microseconds; only the rest
is asked of py3langid, whose model is loaded when it is first needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from analysis.enrich.data_files import load_words

_ENGLISH = load_words("grammar", "english")
_SHARE = 0.2
_FEWEST = 4  # function words that must be there at least
_READ = 2000  # characters that are looked at
_SURE = 0.9


class Languages:
    """The language identifier. Its model takes some 70 MB once a text needs it."""

    @property
    def _identifier(self) -> LanguageIdentifier:
        return _model()

    def of(self, text: str, words: Sequence[str]) -> str:
        """Return the ISO 639-1 code of ``text``, whose tokens are ``words``; ``und`` where it cannot be told."""
        head = words[:300]
        english = sum(word in _ENGLISH for word in head)
        if english >= _FEWEST and english / len(head) >= _SHARE:
            return "en"
        sample = text[:_READ].strip()
        if not any(char.isalpha() for char in sample):
            return "und"
        language, probability = self._identifier.classify(sample)
        # Short English ("Tessaro rocks!") is often taken for something else: unsure plain ASCII is read as English.
        if probability < _SURE and sample.isascii():
            return "en"
        return str(language)


@lru_cache(maxsize=1)
def _model() -> LanguageIdentifier:
    # One for all identifiers of a process: unpacking it takes most of a second.
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
