"""What people changed by hand: erased, let expire, and corrected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.model.times import read_time
from analysis.track.parts import Period, Share, shares
from analysis.track.quotes import NAMED

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What people changed by hand in the period: erased by the law's right or by retention, and judgements corrected.

    ``entries`` are the newest numbers in the audit log that say so, ``mentions`` the ids of the mentions whose
    judgement was corrected last.
    """

    erasures: int
    erased_mentions: int
    expiries: int
    expired_mentions: int
    corrections: int
    corrected: tuple[Share, ...]
    entries: tuple[int, ...]
    mentions: tuple[str, ...]


def hands(erasures: Mapping[str, Document], corrections: Mapping[str, Document], period: Period) -> Hands:
    """Return what people erased and corrected in the period, from records by their number in the audit log.

    A record's time is its ``at``, its size its ``count``. What retention took has the target ``older``.
    """
    gone = {key: body for key, body in erasures.items() if _within(body, period)}
    expired = [body for body in gone.values() if body.get("target") == "older"]
    erased = [body for body in gone.values() if body.get("target") != "older"]
    corrected = {key: body for key, body in corrections.items() if _within(body, period)}
    ways = Counter(_way(body) for body in corrected.values())
    newest = sorted({*gone, *corrected}, reverse=True)[:NAMED]
    ids = dict.fromkeys(str(corrected[key].get("mention", "")) for key in sorted(corrected, reverse=True))
    return Hands(
        erasures=len(erased),
        erased_mentions=_size(erased),
        expiries=len(expired),
        expired_mentions=_size(expired),
        corrections=len(corrected),
        corrected=shares(ways, len(corrected), ""),
        entries=tuple(int(key) for key in newest if key.isdigit()),
        mentions=tuple(id_ for id_ in ids if id_)[:NAMED],
    )


def _size(bodies: Iterable[Document]) -> int:
    return sum(int(body.get("count") or 0) for body in bodies)


def _way(body: Document) -> str:
    """Return the direction of a correction in words."""
    was, to = str(body.get("from") or ""), str(body.get("to") or "")
    what = body.get("field", "sentiment")
    if what == "topic":
        return f"topic {was} to {to}" if was and to else f"topic {was} removed" if was else f"topic {to} added"
    if what == "complaint":
        return "no complaint to complaint" if to == "yes" else "complaint to no complaint"
    if what == "brand":
        return f"{was} the brand to {to} it"
    return f"{was or 'unsaid'} to {to or 'unsaid'}"


def _within(body: Document, period: Period) -> bool:
    return bool(body.get("at")) and period.since <= read_time(str(body["at"])) < period.until
