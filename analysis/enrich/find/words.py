"""English word forms: ``crash~`` is crash, crashes, crashed, crashing; ``slow^`` is slow, slower, slowest, slowly.

Regular forms follow the spelling rules (doubling, e-dropping, y to i); irregular verbs stand in one table. Forms that
English does not have ("goed") are harmless: nobody writes them.
"""

from __future__ import annotations

import re
from functools import lru_cache

_IRREGULAR: dict[str, str] = {
    "be": "is are was were been being am be",
    "become": "became",
    "begin": "began begun",
    "blow": "blew blown",
    "break": "broke broken",
    "bring": "brought",
    "burn": "burnt",
    "buy": "bought",
    "catch": "caught",
    "charge": "",
    "choose": "chose chosen",
    "come": "came",
    "cost": "cost",
    "cut": "cut",
    "die": "dying",
    "do": "did done",
    "draw": "drew drawn",
    "drive": "drove driven",
    "eat": "ate eaten",
    "fall": "fell fallen",
    "feel": "felt",
    "fight": "fought",
    "find": "found",
    "fly": "flew flown",
    "forget": "forgot forgotten",
    "freeze": "froze frozen",
    "get": "got gotten",
    "give": "gave given",
    "go": "went gone",
    "grow": "grew grown",
    "have": "had has",
    "hang": "hung",
    "hit": "hit",
    "hold": "held",
    "hurt": "hurt",
    "keep": "kept",
    "know": "knew known",
    "lay": "laid",
    "leave": "left",
    "let": "let",
    "lie": "lied lying",
    "lose": "lost",
    "make": "made",
    "meet": "met",
    "overcharge": "",
    "pay": "paid",
    "put": "put",
    "quit": "quit",
    "read": "read",
    "rise": "rose risen",
    "run": "ran",
    "say": "said",
    "see": "saw seen",
    "sell": "sold",
    "send": "sent",
    "set": "set",
    "shut": "shut",
    "sink": "sank sunk",
    "sleep": "slept",
    "speak": "spoke spoken",
    "spend": "spent",
    "split": "split",
    "stand": "stood",
    "steal": "stole stolen",
    "stick": "stuck",
    "stink": "stank stunk",
    "swear": "swore sworn",
    "take": "took taken",
    "teach": "taught",
    "tell": "told",
    "think": "thought",
    "throw": "threw thrown",
    "understand": "understood",
    "wear": "wore worn",
    "win": "won",
    "write": "wrote written",
}
_DOUBLES = re.compile(r"^(?:[^aeiou]*|.*[^aeiou])[aeiou][bdgklmnprtz]$")
# Two-syllable verbs stressed on the last syllable double their consonant too; the rest ("open") must not.
_LONG_DOUBLERS = frozenset(
    {"admit", "commit", "forbid", "forget", "infer", "occur", "omit", "prefer", "refer", "regret"}
)


@lru_cache(maxsize=8192)
def forms(word: str) -> frozenset[str]:
    """Return the verb and noun forms of ``word``, itself included."""
    found = {word, *_IRREGULAR.get(word, "").split()}
    if word.endswith("e"):
        found |= {word + "s", word + "d", word[:-1] + "ing"}
        if word.endswith(("ee", "oe", "ye")):
            found.add(word + "ing")
    elif re.search(r"[^aeiou]y$", word):
        found |= {word[:-1] + "ies", word[:-1] + "ied", word + "ing"}
    else:
        stem = word + word[-1] if _doubles(word) else word
        found |= {stem + "ed", stem + "ing", word + "ed", word + "ing"}
        found |= {word + "es"} if word.endswith(("s", "x", "z", "ch", "sh", "o")) else {word + "s"}
    return frozenset(found)


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
    found: set[str] = set()
    for choice in item.lower().split("|"):
        if choice.endswith("~") and len(choice) > 1:
            found |= forms(choice[:-1])
        elif choice.endswith("^") and len(choice) > 1:
            found |= degrees(choice[:-1])
        elif choice:
            found.add(choice)
    return frozenset(found)


def _doubles(word: str) -> bool:
    if word in _LONG_DOUBLERS:
        return True
    return len(re.findall(r"[aeiouy]+", word)) == 1 and bool(_DOUBLES.match(word))
