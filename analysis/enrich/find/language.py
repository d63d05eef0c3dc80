"""Which language a text is in, by the text. Only English is judged; other texts are kept and say so.

Most texts are told by the share of English function words among their tokens, which costs microseconds; only the rest
is asked of py3langid, whose model is loaded when it is first needed. Where it is unsure, the function words of seven
other languages tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from analysis.enrich.data_files import load, load_words

_CODES = {str(name): code for code, names in load("languages").items() for name in str(names).split()}
_ENGLISH = load_words("grammar", "english")
_WORDS = {code: frozenset(str(words).split()) for code, words in load("function_words").items()}
_SHARE = 0.2
_SHORT = 12  # words up to which a language akin to one of these is taken for it: "Kaum Lärm" is no Luxembourgish
_TELLING = 2  # function words of another language that tell it where statistics do not
_FEWEST = 4  # function words that must be there at least
_READ = 2000  # characters that are looked at
_SURE = 0.9
_ENOUGH = 5  # words that tell a language whatever a page says of it
_UNKNOWN = frozenset({"un", "xx", "zz", "na"})


class Languages:
    """The language identifier. Its model takes some 70 MB once a text needs it."""

    @property
    def _identifier(self) -> LanguageIdentifier:
        return _model()

    def of(self, text: str, words: Sequence[str], *, said: str = "") -> str:
        """Return the ISO 639-1 code of ``text``, whose tokens are ``words``; ``und`` where it cannot be told.

        ``said`` is what its page or its row says of it, in whatever form; it counts only where the text is too short
        or too odd to tell by itself, for pages say of every text what their template says.
        """
        head = words[:300]
        english = sum(word in _ENGLISH for word in head)
        if english >= _FEWEST and english / len(head) >= _SHARE:
            return "en"
        given = code_of(said)
        sample = text[:_READ].strip()
        if not any(char.isalpha() for char in sample):
            return given or "und"
        language, probability = self._identifier.classify(sample)
        if probability >= _SURE and (len(head) >= _ENOUGH or not given):
            akin = "" if language in _WORDS or language == "en" or len(head) > _SHORT else _by_words(head, english, "")
            return akin or str(language)
        # Short English ("Tessaro rocks!") is often taken for something else: unsure plain ASCII is read as English.
        return given or _by_words(head, english, str(language)) or ("en" if sample.isascii() else str(language))


def _by_words(words: Sequence[str], english: int, guessed: str) -> str:
    """Return the language most of whose function words stand among ``words``: more than English ones, which are
    ``english``; of several with as many the one ``guessed``. Empty where none is told.
    """
    counts = {code: sum(word in known for word in words) for code, known in _WORDS.items()}
    most = max(counts.values())
    best = [code for code, count in counts.items() if count == most]
    told = guessed if guessed in best else best[0] if len(best) == 1 else ""
    least = 1 if told == guessed and not english else _TELLING
    return told if most >= least and most > english else ""


def code_of(said: str) -> str:
    """Return the ISO 639-1 code of a language as people and programs write it ("eng", "English", "en_GB"), else ""."""
    head = said.replace("_", "-").split("-")[0].strip().casefold()
    known = len(head) == 2 and head.isascii() and head.isalpha() and head not in _UNKNOWN
    return _CODES.get(head, head if known else "")


@lru_cache(maxsize=1)
def _model() -> LanguageIdentifier:
    # One for all identifiers of a process: unpacking it takes most of a second.
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
