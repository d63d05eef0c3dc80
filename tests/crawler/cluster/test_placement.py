"""Whatever comes and goes: never two actors on a host, and every source is crawled."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from analysis.model import Source
from crawler.cluster.placement import Handed, Placement, host_of_source
from crawler.cluster.rendezvous import owner

ACTORS = [f"crawler-{n}" for n in range(4)]
HOSTS = [f"h{n}.example" for n in range(6)]
BOUND = 3


class Crawling(RuleBasedStateMachine):
    """Adds sources, hands them out, finishes some, loses actors and lets them come back."""

    def __init__(self) -> None:
        super().__init__()
        self.placement = Placement(bound=BOUND)
        self.hands: dict[str, Handed] = {}
        self.resting: set[str] = set()
        self.added: set[str] = set()
        self.done: set[str] = set()

    @rule(host=st.sampled_from(HOSTS))
    def add(self, host: str) -> None:
        name = f"source-{len(self.added)}"
        self.added.add(name)
        self.placement.add(name, host)

    @rule()
    def take(self) -> None:
        for handed in self.placement.take():
            assert handed.source not in self.hands
            assert handed.host not in self.resting
            assert handed.actor in self.placement.alive
            self.hands[handed.source] = handed

    @precondition(lambda self: self.hands)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.hands)))
        del self.hands[name]
        self.done.add(name)
        self.placement.finished(name)

    @rule(actor=st.sampled_from(ACTORS))
    def join(self, actor: str) -> None:
        self.placement.joined(actor)

    @rule(actor=st.sampled_from(ACTORS))
    def lose(self, actor: str) -> None:
        for handed in self.placement.lost(actor):
            assert self.hands.pop(handed.source) == handed
            self.resting.add(handed.host)
            self.placement.add(handed.source, handed.host)

    @precondition(lambda self: self.resting)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        host = data.draw(st.sampled_from(sorted(self.resting)))
        self.resting.discard(host)
        self.placement.released(host)

    @invariant()
    def a_host_has_one_actor_and_an_actor_no_more_than_it_can_hold(self) -> None:
        having: dict[str, set[str]] = {}
        for handed in self.hands.values():
            having.setdefault(handed.host, set()).add(handed.actor)
        assert all(len(actors) == 1 for actors in having.values())
        assert all(sum(one.actor == actor for one in self.hands.values()) <= BOUND for actor in ACTORS)
        assert self.placement.in_hand == len(self.hands)
        alive = self.placement.alive
        for host, actor in self.placement.owners.items():
            assert actor == (next(iter(having[host])) if host in having else owner(host, alive))
        assert self.placement.waiting == len(self.added) - len(self.done) - len(self.hands)
        assert self.placement.queued.total() == self.placement.waiting
        assert self.placement.queued.keys() <= alive | {""}

    def teardown(self) -> None:
        """Every source is crawled in the end, if one actor stays and all hosts have rested."""
        self.placement.joined(ACTORS[0])
        for host in HOSTS:
            self.placement.released(host)
        self.resting.clear()
        while self.done != self.added:
            self.take()
            assert self.hands, "nobody takes what waits"
            for name in list(self.hands):
                del self.hands[name]
                self.done.add(name)
                self.placement.finished(name)
        assert not self.placement.owners


TestCrawling = Crawling.TestCase
TestCrawling.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_what_belongs_together() -> None:
    def host(url: str, name: str = "a") -> str:
        return host_of_source(Source(id=name, kind="feed", url=url))

    assert host("https://news.kettlo.example/feed.xml") == host("http://www.kettlo.example:8080/")
    assert host("https://one.github.io/") != host("https://two.github.io/")
    assert host("http://127.0.0.2:80/a") != host("http://127.0.0.3:80/a")
    assert host("posts.csv", "mine") != host("posts.csv", "yours")


def test_hosts_of_one_actor_take_turns() -> None:
    placement = Placement(bound=4)
    placement.joined("only")
    for name, at in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("c1", "c")):
        placement.add(name, at)
    assert [handed.source for handed in placement.take()] == ["a1", "b1", "c1", "a2"]
    assert placement.queued == {"only": 1}
    placement.lost("only")
    placement.add("b1", "b")
    assert placement.queued == {"": 2}


def test_what_waits_can_be_given_up_and_what_is_in_hand_goes_on() -> None:
    placement = Placement(bound=1)
    placement.joined("only")
    for name, at in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        placement.add(name, at)
    assert [handed.source for handed in placement.take()] == ["a1"]
    assert placement.give_up() == ["a2", "b1"]
    assert (placement.waiting, placement.in_hand, placement.owners) == (0, 1, {"a": "only"})
    placement.finished("a1")
    assert not placement.owners
    assert not list(placement.take())
