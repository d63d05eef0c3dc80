"""Near copies share a story; texts that are alike by chance do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ingest import stories
from analysis.model import Mention, post_id
from analysis.model.text import token_words

DAY = timedelta(days=1)
ARTICLE = (
    "The maker of kettles said on Tuesday that it would raise prices by eight percent from next month because steel "
    "and shipping cost more than a year ago. Shops were told in a letter. Customers who ordered before the change "
    "keep the old price, a spokesperson said, and subscriptions are not touched until the end of the year."
)


def mention(url: str, text: str) -> Mention:
    words = token_words(text)
    return Mention(
        id=url,
        post_id=post_id(url),
        url=url,
        tokens=" ".join(words),
        bands=stories.bands(words),
        content_hash=stories.content_hash(words),
    )


def test_syndicated_copies_share_the_story_of_the_first() -> None:
    copies = [
        mention("https://one.example/a", ARTICLE),
        mention("https://two.example/b", "By our own desk. " + ARTICLE),
        mention("https://three.example/c", ARTICLE.replace("on Tuesday", "this week") + " More soon."),
    ]
    told = stories.with_stories(copies, [])
    assert {item.story for item in told} == {post_id("https://one.example/a")}


def test_a_known_copy_from_an_earlier_run_gives_the_story() -> None:
    (first,) = stories.with_stories([mention("https://one.example/a", ARTICLE)], [])
    (second,) = stories.with_stories([mention("https://two.example/b", ARTICLE + " Read on.")], [first])
    assert second.story == first.story
    (again,) = stories.with_stories([mention("https://two.example/b", ARTICLE)], [second, first])
    assert again.story == second.story


def test_short_and_different_texts_keep_their_own_story() -> None:
    told = stories.with_stories(
        [
            mention("https://one.example/a", "Great kettle, would buy again"),
            mention("https://two.example/b", "Great kettle, would buy again"),
            mention("https://three.example/c", ARTICLE),
            mention("https://four.example/d", " ".join(reversed(ARTICLE.split()))),
        ],
        [],
    )
    assert len({item.story for item in told}) == 4


def test_two_brands_in_one_post_share_its_story() -> None:
    one, two = (mention("https://one.example/a", ARTICLE) for _ in range(2))
    told = stories.with_stories([one, two], [])
    assert told[0].story == told[1].story == one.post_id


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([f"w{n}" for n in range(400)]), min_size=60, max_size=120), st.data())
def test_a_copy_with_two_changed_words_is_found(words: list[str], data: st.DataObject) -> None:
    changed = list(words)
    for _ in range(2):
        changed[data.draw(st.integers(0, len(words) - 1))] = "changed"
    assert stories.resemblance(words, words) == 1.0
    if stories.resemblance(words, changed) >= 0.85:
        assert set(stories.bands(words)) & set(stories.bands(changed))


def test_bands_stay_what_stored_mentions_were_given() -> None:
    # Another value (of a newer library, say) would find no copy among what is stored: then all bands are to be remade.
    assert stories.bands([f"word{number}" for number in range(30)])[:2] == ("a47c1b34f1be9bcb", "d6c1f987e6100550")


def test_the_same_author_with_the_same_words_at_the_same_time_said_them_once() -> None:
    words = token_words("My kettle leaks.")
    at = datetime(2026, 3, 1, tzinfo=UTC)

    def said(url: str, author: str = "ann", published: datetime = at) -> Mention:
        same = stories.content_hash(words)
        told = Mention(id=url, post_id=post_id(url), url=url, tokens=" ".join(words), author=author, content_hash=same,
                       published_at=published, published_at_source="import")  # fmt: skip
        return replace(told, bands=stories.own_band(told, same))

    here, there = said("https://forum.example/t/1"), said("https://forum.example/t/1#post-3")
    others = [said("https://forum.example/t/2", "bob"), said("https://forum.example/t/3", published=at + DAY)]
    told = stories.with_stories([here, there, *others, said("https://forum.example/t/4", "")], [])
    assert told[0].story == told[1].story == here.post_id
    assert len({one.story for one in told}) == 4
