"""Token patterns in a short notation, found by spaCy's ``Matcher``.

A pattern is words between spaces. ``a|b`` is either; ``crash~`` and ``slow^`` stand for their forms (``words``);
``word?`` may be missing; ``...`` is a gap of up to four tokens inside the sentence and ``..`` of up to two;
``@brand`` is a name that is tracked, ``@name`` a word with a capital, ``#`` a number or sum, ``*`` any one token.

Thousands of patterns over every token would cost tens of milliseconds a post, so each pattern is filed under its rarest
required word (its anchor) and a ``Matcher`` runs only on a sentence that holds a word for each of its items.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spacy.matcher import Matcher
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from analysis.enrich.data_files import load_words
from analysis.enrich.find.words import expand
from analysis.enrich.reading import Bounds, Cue
from analysis.model.errors import ConfigError

Spec = dict[str, Any]

_COMMON = load_words("grammar", "common")
_STOPS = (".", "!", "?", ";")


class Cues:
    """A set of labelled patterns, compiled once for a vocabulary. Finding changes nothing in it."""

    def __init__(self, vocab: Vocab, patterns: Mapping[str, Iterable[str]]) -> None:
        self._matchers: list[tuple[str, Matcher, tuple[frozenset[str], ...]]] = []
        self._by_anchor: dict[str, list[int]] = {}
        self._always: list[int] = []
        for label, sources in patterns.items():
            for source in sources:
                self._add(vocab, label, source)

    def _add(self, vocab: Vocab, label: str, source: str) -> None:
        specs, required = compile_pattern(source)
        anchor = max(required, key=_rarity, default=frozenset())
        matcher = Matcher(vocab, validate=False)
        matcher.add(label, [specs], greedy="LONGEST")
        self._matchers.append((label, matcher, required))
        for word in anchor:
            self._by_anchor.setdefault(word, []).append(len(self._matchers) - 1)
        if not anchor:
            self._always.append(len(self._matchers) - 1)

    def find(self, sentence: Span, lowers: Sequence[str]) -> list[Cue]:
        """Return the cues in ``sentence``, whose lower-case tokens are ``lowers``, in order; offsets into its doc."""
        wanted: dict[int, None] = dict.fromkeys(self._always)
        for word in lowers:
            for number in self._by_anchor.get(word, ()):
                wanted[number] = None
        cues: set[Cue] = set()
        present = frozenset(lowers)
        for number in wanted:
            label, matcher, required = self._matchers[number]
            if any(words.isdisjoint(present) for words in required):
                continue
            cues.update(
                Cue(label, first + sentence.start, last + sentence.start) for _, first, last in matcher(sentence)
            )
        return sorted(cues, key=lambda cue: (cue.start, cue.end, cue.label))


def find_all(cues: Cues, doc: Doc, bounds: Sequence[Bounds], lowers: Sequence[str]) -> list[Cue]:
    """Return the cues of every sentence of ``doc``, whose token bounds are given, in order."""
    return [cue for first, last in bounds for cue in cues.find(doc[first:last], lowers[first:last])]


def compile_pattern(source: str) -> tuple[list[Spec], tuple[frozenset[str], ...]]:
    """Return spaCy's token pattern for ``source`` and its required items: one word of each must occur."""
    specs: list[Spec] = []
    required: list[frozenset[str]] = []
    for item in source.split():
        spec, words, optional = _item(item, source)
        specs += spec
        if words and not optional:
            required.append(words)
    return specs, tuple(required)


def _item(item: str, source: str) -> tuple[list[Spec], frozenset[str], bool]:
    optional = len(item) > 1 and item.endswith("?")
    core = item[:-1] if optional else item
    extra: Spec = {"OP": "?"} if optional else {}
    gap = {"LOWER": {"NOT_IN": list(_STOPS)}, "OP": "?"}
    special: dict[str, list[Spec]] = {
        "...": [gap] * 4,
        "..": [gap] * 2,
        "@brand": [{"ENT_TYPE": "BRAND", "OP": "*" if optional else "+"}],
        "@name": [{"SHAPE": {"REGEX": "^X"}, **extra}],
        "#": [{"SHAPE": {"REGEX": "d"}, **extra}],
        "*": [{"IS_SPACE": False, **extra}],
    }
    if core in special:
        return special[core], frozenset(), True
    words = expand(core)
    if "#" in words:  # a number or one of these signs and words
        others = "|".join(re.escape(word) for word in sorted(words - {"#"}))
        return [{"LOWER": {"REGEX": f"^(?:[0-9].*|{others})$"}, **extra}], frozenset(), True
    if not words:
        raise ConfigError([f"the pattern {source!r} has an empty item; write words, or see docs/taxonomy.md"])
    value: Any = next(iter(words)) if len(words) == 1 else {"IN": sorted(words)}
    return [{"LOWER": value, **extra}], words, optional


def _rarity(words: frozenset[str]) -> int:
    """Return how rare the commonest of ``words`` is held to be: common words last, long words first."""
    return min(1 if word in _COMMON else 1 + len(word) for word in words)
