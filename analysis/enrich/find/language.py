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


_CODES = {
    "en": ("eng", "english"),
    "de": ("deu", "ger", "german", "deutsch"),
    "fr": ("fra", "fre", "french", "français", "francais"),
    "es": ("spa", "spanish", "español", "espanol"),
    "it": ("ita", "italian", "italiano"),
    "pt": ("por", "portuguese", "português", "portugues"),
    "nl": ("nld", "dut", "dutch", "nederlands"),
    "pl": ("pol", "polish", "polski"),
    "sv": ("swe", "swedish", "svenska"),
    "da": ("dan", "danish", "dansk"),
    "no": ("nor", "nob", "nno", "norwegian", "norsk"),
    "fi": ("fin", "finnish", "suomi"),
    "cs": ("ces", "cze", "czech", "čeština"),
    "hu": ("hun", "hungarian", "magyar"),
    "ro": ("ron", "rum", "romanian", "română"),
    "el": ("ell", "gre", "greek", "ελληνικά"),
    "tr": ("tur", "turkish", "türkçe"),
    "ru": ("rus", "russian", "русский"),
    "uk": ("ukr", "ukrainian", "українська"),
    "ar": ("ara", "arabic", "العربية"),
    "he": ("heb", "hebrew", "iw", "עברית"),
    "hi": ("hin", "hindi"),
    "id": ("ind", "indonesian", "in"),
    "vi": ("vie", "vietnamese"),
    "th": ("tha", "thai"),
    "ja": ("jpn", "japanese", "日本語"),
    "ko": ("kor", "korean", "한국어"),
    "zh": ("zho", "chi", "cmn", "chinese", "中文"),
}
"""How sources call the commonest languages, beside their ISO 639-1 codes."""
_NAMES = {name: code for code, names in _CODES.items() for name in names}
_UNKNOWN = frozenset({"un", "xx", "zz", "na"})


def code_of(lang: str) -> str:
    """Return the ISO 639-1 code that a source's word for a language means (``en-US``, ``eng``, ``English``).

    Empty where it says nothing that is known: then the text is looked at.
    """
    word = lang.replace("_", "-").split("-")[0].strip().casefold()
    if word in _NAMES:
        return _NAMES[word]
    return word if len(word) == 2 and word.isascii() and word.isalpha() and word not in _UNKNOWN else ""


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
