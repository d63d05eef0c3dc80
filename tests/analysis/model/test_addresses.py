"""Forms of one address are one, and addresses of two pages are two, however alike they look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.model import mention_id, post_id
from analysis.model.addresses import canonical, identity, own_address, post_address, route_of, same_site, site

TICKET = "9f86d081884c7d659a2feaa0c55ad015"


@pytest.mark.parametrize(
    "form",
    [
        "http://news.example/a/17",
        "https://news.example./a/17",
        "https://user:secret@news.example/a/17",
        f"https://news.example/a/17?sid={TICKET}",
        f"https://news.example/a/17?s={TICKET}",
        "https://news.example/a/17?osCsid=ab12&zenid=3",
        "https://news.example/(S(lit3py55t21z5v55vlm25s55))/a/17",
        "https://news.example/a/17?utm_source=x&amp;utm_medium=y",
        "https://news.example/a/17?gad_source=1&gclid=q&mibextid=7&CMP=share&WT.mc_id=z&_openstat=e&dm_i=1,2",
        "https://news.example/a/17?at_medium=RSS&ns_campaign=q&pk_kwd=k&mtm_source=s",
        "https://news.example/a/17?ref=rss&amp=1&outputType=amp",
        "https://news.example/a/17?amp",
        "https://news.example/a/17#chapter-3",
        "https://news.example/a/17#2-what-we-saw",
        "https://www.google.co.uk/url?rct=j&url=https://news.example/a/17&ct=ga",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fnews.example%2Fa%2F17&h=x",
    ],
)
def test_forms_that_lead_to_one_page_are_imported_under_one_address(form: str) -> None:
    assert post_address(form) == "https://news.example/a/17"


@pytest.mark.parametrize(
    "form",
    [
        "http://www.news.example/a/17/",
        "https://m.news.example/a/17",
        "https://amp.news.example/a/17",
        "https://news.example/a/17/amp/",
        "https://news.example/amp/a/17",
        "https://www.news.example/a/17?fbclid=1",
    ],
)
def test_forms_that_are_opened_as_they_are_have_one_identity(form: str) -> None:
    assert post_id(form) == post_id("https://news.example/a/17")
    assert mention_id(form, "b") == mention_id("https://news.example/a/17", "b")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://n.example/a?dcid=1", "https://n.example/a?dcid=2"),
        ("https://n.example/a?gcid=1", "https://n.example/a?gcid=2"),
        ("https://n.example/a?ga_id=1", "https://n.example/a?ga_id=2"),
        ("https://n.example/a?at_number=1", "https://n.example/a?at_number=2"),
        ("https://n.example/a?sid=12", "https://n.example/a?sid=13"),
        ("https://n.example/?s=kettle", "https://n.example/?s=pan"),
        ("https://n.example/a?ref=120", "https://n.example/a?ref=121"),
        ("https://n.example/#/post/a", "https://n.example/#/post/b"),
        ("https://n.example/#!/a", "https://n.example/#!/b"),
        ("https://n.example/t/1#post-3", "https://n.example/t/1#post-4"),
        ("https://n.example/t/1#p17", "https://n.example/t/1#p18"),
        ("https://n.example/t/1#r17", "https://n.example/t/1"),
        ("https://n.example/products/amp", "https://n.example/products"),
        ("https://m.github.io/a/1", "https://amp.github.io/a/1"),
        ("https://mobile.co.uk/a/1", "https://www.co.uk/a/1"),
        ("http://127.0.0.1:8000/a", "https://127.0.0.1:8000/a"),
    ],
)
def test_two_pages_stay_two(one: str, other: str) -> None:
    assert post_address(one) != post_address(other)
    assert post_id(one) != post_id(other)


def test_what_is_read_keeps_an_address_that_can_be_opened() -> None:
    assert canonical("http://www.old.example/a/") == "http://www.old.example/a/"
    assert own_address("http://www.old.example/a?utm_id=1#p12") == "http://www.old.example/a#p12"


def test_a_route_is_a_part_of_the_address_and_an_anchor_is_not() -> None:
    assert route_of("https://n.example/#/post/1") == "#/post/1"
    assert [route_of(f"https://n.example/{end}") for end in ("#top", "#/", "#!", "")] == [""] * 4


def test_who_shares_an_ending_with_many_is_a_site_of_its_own() -> None:
    assert not same_site("https://ann.github.io/", "https://bob.github.io/")
    assert not same_site("https://ann.blogspot.com/", "https://bob.blogspot.com/")
    assert not same_site("https://ann.substack.com/", "https://bob.substack.com/")
    assert same_site("https://www.ann.github.io/", "https://ann.github.io/")
    assert site("https://www.shop.unlisted/") == "shop.unlisted"


def test_a_page_of_a_shared_host_cannot_take_its_neighbours_address() -> None:
    own = "https://evil.github.io/a-long-story-17"
    assert canonical(own, declared="https://victim.github.io/a-long-story-17") == own


@given(st.text(max_size=80) | st.text("https:/.?#&=%[]@amp;1a", max_size=60).map("https://{}".format))
def test_any_text_has_an_address_and_an_identity_that_stays(text: str) -> None:
    address = own_address(text)
    assert identity(identity(address)) == identity(address)
    assert post_id(post_address(text)) == post_id(post_address(post_address(text)))
