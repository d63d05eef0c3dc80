"""JSON that is not one value a line: an array, or values one after the other, written over many lines or on one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

_PIECE = 1 << 16
_BETWEEN = " \t\r\n,\x1e"
LONGEST = 64 * 1024 * 1024
"""Characters of one value."""


class ValuesError(ValueError):
    """The text is no such JSON; what came before the place was read."""


def values(begun: str, read: Callable[[int], str]) -> Iterator[Any]:
    """Yield the values of a text that begins with ``begun`` and goes on with what ``read`` gives, one at a time.

    Of an array that is the whole text its values are yielded. Raises ``ValuesError``.
    """
    decoder, text, at, number = json.JSONDecoder(), begun.lstrip("\ufeff"), 0, 0
    at = _behind(text, at)
    is_array = text[at : at + 1] == "["
    at += is_array
    while True:
        at = _behind(text, at)
        is_over = is_array and text[at : at + 1] == "]"
        wrong = ""
        if at < len(text) and not is_over:
            try:
                value, end = decoder.raw_decode(text, at)
            except json.JSONDecodeError as error:
                wrong = error.msg
            except ValueError:
                raise ValuesError(f"after {number} values: a number has too many digits") from None
            except RecursionError:
                raise ValuesError(f"after {number} values: it is nested too deep") from None
            else:
                # A number may go on in the next piece.
                if end < len(text) or isinstance(value, dict | list):
                    yield value
                    at, number = end, number + 1
                    continue
        if is_over:
            return
        more = read(max(_PIECE, len(text) - at))
        if not more:
            if wrong or is_array:
                raise ValuesError(f"after {number} values: {wrong or 'it is cut'}")
            return
        if len(text) - at > LONGEST:
            raise ValuesError(f"after {number} values: {wrong or 'a value is too long'}")
        text, at = text[at:] + more, 0


def _behind(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BETWEEN:
        at += 1
    return at
