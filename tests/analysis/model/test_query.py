"""Queries: what they mean, how mistakes are told, and that the index selects what the matcher selects."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.model.errors import QueryError
from analysis.model.query import (
    All,
    Either,
    Node,
    Query,
    Terms,
    Wildcard,
    Without,
    any_of,
    matches,
    parse,
    spans,
    words_query,
)
from analysis.model.text import MAX_TOKEN, token_words, tokens
from analysis.store.base import Filter, Store
from analysis.store.open import open_store
from tests.support.mentions import make_mention

# Few letters, so that words repeat and nearly match; two that casefold and compose in odd ways.
WORDS = ("a", "b", "ab", "aab", "ba", "ß", "é")
TEXTS = 400


def build_texts() -> list[str]:
    """Return texts over WORDS: all of up to three words, and longer ones in which every neighbourhood occurs."""
    short = [" ".join(words) for size in (1, 2, 3) for words in itertools.product(WORDS[:4], repeat=size)]
    long = [" ".join(WORDS[(n * k + n // 7 + k * k) % len(WORDS)] for k in range(4 + n % 9)) for n in range(TEXTS)]
    return ["", *short, *long, "x" * 250, "x" * 99 + " a", "x" * 100 + " b", "x" * 101 + " ab"]


@pytest.fixture(scope="module")
def indexed() -> Iterator[tuple[Store, dict[str, list[str]]]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(str(Path(folder) / "store"), write=True) as store,
    ):
        mentions = [make_mention(n, text=text) for n, text in enumerate(build_texts())]
        store.write(mentions[::2])
        store.write(mentions[1::2])
        store.refresh()
        yield store, {mention.id: mention.tokens.split() for mention in mentions}


words = st.sampled_from([*token_words(" ".join(WORDS)), "c", "x" * 100])
patterns = st.text("ab*??é", min_size=1, max_size=11).filter(lambda text: text.strip("*?") != "")
terms = st.builds(
    lambda some, slop: Terms(tuple(some), slop if len(some) > 1 else 0),
    st.lists(words, min_size=1, max_size=4),
    st.integers(0, 7),
)
leaves: st.SearchStrategy[Node] = st.one_of(terms, terms, terms, st.builds(Wildcard, patterns))
nodes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda parts: All(tuple(parts)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: Either(tuple(parts)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(Without, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(node=nodes)
def test_the_index_selects_what_the_matcher_selects(indexed: tuple[Store, dict[str, list[str]]], node: Node) -> None:
    store, texts = indexed
    query = Query("generated", node)
    wanted = sorted(mention_id for mention_id, found in texts.items() if matches(query, found))
    assert [mention.id for mention in store.scan(Filter(query=query))] == wanted
    assert store.count(Filter(query=query)) == len(wanted)


def test_wildcard_too_wide_for_the_index_still_works(indexed: tuple[Store, dict[str, list[str]]]) -> None:
    store, texts = indexed
    query = parse("*x????????????????????")
    wanted = {mention_id for mention_id, found in texts.items() if matches(query, found)}
    assert wanted
    assert {mention.id for mention in store.scan(Filter(query=query))} == wanted


def near_by_trying_everything(phrase: Sequence[str], slop: int, text: Sequence[str]) -> bool:
    """Lucene's rule, word for word: over all ways to choose places, the shifted places spread over ``slop`` or less."""
    places = [[at for at, word in enumerate(text) if word == wanted] for wanted in phrase]
    for chosen in itertools.product(*places):
        shifted = [at - shift for shift, at in enumerate(chosen)]
        if len(set(chosen)) == len(chosen) and max(shifted) - min(shifted) <= slop:
            return True
    return False


@settings(max_examples=1_500, deadline=None)
@given(
    phrase=st.lists(st.sampled_from("abc"), min_size=2, max_size=4),
    slop=st.integers(0, 8),
    text=st.lists(st.sampled_from("abcd"), max_size=14),
)
def test_near_means_what_lucene_means(phrase: list[str], slop: int, text: list[str]) -> None:
    query = Query("generated", Terms(tuple(phrase), slop))
    assert matches(query, text) == near_by_trying_everything(phrase, slop, text)


@settings(max_examples=300, deadline=None)
@given(node=leaves, text=st.lists(words, max_size=12))
def test_spans_are_where_a_leaf_matches(node: Node, text: list[str]) -> None:
    query = Query("generated", node)
    found = spans(query, text)
    assert bool(found) == matches(query, text)
    assert all(0 <= first < last <= len(text) for first, last in found)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(found))
    for first, last in found:
        assert matches(query, text[first:last])


def test_near_stays_fast_in_a_text_of_one_word() -> None:
    text = ["a", "b"] * 50_000
    assert matches(parse('"b a b a b"~3'), text)
    assert not matches(parse('"b a c b a"~3'), text)


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("frame.work", "I bought it at frame.work yesterday", True),
        ("frame.work", "the frame of my work", False),
        ('"Framework laptop" OR frame.work NOT django', "My Framework Laptop broke", True),
        ('("Framework laptop" OR frame.work) AND NOT django', "Framework laptop runs Django", False),
        ('"a b"~1', "a x b", True),
        ('"a b"~1', "b a", False),
        ('"a b"~2', "b a", True),
        ('"a b"~5', "b x x x a", True),
        ('"a b"~5', "b x x x x a", False),
        ("framewor*", "Frameworks", True),
        ("gr?y", "grey GRAY", True),
        ("gr?y", "gry", False),
        ("+kettle -tea", "kettle and tea", False),
        ("+kettle -tea", "kettle", True),
        ("kettle tea", "kettle", False),
        ("GROSSE", "größe", False),
        ("STRASSE", "straße", True),
        ("café", "cafe\u0301", True),
        ("istanbul", "İstanbul", True),
        ("हिन्दी", "वह हिन्दी है", True),
        ("日本", "東京と日本語", True),
        ("日本", "本日", False),
        (r"c\+\+", "I like C++ and C", True),
    ],
)
def test_what_a_query_finds(source: str, text: str, found: bool) -> None:
    assert matches(parse(source), token_words(text)) is found


@pytest.mark.parametrize(
    ("source", "column", "word"),
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        ('kettle "lid', 8, "quotation mark"),
        ('kettle "lid (" AND (tea', 20, "parenthesis"),
        ("(kettle", 1, "parenthesis"),
        ("kettle (lid OR (tea)", 8, "parenthesis"),
        ("kettle)", 7, "parenthesis"),
        ("kettle AND", 11, "breaks"),
        ("NOT kettle", 1, "only excludes"),
        ("kettle OR NOT lid", 1, "only excludes"),
        ("kettle title:lid", 8, "field name"),
        ("kettle~2", 1, "fuzzy"),
        ("*", 1, "everything"),
        ("kettle ###", 8, "no word"),
    ],
)
def test_mistake_is_told_with_its_column(source: str, column: int, word: str) -> None:
    with pytest.raises(QueryError, match=word) as caught:
        parse(source)
    assert caught.value.column == column


@settings(max_examples=300, deadline=None)
@given(source=st.text('ab"()*?~+-:\\/ANDORT ', max_size=30))
def test_any_text_parses_or_is_refused(source: str) -> None:
    outcome = parsed_or_refused(source)
    if isinstance(outcome, QueryError):
        assert 1 <= outcome.column <= len(source) + 1
        assert str(outcome)
    else:
        assert isinstance(matches(outcome, ["a", "b"]), bool)


def parsed_or_refused(source: str) -> Query | QueryError:
    try:
        return parse(source)
    except QueryError as error:
        return error


def test_any_of_and_words_query() -> None:
    both = any_of([parse("kettle"), parse("tea NOT green")])
    assert matches(both, ["kettle", "green", "tea"])
    assert not matches(both, ["green", "tea"])
    assert matches(parse(both.source), ["tea"])
    assert matches(words_query("the (kettle)?"), ["buy", "the", "kettle"])
    with pytest.raises(QueryError):
        words_query("?!")


@given(st.text())
def test_tokens_are_words_with_their_spans(text: str) -> None:
    found = tokens(text)
    for token in found:
        assert 0 < len(token.norm) <= MAX_TOKEN
        assert not any(sign.isspace() for sign in token.norm)
        assert token_words(text[token.start : token.end]) == [token.norm]
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert " ".join(token.norm for token in found).split() == [token.norm for token in found]
