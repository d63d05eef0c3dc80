"""Conditional requests: an unchanged page costs one request and is not read again; a change is never lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from analysis.model.records.crawl import Validator
from crawler.keeping.validators import LONGEST_HEADER, from_headers
from tests.support.crawl.asking import Crawled, ask
from tests.support.crawl.counting_server import Answer, Asked, CountingServer

TAG, DATE = 'W/"v1"', "Sun, 01 Mar 2026 12:00:00 GMT"
PATHS = ["/tag", "/date", "/both", "/plain", "/moved", "/changes", "/leaves"]


def site(asked: Asked) -> Answer:
    """Pages that know their version and answer 304 to it."""
    if asked.path == "/robots.txt":
        return Answer(status=404)
    if asked.path == "/moved":
        # The redirect has a tag of its own, which must not be sent to where it leads.
        return Answer(status=301, headers={"Location": "/target", "ETag": '"hop"'})
    if asked.path == "/leaves":
        gone = Answer(status=301, headers={"Location": "/new"})
        return gone if asked.number > 2 else Answer(headers={"ETag": '"old"'})
    version = f'"{asked.number}"' if asked.path == "/changes" else TAG
    own = {"ETag": version} if asked.path in ("/tag", "/both", "/changes", "/target") else {}
    own |= {"Last-Modified": DATE} if asked.path in ("/date", "/both") else {}
    known = asked.headers.get("if-none-match"), asked.headers.get("if-modified-since")
    matches = (version == known[0]) if known[0] else (bool(known[1]) and "Last-Modified" in own)
    return Answer(status=304, headers=own) if matches else Answer(headers=own)


@dataclass(frozen=True, slots=True)
class Visits:
    """The same addresses, crawled again and again by processes of their own over one store."""

    server: CountingServer
    crawls: list[Crawled]
    asked: list[list[Asked]]

    def statuses(self, visit: int) -> dict[str, int]:
        """Return the status that the spider saw, by path."""
        became = self.crawls[visit].became
        return {path: became[self.server.url(path)].status for path in PATHS}

    def sent(self, visit: int) -> dict[str, tuple[str | None, str | None]]:
        """Return the validators that were sent, by path."""
        names = ("if-none-match", "if-modified-since")
        return {one.path: (one.headers.get(names[0]), one.headers.get(names[1])) for one in self.asked[visit]}


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Visits:
    """First a crawl that dies before its posts are stored, then one that stores them, then one that comes back."""
    folder, found = tmp_path_factory.mktemp("visits"), Visits(CountingServer(site), [], [])
    with found.server as server:
        for remembers in (False, True, True):
            before = len(server.asked)
            found.crawls.append(ask(folder, [server.url(path) for path in PATHS], remember=remembers))
            found.asked.append(server.asked[before:])
    return found


def test_nothing_is_sent_for_posts_that_were_never_acknowledged(visits: Visits) -> None:
    for visit in (0, 1):
        assert set(visits.sent(visit).values()) == {(None, None)}
        assert set(visits.statuses(visit).values()) == {200}


def test_what_was_acknowledged_is_asked_for_conditionally(visits: Visits) -> None:
    sent = visits.sent(2)
    assert sent["/tag"] == (TAG, None)
    assert sent["/date"] == (None, DATE)
    assert sent["/both"] == (TAG, DATE)
    assert sent["/plain"] == (None, None)
    assert sent["/robots.txt"] == (None, None)


def test_a_redirects_validator_stays_with_its_own_address(visits: Visits) -> None:
    sent = visits.sent(2)
    assert sent["/moved"] == (None, None)
    assert sent["/target"] == (TAG, None)
    assert sent["/leaves"] == ('"old"', None)
    assert sent["/new"] == (None, None)


def test_unchanged_pages_cost_one_request_and_reach_the_spider_empty(visits: Visits) -> None:
    statuses = visits.statuses(2)
    assert [path for path, status in statuses.items() if status == 304] == ["/tag", "/date", "/both", "/moved"]
    assert visits.crawls[2].became[visits.server.url("/tag")].length == 0
    assert [one.path for one in visits.asked[2]].count("/tag") == 1
    assert visits.crawls[2].stats["conditional/unchanged"] == 4


def test_a_changed_page_is_read_again(visits: Visits) -> None:
    assert visits.sent(2)["/changes"] == ('"2"', None)
    assert visits.statuses(2)["/changes"] == 200


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"ETag": b'"a"'}, Validator(key="http://a.example/?b=1&c=2", etag='"a"')),
        ({"Last-Modified": b" x "}, Validator(key="http://a.example/?b=1&c=2", last_modified="x")),
        ({"ETag": b"x" * (LONGEST_HEADER + 1)}, None),
        ({}, None),
    ],
)
def test_a_validator_is_kept_under_the_canonical_address(headers: dict[str, Any], expected: Validator | None) -> None:
    assert from_headers("http://a.example/?c=2&b=1#part", headers) == expected
