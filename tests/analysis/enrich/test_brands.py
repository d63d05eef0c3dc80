"""Brand spans: queries, aliases, products, context, words that rule a brand out."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.enrich.find.brands import brand_matcher, find_brands, may_name
from analysis.enrich.judges.relevance import RelevanceRules
from analysis.enrich.reading import Window
from analysis.model import Brand
from analysis.model.errors import QueryError
from analysis.model.text import tokens


def named(text: str, brand: Brand) -> list[str]:
    """Return the names in the text that mean the brand."""
    toks = tokens(text)
    window = Window(text=text, places=find_brands([brand_matcher(brand)], toks))
    chances = RelevanceRules([brand]).judge(window, toks)
    return [text[place.start : place.end] for place, p in zip(window.places, chances, strict=True) if p >= 0.5]


def test_name_finds_a_brand_without_a_query() -> None:
    brand = Brand(id="t", name="Tessaro", role="own")
    assert named("I own two tessaro kettles, Tessaro's best.", brand) == ["tessaro", "Tessaro"]


def test_query_aliases_and_products_all_find_it() -> None:
    brand = Brand(
        id="t",
        name="Tessaro",
        role="own",
        query='"Tessaro kettle" OR tessaro.example',
        aliases=("Tesaro",),
        products=("K2 Pro",),
    )
    assert named("See tessaro.example", brand) == ["tessaro.example"]
    assert named("My Tesaro broke", brand) == ["Tesaro"]
    assert named("The K2 Pro leaks", brand) == ["K2 Pro"]
    assert named("A tessaro perfume", brand) == []


def test_a_query_that_ands_a_plain_word_marks_the_name_and_not_the_word() -> None:
    brand = Brand(id="f", name="Framework", role="own", query="Framework AND laptop")
    assert named("A laptop, any laptop, but best a Framework.", brand) == ["Framework"]


def test_not_in_the_query_rules_out_aliases_too() -> None:
    brand = Brand(id="t", name="Tessaro", role="own", query="Tessaro NOT perfume", aliases=("Tesaro",))
    assert named("Tesaro perfume", brand) == []
    assert named("Tesaro kettle", brand) == ["Tesaro"]


def test_context_must_be_near() -> None:
    brand = Brand(id="f", name="Framework", role="own", context=("laptop", "mainboard"))
    assert named("My Framework laptop is quiet", brand) == ["Framework"]
    assert named("Django is a framework for the web", brand) == []
    assert named("A framework. " + "word " * 60 + "laptop", brand) == []


def test_a_product_near_by_is_as_good_as_a_context_word() -> None:
    brand = Brand(id="f", name="Framework", role="own", context=("laptop",), products=("K2 Pro",))
    assert named("The K2 Pro by Framework", brand) == ["K2 Pro", "Framework"]
    assert named("Another framework for the web", brand) == []


def test_excluded_words_near_by_rule_a_place_out() -> None:
    brand = Brand(id="f", name="Framework", role="own", exclude=("django",))
    assert named("Django is a framework. " + "word " * 60 + "Framework sells laptops.", brand) == ["Framework"]


def test_wildcards_find_words_inside_and_at_the_edges_of_a_text() -> None:
    brand = Brand(id="f", name="Framework", role="own", query="framewor*")
    assert named("frameworks", brand) == ["frameworks"]
    assert named("the frameworkers", brand) == ["frameworkers"]


def test_a_wrong_query_is_refused_with_its_column() -> None:
    with pytest.raises(QueryError) as caught:
        brand_matcher(Brand(id="t", name="T", role="own", query='"Tessaro'))
    assert caught.value.column == 1


LOOKED_FOR = [
    brand_matcher(Brand(id=str(number), name="x", role="own", query=query))
    for number, query in enumerate(
        ("tessaro", "Nestlé OR été", '"K2 Pro"~3', "12", "kett*", "gr?y AND NOT ship", "am", "株式会社", "fi", "ı")
    )
]
PIECES = (
    "Tessaro",
    "ＴＥＳＳＡＲＯ",
    "tes\u00adsaro",
    "Nestle\u0301",
    "NESTLÉ",
    "K2",
    "ﬁ",
    "½",
    "kettles",
    "grey",
    "㏂",
    "İ",
)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=8), st.sampled_from((" ", "", "-", "\u0301")))
@example(["a", "1½", "b"], " ")
def test_what_may_name_nobody_names_nobody(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    if find_brands(LOOKED_FOR, tokens(text)):
        assert may_name(LOOKED_FOR, text)


def test_a_text_without_the_words_of_any_brand_names_nobody() -> None:
    brands = [brand_matcher(Brand(id="t", name="Tessaro", role="own", query="tessaro OR thermo*"))]
    assert not may_name(brands, "Another kettle, another maker.")
    assert may_name(brands, "A supertessaroïd is not it, but may be.")
    assert may_name(brands, "A Thermos")
