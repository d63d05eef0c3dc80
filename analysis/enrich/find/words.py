"""English word forms: ``crash~`` is crash, crashes, crashed, crashing; ``slow^`` is slow, slower, slowest, slowly.

Regular forms follow the spelling rules (doubling, e-dropping, y to i); irregular verbs stand in
``data/grammar.yaml``. Forms that
English does not have ("goed") are harmless: nobody writes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from analysis.enrich.data_files import load, load_words

_IRREGULAR: Mapping[str, str] = load("grammar")["irregular"]
_DOUBLES = re.compile(r"^(?:[^aeiou]*|.*[^aeiou])[aeiou][bdgklmnprtz]$")
_LONG_DOUBLERS = load_words("grammar", "doublers")


@lru_cache(maxsize=8192)
def forms(word: str) -> frozenset[str]:
    """Return the verb and noun forms of ``word``, itself included."""
    spelt = {word, *_IRREGULAR.get(word, "").split()}
    if word.endswith("e"):
        spelt |= {word + "s", word + "d", word[:-1] + "ing"}
        if word.endswith(("ee", "oe", "ye")):
            spelt.add(word + "ing")
    elif re.search(r"[^aeiou]y$", word):
        spelt |= {word[:-1] + "ies", word[:-1] + "ied", word + "ing"}
    else:
        stem = word + word[-1] if _doubles(word) else word
        spelt |= {stem + "ed", stem + "ing", word + "ed", word + "ing"}
        spelt |= {word + "es"} if word.endswith(("s", "x", "z", "ch", "sh", "o")) else {word + "s"}
    return frozenset(spelt)


@lru_cache(maxsize=4096)
def degrees(word: str) -> frozenset[str]:
    """Return the forms of the adjective ``word``: comparative, superlative, adverb, itself included."""
    if word.endswith("y") and len(word) > 3:
        stem = word[:-1] + "i"
        return frozenset({word, stem + "er", stem + "est", stem + "ly"})
    if word.endswith("le"):
        return frozenset({word, word + "r", word + "st", word[:-1] + "y"})
    if word.endswith("e"):
        return frozenset({word, word + "r", word + "st", word + "ly"})
    stem = word + word[-1] if _doubles(word) and len(word) < 5 else word
    return frozenset({word, stem + "er", stem + "est", word + "ly"})


def expand(item: str) -> frozenset[str]:
    """Return the words that one item of a pattern stands for: ``a|b~|c^``, lower case."""
    meant: set[str] = set()
    for choice in item.lower().split("|"):
        if choice.endswith("~") and len(choice) > 1:
            meant |= forms(choice[:-1])
        elif choice.endswith("^") and len(choice) > 1:
            meant |= degrees(choice[:-1])
        elif choice:
            meant.add(choice)
    return frozenset(meant)


def _doubles(word: str) -> bool:
    if word in _LONG_DOUBLERS:
        return True
    return len(re.findall(r"[aeiouy]+", word)) == 1 and bool(_DOUBLES.match(word))
