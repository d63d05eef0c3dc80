"""From posts to mentions: find the brands, judge the sentences around them, fill one mention per brand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Doc

from analysis.enrich.find.brands import Found, brand_matcher, find_brands, may_name
from analysis.enrich.find.language import Languages
from analysis.enrich.find.passages import passage
from analysis.enrich.find.quote import best_quote
from analysis.enrich.judges.intents import THRESHOLD
from analysis.enrich.judges.sentiment import sentiment_of
from analysis.enrich.judges.taxonomy import GENERAL, Taxonomy, load_taxonomy
from analysis.enrich.pipeline import TopicComponent, build, part, version
from analysis.enrich.reading import Reading, attach, reading_of
from analysis.model import (
    INTENTS,
    Brand,
    BrandRef,
    Mention,
    Post,
    Sentiment,
    Severity,
    SourceRef,
    Switching,
    mention_id,
    post_id,
)
from analysis.model.addresses import site
from analysis.model.pseudonym import pseudonym
from analysis.model.text import tokens

# Texts in which one author speaks of one thing: what follows a name still speaks of it.
_PERSONAL = frozenset({"review", "comment", "post", "question", "answer", "status"})
_REACH_ARTICLE, _REACH_PERSONAL = 2, 8
_NO_JUDGEMENT = Sentiment(label="unsure", score=0.0, confidence=0.0)


class Enricher:
    """Turns posts into mentions of ``brands``. Construct it once per process; it keeps nothing of the posts it saw."""

    def __init__(
        self,
        brands: Sequence[Brand],
        *,
        pseudonym_key: bytes,
        taxonomy: Taxonomy | None = None,
    ) -> None:
        """Raise ``QueryError`` where a brand's query is wrong, ``ConfigError`` where a data file is."""
        self._brands = {brand.id: brand for brand in brands}
        self._matchers = [brand_matcher(brand) for brand in brands]
        self._key = pseudonym_key
        self._taxonomy = taxonomy or load_taxonomy()
        self._nlp = build(self._taxonomy)
        self._languages = Languages()
        self.model = version(self._nlp, self._taxonomy)

    def mentions(self, posts: Sequence[Post]) -> list[list[Mention]]:
        """Return for each post its mentions, one per brand that it names, in the order of the brands given.

        ``story``, ``bands``, ``content_hash`` and ``run`` are left empty: they belong to deduplication and to the run.
        """
        # Words met for the first time are forgotten after the batch: memory stays flat however many posts come by.
        with self._nlp.memory_zone():
            return [self._mentions(post) for post in posts]

    def _mentions(self, post: Post) -> list[Mention]:
        text = f"{post.title}\n{post.text}"
        if not may_name(self._matchers, text):
            return []
        toks = tokens(text)
        found = find_brands(self._matchers, toks)
        if not found:
            return []
        words = [token.norm for token in toks]
        lang = post.lang.replace("_", "-").split("-")[0].lower() or self._languages.of(text, words)
        doc = self._read(post, text, found) if lang == "en" else None
        present = {item.brand for item in found}
        return [
            self._mention(post, brand, " ".join(words), lang, doc)
            for id_, brand in self._brands.items()
            if id_ in present
        ]

    def _read(self, post: Post, text: str, found: Sequence[Found]) -> Doc:
        judged, places = passage(text, found)
        personal = post.kind in _PERSONAL
        reading = Reading(
            found=places,
            rating=post.rating,
            rated=places[0].brand if places else "",
            reach=_REACH_PERSONAL if personal else _REACH_ARTICLE,
            subject=self._subject(post.title),
        )
        doc = attach(self._nlp.make_doc(judged), reading)
        for _, component in self._nlp.pipeline:
            doc = component(doc)
        return doc

    def _subject(self, title: str) -> tuple[str, ...]:
        lowers = [token.lower_ for token in self._nlp.make_doc(title)]
        finder = part(self._nlp, "candor_topics", TopicComponent).finder
        return _unique([hit.topic for hit in finder.find(lowers, 0, len(lowers))])

    def _mention(self, post: Post, brand: Brand, words: str, lang: str, doc: Doc | None) -> Mention:
        registered = site(post.url)
        plain = Mention(
            id=mention_id(post.url, brand.id),
            post_id=post_id(post.url),
            url=post.url,
            domain=registered,
            title=post.title,
            text=post.text,
            tokens=words,
            lang=lang,
            author=self._pseudonym(registered, post.author),
            published_at=post.published_at or post.fetched_at,
            published_at_source=post.published_at_source if post.published_at else "collected",
            first_seen_at=post.fetched_at,
            last_seen_at=post.fetched_at,
            brand=BrandRef(id=brand.id, role=brand.role),
            source=SourceRef(id=post.source, kind=post.source_kind),
            kind=post.kind,
            thread=post.thread,
            rating=post.rating,
            engagement=post.engagement,
            product_version=post.product_version,
            tags=post.tags,
            model=self.model,
            sentiment=_NO_JUDGEMENT,
        )
        return plain if doc is None else judged_mention(plain, doc, self._taxonomy)

    def _pseudonym(self, platform: str, author: str) -> str:
        return pseudonym(self._key, platform, author) if author else ""


def judged_mention(mention: Mention, doc: Doc, taxonomy: Taxonomy) -> Mention:
    """Return ``mention`` with every judgement that ``doc``'s reading holds of its brand."""
    reading, target = reading_of(doc), mention.brand.id
    if target not in reading.polarity:
        return mention
    sentiment = sentiment_of(reading.polarity[target])
    probable = reading.intents[target]
    intents = tuple(name for name in INTENTS if probable[name] >= THRESHOLD)
    topics = _topics(reading, target, -9.0, 9.0)
    complains, wishes = "complaint" in intents, "wish" in intents
    complaints = reading.complaints[target] if complains or sentiment.label == "negative" else []
    blamed = _topics(reading, target, -9.0, -0.4) if complaints or complains else ()
    wished = reading.wishes[target] if wishes else []
    blamed = _unique([topic for topic, _ in complaints if topic != GENERAL], blamed) or (
        (reading.subject or topics) if complains else ()
    )
    return replace(
        mention,
        sentiment=sentiment,
        intents=intents,
        topics=topics,
        complaint_topics=blamed,
        praise_topics=_topics(reading, target, 0.4, 9.0)
        if sentiment.label != "negative" or "praise" in intents
        else (),
        wish_topics=_unique([topic for topic, _ in wished]),
        complaint_phrases=tuple(f"{topic}/{phrase}" for topic, phrase in complaints),
        wish_phrases=tuple(f"{topic}/{phrase}" for topic, phrase in wished),
        dimensions=taxonomy.dimensions(topics),
        journey=taxonomy.journey(topics),
        severity=reading.severity[target] if complains or sentiment.label in ("negative", "unsure") else Severity(),
        switching=reading.switching.get(target, Switching()),
        moves=reading.moves[target],
        quote=best_quote(doc, target, sentiment.label),
    )


def _topics(reading: Reading, target: str, low: float, high: float) -> tuple[str, ...]:
    """Return the topics in the target's clauses whose leaning lies between ``low`` and ``high``."""
    return _unique(
        [
            hit.topic
            for share in reading.shares[target]
            if share.weight >= 0.3 and low <= reading.leaning[share.clause] <= high
            for hit in reading.topics[share.clause]
        ]
    )


def _unique(*groups: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))
