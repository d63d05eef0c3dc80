"""Places by their names and addresses; every preset is a block that its kind takes."""

from __future__ import annotations

import pytest

from analysis.model.errors import UsageError
from crawler.finding.found import fitted, options_of
from crawler.finding.names import address_of, by_address, named, presets
from crawler.kinds import KINDS


@pytest.mark.parametrize(
    ("words", "kind", "keys"),
    [
        ("r/coffee", "reddit", {"subreddit": "coffee"}),
        ("/r/coffee/", "reddit", {"subreddit": "coffee"}),
        ("subreddit:coffee", "reddit", {"subreddit": "coffee"}),
        ("!coffee@lemmy.example", "lemmy", {"api": "https://lemmy.example", "community": "coffee"}),
        ("lemmy:lemmy.example/coffee", "lemmy", {"api": "https://lemmy.example", "community": "coffee"}),
        ("appstore:1234567", "appstore", {"app": "1234567", "country": "de"}),
        ("github-releases:a/b", "feed", {"url": "https://github.com/a/b/releases.atom", "full": False}),
        ("wordpress:https://blog.example/", "feed", {"url": "https://blog.example/feed/"}),
        ("GoogleNews", "feed", {"url": "https://news.google.com/rss/search?q={query}&hl=en-US&gl=US&ceid=US:en",
                                "full": False}),
    ],
)  # fmt: skip
def test_a_name_is_a_place(words: str, kind: str, keys: dict[str, object]) -> None:
    found = named(words, country="de" if words.startswith("appstore") else "")
    assert found is not None
    assert (found.kind, found.keys) == (kind, keys)


@pytest.mark.parametrize(
    ("url", "kind", "keys"),
    [
        ("https://www.reddit.com/r/coffee/comments/1/x", "reddit", {"subreddit": "coffee"}),
        ("https://news.ycombinator.com/item?id=1", "hackernews", {"query": "{query}"}),
        ("https://apps.apple.com/de/app/kettle/id123456789", "appstore", {"app": "123456789", "country": "de"}),
        ("https://play.google.com/store/apps/details?hl=de&id=example.kettle", "playstore", {"app": "example.kettle"}),
        ("https://github.com/a/b/issues", "github", {"repository": "a/b"}),
        ("https://github.com/a/b/releases", "feed", {"url": "https://github.com/a/b/releases.atom"}),
        ("https://stackoverflow.com/questions/tagged/kettle", "stackexchange",
         {"site": "stackoverflow", "tag": "kettle"}),
        ("https://cooking.stackexchange.com/", "stackexchange", {"site": "cooking", "query": "{query}"}),
        ("https://bsky.app/profile/kettle.example", "bluesky", {"account": "kettle.example"}),
        ("https://www.youtube.com/channel/UCabc-1", "youtube", {"channel": "UCabc-1"}),
    ],
)  # fmt: skip
def test_an_address_that_is_known_is_a_place(url: str, kind: str, keys: dict[str, str]) -> None:
    found = by_address(url)
    assert found is not None
    assert (found.kind, found.keys) == (kind, keys)


def test_an_address_that_is_not_known_is_left_to_its_page() -> None:
    for url in ("https://forum.example/", "https://notreddit.com/r/x", "https://github.com/orgs/x"):
        assert by_address(url) is None
    assert named("https://forum.example") is None
    assert address_of("forum.example/a") == "https://forum.example/a"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("lobsers", "is neither a web address, nor a file, nor a name that is known; did you mean lobsters"),
        ("qq qq", "`candor add --list` shows the names"),
        ("subreddit", "write subreddit:ARGUMENT, its name"),
        ("lobsters:x", "write lobsters alone"),
    ],
)
def test_a_name_that_is_none_says_what_is_near(words: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        named(words) or address_of(words)


@pytest.mark.parametrize("url", ["https://x.com/kettle", "https://m.facebook.com/kettle", "https://t.me/s/kettle"])
def test_a_place_that_is_not_read_says_why_and_what_else(url: str) -> None:
    with pytest.raises(UsageError, match=r"is not read, because .*; `candor import` takes what you export there"):
        by_address(url)


ARGUMENTS = {"address": "https://kettle.example", "number": "1234567", "owner/name": "kettle/firmware"}


@pytest.mark.parametrize("preset", [each for each in presets() if each.kind in KINDS], ids=lambda preset: preset.name)
def test_a_preset_is_a_block_that_its_kind_takes(preset: object) -> None:
    from crawler.finding.names import NamedPlace

    assert isinstance(preset, NamedPlace)
    argument = next((given for said, given in ARGUMENTS.items() if said in preset.argument), "kettle")
    found = named(f"{preset.name}:{argument}" if preset.argument else preset.name)
    assert found is not None
    assert options_of(fitted(found)).source(found.kind).id


def test_a_kind_that_is_missing_is_said() -> None:
    from crawler.finding.found import FoundPlace

    with pytest.raises(
        UsageError, match="it is read by the kind 'gopher', which this Candor does not have; it has feed"
    ):
        fitted(FoundPlace(kind="gopher", why="a hole"))
