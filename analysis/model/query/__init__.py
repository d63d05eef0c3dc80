"""Boolean brand and search queries: read once, then matched or compiled by each engine.

Understood: words, ``"phrases"``, proximity ``"a b"~5`` and ``a NEAR/5 b`` (``ONEAR/5`` in this order), wildcards
``framewor*``, ``gr?y`` and ``"apple orchard*"``, names with their very capitals ``{BT}``, ``AND OR NOT + - ! && ||``,
parentheses. Words that stand side by side must all occur. A word of several tokens (``frame.work``) is a phrase.
"""

from analysis.model.query.grammar import parse
from analysis.model.query.matching import any_of, matches, merged, spans
from analysis.model.query.names import words_query
from analysis.model.query.saying import in_words
from analysis.model.query.tree import (
    All,
    Either,
    Leaf,
    Nearby,
    Node,
    Query,
    Terms,
    Wildcard,
    Without,
    Writing,
    plainer,
    positive_leaves,
    spelled_out,
)

__all__ = [
    "All",
    "Either",
    "Leaf",
    "Nearby",
    "Node",
    "Query",
    "Terms",
    "Wildcard",
    "Without",
    "Writing",
    "any_of",
    "in_words",
    "matches",
    "merged",
    "parse",
    "plainer",
    "positive_leaves",
    "spans",
    "spelled_out",
    "words_query",
]  # fmt: skip
