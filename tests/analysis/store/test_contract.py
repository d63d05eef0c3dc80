"""What every store promises, asked of every store in the same words.

A new store adds its name to ``STORES`` and a branch to ``fresh``; the oracle is plain Python over the same mentions.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from analysis.model import EPOCH, NO_VALUE, Engagement, Mention, document, mention_fields
from analysis.model.errors import StoreError
from analysis.model.query import matches, parse
from analysis.model.text import token_words
from analysis.store.base import Filter, Order, Place, Store, Written
from analysis.store.open import open_store
from tests.support.elastic.servers import TESTED, empty_store
from tests.support.mentions import BRANDS, NOW, generate, make_mention

STORES = ("embedded", *(f"elastic {line}" for line in TESTED))
MANY = list(generate(1_500, seed=7))
DAY_MS = 86_400_000


@contextmanager
def fresh(name: str, folder: Path) -> Iterator[Store]:
    """Give an empty store that can be written, and remove it."""
    if name == "embedded":
        with open_store(str(folder / "store"), write=True) as store:
            yield store
        return
    kind = "filled" if folder.name.startswith("filled") else "one"
    with empty_store(name.partition(" ")[2], folder, name=kind) as store:
        yield store


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with fresh(request.param, tmp_path) as empty:
        yield empty


@pytest.fixture(scope="module", params=STORES)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of MANY, written in several commits, a third of them twice."""
    with fresh(request.param, tmp_path_factory.mktemp("filled")) as made:
        for first in range(0, len(MANY), 400):
            made.write(MANY[first : first + 400])
        made.write(MANY[::3])
        made.refresh()
        yield made


def value(mention: Mention, path: str) -> Any:
    for name in path.split("."):
        mention = getattr(mention, name)
    return mention


def values(mention: Mention, path: str) -> list[Any]:
    found = value(mention, path)
    return [one for one in (found if isinstance(found, tuple) else (found,)) if one not in {"", None}]


def selected(where: Filter, mentions: Sequence[Mention] = MANY) -> list[Mention]:
    """The oracle: which mentions a filter selects."""
    found = []
    for mention in mentions:
        moment = value(mention, where.time_field)
        if (
            all(set(values(mention, path) or [NO_VALUE]) & set(some) for path, some in where.terms.items())
            and not any(set(values(mention, path) or [NO_VALUE]) & set(some) for path, some in where.exclude.items())
            and (where.since is None or moment >= where.since)
            and (where.until is None or moment < where.until)
            and (where.query is None or matches(where.query, token_words(f"{mention.title}\n{mention.text}")))
        ):
            found.append(mention)
    return found


FILTERS = {
    "everything": Filter(),
    "one value": Filter(terms={"brand.id": ["tessaro"]}),
    "any of values": Filter(terms={"brand.id": ["tessaro", "steamly", "nobody"]}),
    "two conditions": Filter(terms={"brand.id": ["tessaro"], "sentiment.label": ["negative", "unsure"]}),
    "multi-valued": Filter(terms={"topics": ["battery", "lid"]}),
    "excluded": Filter(exclude={"topics": ["battery"], "lang": ["en"]}),
    "excluded and required": Filter(terms={"topics": ["battery"]}, exclude={"topics": ["price"]}),
    "no value": Filter(terms={"brand.id": []}),
    "nothing excluded": Filter(exclude={"brand.id": []}),
    "empty text is no value": Filter(terms={"switching.status": [""]}),
    "none of a field": Filter(terms={"switching.status": [NO_VALUE], "lang": ["en"]}),
    "none, or a value": Filter(terms={"topics": [NO_VALUE, "battery"]}),
    "none of a text of one value": Filter(terms={"severity.level": [NO_VALUE]}),
    "having none is excluded": Filter(exclude={"complaint_topics": [NO_VALUE]}),
    "unknown value": Filter(terms={"brand.id": ["nobody"]}),
    "since": Filter(since=NOW - timedelta(days=10)),
    "until": Filter(until=NOW - timedelta(days=110)),
    "period": Filter(since=NOW - timedelta(days=30), until=NOW - timedelta(days=20)),
    "to the millisecond": Filter(since=MANY[5].published_at, until=MANY[5].published_at + timedelta(milliseconds=1)),
    "until is exclusive": Filter(until=MANY[5].published_at),
    "inside a millisecond": Filter(since=MANY[5].published_at + timedelta(microseconds=1)),
    "upside down": Filter(since=NOW, until=NOW - timedelta(days=1)),
    "another date": Filter(time_field="last_seen_at", since=NOW - timedelta(days=2)),
    "another zone": Filter(since=datetime.fromisoformat("2026-05-20T00:00:00+05:30")),
    "word": Filter(query=parse("leaks")),
    "words": Filter(query=parse("leaks kettle")),
    "or": Filter(query=parse("leaks OR rattles")),
    "not": Filter(query=parse("kettle NOT (leaks OR support)")),
    "phrase": Filter(query=parse('"of my tessaro"')),
    "phrase of signs": Filter(query=parse('"a new lid, yet - it"')),
    "near": Filter(query=parse('"leaks tessaro"~4')),
    "near, three": Filter(query=parse('"leaks lid tessaro"~4')),
    "near, many": Filter(query=parse('"the lid leaks tessaro support"~12')),
    "near, repeated": Filter(query=parse('"the the"~6')),
    "wildcard": Filter(query=parse("therm* OR le?ks")),
    "leading wildcard": Filter(query=parse("*stat -brewvia")),
    "accents": Filter(query=parse("GRÖSSE naïve")),
    "accents left out": Filter(query=parse("grosse naive")),
    "capitals": Filter(query=parse("{Honestly} OR {tessaro}")),
    "capitals, none": Filter(query=parse("{honestly}")),
    "signs": Filter(query=parse('"update 3.4" OR #42 OR "years?"')),
    "not with signs": Filter(query=parse("tessaro NOT 5.1")),
    "groups near": Filter(query=parse("(lid OR app OR the) NEAR/2 (leaks OR tessaro)")),
    "groups near in order": Filter(query=parse("(lid OR app) ONEAR/3 leaks")),
    "phrases near": Filter(query=parse('"of my" NEAR/3 (leak* OR "the lid")')),
    "phrase with a wildcard": Filter(query=parse('"the therm*" OR "kett* rattl*"')),
    "all at once": Filter(
        terms={"brand.id": ["tessaro"]},
        exclude={"lang": ["de"]},
        since=NOW - timedelta(days=60),
        query=parse('(leaks OR "the lid") AND NOT (boils OR therm*)'),
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filter_selects_what_the_oracle_selects(filled: Store, name: str) -> None:
    where = FILTERS[name]
    wanted = sorted(mention.id for mention in selected(where))
    assert [mention.id for mention in filled.scan(where)] == wanted
    assert filled.count(where) == len(wanted)
    assert sorted(hit.mention.id for hit in filled.search(where, limit=len(MANY))) == wanted


def test_the_filters_tell_mentions_apart() -> None:
    sizes = {name: len(selected(where)) for name, where in FILTERS.items()}
    trivial = {
        "everything",
        "nothing excluded",
        "no value",
        "empty text is no value",
        "unknown value",
        "upside down",
    } | {"capitals, none"}
    assert [name for name, size in sizes.items() if name not in trivial and not 0 < size < len(MANY)] == []


def test_scan_gives_whole_mentions_in_order_of_id(filled: Store) -> None:
    assert list(filled.scan(Filter())) == sorted(MANY, key=lambda mention: mention.id)


@pytest.mark.parametrize(
    "where",
    [
        Filter(terms={"brand": ["x"]}),
        Filter(terms={"sentiment.score": ["1"]}),
        Filter(terms={"tokens": ["x"]}),
        Filter(terms={"brand.id": "tessaro"}),
        Filter(time_field="brand.id", since=NOW),
        Filter(since=datetime(2026, 1, 1)),
    ],
)
def test_filter_that_makes_no_sense_is_refused(filled: Store, where: Filter) -> None:
    with pytest.raises(StoreError):
        filled.count(where)
    with pytest.raises(StoreError):
        next(filled.scan(where), None)


# Writing


def test_write_counts_what_is_new_and_what_is_not(store: Store) -> None:
    mentions = [make_mention(n) for n in range(50)]
    assert store.write(mentions) == Written(created=50)
    assert store.write(mentions) == Written(updated=50)
    assert store.write([]) == Written()
    store.refresh()
    assert store.count(Filter()) == 50


def test_older_mention_is_stale_and_not_written(store: Store) -> None:
    seen = make_mention(1, text="as it is now", last_seen_at=NOW)
    store.write([seen])
    older = replace(seen, text="as it was", last_seen_at=NOW - timedelta(milliseconds=1))
    assert store.write([older, make_mention(2)]) == Written(created=1, stale=1)
    assert store.get([seen.id]) == {seen.id: seen}
    newer = replace(seen, text="as it will be", last_seen_at=NOW + timedelta(milliseconds=1))
    assert store.write([newer]) == Written(updated=1)
    assert store.get([seen.id]) == {seen.id: newer}


def test_one_id_twice_in_a_batch_counts_as_written_one_after_the_other(store: Store) -> None:
    first = make_mention(1, text="first")
    second = replace(first, text="second", last_seen_at=NOW + timedelta(seconds=1))
    assert store.write([first, second, first]) == Written(created=1, updated=1, stale=1)
    assert store.get([first.id]) == {first.id: second}
    store.refresh()
    assert [mention.text for mention in store.scan(Filter())] == ["second"]


def test_update_leaves_nothing_of_the_old_version(store: Store) -> None:
    old = make_mention(1, text="rattles", topics=("noise",))
    store.write([old])
    store.write([make_mention(1, text="leaks", topics=("leak",), last_seen_at=NOW + timedelta(hours=1))])
    store.refresh()
    assert store.count(Filter(query=parse("rattles"))) == 0
    assert store.count(Filter(query=parse("leaks"))) == 1
    answer = store.aggregate(Filter(), {"t": {"terms": {"field": "topics"}}})
    assert [(bucket["key"], bucket["doc_count"]) for bucket in answer["t"]["buckets"]] == [("leak", 1)]


def test_mention_that_cannot_be_kept_is_refused_and_the_others_are_written(store: Store) -> None:
    bad = [
        make_mention(1, tags=("x" * 40_000,)),
        make_mention(2, text="half a character \ud83d", tokens="half"),
        make_mention(3, published_at=datetime(2026, 1, 1)),
        make_mention(4, rating=float("nan")),
        make_mention(6, engagement=Engagement(likes=2**64)),
    ]
    written = store.write([*bad, make_mention(5)])
    assert written.created == 1
    assert [mention_id for mention_id, _ in written.refused] == [mention.id for mention in bad]
    for reason, word in zip(written.refused, ("tags", "surrogate", "published_at", "rating", ""), strict=True):
        assert word in reason[1]
    assert dict(written.refused).items() <= {one["id"]: one["reason"] for one in store.letters.all()}.items()


def test_get_sees_what_was_just_written_and_nothing_else(store: Store) -> None:
    mentions = list(generate(300, seed=3))
    assert store.get([mentions[0].id]) == {}
    store.write(mentions)
    wanted = [mentions[7].id, "f" * 64, mentions[299].id, mentions[7].id]
    assert store.get(wanted) == {mentions[7].id: mentions[7], mentions[299].id: mentions[299]}
    assert store.get([]) == {}


def test_a_mention_comes_back_whole(store: Store) -> None:
    full = next(generate(1, seed=9))
    odd = make_mention(
        1,
        title="Zeilen\nund\tTabs",
        text='"quoted" \\ back\x00slash é 日本語 🫖 \u2028 end',
        published_at=datetime(1999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        tags=("b", "a", "b"),
        rating=0.0,
    )
    bare = Mention(id="0" * 64, published_at=datetime(9999, 12, 31, tzinfo=UTC), first_seen_at=EPOCH)
    store.write([full, odd, bare])
    assert store.get([full.id, odd.id, bare.id]) == {full.id: full, odd.id: odd, bare.id: bare}
    assert [document(mention) for mention in store.get([odd.id]).values()] == [document(odd)]


def test_ids_of_any_shape_scan_in_order(store: Store) -> None:
    ids = ["b", "a", "same-beginning-1", "same-beginning-2", "same-beginning-10", "ä", "A", "f" * 64, "same-beg"]
    store.write([make_mention(n, id=name) for n, name in enumerate(ids)])
    store.refresh()
    assert [mention.id for mention in store.scan(Filter())] == sorted(ids)


def test_erased_mentions_are_gone_and_counted_once(store: Store) -> None:
    mentions = [make_mention(n) for n in range(10)]
    store.write(mentions)
    gone = [mention.id for mention in mentions[:4]]
    assert store.erase([*gone, gone[0], "e" * 64]) == 4
    assert store.erase(gone) == 0
    store.refresh()
    assert store.get(gone) == {}
    assert {mention.id for mention in store.scan(Filter())} == {mention.id for mention in mentions[4:]}
    assert store.write(mentions[:1]) == Written(created=1)


def test_a_scan_in_progress_keeps_to_what_was_there(store: Store) -> None:
    before = [make_mention(n) for n in range(100)]
    store.write(before)
    store.refresh()
    scan = store.scan(Filter())
    first = next(scan)
    store.erase([mention.id for mention in before[:50]])
    store.write([make_mention(n) for n in range(100, 200)])
    store.refresh()
    assert [first, *scan] == sorted(before, key=lambda mention: mention.id)
    assert store.count(Filter()) == 150


def test_threads_share_a_store(store: Store) -> None:
    def work(part: int) -> int:
        for n in range(5):
            store.write([make_mention(part * 1_000 + n * 10 + k) for k in range(10)])
            store.refresh()
            store.count(Filter())
            store.records.put("seen", f"{part}-{n}", {"n": n})
        return part

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [0, 1, 2, 3]
    store.refresh()
    assert store.count(Filter()) == 200
    assert len(list(store.records.all("seen"))) == 20


# Pages


ORDERS = {
    "newest": (Order(path="published_at"),),
    "most harmful, then newest": (Order(path="severity.weight"), Order(path="published_at")),
    "least sure": (Order(path="sentiment.confidence", falling=False), Order(path="published_at")),
    "most viewed": (Order(path="engagement.views"), Order(path="engagement.likes"), Order(path="published_at")),
    "by id": (),
}


def rank(mention: Mention, order: Sequence[Order]) -> tuple[Any, ...]:
    values = [(value(mention, key.path), key.falling) for key in order]
    plain = [(one.timestamp() if isinstance(one, datetime) else one, falling) for one, falling in values]
    return (*(-one if falling else one for one, falling in plain), mention.id)


@pytest.mark.parametrize("size", [7, 400])
@pytest.mark.parametrize("name", ORDERS)
def test_pages_follow_each_other_in_order_and_leave_nothing_out(filled: Store, name: str, size: int) -> None:
    order, where = ORDERS[name], Filter(terms={"lang": ["en"]}, query=parse("leaks OR rattles"))
    wanted = [mention.id for mention in sorted(selected(where), key=lambda mention: rank(mention, order))]
    found: list[str] = []
    after: Place | None = None
    while True:
        page = filled.page(where, order=order, limit=size, after=after)
        found += [mention.id for mention in page.mentions]
        if page.after is None:
            break
        assert len(page.mentions) == size
        after = page.after
    assert found == wanted
    assert len(found) > 2 * 7


def test_pages_of_mentions_that_are_all_alike_follow_by_id(store: Store) -> None:
    mentions = [make_mention(n, published_at=NOW) for n in range(200)]
    store.write(mentions)
    store.refresh()
    order = (Order(path="severity.weight"), Order(path="published_at"))
    first = store.page(Filter(), order=order, limit=90)
    # What is written meanwhile moves nothing to another page.
    store.write([make_mention(500, published_at=NOW + timedelta(days=1))])
    store.refresh()
    second = store.page(Filter(), order=order, limit=90, after=first.after)
    third = store.page(Filter(), order=order, limit=90, after=second.after)
    ids = [mention.id for page in (first, second, third) for mention in page.mentions]
    assert ids == sorted(mention.id for mention in mentions)
    assert third.after is None


@pytest.mark.parametrize("order", [(Order(path="brand.id"),), (Order(path="rating"),), (Order(path="nothing"),)])
def test_an_order_that_makes_no_sense_is_refused(filled: Store, order: Sequence[Order]) -> None:
    with pytest.raises(StoreError):
        filled.page(Filter(), order=order)


@pytest.mark.parametrize("after", [("x",), (1.0,), ("a", "b"), (float("nan"), "a"), (2**70, "a")])
def test_a_place_of_another_order_is_refused(filled: Store, after: Place) -> None:
    with pytest.raises(StoreError):
        filled.page(Filter(), order=(Order(path="published_at"),), after=after)


def test_private_mentions_are_told_from_public_ones(store: Store) -> None:
    store.write([make_mention(n, private=n % 3 == 0) for n in range(9)])
    store.refresh()
    assert [store.count(Filter(private=which)) for which in (None, True, False)] == [9, 3, 6]
    assert all(mention.private for mention in store.scan(Filter(private=True)))


# Searching


def test_best_match_comes_first(store: Store) -> None:
    once = make_mention(1, text="The kettle leaks, and I called support about the order, the price and the lid.")
    often = make_mention(2, text="Leaks, leaks, leaks: the kettle leaks.")
    other = make_mention(3, text="The kettle boils.")
    store.write([once, often, other])
    store.refresh()
    hits = store.search(Filter(query=parse("leaks")))
    assert [hit.mention for hit in hits] == [often, once]
    assert hits[0].score > hits[1].score > 0
    assert store.search(Filter(query=parse("leaks")), limit=0) == []


def test_newest_come_first_ties_by_id(filled: Store) -> None:
    where = Filter(terms={"brand.id": ["tessaro"]})
    wanted = sorted(selected(where), key=lambda mention: (-mention.published_at.timestamp(), mention.id))
    hits = filled.search(where, limit=50, newest_first=True)
    assert [hit.mention.id for hit in hits] == [mention.id for mention in wanted[:50]]


def test_ties_are_in_order_of_id_also_over_pages(store: Store) -> None:
    store.write([make_mention(n, text="the same words", published_at=NOW) for n in range(60)])
    store.write([make_mention(n, text="the same words", published_at=NOW) for n in range(60, 90)])
    store.refresh()
    for where, newest in (
        (Filter(), False),
        (Filter(), True),
        (Filter(query=parse("same")), False),
        (Filter(query=parse("sam*")), False),
    ):
        pages = [store.search(where, limit=7, offset=at, newest_first=newest) for at in range(0, 98, 7)]
        ids = [hit.mention.id for page in pages for hit in page]
        assert ids == sorted(ids)
        assert len(set(ids)) == 90


def test_offset_continues_the_same_list(filled: Store) -> None:
    where = Filter(query=parse("leaks OR support"))
    whole = [hit.mention.id for hit in filled.search(where, limit=60)]
    parts = [hit.mention.id for at in (0, 20, 40) for hit in filled.search(where, limit=20, offset=at)]
    assert parts == whole
    assert filled.search(where, limit=10, offset=5_000) == []


def test_snippet_shows_the_words_that_were_found(store: Store) -> None:
    filler = "Something else was written here before anybody came to the point. " * 20
    store.write(
        [make_mention(1, text=f"{filler}Then the\n\n<b>spout</b>  broke off. {filler}", title="A kettle story")]
    )
    store.refresh()
    [hit] = store.search(Filter(query=parse('"spout b broke"')))
    assert "<b>spout</b> broke off." in hit.snippet
    assert len(hit.snippet) <= 240
    assert hit.snippet.startswith("… ")
    assert hit.snippet.endswith(" …")
    [in_title] = store.search(Filter(query=parse("story")))
    assert in_title.snippet.startswith("Something else")
    [unasked] = store.search(Filter())
    assert unasked.snippet.startswith("Something else")


# Counting


def test_terms_nested_with_days_and_averages(filled: Store) -> None:
    where = Filter(since=NOW - timedelta(days=40))
    body = {
        "brand": {
            "terms": {"field": "brand.id", "size": 100},
            "aggs": {
                "label": {
                    "terms": {"field": "sentiment.label", "size": 10},
                    "aggs": {
                        "score": {"avg": {"field": "sentiment.score"}},
                        "day": {
                            "date_histogram": {"field": "published_at", "fixed_interval": "1d", "min_doc_count": 1}
                        },
                    },
                }
            },
        }
    }
    answer = filled.aggregate(where, body)
    groups: dict[str, dict[str, list[Mention]]] = defaultdict(lambda: defaultdict(list))
    for mention in selected(where):
        groups[mention.brand.id][mention.sentiment.label].append(mention)
    assert {b["key"]: b["doc_count"] for b in answer["brand"]["buckets"]} == {
        brand: sum(map(len, labels.values())) for brand, labels in groups.items()
    }
    for brand in answer["brand"]["buckets"]:
        for label in brand["label"]["buckets"]:
            group = groups[brand["key"]][label["key"]]
            assert label["doc_count"] == len(group)
            assert label["score"]["value"] == pytest.approx(fmean(m.sentiment.score for m in group), abs=1e-6)
            days = Counter(ms(m.published_at) // DAY_MS * DAY_MS for m in group)
            assert [(b["key"], b["doc_count"]) for b in label["day"]["buckets"]] == sorted(days.items())


def ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


@pytest.mark.parametrize("size", [1, 3, 10, 200, 5_000])
@pytest.mark.parametrize("field", ["complaint_phrases", "author", "topics", "source.id"])
def test_terms_are_exact_and_ties_in_order_of_key(filled: Store, field: str, size: int) -> None:
    counts = Counter(one for mention in MANY for one in set(values(mention, field)))
    answer = filled.aggregate(Filter(), {"x": {"terms": {"field": field, "size": size}}})["x"]
    wanted = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    assert [(bucket["key"], bucket["doc_count"]) for bucket in answer["buckets"]] == wanted[:size]
    assert answer["sum_other_doc_count"] == sum(count for _, count in wanted[size:])
    assert answer["doc_count_error_upper_bound"] == 0


def test_terms_have_ten_buckets_unless_told(filled: Store) -> None:
    assert len(filled.aggregate(Filter(), {"x": {"terms": {"field": "topics"}}})["x"]["buckets"]) == 10


@pytest.mark.parametrize("way", ["asc", "desc"])
def test_terms_in_another_order(filled: Store, way: str) -> None:
    groups: dict[str, list[float]] = defaultdict(list)
    for mention in MANY:
        groups[mention.source.id].append(mention.sentiment.score)
    down = -1 if way == "desc" else 1
    wanted = {
        "_key": sorted(groups, reverse=way == "desc"),
        "_count": sorted(groups, key=lambda key: (down * len(groups[key]), key)),
        "score": sorted(groups, key=lambda key: (down * round(fmean(groups[key]), 6), key)),
    }
    for by, keys in wanted.items():
        spec = {"terms": {"field": "source.id", "size": 7, "order": {by: way}}}
        answer = filled.aggregate(Filter(), {"x": {**spec, "aggs": {"score": {"avg": {"field": "sentiment.score"}}}}})
        assert [bucket["key"] for bucket in answer["x"]["buckets"]] == keys[:7], by


def test_least_count(filled: Store) -> None:
    counts = Counter(mention.source.id for mention in MANY)
    answer = filled.aggregate(Filter(), {"x": {"terms": {"field": "source.id", "size": 1_000, "min_doc_count": 30}}})
    assert {b["key"]: b["doc_count"] for b in answer["x"]["buckets"]} == {k: n for k, n in counts.items() if n >= 30}


@pytest.mark.parametrize(("interval", "offset"), [("1d", ""), ("7d", "4d"), ("7d", "-3d"), ("6h", "+1h"), ("30m", "")])
def test_date_histogram_fills_gaps_and_names_its_days(filled: Store, interval: str, offset: str) -> None:
    where = Filter(terms={"brand.id": ["steamly"]}, since=NOW - timedelta(days=9))
    spec = {"field": "published_at", "fixed_interval": interval} | ({"offset": offset} if offset else {})
    units = {"m": 60_000, "h": 3_600_000, "d": DAY_MS}
    step = int(interval[:-1]) * units[interval[-1]]
    shift = int(offset[:-1]) * units[offset[-1]] if offset else 0
    counts = Counter((ms(m.published_at) - shift) // step * step + shift for m in selected(where))
    wanted = [(key, counts[key]) for key in range(min(counts), max(counts) + 1, step)]
    buckets = filled.aggregate(where, {"h": {"date_histogram": spec}})["h"]["buckets"]
    assert [(bucket["key"], bucket["doc_count"]) for bucket in buckets] == wanted
    assert all(isinstance(bucket["key"], int) for bucket in buckets)
    stamps = [datetime.fromisoformat(bucket["key_as_string"]) for bucket in buckets]
    assert [ms(stamp) for stamp in stamps] == [key for key, _ in wanted]
    assert buckets[0]["key_as_string"].endswith(".000Z")


def test_date_histogram_reaches_as_far_as_asked(filled: Store) -> None:
    where = Filter(terms={"brand.id": ["steamly"]}, since=NOW - timedelta(days=3))
    first, last = ms(NOW - timedelta(days=5)), ms(NOW + timedelta(days=2))
    spec = {"field": "published_at", "fixed_interval": "1d", "extended_bounds": {"min": first, "max": last}}
    buckets = filled.aggregate(where, {"h": {"date_histogram": spec}})["h"]["buckets"]
    assert [bucket["key"] for bucket in buckets] == list(
        range(first // DAY_MS * DAY_MS, last // DAY_MS * DAY_MS + 1, DAY_MS)
    )
    assert sum(bucket["doc_count"] for bucket in buckets) == len(selected(where))


def test_numbers_of_a_field(filled: Store) -> None:
    likes = [mention.engagement.likes for mention in MANY]
    names = ("avg", "min", "max", "sum", "stats", "extended_stats", "value_count")
    answer = filled.aggregate(Filter(), {name: {name: {"field": "engagement.likes"}} for name in names})
    assert answer["avg"]["value"] == pytest.approx(fmean(likes))
    assert (answer["min"]["value"], answer["max"]["value"]) == (min(likes), max(likes))
    assert (answer["sum"]["value"], answer["value_count"]["value"]) == (sum(likes), len(likes))
    assert answer["stats"] == pytest.approx(
        {"count": len(likes), "min": min(likes), "max": max(likes), "avg": fmean(likes), "sum": sum(likes)}
    )
    variance = fmean(like**2 for like in likes) - fmean(likes) ** 2
    assert answer["extended_stats"]["std_deviation"] == pytest.approx(variance**0.5)
    assert answer["extended_stats"]["std_deviation_bounds"]["upper"] > fmean(likes)


def test_times_are_numbers_in_milliseconds(filled: Store) -> None:
    answer = filled.aggregate(Filter(), {"first": {"min": {"field": "published_at"}}})
    assert answer["first"]["value"] == ms(min(mention.published_at for mention in MANY))


def test_missing_number_is_not_zero(filled: Store) -> None:
    rated = [mention.rating for mention in MANY if mention.rating is not None]
    answer = filled.aggregate(Filter(), {"r": {"stats": {"field": "rating"}}})
    assert (answer["r"]["count"], answer["r"]["avg"]) == (len(rated), pytest.approx(fmean(rated)))


def test_ranges_and_histogram(filled: Store) -> None:
    scores = [mention.sentiment.score for mention in MANY]
    spec = {"field": "sentiment.score", "ranges": [{"to": -0.5}, {"from": -0.5, "to": 0.25}, {"from": 0.5}]}
    buckets = filled.aggregate(Filter(), {"r": {"range": spec}})["r"]["buckets"]
    assert [(bucket["key"], bucket["doc_count"]) for bucket in buckets] == [
        ("*--0.5", sum(score < -0.5 for score in scores)),
        ("-0.5-0.25", sum(-0.5 <= score < 0.25 for score in scores)),
        ("0.5-*", sum(score >= 0.5 for score in scores)),
    ]
    assert buckets[1]["from"] == -0.5
    assert buckets[1]["to"] == 0.25
    stars = Counter(mention.rating for mention in MANY if mention.rating)
    answer = filled.aggregate(Filter(), {"h": {"histogram": {"field": "rating", "interval": 1}}})
    assert {bucket["key"]: bucket["doc_count"] for bucket in answer["h"]["buckets"]} == stars


@pytest.mark.parametrize("field", ["author", "story", "topics", "post_id", "thread", "brand.id"])
def test_cardinality_is_exact_where_few_mentions_match(filled: Store, field: str) -> None:
    for where in (Filter(), Filter(terms={"source.id": ["source-40"]})):
        answer = filled.aggregate(where, {"c": {"cardinality": {"field": field}}})
        assert answer["c"] == {"value": len({one for mention in selected(where) for one in values(mention, field)})}
    asked = {"s": {"terms": {"field": "source.id", "size": 100}, "aggs": {"c": {"cardinality": {"field": field}}}}}
    found = {bucket["key"]: bucket["c"]["value"] for bucket in filled.aggregate(Filter(), asked)["s"]["buckets"]}
    wanted: dict[str, set[str]] = defaultdict(set)
    for mention in MANY:
        wanted[mention.source.id] |= set(values(mention, field))
    assert found == {source: len(some) for source, some in wanted.items()}


def test_percentiles_are_near(filled: Store) -> None:
    views = sorted(mention.engagement.views for mention in MANY)
    spec = {"field": "engagement.views", "percents": [25, 50, 99]}
    found = filled.aggregate(Filter(), {"p": {"percentiles": spec}})["p"]["values"]
    assert list(found) == ["25.0", "50.0", "99.0"]
    for percent, number in found.items():
        assert number == pytest.approx(views[int(float(percent) / 100 * len(views))], rel=0.05)


def test_questions_over_nothing_have_empty_answers(store: Store) -> None:
    body: dict[str, Any] = {
        "t": {"terms": {"field": "topics"}},
        "d": {"date_histogram": {"field": "published_at", "fixed_interval": "1d"}},
        "a": {"avg": {"field": "sentiment.score"}},
        "s": {"stats": {"field": "sentiment.score"}},
        "p": {"percentiles": {"field": "sentiment.score", "percents": [50]}},
        "c": {"cardinality": {"field": "author"}},
    }
    for _ in range(2):
        answer = store.aggregate(Filter(terms={"brand.id": ["nobody"]}), body)
        assert answer["t"]["buckets"] == []
        assert answer["d"]["buckets"] == []
        assert answer["a"]["value"] is None
        assert answer["s"]["count"] == 0
        assert answer["s"]["avg"] is None
        assert answer["p"]["values"] == {"50.0": None}
        assert answer["c"]["value"] == 0
        assert json.loads(json.dumps(answer, allow_nan=False)) == answer
        store.write([make_mention(1)])
        store.refresh()


@pytest.mark.parametrize(
    "spec",
    [
        {"terms": {"field": "topics", "size": 0}},
        {"terms": {"field": "topics", "min_doc_count": 0}},
        {"terms": {"field": "topics", "include": "b.*"}},
        {"terms": {"field": "topics", "order": {"nothing": "desc"}}},
        {"terms": {"field": "no.such.field"}},
        {"terms": {"field": "text"}},
        {"terms": {"field": "url"}},
        {"terms": {}},
        {"date_histogram": {"field": "published_at", "calendar_interval": "month"}},
        {"date_histogram": {"field": "published_at", "fixed_interval": "1w"}},
        {"date_histogram": {"field": "rating", "fixed_interval": "1d"}},
        {"date_histogram": {"field": "published_at", "fixed_interval": "1ms"}},
        {"avg": {"field": "topics"}},
        {"avg": {"field": "rating"}, "aggs": {"x": {"avg": {"field": "rating"}}}},
        {"range": {"field": "rating", "ranges": [{"to": 3}, {"from": 2}]}},
        {"significant_terms": {"field": "topics"}},
        {},
    ],
)
def test_question_that_the_stores_do_not_share_is_refused(filled: Store, spec: dict[str, Any]) -> None:
    with pytest.raises(StoreError):
        filled.aggregate(Filter(), {"x": spec})


def test_every_field_can_be_counted_or_is_refused_by_name(filled: Store) -> None:
    for info in mention_fields():
        kind = "terms" if info.kind == "keyword" else "value_count"
        if info.kind in {"text", "object", "vector"} or info.path in {"id", "post_id", "url", "bands", "content_hash"}:
            with pytest.raises(StoreError, match=info.path):
                filled.aggregate(Filter(), {"x": {kind: {"field": info.path}}})
            continue
        answer = filled.aggregate(Filter(), {"x": {kind: {"field": info.path}}})["x"]
        if kind == "terms":
            assert {b["key"] for b in answer["buckets"]} <= {one for m in MANY for one in values(m, info.path)}
        else:
            assert answer["value"] == sum(len(values(mention, info.path)) for mention in MANY)


def test_every_keyword_can_be_filtered(filled: Store) -> None:
    for info in mention_fields():
        if info.kind != "keyword":
            continue
        some = next((one for mention in MANY for one in values(mention, info.path)), "nothing")
        where = Filter(terms={info.path: [some]})
        assert filled.count(where) == len(selected(where)), info.path


# Records


def test_records_are_kept_by_kind_and_key(store: Store) -> None:
    records = store.records
    assert records.get("fix", "a") is None
    assert records.put("fix", "a", {"theme": "lid", "n": 1}) == 1
    assert records.put("fix", "a", {"theme": "lid", "n": 2}) == 2
    assert records.put("alert", "a", {}) == 1
    found = records.get("fix", "a")
    assert found is not None
    assert (found.kind, found.key, found.version, found.body) == ("fix", "a", 2, {"theme": "lid", "n": 2})
    assert set(records.get_many("fix", ["a", "b"])) == {"a"}
    assert records.delete("fix", "a") is True
    assert records.delete("fix", "a") is False
    assert records.get("fix", "a") is None
    assert records.get("alert", "a") is not None


def test_compare_and_set(store: Store) -> None:
    records = store.records
    assert records.put("outbox", "k", {"by": 1}, if_version=3) is None
    assert records.put("outbox", "k", {"by": 1}, if_version=0) == 1
    assert records.put("outbox", "k", {"by": 2}, if_version=0) is None
    assert records.put("outbox", "k", {"by": 3}, if_version=1) == 2
    assert records.put("outbox", "k", {"by": 4}, if_version=1) is None
    kept = records.get("outbox", "k")
    assert kept is not None
    assert (kept.version, kept.body) == (2, {"by": 3})


def test_many_records_come_in_order_of_key(store: Store) -> None:
    bodies = {f"run-{n:05d}": {"n": n} for n in range(1_300)}
    store.records.put_many("run", bodies)
    store.records.put_many("run", {"run-00001": {"n": -1}, "other": {}, "run-x_%": {"n": 0}, "rün": {}})
    found = list(store.records.all("run", prefix="run-"))
    assert [record.key for record in found] == sorted([*bodies, "run-x_%"])
    assert (found[1].body, found[1].version) == ({"n": -1}, 2)
    assert [record.key for record in store.records.all("run", prefix="run-0000")] == [f"run-0000{n}" for n in range(10)]
    assert [record.key for record in store.records.all("run", prefix="run-x_")] == ["run-x_%"]
    assert [record.key for record in store.records.all("run")][-1] == "rün"
    assert list(store.records.all("no such kind")) == []
    assert len(store.records.get_many("run", list(bodies))) == 1_300


def test_record_that_is_no_json_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="fix/a"):
        store.records.put("fix", "a", {"when": NOW})
    with pytest.raises(StoreError):
        store.records.put_many("fix", {"b": {}, "c": {"x": {1, 2}}})
    assert list(store.records.all("fix")) == []


def test_only_one_of_many_threads_wins_a_version(store: Store) -> None:
    def claim(n: int) -> int | None:
        return store.records.put("lease", "crawler", {"holder": n}, if_version=0)

    with ThreadPoolExecutor(8) as pool:
        won = [n for n, version in enumerate(pool.map(claim, range(8))) if version]
    assert len(won) == 1
    kept = store.records.get("lease", "crawler")
    assert kept is not None
    assert kept.body == {"holder": won[0]}


def test_closing_twice_is_harmless_and_a_closed_store_says_so(store: Store) -> None:
    store.write([make_mention(1)])
    assert BRANDS[0] in store.get([make_mention(1).id]).popitem()[1].brand.id
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.count(Filter())
