"""Topics that are told by examples: what is of them, beside what words say, and what becomes of the claims."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from analysis.enrich.enricher import Enricher
from analysis.enrich.likened import ByExample, nearness_to
from analysis.enrich.models.meaning.maker import Directions
from analysis.enrich.taxonomy import Taxonomy, Topic, load_taxonomy
from analysis.model import Brand, Claim, Post
from analysis.model.errors import ConfigError
from analysis.settings.tables import TopicSection
from analysis.store.directions import WIDTH, Direction
from tests.support.mentions import make_mention

LIDS = TopicSection(
    name="Lid trouble",
    examples=("The lid does not close.", "You have to force the top shut.", "The cover pops open."),
    value="product",
    cost=("effort",),
    journey="use",
)
SUBJECTS = ("lid", "cover", "top", "hose", "staff")


class BySubject(Directions):
    """Directions by hand: a sentence points where its subject stands; one without a subject nowhere."""

    reads = 0

    def __init__(self) -> None:
        super().__init__(None)

    def of_all(self, texts: Sequence[str]) -> list[Direction | None]:
        type(self).reads += len(texts)
        return [self._by(text.lower()) for text in texts]

    @cached_property
    def least(self) -> float:
        return 0.9

    def _by(self, text: str) -> Direction | None:
        at = next((at for at, subject in enumerate(SUBJECTS) if subject in text), None)
        if at is None:
            return None
        made = np.zeros(WIDTH, np.int8)
        made[0 if at < 3 else at] = 127
        return made


def finder(*sections: TopicSection) -> ByExample:
    return ByExample(load_taxonomy(None, sections), BySubject(), str)


def claimed(*claims: Claim) -> tuple[Claim, ...]:
    [found] = finder(LIDS).claims([make_mention(1, claims=claims, quote="")])
    return found


def test_a_complaint_without_a_topic_gets_it_and_one_with_a_topic_stands_beside_it() -> None:
    plain = Claim(kind="complaint", sentence="Its cover never stays down.", score=0.9)
    other = Claim(kind="complaint", sentence="The hose burst.", score=0.9)
    worded = Claim(kind="wish", sentence="A better lid, please.", score=0.8, topic="design", value="better lid")
    assert [(claim.kind, claim.sentence, claim.topic, claim.value) for claim in claimed(plain, other, worded)] == [
        ("complaint", plain.sentence, "lid-trouble", ""),
        ("complaint", other.sentence, "", ""),
        ("wish", worded.sentence, "design", "better lid"),
        ("wish", worded.sentence, "lid-trouble", ""),
    ]


def test_a_topic_has_one_claim_of_each_kind() -> None:
    first, second = (Claim(kind="complaint", sentence=f"The lid {what}.", score=0.9) for what in ("broke", "jams"))
    assert [claim.topic for claim in claimed(first, second)] == ["lid-trouble", ""]


def test_what_praises_asks_or_claims_nothing_has_no_such_topic() -> None:
    others = tuple(Claim(kind=kind, sentence="The lid is red.", score=0.9) for kind in ("praise", "question", "topic"))
    assert claimed(*others) == others
    [unclaimed] = finder(LIDS).claims([make_mention(1, claims=(), quote="The lid broke.")])
    assert unclaimed == ()


def test_what_cannot_be_read_or_is_far_has_no_topic_and_without_examples_nothing_is_read() -> None:
    far = (Claim(kind="complaint", sentence="The staff were rude."), Claim(kind="wish", sentence="電池"))
    assert claimed(*far) == far
    BySubject.reads = 0
    [same] = finder().claims([make_mention(1, claims=far)])
    assert (same, BySubject.reads) == (far, 0)


def test_each_example_has_the_same_weight() -> None:
    rows = np.zeros((2, WIDTH), np.int8)
    rows[0, 0], rows[1, 1] = 100, 10
    assert nearness_to(rows, np.eye(WIDTH, dtype=np.int8)[1]) == pytest.approx(0.5**0.5)
    assert nearness_to(rows[:1], rows[0]) == pytest.approx(1)
    assert nearness_to(rows, np.eye(WIDTH, dtype=np.int8)[2]) == 0


def test_topics_of_the_configuration_stand_behind_those_of_the_taxonomy(tmp_path: Path) -> None:
    taxonomy = load_taxonomy(None, (LIDS,))
    assert list(taxonomy.topics)[-1] == "lid-trouble"
    assert taxonomy.dimensions(["lid-trouble"]) == ("product", "effort")
    with pytest.raises(ConfigError, match="the taxonomy has 'battery' already"):
        load_taxonomy(None, (LIDS.model_copy(update={"id": "battery"}),))
    path = tmp_path / "mine.yaml"
    path.write_text("topics: [{id: spout, value: product, journey: use, examples: [It drips., It pours badly.]}]")
    assert load_taxonomy(path).topics["spout"].examples == ("It drips.", "It pours badly.")


def test_a_post_in_the_words_of_an_example_is_of_the_topic_in_every_field() -> None:
    told = TopicSection(
        name="Bitter taste",
        examples=("The coffee tastes bitter.", "It tastes bitter as charcoal.", "My coffee tastes bitter and burnt."),
        cost=("worry",),
    )
    brand = Brand(id="tessaro", name="Tessaro", role="own")
    enricher = Enricher([brand], pseudonym_key=b"key", taxonomy=load_taxonomy(None, (told,)))
    texts = ("I hate it: the Tessaro coffee tastes bitter.", "The Tessaro parcel is still lost, I am angry.")
    posts = [
        Post(
            url=f"https://a.example/{n}",
            text=text,
            kind="review",
            rating=1.0,
            fetched_at=datetime(2026, 5, 2, tzinfo=UTC),
        )
        for n, text in enumerate(texts)
    ]
    [[bitter], [lost]] = enricher.mentions(posts)
    assert "bitter-taste" in bitter.topics
    assert "bitter-taste" in bitter.complaint_topics
    assert "worry" in bitter.dimensions
    assert "bitter-taste" not in lost.topics
    plain = Enricher([brand], pseudonym_key=b"key")
    assert plain.model != enricher.model
    [[before]] = plain.mentions(posts[:1])
    assert "bitter-taste" not in before.topics


def test_a_taxonomy_without_examples_finds_nothing() -> None:
    topic = Topic(id="a", name="A", noun="a", value="product", cost=(), journey="use", words=("lid",))
    mention = make_mention(1, claims=(Claim(kind="complaint", sentence="The lid broke."),))
    assert ByExample(Taxonomy({"a": topic}, "1"), BySubject(), str).claims([mention]) == [mention.claims]
