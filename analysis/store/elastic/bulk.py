"""Bulk requests: lines go out in chunks of bytes, and every line comes back as one outcome.

A chunk that was lost on the way (cut connection, time-out, a gateway's page) is sent again whole: ids and external
versions make that safe. Items that the server had no room for (429, 503) are sent again alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.store.elastic.server.client import AwayError, Connection, RefusedError, blocked, told

CHUNK_BYTES = 5 * 2**20
_AGAIN = {429, 502, 503, 504}
# What is read of an answer; all of it would take as long to parse as the documents to write.
_READ = {"filter_path": "items.*.status,items.*.result,items.*.error"}
Look = Callable[[Sequence[str]], None]
Result = Literal["created", "updated", "stale", "deleted", "missing", "refused", "moved"]


@dataclass(frozen=True, slots=True)
class BulkLine:
    """One item of a bulk: its action as JSON, and its document, None for a deletion."""

    id: str
    action: bytes
    body: bytes | None

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return len(self.action) + len(self.body or b"") + 2


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of one line: ``again`` says that it was sent more than once, so "updated" may be our own doing.

    ``moved`` means that its index is gone (an upgrade has just ended); ``reason`` tells of a refusal.
    """

    result: Result
    reason: str = ""
    again: bool = False


def send(connection: Connection, lines: Sequence[BulkLine], *, before_again: Look | None = None) -> list[BulkOutcome]:
    """Return one outcome for each line, in order. Raises ``AwayError`` and ``RefusedError`` (rights).

    ``before_again`` is called with the ids of lines that are about to be sent a second time.
    """
    return [outcome for part in _chunks(lines) for outcome in _deliver(connection, part, before_again)]


def _chunks(lines: Sequence[BulkLine]) -> Iterator[Sequence[BulkLine]]:
    first = size = 0
    for at, line in enumerate(lines):
        if at > first and size + line.size > CHUNK_BYTES:
            yield lines[first:at]
            first, size = at, 0
        size += line.size
    if first < len(lines):
        yield lines[first:]


def _deliver(connection: Connection, lines: Sequence[BulkLine], before_again: Look | None) -> list[BulkOutcome]:
    """Send until every line has an outcome; waits grow with full jitter."""
    outcomes: list[BulkOutcome | None] = [None] * len(lines)
    open_lines, attempt = list(range(len(lines))), 0
    while True:
        try:
            open_lines = _once(connection, lines, open_lines, outcomes, again=attempt > 0)
            if not open_lines:
                return [outcome for outcome in outcomes if outcome is not None]
            failed = AwayError(f"{connection.address.shown}: the server has no room for more; it is overloaded")
        except AwayError as error:
            failed = error
        except RefusedError as error:
            if error.status != 413:
                raise
            return _split(connection, lines, open_lines, outcomes, before_again)
        attempt += 1
        if attempt >= connection.patience.attempts:
            raise failed
        if attempt == 1 and before_again is not None:
            before_again([lines[n].id for n in open_lines])
        time.sleep(connection.patience.wait(attempt - 1))


def _once(
    connection: Connection,
    lines: Sequence[BulkLine],
    numbers: Sequence[int],
    outcomes: list[BulkOutcome | None],
    *,
    again: bool,
) -> list[int]:
    """Send the numbered lines once, note their outcomes, and return the numbers that must be sent again."""
    body = b"".join(
        lines[n].action + b"\n" + (lines[n].body + b"\n" if lines[n].body is not None else b"")  # type: ignore[operator]
        for n in numbers
    )
    answer = connection.ask("POST", "/_bulk", body, params=_READ, retry=False)
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list) or len(items) != len(numbers):
        raise AwayError(f"{connection.address.shown}: the answer does not tell what became of the documents")
    left: list[int] = []
    for number, item in zip(numbers, items, strict=True):
        [(_, said)] = item.items()
        outcome = _outcome(connection.address.shown, said, again=again)
        if outcome is None:
            left.append(number)
        else:
            outcomes[number] = outcome
    return left


def _outcome(where: str, said: dict[str, object], *, again: bool) -> BulkOutcome | None:
    status = said["status"]
    assert isinstance(status, int)
    if status < 300:
        made: dict[object, Result] = {"created": "created", "deleted": "deleted"}
        return BulkOutcome(made.get(said.get("result"), "updated"), again=again)
    error = said.get("error") or {}
    kind, reason = (str(error.get("type", "")), str(error.get("reason", ""))) if isinstance(error, dict) else ("", "")
    if isinstance(error, dict) and isinstance(error.get("caused_by"), dict):
        reason += f" ({error['caused_by'].get('reason', '')})"
    if kind == "cluster_block_exception":
        raise AwayError(blocked(where, reason))
    if status in _AGAIN:
        return None
    if status == 409:
        return BulkOutcome("stale", reason=reason, again=again)
    if status == 404:
        return BulkOutcome("moved" if kind == "index_not_found_exception" else "missing", again=again)
    if status in {401, 403} or status >= 500:
        raise told(where, status, kind, reason)
    return BulkOutcome("refused", reason=f"{kind}: {reason}", again=again)


def _split(
    connection: Connection,
    lines: Sequence[BulkLine],
    numbers: Sequence[int],
    outcomes: list[BulkOutcome | None],
    before_again: Look | None,
) -> list[BulkOutcome]:
    """The request was too large: send it in halves; a single document that is too large is refused."""
    if len(numbers) == 1:
        outcomes[numbers[0]] = BulkOutcome(
            "refused", reason=f"{lines[numbers[0]].size} bytes are more than the server takes"
        )
    else:
        for half in (numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]):
            became = _deliver(connection, [lines[n] for n in half], before_again)
            for number, outcome in zip(half, became, strict=True):
                outcomes[number] = outcome
    return [outcome for outcome in outcomes if outcome is not None]
