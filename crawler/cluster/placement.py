"""What is to be crawled where: a host's sources go to one actor at a time. No clock, no network, no Ray.

The unit of a polite crawler is the host: its robots.txt, delays and limits are kept by whoever owns it, so a host that
is being crawled stays where it is, and moves only when its owner is lost or has nothing of it in hand.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from analysis.model import Source
from analysis.model.addresses import site
from crawler.cluster import rendezvous


@dataclass(frozen=True, slots=True)
class Handed:
    """A source that an actor is to crawl now."""

    actor: str
    source: str
    host: str


def host_of_source(source: Source) -> str:
    """Return the host whose limits ``source`` shares: a registered domain; its own id where it has no web address.

    An API's address is that of the source, so all that is asked of one API belongs together.
    """
    return site(source.url) or f"source {source.id}"


class Placement:
    """Sources that wait and sources in hand. ``bound`` is how many sources an actor may have in hand."""

    def __init__(self, *, bound: int) -> None:
        self._bound = bound
        self._alive: set[str] = set()
        self._waiting: dict[str, deque[str]] = {}
        """By host, in the order in which they came."""
        self._owner: dict[str, str] = {}
        """Of each host that waits or is in hand; it has none while it rests, or without actors."""
        self._resting: set[str] = set()
        self._preferred: dict[str, str] = {}
        """Whose a host is among those alive, kept so that no score is worked out twice."""
        self._count = 0
        self._ready: dict[str, dict[str, None]] = defaultdict(dict)
        """By actor, its hosts with sources that wait: an ordered set."""
        self._in_hand: dict[str, Handed] = {}
        self._of_host: Counter[str] = Counter()
        self._of_actor: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many sources wait."""
        return self._count

    @property
    def queued(self) -> Counter[str]:
        """How many sources wait for each actor; under an empty name those whose host nobody has now."""
        queued: Counter[str] = Counter()
        for host, queue in self._waiting.items():
            queued[self._owner.get(host, "")] += len(queue)
        return queued

    @property
    def in_hand(self) -> int:
        """How many sources are being crawled."""
        return len(self._in_hand)

    @property
    def alive(self) -> frozenset[str]:
        """The actors that take sources."""
        return frozenset(self._alive)

    @property
    def owners(self) -> dict[str, str]:
        """Who has each host that waits or is in hand."""
        return dict(self._owner)

    def add(self, source: str, host: str) -> None:
        """Let a source wait for its turn. Raises ``ValueError`` for one that is in hand."""
        if source in self._in_hand:
            raise ValueError(f"{source} is being crawled already")
        self._waiting.setdefault(host, deque()).append(source)
        self._count += 1
        self._place(host, self._owner.get(host) or self._next(host))

    def take(self) -> Iterator[Handed]:
        """Put in hand what there is room for and yield it; an actor's hosts take turns."""
        for actor in sorted(self._alive):
            ready = self._ready[actor]
            while ready and self._of_actor[actor] < self._bound:
                host = next(iter(ready))
                del ready[host]
                queue = self._waiting[host]
                handed = Handed(actor, queue.popleft(), host)
                self._count -= 1
                if queue:
                    ready[host] = None
                else:
                    del self._waiting[host]
                self._in_hand[handed.source] = handed
                self._of_host[host] += 1
                self._of_actor[actor] += 1
                yield handed

    def finished(self, source: str) -> None:
        """Take a source out of its actor's hands. Raises ``KeyError`` for one that is not in hand."""
        handed = self._in_hand.pop(source)
        self._of_actor[handed.actor] -= 1
        self._of_host[handed.host] -= 1
        if self._of_host[handed.host]:
            return
        del self._of_host[handed.host]
        if handed.host not in self._waiting:
            del self._owner[handed.host]
        else:
            # Nothing of it is in hand: who came meanwhile may have it.
            self._place(handed.host, self._next(handed.host))

    def joined(self, actor: str) -> int:
        """Let an actor take sources; return how many hosts it takes from others (those of which nothing is in hand)."""
        self._alive.add(actor)
        for host, before in self._preferred.items():
            if (rendezvous.score(actor, host), actor) > (rendezvous.score(before, host), before):
                self._preferred[host] = actor
        moved = 0
        for host in self._waiting:
            if host not in self._of_host and host not in self._resting and self._next(host) != self._owner.get(host):
                self._place(host, self._next(host))
                moved += 1
        return moved

    def give_up(self) -> list[str]:
        """Take out all that waits and return it; what is in hand stays there."""
        self._count = 0
        given_up = [source for queue in self._waiting.values() for source in queue]
        for host in list(self._waiting):
            del self._waiting[host]
            self._place(host, self._owner.get(host, "") if host in self._of_host else "")
        return given_up

    def lost(self, actor: str) -> list[Handed]:
        """Take an actor out; its hosts that wait go to others. Return what it had in hand, for the caller to add again.

        The hosts of what was in hand rest until they are ``released``: the lost one may have a request under way.
        """
        self._alive.discard(actor)
        self._preferred = {host: who for host, who in self._preferred.items() if who != actor}
        dropped = [handed for handed in self._in_hand.values() if handed.actor == actor]
        for handed in dropped:
            del self._in_hand[handed.source]
            self._resting.add(handed.host)
            self._of_host.pop(handed.host, None)
        self._of_actor.pop(actor, None)
        for host in [host for host, who in self._owner.items() if who == actor]:
            self._place(host, self._next(host))
        self._ready.pop(actor, None)
        return dropped

    def released(self, host: str) -> None:
        """Give a host of a lost actor to another: its last request is over."""
        self._resting.discard(host)
        if host in self._waiting and host not in self._owner:
            self._place(host, self._next(host))

    def _next(self, host: str) -> str:
        if not self._alive or host in self._resting:
            return ""
        if host not in self._preferred:
            self._preferred[host] = rendezvous.owner(host, self._alive)
        return self._preferred[host]

    def _place(self, host: str, actor: str) -> None:
        before = self._owner.pop(host, None)
        if before is not None:
            self._ready[before].pop(host, None)
        if not actor:
            return
        self._owner[host] = actor
        if host in self._waiting:
            self._ready[actor][host] = None
