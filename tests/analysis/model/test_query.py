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
from analysis.model.folding import fold, folded_pieces
from analysis.model.query import (
    All,
    Either,
    Nearby,
    Node,
    Query,
    Terms,
    Wildcard,
    Without,
    any_of,
    in_words,
    matches,
    parse,
    spans,
    words_query,
)
from analysis.model.text import MAX_TOKEN, Words, plain_tokens, token_words, tokens
from analysis.store.base import Filter, Store
from analysis.store.open import open_store
from tests.support.mentions import make_mention

# Few letters, so that words repeat and nearly match; two that casefold and compose in odd ways.
WORDS = ("a", "b", "ab", "aab", "ba", "ß", "é")
TEXTS = 400
# Names and what stands around them, so that signs, capitals, accents and hashtags decide.
WRITTEN = (
    "A&B ",
    "a & b",
    " .Ab",
    "a.b",
    "AB++",
    "ab+ ",
    "É-b",
    "#AabBa ",
    "b's",
    "@ab_a",
    " aab!",
    "Ab? ",
    "a\u00adb",
    "b\n",
)


def build_texts() -> list[str]:
    """Return texts over WORDS: all of up to three words, and longer ones in which every neighbourhood occurs."""
    short = [" ".join(words) for size in (1, 2, 3) for words in itertools.product(WORDS[:4], repeat=size)]
    long = [" ".join(WORDS[(n * k + n // 7 + k * k) % len(WORDS)] for k in range(4 + n % 9)) for n in range(TEXTS)]
    signs = ["".join(pair) for size in (1, 2) for pair in itertools.product(WRITTEN, repeat=size)]
    return ["", *short, *long, *signs, "x" * 250, "x" * 99 + " a", "x" * 100 + " b", "x" * 101 + " ab"]


@pytest.fixture(scope="module")
def indexed() -> Iterator[tuple[Store, dict[str, Words]]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(str(Path(folder) / "store"), write=True) as store,
    ):
        mentions = [make_mention(n, text=text) for n, text in enumerate(build_texts())]
        store.write(mentions[::2])
        store.write(mentions[1::2])
        store.refresh()
        yield store, {mention.id: token_words(f"\n{mention.text}") for mention in mentions}


words = st.sampled_from([*token_words(" ".join(WORDS)), "c", "x" * 100])
patterns = st.text("ab*??é", min_size=1, max_size=11).filter(lambda text: text.strip("*?") != "")
terms = st.builds(
    lambda some, slop: Terms(tuple(some), slop if len(some) > 1 else 0),
    st.lists(words, min_size=1, max_size=4),
    st.integers(0, 7),
)
names = st.builds(
    lambda name, exact, case: words_query(name, exact=exact, case=case).node,
    st.text("aAbBéÉ&.!?+- '#@", min_size=1, max_size=7).filter(lambda name: bool(token_words(name))),
    st.booleans(),
    st.booleans(),
)
simple: st.SearchStrategy[Node] = st.one_of(terms, terms, names, st.builds(Wildcard, patterns))
nears: st.SearchStrategy[Node] = st.builds(
    lambda parts, gap, ordered: Nearby(tuple(parts), gap, ordered),
    st.lists(
        st.one_of(simple, st.builds(lambda some: Either(tuple(some)), st.lists(terms, min_size=1))),
        min_size=2,
        max_size=2,
    ),
    st.integers(0, 3),
    st.booleans(),
)
leaves: st.SearchStrategy[Node] = st.one_of(simple, simple, nears)
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
def test_the_index_selects_what_the_matcher_selects(indexed: tuple[Store, dict[str, Words]], node: Node) -> None:
    store, texts = indexed
    query = Query("generated", node)
    wanted = sorted(mention_id for mention_id, found in texts.items() if matches(query, found))
    assert [mention.id for mention in store.scan(Filter(query=query))] == wanted
    assert store.count(Filter(query=query)) == len(wanted)


def test_wildcard_too_wide_for_the_index_still_works(indexed: tuple[Store, dict[str, Words]]) -> None:
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
@given(node=st.one_of(terms, st.builds(Wildcard, patterns)), text=st.lists(words, max_size=12))
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
        ("GROSSE", "größe", True),
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
        assert token.norm in token_words(f"#{text[token.start : token.end]}")
    whole = plain_tokens(text)
    assert set(whole) <= set(found)
    assert all(a.start <= b.start and a.end <= b.end for a, b in itertools.pairwise(whole))
    assert " ".join(token.norm for token in found).split() == [token.norm for token in found]


@settings(max_examples=300, deadline=None)
@given(text=st.text(st.characters() | st.sampled_from("é\u0301\u00adﾊﾞ각ᆨ&;#ampАйё"), max_size=30))
def test_folding_is_the_same_letter_by_letter(text: str) -> None:
    pieces = folded_pieces(text)
    assert "".join(piece for piece, _ in pieces) == fold(text)
    assert sum(length for _, length in pieces) == len(text)
    assert fold(fold(text)) == fold(text) or "&" in text


PASTED = [
    # (query, what it finds, what it does not): as analysts write and tools export them
    ("(Tessaro OR Tesaro) NEAR/3 (lid OR app)", "the app of my Tesaro", "Tessaro is, as all say, a good app"),
    ("tessaro NEAR/2f lid", "a Tessaro kettle lid", "the lid of Tessaro"),
    ('"Tessaro" ONEAR/3 "K2"', "Tessaro Kettle K2", "K2 by Tessaro"),
    ("tessaro w/4 lid", "lid, says Tessaro", "the lid is not the one which Tessaro sells"),
    ("tessaro /4 lid", "lid, says Tessaro", "a lid"),
    ("a* NEAR/1 (tea NEAR/0 pot)", "all tea pots or a tea pot", "all is said of the tea pot"),
    ("British Telecom OR BT", "BT is down", "British rail"),
    ("kettle OR (tea AND !green)", "black tea", "green tea"),
    ("Kettlo !perfume", "Kettlo kettle", "Kettlo perfume"),
    ("chocolate -swiss", "dark chocolate", "swiss chocolate"),
    ("“BMW series” OR „BMW bike“", "a BMW bike", "a bike by BMW"),
    ('("sail" or "boat") and RACING', "boat racing", "sail boat"),
    ("tesla and not nikola", "tesla car", "tesla and nikola"),
    ("tessaro not perfume", "tessaro lid", "tessaro perfume"),
    ('apple (watch OR phone)^9 NOT ("apple sauce" OR "apple orchard*")', "an apple watch", "watch the apple orchards"),
    ('apple NOT "apple orchard*"', "an apple", "apple orchards bloom"),
    ('"*phone case"', "an iphone case", "a phone in a case"),
    ("British Telecom OR {BT}", "BT is down", "a bt of it"),
    ("{Next} OR {Target}", "at Next today", "the next target"),
    ("raw:Google+", "I like Google+ a lot", "google"),
    ("C++ OR F#", "I write C++", "vitamin C, in C# or f"),
    ("AT&T OR H&M", "at AT & T", "at t, h m"),
    ("Marks & Spencer", "Marks and Spencer food", "Marks, then Spencer"),
    ('"Yahoo!" OR Jeopardy! AND tv', "yahoo! mail", "yahoo jeopardy"),
    ("E*TRADE", "the E*Trade login", "a trade"),
    ("Guess?", "Guess? jeans", "I guess"),
    ("#Tessaro OR @tessaro_help", "so #tessaro", "tessaro help"),
    (".NET", "the .NET runtime", "the net. result of behance.net"),
    ("E.ON", "E.ON raises", "vitamin E. On the skin"),
    ("tessaro || kettlo && lid", "tessaro", "kettlo"),
    ("Tessaro | Kettlo", "kettlo", "lid"),
    ("Tessaro\u00a0OR\nKettlo", "kettlo", "or"),
    ("Tessaro OR Kettlo NOT perfume", "tessaro", "tessaro perfume"),
    ("(apple juice)~3", "juice of apple", "juice of the best green apple"),
    ("Tessaro <<<our kettle>>> AND lid", "tessaro lid", "tessaro kettle"),
    ("Mission: Impossible", "Mission: Impossible 3", "impossible"),
    ("https://tessaro.example/x", "see https://tessaro.example/x", "tessaro example"),
    ("Coca-Cola OR McDonald’s", "coca cola", "coca"),
    ("McDonald’s", "McDonalds fries", "McDonald sings"),
]


@pytest.mark.parametrize(("source", "found", "missed"), PASTED)
def test_queries_are_read_as_their_writers_mean_them(source: str, found: str, missed: str) -> None:
    query = parse(source)
    assert matches(query, token_words(found)), in_words(query.node)
    assert not matches(query, token_words(missed)), in_words(query.node)


@pytest.mark.parametrize(
    ("source", "column", "said"),
    [
        ("Tessaro, Kettlo", 1, "write OR"),
        ("Tessaro; Kettlo", 1, "write OR"),
        ("apple NEAR pie", 7, "NEAR/5"),
        ("apple NEAR/5 (pie AND tart)", 7, "alternatives"),
        ("apple NOT NEAR/5 pie", 11, "breaks"),
        ("apple NEAR/500 pie", 7, "at most 100"),
        ("apple NEAR/5", 13, "breaks"),
        ("a SENTENCE b", 3, "in quotes it is a word"),
        ("near(a, b, 5)", 1, "write a NEAR/5 b"),
        ("a NOTNEAR/3 b", 3, "write a NEAR/5 b"),
        ("a w/in 5 b", 3, "write a NEAR/5 b"),
        ("a ADJ3 b", 3, "write a NEAR/5 b"),
        ("a ODER b", 3, "write OR; in quotes it is a word"),
        ("a AND-b", 6, "a blank is missing behind AND"),
        ("a XOR b", 3, "in quotes it is a word"),
        ("Tessaro NOT perfume OR Kettlo", 24, "two ways"),
        ("a OR b NOT c AND d", 18, "two ways"),
        ("tessaro~1", 1, "fuzzy"),
        ("/tess.ro/", 1, "regular expression"),
        ("[a TO b]", 1, "ranges"),
        ("{a TO b}", 1, "braces"),
        ("{BT", 1, "not closed"),
        ("site:”a.example” tessaro", 1, "field name"),
        ("'BMW series' OR bike", 1, "single quotes"),
        ("Tessaro ()", 10, "empty"),
        ("AND Tessaro", 1, "breaks"),
        ("Tessaro OR OR Kettlo", 12, "breaks"),
        ("++Apple++", 1, "in quotes"),
        ('"AT&T fibre"~5', 1, "NEAR/5"),
        ("tess-aro*", 1, "wildcard"),
        ('"apple * pie"', 1, "everything"),
        ("(" * 70 + "a" + ")" * 70, 61, "inside each other"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_write_instead(source: str, column: int, said: str) -> None:
    with pytest.raises(QueryError, match=said) as caught:
        parse(source)
    assert caught.value.column == column


SIGNS_OF_QUERIES = 'AND or NOT ! - + ( ) " “ { } NEAR/2 w/3 ~2 ^3 * ? & a b* C++ AT&T #x .n , : / \\ | <<< >>>'
SIGNS = (*SIGNS_OF_QUERIES.split(), "\u200b", "\u00a0", "é", "삼성이", "🙂")


@settings(max_examples=500, deadline=None)
@given(
    parts=st.lists(st.sampled_from(SIGNS), max_size=14),
    between=st.sampled_from(["", " "]),
)
def test_any_query_is_read_or_refused(parts: list[str], between: str) -> None:
    source = between.join(parts)
    outcome = parsed_or_refused(source)
    if isinstance(outcome, QueryError):
        assert 1 <= outcome.column <= len(source) + 1
        assert str(outcome)
    else:
        assert in_words(outcome.node)
        assert isinstance(matches(outcome, token_words(source)), bool)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("(Tessaro OR Tesaro) NEAR/5 app", '("Tessaro" or "Tesaro") near "app" (at most 5 words between)'),
        ("British Telecom OR {BT}", '("British" and "Telecom") or "BT" written exactly so'),
        ("AT&T NOT fibre", '"AT&T" with its & and not "fibre"'),
        ('"apple orchard*"', 'the phrase "apple orchard*"'),
        ("L'Oréal", '"L\'Oréal" (also loreal)'),
        ("Marks & Spencer", '"Marks & Spencer" with its & (also marks and spencer)'),
        ('"battery life"~3', 'the words "battery life" with up to 3 moves'),
    ],
)
def test_how_a_query_was_read_is_said_in_words(source: str, said: str) -> None:
    assert in_words(parse(source).node) == said
