"""Hosts spread evenly, everybody agrees on who has which, and only what must move moves."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from crawler.cluster.rendezvous import owner

HOSTS = [f"site-{n}.example" for n in range(4000)]
actors = st.lists(st.text("abcdef-0123456789", min_size=1, max_size=12), min_size=2, max_size=12, unique=True)


@given(names=actors, host=st.text(max_size=20), data=st.data())
def test_the_order_of_the_actors_does_not_matter(names: list[str], host: str, data: st.DataObject) -> None:
    assert owner(host, names) == owner(host, data.draw(st.permutations(names)))


@given(names=actors, data=st.data())
def test_only_the_hosts_of_the_one_that_goes_move(names: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(names))
    left = [name for name in names if name != gone]
    for host in HOSTS[:50]:
        before = owner(host, names)
        assert before == gone or owner(host, left) == before


def test_about_one_in_n_moves_and_nobody_has_much_more_than_the_mean() -> None:
    for n in (2, 5, 20):
        names = [f"crawler-{number}" for number in range(n)]
        before = {host: owner(host, names) for host in HOSTS}
        share = Counter(before.values())
        moved = sum(owner(host, names[1:]) != before[host] for host in HOSTS)
        # Five standard deviations of the binomial count.
        mean, allowed = len(HOSTS) / n, 5 * (len(HOSTS) / n) ** 0.5
        assert abs(moved - mean) < allowed
        assert max(share.values()) - mean < allowed


def test_the_scores_are_the_same_on_every_machine() -> None:
    found = [owner(host, ["a", "b", "c"]) for host in ("one.example", "two.example", "three.example")]
    assert found == ["c", "b", "c"]
