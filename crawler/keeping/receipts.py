"""Receipts: what an answer gave must be kept before the answer may be remembered as known.

A feed that was remembered (ETag, Last-Modified) before its articles were stored would answer 304 after a crash and the
articles would never be read. So each answer has a receipt; it holds one part for every post and every request that
came of it, and is done when all of them are. One part that fails leaves the answer forgotten: the next run asks again.
"""

from __future__ import annotations

from collections.abc import Callable


class Receipt:
    """Counts the open parts of one answer. ``keep`` is called once, when all are kept; never if one was lost.

    ``lose`` is called instead, once no part is open any more.
    """

    __slots__ = ("_keep", "_lose", "_lost", "_open", "_parent")

    def __init__(
        self, keep: Callable[[], None], *, parent: Receipt | None = None, lose: Callable[[], None] | None = None
    ) -> None:
        # The answer itself is a part: it is settled by its callback's end, when no more parts can come.
        self._open = 1
        self._lost = False
        self._keep = keep
        self._lose = lose
        self._parent = parent
        if parent is not None:
            parent.hold()

    @property
    def is_open(self) -> bool:
        """Whether a part of it is neither kept nor lost yet."""
        return self._open > 0

    def hold(self) -> None:
        """Open one more part."""
        self._open += 1

    def settle(self, *, kept: bool = True) -> None:
        """Close one part; ``kept`` is False where it was lost and should be tried again by the next run."""
        self._open -= 1
        self._lost = self._lost or not kept
        if self._open:
            return
        if not self._lost:
            self._keep()
        elif self._lose is not None:
            self._lose()
        if self._parent is not None:
            self._parent.settle(kept=not self._lost)
