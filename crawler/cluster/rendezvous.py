"""Which actor a host belongs to: rendezvous hashing, or highest random weight (Thaler and Ravishankar, 1998).

Every actor has a score with every host, and the highest has it. So nobody needs a table: where one of n actors goes,
its own hosts move, about 1/n of all, and nobody else's; where one comes, it takes about 1/n.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b


def score(actor: str, host: str) -> int:
    """Return the 64 bits by which ``actor`` is compared with others for ``host``; the same on every machine."""
    return int.from_bytes(blake2b(f"{actor}\0{host}".encode(), digest_size=8).digest(), "big")


def owner(host: str, actors: Iterable[str]) -> str:
    """Return the actor that ``host`` belongs to among ``actors``, in whatever order. Raises ``ValueError`` for none."""
    return max(actors, key=lambda actor: (score(actor, host), actor))
