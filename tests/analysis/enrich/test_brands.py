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
from analysis.model.text import token_words, tokens


def named(text: str, brand: Brand) -> list[str]:
    """Return the names in the text that mean the brand."""
    toks = tokens(text)
    window = Window(text=text, places=find_brands([brand_matcher(brand)], token_words(text)))
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
    if find_brands(LOOKED_FOR, token_words(text)):
        assert may_name(LOOKED_FOR, text)


def test_a_text_without_the_words_of_any_brand_names_nobody() -> None:
    brands = [brand_matcher(Brand(id="t", name="Tessaro", role="own", query="tessaro OR thermo*"))]
    assert not may_name(brands, "Another kettle, another maker.")
    assert may_name(brands, "A supertessaroïd is not it, but may be.")
    assert may_name(brands, "A Thermos")


FOUND_AS = [
    # (name, what names it, what does not): signs, accents, invisible signs, hashtags, endings
    ("P&G", ("P&G said", "at P & G", "P&amp;G recalls"), ("p, g and h", "the p. Good", "p g")),
    ("D++", ("D++ is fun", "in D++."), ("plan D", "D# or D+", "D+++")),
    ("Node.js", ("Node.js 22",), ("a node. Js is", "node js")),
    ("V.ON", ("V.ON raises prices", "at v.on"), ("vitamin V on skin", "V. On the board")),
    (".ORG", ("a .ORG site", ".org"), ("behance.org", "the end...org", "org chart")),
    ("& Sons", ("at & Sons",), ("and sons of mine", "sons")),
    ("Guess?", ("Guess? jeans", "I love guess? jeans", "a Guess bag"), ("I guess so",)),
    ("Yahoo!", ("Yahoo mail", "yahoo! mail", "YAHOO"), ("a yahoo",)),
    ("E*TRADE", ("E*Trade login", "E-Trade app", "ETRADE"), ("e trade", "a trade")),
    ("Nestlé", ("Nestle recall", "NESTLÉ", "Nestle\u0301"), ("nest",)),
    ("Nestle", ("Nestlé recall",), ("nestling",)),
    ("Häagen-Dazs", ("Haagen Dazs ice", "haagen-dazs", "Haeagen-Dazs".replace("ea", "a"), "HAAGENDAZS"), ("dazs",)),
    ("Löwenbräu", ("Loewenbraeu", "lowenbrau"), ("lowen brau",)),
    ("Mueller", ("Müller milk", "Mueller"), ("muller",)),
    ("L'Oréal", ("L’Oreal serum", "LOREAL", "l´oréal"), ("oreal",)),
    ("McDonald's", ("McDonalds fries", "McDonald’s"), ("McDonald sings",)),
    ("McDonalds", ("McDonald's fries",), ("McDonald sings",)),
    ("Marks & Spencer", ("Marks and Spencer food", "Marks&Spencer"), ("marks of Spencer",)),
    ("7-Eleven", ("7 Eleven", "7Eleven store"), ("eleven",)),
    ("Ken & Perry's", ("Ken & Perrys", "ken and perry's", "Ken and Perrys"), ("Ken", "Perry's")),
    ("Console 5", ("Console5", "a console 5"), ("Console", "Console 55")),
    ("Coca-Cola", ("#CocaCola", "coca cola", "#cocacola"), ("coca",)),
    ("Tessaro", ("#TessaroFail", "@TessaroHelp", "#tessaro_fail", "__Tessaro__", "a_tessaro"), ("tessarofail",)),
    ("Tessaro", ("Tes\u00adsa\u00adro", "T\u200bessaro", "Ⓣⓔⓢⓢⓐⓡⓞ", "𝗧𝗲𝘀𝘀𝗮𝗿𝗼", "Tessaro™", "Tessaro's"), ("Tess aro",)),
    ("Işık", ("IŞIK bozuk", "isik"), ("iş",)),
    ("Škoda", ("Skoda", "SKODA"), ("koda",)),
    ("현대차", ("현대차가", "현대차의 리콜", "현대차에서는", "현대차"), ("현대차량", "신현대차")),
    ("삼성", ("삼성전자는 좋다", "삼성은", "삼성 냉장고", "삼성페이로", "삼성그룹"), ("삼성동", "신삼성", "삼성리")),
    ("LG전자", ("LG전자는", "lg전자"), ("전자",)),
    ("ソニー", ("ｿﾆｰの", "ソニー製"), ("ソニ",)),
    ("أرامكو", ("أَرَامْكُو", "أرامكــو", "ارامكو"), ("رامكو",)),
    ("טסארו", ("טֶסָארוֹ דולף",), ("טסאר",)),
    ("Τέσαρο", ("ΤΕΣΑΡΟ", "τεσαρο"), ("τεσα",)),
]


@pytest.mark.parametrize(("name", "found", "missed"), FOUND_AS)
def test_a_name_is_found_in_every_way_of_writing_it(name: str, found: tuple[str, ...], missed: tuple[str, ...]) -> None:
    brand = Brand(id="b", name=name, role="own")
    matcher = brand_matcher(brand)
    assert [text for text in found if not named(text, brand)] == []
    assert [text for text in found if not may_name([matcher], text)] == []
    assert [text for text in missed if named(text, brand)] == []


@pytest.mark.parametrize(
    ("name", "found", "missed"),
    [("Nestlé", "nestlé", "Nestle"), ("Yahoo!", "yahoo!", "Yahoo"), ("Coca-Cola", "coca-cola", "Coca Cola")],
)
def test_an_exact_name_keeps_its_accents_and_signs(name: str, found: str, missed: str) -> None:
    brand = Brand(id="b", name=name, role="own", exact=True)
    assert named(found, brand)
    assert not named(missed, brand)


@pytest.mark.parametrize(
    ("name", "missed"), [("BT", "bt"), ("Next", "the next day"), ("GAP", "Gap"), ("Visa", "a visa")]
)
def test_a_case_sensitive_name_keeps_its_capitals(name: str, missed: str) -> None:
    brand = Brand(id="b", name=name, role="own", case_sensitive=True, aliases=(f"{name} Store",))
    assert named(f"at {name}", brand) == [name]
    assert not named(missed, brand)


def test_a_context_word_counts_in_the_plural_too() -> None:
    brand = Brand(id="a", name="Apple", role="own", context=("iPhone", "box"))
    assert named("Apple and iPhones", brand)
    assert named("Apple boxes", brand)
    assert not named("An apple a day", brand)


def test_a_hashtag_and_the_word_inside_it_are_one_place() -> None:
    brand = Brand(id="t", name="Tessaro", role="own", query="tess*")
    assert named("so #TessaroFail", brand) == ["Tessaro"]
    assert named("so #TesslaFail", brand) == ["TesslaFail"]
