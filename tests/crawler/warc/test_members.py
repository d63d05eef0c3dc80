"""A WARC file cut into its records: whatever pieces it comes in, and whatever one of its records is like."""

from __future__ import annotations

import gzip
import random
import tracemalloc
from collections.abc import Iterator

import pytest

from analysis.model.errors import ReadError
from crawler.warc.members import CUT, DAMAGED, TOO_BIG, Member, Members
from crawler.warc.records import MOST, Kept, kept_of, records_in
from tests.support.crawl.warc_files import Archived, records, story, warc

PAGES = [story(number) for number in range(12)]


def cut(content: bytes, size: int, *, offset: int = 0, limit: int = MOST) -> Iterator[Member]:
    members = Members(name="test.warc.gz", limit=limit, offset=offset)
    for start in range(offset, len(content), size):
        yield from members.feed(content[start : start + size])
    yield from members.finish()


def pages_of(found: Iterator[Member]) -> list[str]:
    return [kept.page.url for member in found if (kept := kept_of(member)).page]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("size", [1, 700, 1 << 20])
def test_every_record_is_found_in_pieces_of_any_size_and_from_any_of_them_on(packed: bool, size: int) -> None:
    content = warc(PAGES, packed=packed)
    found = list(cut(content, size))
    assert len(found) == 1 + 2 * len(PAGES)
    assert pages_of(iter(found)) == [page.url for page in PAGES]
    half = found[12].end
    assert pages_of(cut(content, size, offset=half)) == [page.url for page in PAGES[6:]]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("size", [333, 1 << 20])
def test_a_damaged_record_costs_only_itself(packed: bool, size: int) -> None:
    parts = list(records(PAGES, packed=packed))
    hurt = bytearray(parts[6])
    if packed:
        hurt[len(hurt) // 2] ^= 0xFF
    else:
        hurt[0] ^= 0xFF
    content = b"".join([*parts[:6], bytes(hurt), *parts[7:]])
    found = list(cut(content, size))
    assert [member.lost for member in found if member.lost] == [DAMAGED]
    assert pages_of(iter(found)) == [page.url for page in (*PAGES[:2], *PAGES[3:])]
    # Reading may begin again behind it.
    after = next(member.end for member in found if member.lost)
    assert pages_of(cut(content, size, offset=after)) == [page.url for page in PAGES[3:]]


def test_random_damage_never_breaks_the_reading_and_never_loses_what_is_far_from_it() -> None:
    parts = list(records(PAGES))
    chance = random.Random(7)
    for _ in range(60):
        number = chance.randrange(len(parts))
        hurt = bytearray(parts[number])
        for _ in range(chance.randrange(1, 4)):
            hurt[chance.randrange(len(hurt))] = chance.randrange(256)
        if number == 0:
            # A file that does not even begin like one is refused.
            hurt[:3] = parts[0][:3]
        content = b"".join([*parts[:number], bytes(hurt), *parts[number + 1 :]])
        found = {url.rpartition("/")[2] for url in pages_of(cut(content, 4096))}
        hit = (number - 1) // 2
        assert {str(n) for n in range(len(PAGES)) if n != hit} <= found


def test_a_record_that_is_too_big_or_cut_off_is_told_and_costs_no_memory() -> None:
    bomb = Archived(url="https://news.example/bomb", body=bytes(400 << 20))
    parts = list(records([PAGES[0]])), list(records([bomb])), list(records([PAGES[1]]))
    content = b"".join([*parts[0], parts[1][2], parts[2][2]])
    assert len(content) < 1 << 20
    del bomb, parts
    tracemalloc.start()
    lost = []
    urls = []
    for member in cut(content, 1 << 16):
        kept = kept_of(member)
        lost.append(member.lost)
        urls.append(kept.page.url if kept.page else "")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [why for why in lost if why] == [TOO_BIG]
    assert [url for url in urls if url] == [PAGES[0].url, PAGES[1].url]
    assert peak < 4 * MOST
    for packed in (True, False):
        whole = warc(PAGES[:2], packed=packed)
        ends = list(cut(whole[:-40], 512))
        assert (ends[-1].lost, ends[-1].end) == (CUT, -1)


def test_what_is_no_warc_file_or_packed_as_a_whole_is_refused_with_the_cure() -> None:
    with pytest.raises(ReadError, match="no WARC file"):
        list(cut(b"<html>hello</html>", 64))
    whole = gzip.compress(warc([story(n, words="x" * 200_000) for n in range(80)], packed=False))
    with pytest.raises(ReadError, match="warcio recompress"):
        list(cut(whole, 1 << 16))


def test_an_answer_comes_with_its_time_and_unpacked_and_others_say_why_not() -> None:
    body = "<p>Grüße vom Wasserkocher</p>".encode()
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(gzip.compress(body)), gzip.compress(body))
    packed = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"))
    given = [
        Archived(url="https://a.example/1", body=chunked, headers=packed, date="2026-02-01T12:30:00Z"),
        Archived(url="https://a.example/2", body=b"gone", status="404 Not Found"),
        Archived(url="dns:a.example", body=b"x"),
    ]
    found = [kept for kept in records_in(warc(given), name="a.warc.gz") if kept.page or kept.dropped]
    (first, second) = found
    assert first.page is not None
    assert (first.page.content, first.page.content_type) == (body, "text/html")
    assert f"{first.page.fetched_at:%Y-%m-%dT%H:%M:%SZ}" == "2026-02-01T12:30:00Z"
    assert second == Kept(end=second.end, headers=second.headers, dropped="answered 404")
