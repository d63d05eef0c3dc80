"""What judges a text for a task. Rules and trained models are exchangeable behind this protocol.

A component of the pipeline holds one judge as ``judge``; another is set by
``nlp.get_pipe("candor_sentiment").judge = model``. A model reads ``doc.text`` and the character spans of the targets
(``reading_of(doc).found``), or the clauses that the earlier components have cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from spacy.tokens import Doc

Answer_co = TypeVar("Answer_co", covariant=True)


class Judge(Protocol[Answer_co]):
    """Judges one task, for example the sentiment towards each target."""

    version: str

    def judge(self, doc: Doc, targets: Sequence[str]) -> Sequence[Answer_co]:
        """Return one answer per target, in order. ``doc`` carries its reading up to this component."""
        ...
