"""The list of mentions over both engines: what an address asks for, facets, time, pages, one mention."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from analysis.model import Claim
from analysis.model.errors import UsageError
from candor.serve.look.asked import SORTS, asked
from candor.serve.look.marked import leading, marked
from tests.support import seeded
from tests.support.serving import Answer, Serving

MENTIONS = {mention.id: mention for mention in seeded.mentions()}


def links(page: Answer, count: int | None = None) -> list[tuple[str, int]]:
    """Return each address of the page with the number that stands for it."""
    found = re.findall(r'href="([^"]+)" data-count="(\d+)"', page.text)
    return [(html.unescape(address), int(number)) for address, number in found][:count]


def test_a_list_has_what_its_address_asks_for(both: Serving) -> None:
    ann = both.visitor()
    assert ann.get("/mentions").total == len(MENTIONS)
    wanted = [one for one in MENTIONS.values() if one.brand.id == "tessaro" and "battery" in one.complaint_topics]
    page = ann.get("/mentions?brand.id=tessaro&complaint_topics=battery")
    assert page.total == len(wanted)
    newest = sorted(wanted, key=lambda one: (-one.published_at.timestamp(), one.id))
    assert page.ids == [one.id for one in newest[:50]]
    barred = ann.get("/mentions?brand.id=tessaro&not.complaint_topics=battery&since=2026-10-02&until=2026-11-01")
    assert barred.total == sum(
        one.brand.id == "tessaro" and "battery" not in one.complaint_topics and one.published_at >= seeded.SINCE
        for one in MENTIONS.values()
    )
    drain = ann.get("/mentions?q=" + quote('"battery drains" OR plastic'))
    assert 0 < drain.total < len(MENTIONS)
    assert "<mark" in page.text or "drains overnight" in page.text


def test_every_facet_counts_what_its_link_opens(both: Serving) -> None:
    ann = both.visitor()
    for start in ("/mentions?since=2026-10-20", "/mentions?brand.id=tessaro&since=2026-10-20&sort=harm"):
        facets = links(ann.get(start))
        assert len(facets) > 20
        for address, count in facets[::3]:
            if "brand.id=tessaro" in start and "brand.id=tessaro" in address and address.count("brand.id") > 1:
                continue  # A second value of a field widens the list: it counts what it adds.
            opened = ann.get(address)
            narrowed = len(parse_qsl(urlsplit(address).query)) > len(parse_qsl(urlsplit(start).query))
            assert not narrowed or opened.total == count, address


def test_bars_of_the_histogram_add_up_to_the_list(both: Serving) -> None:
    ann = both.visitor()
    page = ann.get("/mentions?since=2026-10-10&until=2026-10-20T12:00")
    bars = re.findall(r'<a href="([^"]+)" tabindex="-1" aria-label="[^"]*: (\d+), negative', page.text)
    assert sum(int(count) for _, count in bars) == page.total
    for address, count in bars[::7]:
        assert ann.get(html.unescape(address)).total == int(count)


def test_a_list_is_walked_through_few_times(both: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, asked_for = both.visitor(), list[str]()
    store = both.desk.store

    def counting(name: str, real: Callable[..., Any]) -> None:
        def counted(*given: Any) -> Any:
            asked_for.append(name)
            return real(*given)

        monkeypatch.setattr(store, name, counted, raising=False)

    counting("aggregate", store.aggregate)
    counting("count", store.count)
    ann.get("/mentions?since=2026-10-10")
    assert sorted(asked_for) == ["aggregate", "aggregate", "count"], "all counts, the bars, and what is private"
    asked_for.clear()
    ann.get("/mentions?brand.id=tessaro&since=2026-10-10")
    assert asked_for.count("aggregate") == 3, "and once more for what else could be chosen of the brand"


@pytest.mark.parametrize("sort", SORTS)
def test_pages_follow_each_other(both: Serving, sort: str) -> None:
    ann = both.visitor()
    path, found = f"/mentions?brand.id=northkettle&sort={sort}", []
    total = ann.get(path).total
    while path:
        page = ann.get(path, HX_Request="true")
        found += page.ids
        more = re.search(r'<li class="more"><a class="button" href="([^"]+)"', page.text)
        path = html.unescape(more[1]) if more else ""
        assert not more or len(page.ids) == 50
    assert len(found) == len(set(found)) == total > 100


def test_harm_and_doubt_come_first_where_asked(both: Serving) -> None:
    ann = both.visitor()
    harm = [MENTIONS[name].severity.weight for name in ann.get("/mentions?sort=harm").ids]
    assert harm == sorted(harm, reverse=True)
    assert harm[0] == 1.0
    sure = [MENTIONS[name].sentiment.confidence for name in ann.get("/mentions?sort=unsure").ids]
    assert sure[0] == 0.0


@pytest.mark.parametrize(
    ("query", "sign"), [("battery AND (", "("), ('lid OR "open', '"'), ("lid AND NOT field:x", "f"), ("<b> AND )", "<")]
)
def test_a_mistake_in_a_query_is_shown_at_its_column(both: Serving, query: str, sign: str) -> None:
    page = both.visitor().get("/mentions?q=" + quote(query))
    assert page.status == 400
    told = re.search(r"Column (\d+):", page.text)
    assert told
    shown = re.search(r'<code dir="ltr">(.*?)<u>(.*?)</u>(.*?)</code>', page.text)
    assert shown
    before, at, after = map(html.unescape, shown.groups())
    assert (before + at + after, at, len(before)) == (query, sign, int(told[1]) - 1)


@pytest.mark.parametrize(
    "address",
    [
        *("nofield=1", "not.nofield=1", "sort=best", "private=all", "since=soon", "rating=5"),
        *("after=x", "after=1~2~3~x", "after=nan~x"),
    ],
)
def test_an_address_that_means_nothing_is_refused_in_words(both: Serving, address: str) -> None:
    page = both.visitor().get(f"/mentions?{address}")
    assert page.status in (400, 503)
    assert 'role="alert"' in page.text


@pytest.mark.parametrize("path", ["/mentions", "/export.csv", "/export.jsonl", "/label", "/who"])
def test_a_time_of_another_kind_is_refused_by_name_and_with_the_cure(both: Serving, path: str) -> None:
    page = both.visitor(role="analyst").get(f"{path}?time=foo")
    assert page.status == 400
    assert "time: &#39;foo&#39; is not collected; without it" in page.text


def test_a_mention_shows_its_text_its_thread_and_its_copies(both: Serving) -> None:
    ann = both.visitor()
    copies = [one for one in MENTIONS.values() if one.story == "rise"]
    page = ann.get(f"/mention/{copies[0].id}")
    assert "raises prices by a fifth from November, says retail sheet" in page.text
    beside = {urlsplit(address).query: count for address, count in links(page)}
    assert beside["story=rise"] == 8
    for address, count in links(page):
        assert ann.get(address).total == count
    part = ann.get(f"/mention/{copies[0].id}", HX_Request="true")
    assert "<html" not in part.text
    assert ann.get("/mention/" + "f" * 64).status == 404
    assert ann.get("/mention/..%2f..%2fetc").status == 404


def test_only_web_addresses_are_links(both: Serving) -> None:
    hostile = next(one for one in MENTIONS.values() if one.url.startswith("javascript:"))
    plain = next(one for one in MENTIONS.values() if one.url.startswith("https:"))
    ann = both.visitor()
    page = ann.get(f"/mention/{hostile.id}")
    assert 'href="javascript:' not in page.text
    assert "<script>alert" not in page.text
    assert "[U+202E]" in page.text
    assert f'href="{plain.url}" rel="noreferrer noopener"' in ann.get(f"/mention/{plain.id}").text


def test_an_address_goes_there_and_back() -> None:
    given = [
        ("q", "battery"), ("since", "30d"), ("private", "none"), ("sort", "harm"), ("brand.id", "a"), ("brand.id", "b"),
        ("not.relevance.level", "list"),
    ]  # fmt: skip
    wanted = asked(given)
    assert sorted(wanted.pairs()) == sorted(given)
    assert asked(parse_qsl(urlsplit(wanted.address()).query)) == wanted
    assert wanted.with_value("brand.id", "a").terms == {"brand.id": ("b",)}
    assert wanted.without("relevance.level", "list").exclude == {}
    with pytest.raises(UsageError):
        asked([("text", "x")])


def test_judgements_are_marked_where_they_stand() -> None:
    text = "It is fine. The battery died twice, and support was kind. The end."
    said = "The battery died twice, and support was kind."
    claims = (
        Claim(kind="complaint", sentence=said, start=4, end=22, topic="battery"),
        Claim(kind="topic", sentence=said, start=4, end=11, topic="battery"),
        Claim(kind="praise", sentence=said, start=28, end=44),
        Claim(kind="wish", sentence="Not in this text.", start=0, end=3),
    )
    pieces = marked(text, claims)
    assert "".join(piece.text for piece in pieces) == text
    assert [(piece.text, piece.kind) for piece in pieces if piece.claims] == [
        ("battery", "complaint"), (" died twice", "complaint"), ("support was kind", "praise")
    ]  # fmt: skip
    mention = replace(next(iter(MENTIONS.values())), text=text, claims=claims)
    row = leading(mention)
    assert [piece.text for piece in row] == ["The ", "battery died twice", ", and support was kind."]
    assert marked("", ()) == ()
