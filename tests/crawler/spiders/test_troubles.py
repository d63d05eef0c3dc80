"""What may go wrong while an API is read, for every kind that asks one: nothing is lost, read twice or asked for ever.

The rows are in ``plays.py``: a new kind is one row there. All of a group are crawled at once.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from scrapy.http import Response

from crawler.kinds import KINDS
from crawler.kinds.base import ApiOptions
from tests.support.crawl.crawling import answers_held, handed_in
from tests.support.crawl.documented_api import ApiAnswer
from tests.support.crawl.living import living
from tests.support.crawl.place import talk
from tests.support.crawl.stand_ins.plays import FULL, KEYED, PER_HOST, PUBLIC, Group

NOBODY = "User-agent: *\nDisallow: /\n"
ASIDE = {"spam", "a reply of our own", "an internal note"}
BATCH = 16


@pytest.fixture(params=["with keys", "open to all"])
def group(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Group]:
    # What asks with a key goes by the terms of that, and robots.txt is for those who have none.
    is_keyed = request.param == "with keys"
    plays, robots = (KEYED, NOBODY) if is_keyed else (PUBLIC, "")
    with Group(plays, tmp_path, robots=robots) as made:
        yield made
        assert {name: host.refused for name, host in made.hosts.items() if host.refused} == {}
        assert {name: host.most_at_once for name, host in made.hosts.items() if host.most_at_once > PER_HOST} == {}


def counts(group: Group) -> dict[str, int]:
    return {name: play.count for name, play in group.plays.items()}


def stored(group: Group) -> dict[str, int]:
    return {name: len(group.stored(name)) for name in group.plays}


def test_every_kind_that_asks_an_api_is_played() -> None:
    played = {play.kind for play in (*PUBLIC.values(), *KEYED.values())}
    assert {name for name, kind in KINDS.items() if issubclass(kind.options, ApiOptions)} == played


def test_all_is_read_once_whatever_happens_and_then_what_is_new(group: Group) -> None:
    soon = {"Retry-After": "1"}
    for place, play in group.lists():
        # An answer that asks for patience, one that is broken once, and, of what has answers of its own, one of those.
        place.troubles = {
            (play.listed, 0): [ApiAnswer({}, 429, soon)],
            (play.listed, 1): [ApiAnswer({}, 500)],
            ("detail", play.early): [ApiAnswer({}, 503)] if play.details else [],
        }
    first = group.crawl()
    assert group.each(first, "state", "mentions_new") == {name: ("ok", count) for name, count in counts(group).items()}
    assert stored(group) == counts(group)
    assert {name: place.troubles for name, place in group.places.items() if any(place.troubles.values())} == {}
    # What was on its way when the server asked for patience came all the same.
    assert {name: host.early for name, host in group.hosts.items() if host.early >= PER_HOST} == {}
    asked = group.asked()
    second = group.crawl()
    # A desk whose tickets did not change gives none.
    assert {row["state"] for row in second.values()} <= {"ok", "silent"}
    assert group.each(second, "mentions_new") == dict.fromkeys(group.plays, (0,))
    # What is old is not paged through again.
    assert {name: (asked[name], twice) for name, twice in group.asked().items() if twice > 2 * asked[name]} == {}
    for place, play in group.lists():
        # One that is new, and one that was written shortly before what was read last and came late.
        said = place.lists[play.listed]
        new, late = datetime.now(UTC).replace(microsecond=0), said[-1].at - timedelta(seconds=20)
        place.lists[play.listed] = [
            *said,
            replace(said[-1], number=play.first + 9000, at=new),
            # A desk files by the time of the change, whenever it was written.
            replace(said[-1], number=play.first + 9001, at=late, changed=new),
        ]
    third = group.crawl()
    assert group.each(third, "state", "mentions_new") == dict.fromkeys(group.plays, ("ok", 2))


def test_no_list_is_read_further_than_a_page_beyond_what_the_store_takes(group: Group) -> None:
    for place, play in group.lists():
        pages = 20 if play.size < FULL else 6
        place.lists[play.listed] = talk(
            pages * play.size, first=play.first, under=play.under, at=datetime.now(UTC) - timedelta(days=3), step=40
        )
    read = handed_in(group.config(), group.environ, hold=BATCH)
    # Two batches that are stored, one that waits, and of each source the page that it reads and the one asked for.
    assert {name: count for name, count in read.items() if count > 3 * BATCH + 2 * group.plays[name].size} == {}
    assert sum(read.values()) >= 3 * BATCH


def test_no_more_answers_are_in_memory_than_are_under_way_however_many_there_are(group: Group) -> None:
    for place, play in group.lists():
        pages = 20 if play.size < FULL else 5
        place.lists[play.listed] = talk(
            pages * play.size, first=play.first, under=play.under, at=datetime.now(UTC) - timedelta(days=3), step=20
        )
    held = answers_held(group.config(), group.environ)
    most = {name: held.get(f"127.7.0.{at}", 0) for at, name in enumerate(group.plays, start=1)}
    print(most)
    assert {name: count for name, count in most.items() if not 0 < count <= group.plays[name].under_way} == {}
    # More came than may be kept.
    few = {name: asked for name, asked in group.asked().items() if asked <= group.plays[name].under_way}
    assert few == {}


def test_a_list_without_any_post_is_no_failure(group: Group) -> None:
    for place, play in group.lists():
        place.lists = {name: [] for name in (*place.lists, play.listed)}
    assert group.each(group.crawl(), "mentions_new", "dropped") == dict.fromkeys(group.plays, (0, {}))
    states = {row["state"] for row in group.crawl().values()}
    assert states <= {"ok", "silent"}


def test_a_page_that_stays_broken_is_no_gap(group: Group) -> None:
    for place, play in group.lists():
        broken = [ApiAnswer({}, 500)] * 2
        place.troubles = {(play.listed, 1): broken, ("detail", play.early): broken * play.details}
    cut = group.crawl()
    read = {name: row["mentions_new"] for name, row in cut.items()}
    assert {name for name, count in counts(group).items() if not 0 < read[name] < count} == set()
    assert {name for name, row in cut.items() if "the server failed: 500" not in row["dropped"]} == set()
    whole = group.crawl()
    assert {name: read[name] + row["mentions_new"] for name, row in whole.items()} == counts(group) == stored(group)


def test_a_page_that_is_shown_twice_or_in_anothers_place_is_no_gap(group: Group) -> None:
    for place, play in group.lists():
        place.order = {play.listed: [0, 0, *range(1, 9)]}
        place.stale = {play.listed: 1}
    first = group.crawl()
    second = group.crawl()
    assert {name: first[name]["mentions_new"] + row["mentions_new"] for name, row in second.items()} == counts(group)
    assert stored(group) == counts(group)


@pytest.mark.parametrize("cursors", ["same", "new"])
def test_a_list_that_leads_back_to_its_beginning_ends(group: Group, cursors: Literal["same", "new"]) -> None:
    for place in group.places.values():
        place.loop = cursors
    rows = group.crawl()
    assert group.each(rows, "mentions_new") == {name: (count,) for name, count in counts(group).items()}
    lists = {name: sum("detail" not in path for path in host.paths()) for name, host in group.hosts.items()}
    details = {name: play.count if play.kind in ("discourse", "zendesk", "freshdesk", "intercom") else 0
               for name, play in group.plays.items()}  # fmt: skip
    assert {name: count for name, count in lists.items() if count - details[name] > 20} == {}
    assert group.each(group.crawl(), "mentions_new") == dict.fromkeys(group.plays, (0,))


def test_a_host_whose_limit_is_used_up_is_left_alone(group: Group) -> None:
    later = str(int((datetime.now(UTC) + timedelta(hours=2)).timestamp()))
    for place in group.places.values():
        place.headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": later}
    rows = group.crawl()
    asked = group.asked()
    assert {name for name, row in rows.items() if "asked us to come back in" not in f"{row['dropped']}"} == set()
    assert group.each(group.crawl(), "state") == dict.fromkeys(group.plays, ("waiting",))
    assert group.asked() == asked


def test_what_was_edited_is_updated_and_what_was_deleted_is_withdrawn(group: Group) -> None:
    group.crawl()
    now = datetime.now(UTC).replace(microsecond=0)
    last = {name: max(one.number for one in play.said()) for name, play in group.plays.items()}
    for name, play in group.plays.items():
        group.places[name].change(play.listed, last[name], text="my kettle, mended", changed=now)
        group.places[name].change(play.listed, last[name] - 1, gone=True, changed=now)
    rows = group.crawl()
    texts = {name: {each.text or each.title for each in group.stored(name)} for name in group.plays}
    mended = {name for name in group.plays if any("my kettle, mended" in text for text in texts[name])}
    assert mended == {name for name, play in group.plays.items() if play.edits}
    gone = {name for name in group.plays if not any(f"number {last[name] - 1}" in text for text in texts[name])}
    assert gone == {name for name, play in group.plays.items() if play.withdraws}
    assert group.each(rows, "mentions_new") == dict.fromkeys(group.plays, (0,))


def test_robots_txt_holds_for_who_has_no_key(tmp_path: Path) -> None:
    with Group(PUBLIC, tmp_path, robots=NOBODY) as group:
        rows = group.crawl()
        assert group.each(rows, "state", "cause") == dict.fromkeys(PUBLIC, ("failing", "robots.txt forbids"))
        assert set(group.asked().values()) == {0}


def test_answers_are_counted_for_as_long_as_somebody_keeps_them() -> None:
    with living() as most:
        kept = [Response("https://a.example/", body=b"%d" % number).body for number in range(5)]
        for number in range(5):
            Response("https://b.example/", body=b"%d" % number)
        assert most == {"a.example": len(kept), "b.example": 1}
        assert type(pickle.loads(pickle.dumps(kept[0]))) is bytes
