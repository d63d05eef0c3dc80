"""From posts to mentions: find the brands, judge the sentences around them, fill one mention per brand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Doc

from analysis.enrich.find.brands import brand_matcher, find_brands, may_name
from analysis.enrich.find.language import Languages, code_of
from analysis.enrich.find.passages import passage
from analysis.enrich.find.quote import best_quote
from analysis.enrich.judges.intents import THRESHOLD
from analysis.enrich.judges.sentiment import sentiment_of
from analysis.enrich.pipeline import LEAST, build, read, title_topics
from analysis.enrich.reading import REACH_ARTICLE, REACH_PERSONAL, KeyPhrase, TextReading, Window, reading_of
from analysis.enrich.roster import choose
from analysis.enrich.slots import TASKS, Judges, Material
from analysis.enrich.taxonomy import GENERAL, Taxonomy, load_taxonomy
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
from analysis.model.text import Token, tokens

# Texts in which one author speaks of one thing: what follows a name still speaks of it.
_PERSONAL = frozenset({"review", "comment", "post", "question", "answer", "status"})
_NO_JUDGEMENT = Sentiment(label="unsure", score=0.0, confidence=0.0)


class Enricher:
    """Turns posts into mentions of ``brands``. Construct it once per process; it keeps nothing of the posts it saw."""

    def __init__(
        self,
        brands: Sequence[Brand],
        *,
        pseudonym_key: bytes,
        taxonomy: Taxonomy | None = None,
        judges: Judges | None = None,
    ) -> None:
        """Take ``judges``, or the first of each task. Raise ``QueryError`` where a brand's query is wrong,
        ``ConfigError`` where a data file is.
        """
        self._brands = {brand.id: brand for brand in brands}
        self._matchers = [brand_matcher(brand) for brand in brands]
        self._key = pseudonym_key
        self._taxonomy = taxonomy or load_taxonomy()
        self._judges = judges or choose(Material(taxonomy=self._taxonomy, brands=tuple(brands)))
        self._nlp = build(self._judges)
        self._languages = Languages()
        self.model = version(self._judges, self._taxonomy)

    @property
    def tracked(self) -> tuple[str, ...]:
        """The ids of the brands that are looked for."""
        return tuple(self._brands)

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
        window = self._relevant(post, text, toks)
        if not window.places:
            return []
        words = [token.norm for token in toks]
        lang = code_of(post.lang) or self._languages.of(text, words)
        doc = read(self._nlp, self._window(post, window)) if lang == "en" else None
        present = {place.brand for place in window.places}
        return [
            self._mention(post, brand, " ".join(words), lang, doc)
            for id_, brand in self._brands.items()
            if id_ in present
        ]

    def _relevant(self, post: Post, text: str, toks: Sequence[Token]) -> Window:
        """Return the whole text with the places that name a brand and mean it."""
        window = Window(text=text, title_end=len(post.title), places=tuple(find_brands(self._matchers, toks)))
        if not window.places:
            return window
        chances = zip(window.places, self._judges.relevance.judge(window, toks), strict=True)
        return replace(window, places=tuple(place for place, p in chances if p >= LEAST))

    def _window(self, post: Post, whole: Window) -> Window:
        """Return what is judged of the text, with what is known of the post."""
        window = passage(whole)
        return replace(
            window,
            rating=post.rating,
            rated=window.places[0].brand if window.places else "",
            reach=REACH_PERSONAL if post.kind in _PERSONAL else REACH_ARTICLE,
            subject=title_topics(self._nlp, self._judges, post.title),
        )

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
            author=self.pseudonym(post.url, post.author),
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

    def pseudonym(self, url: str, author: str) -> str:
        """Return what is kept of an author's name on the site of ``url``; empty where there is none."""
        return pseudonym(self._key, site(url), author) if author else ""


def version(judges: Judges, taxonomy: Taxonomy) -> str:
    """Return the version of everything that judges: the code's, each judge's and a short hash of the taxonomy.

    Sentiment and intents are always named, the others where they are not the rules of the first version.
    """
    content = "\n".join(map(repr, taxonomy.topics.values()))
    mark = hashlib.sha256(content.encode()).hexdigest()[:8]
    others = {task: getattr(judges, task).version for task in TASKS if task not in ("sentiment", "intents")}
    others = {task: name for task, name in others.items() if name != "rules-1"}
    named = [judges.sentiment.version, judges.intents.version, *(f"{task}:{name}" for task, name in others.items())]
    return f"enrich-1/{'+'.join(named)}/taxonomy-{taxonomy.version}-{mark}"


def judged_mention(mention: Mention, doc: Doc, taxonomy: Taxonomy) -> Mention:
    """Return ``mention`` with every judgement that ``doc``'s reading holds of its brand."""
    reading, target = reading_of(doc), mention.brand.id
    if target not in reading.polarity:
        return mention
    sentiment = sentiment_of(reading.polarity[target])
    intents = tuple(name for name in INTENTS if reading.intents[target].get(name, 0.0) >= THRESHOLD)
    topics = _topics(reading, target, -9.0, 9.0)
    complains = "complaint" in intents
    complaints = reading.phrases[target].complaints if complains or sentiment.label == "negative" else ()
    wishes = reading.phrases[target].wishes if "wish" in intents else ()
    praises = sentiment.label != "negative" or "praise" in intents
    return replace(
        mention,
        sentiment=sentiment,
        intents=intents,
        topics=topics,
        complaint_topics=_blamed(reading, target, complaints, complains=complains, topics=topics),
        praise_topics=_topics(reading, target, 0.4, 9.0) if praises else (),
        wish_topics=_unique([phrase.topic for phrase in wishes]),
        complaint_phrases=tuple(f"{phrase.topic}/{phrase.words}" for phrase in complaints),
        wish_phrases=tuple(f"{phrase.topic}/{phrase.words}" for phrase in wishes),
        dimensions=taxonomy.dimensions(topics),
        journey=taxonomy.journey(topics),
        severity=reading.severity[target] if complains or sentiment.label in ("negative", "unsure") else Severity(),
        switching=reading.switching.get(target, Switching()),
        moves=reading.moves[target],
        quote=best_quote(doc, target, sentiment.label),
    )


def _blamed(
    reading: TextReading, target: str, complaints: Sequence[KeyPhrase], *, complains: bool, topics: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the topics complained about: of the phrases and of what leans badly, else the title's, else all."""
    blamed = _topics(reading, target, -9.0, -0.4) if complaints or complains else ()
    named = _unique([phrase.topic for phrase in complaints if phrase.topic != GENERAL], blamed)
    return named or ((reading.window.subject or topics) if complains else ())


def _topics(reading: TextReading, target: str, low: float, high: float) -> tuple[str, ...]:
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
