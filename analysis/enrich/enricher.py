"""From posts to mentions: find the brands, judge the sentences around them, fill one mention per brand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from spacy.tokens import Doc

from analysis.enrich.claims import claims
from analysis.enrich.find.brands import brand_matcher, find_brands, may_name
from analysis.enrich.find.genre import genre_of
from analysis.enrich.find.language import Languages
from analysis.enrich.find.masking import with_signs, without
from analysis.enrich.find.passages import passage
from analysis.enrich.find.quotations import quotations
from analysis.enrich.find.quote import best_quote
from analysis.enrich.judges.sentiment import sentiment_of
from analysis.enrich.likened import ByExample
from analysis.enrich.models.meaning.maker import hiding, shipped
from analysis.enrich.pipeline import LEAST, build, read_all, title_topics
from analysis.enrich.reading import REACH_ARTICLE, REACH_PERSONAL, READ_BY_RULES, TextReading, Window, reading_of
from analysis.enrich.roster import by_model, choose
from analysis.enrich.slots import TASKS, Judges, Material
from analysis.enrich.taxonomy import GENERAL, Taxonomy, load_taxonomy
from analysis.model import (
    INTENTS,
    Brand,
    BrandRef,
    Claim,
    Mention,
    Post,
    Relevance,
    Sentiment,
    Severity,
    SourceRef,
    Switching,
    mention_id,
    post_id,
)
from analysis.model.addresses import site
from analysis.model.pseudonym import NOBODY, pseudonym
from analysis.model.text import Words, token_words

if TYPE_CHECKING:
    from analysis.enrich.learnt.layer import Layer

Said = TypeVar("Said")
# Texts in which one author speaks of one thing: what follows a name still speaks of it.
_LONE = re.compile("[\ud800-\udfff]")
"""Half a character, which no tokenizer can read; a store refuses the post with that reason."""
_PERSONAL = frozenset({"review", "comment", "post", "question", "answer", "status"})
_TITLED = frozenset({"article", "question", "topic"})
_FEWEST_WORDS = 3  # of a body: one that has fewer says nothing without its title
_NO_JUDGEMENT = Sentiment(label="unsure", score=0.0, confidence=0.0)


@dataclass(frozen=True, slots=True)
class _Found:
    """A post that names brands: its window, language and words, the brands' ids, and whether anybody reads it."""

    post: Post
    window: Window
    lang: str
    words: str
    named: frozenset[str]
    is_read: bool


class Enricher:
    """Turns posts into mentions of ``brands``. Construct it once per process; it keeps nothing of the posts it saw."""

    def __init__(
        self,
        brands: Sequence[Brand],
        *,
        pseudonym_key: bytes,
        taxonomy: Taxonomy | None = None,
        judges: Judges | None = None,
        model: str = "encoder",
        threads: int = 1,
        layer: Layer | None = None,
    ) -> None:
        """Take ``judges``, or those of ``model`` (``roster.by_model``), adjusted by ``layer`` where there is one.

        Raise ``QueryError`` where a brand's query is wrong, ``ConfigError`` where a data file is.
        """
        self._brands = {brand.id: brand for brand in brands}
        self._names = {brand.id: (brand.name, *brand.aliases, *brand.products) for brand in brands}
        self._matchers = [brand_matcher(brand) for brand in brands]
        self._hide, self._directions = hiding(self._matchers), shipped(model, threads)
        self._key = pseudonym_key
        self._taxonomy = taxonomy or load_taxonomy()
        self._by_example = ByExample(self._taxonomy, self._directions, self._hide)
        material = Material(taxonomy=self._taxonomy, brands=tuple(brands), threads=threads)
        judges = judges or choose(material, by_model(model))
        self._judges = _taught(judges, layer) if layer else judges
        self._nlp = build(self._judges)
        self._languages = Languages()
        self.model = f"{version(self._judges, self._taxonomy)}/{self._directions.maker}"

    @property
    def tracked(self) -> tuple[str, ...]:
        """The ids of the brands that are looked for."""
        return tuple(self._brands)

    @property
    def named(self) -> tuple[str, ...]:
        """The names of the brands, of their products too."""
        return tuple(name for names in self._names.values() for name in names)

    def mentions(self, posts: Sequence[Post]) -> list[list[Mention]]:
        """Return for each post its mentions, one per brand that it names, in the order of the brands given.

        ``story``, ``bands``, ``content_hash`` and ``run`` are left empty: they belong to deduplication and to the run.
        """
        made = self.told(posts, lambda mention, _: mention)
        flat = [mention for some in made for mention in some]
        claimed = self._by_example.claims(flat)
        flat = [_counted(mention, said, self._taxonomy) for mention, said in zip(flat, claimed, strict=True)]
        whole = zip(flat, self._directions.meanings(flat, self._hide), strict=True)
        rows = iter([replace(mention, meaning=meaning) for mention, meaning in whole])
        return [[next(rows) for _ in some] for some in made]

    def told(self, posts: Sequence[Post], say: Callable[[Mention, Doc | None], Said]) -> list[list[Said]]:
        """Return for each post what ``say`` makes of its mentions and of what was read of them; None where nobody did.

        What was read is forgotten afterwards: nothing that ``say`` returns may hold it.
        """
        # Words met for the first time are forgotten after the batch: memory stays flat however many posts come by.
        with self._nlp.memory_zone():
            found = [self._found(post) for post in posts]
            judged = [each for each in found if each and each.is_read]
            read = read_all(self._nlp, self._judges, [each.window for each in judged])
            docs = dict(zip(map(id, judged), read, strict=True))
            return [self._said(each, docs.get(id(each)), say) if each else [] for each in found]

    def _found(self, post: Post) -> _Found | None:
        """Return what is to be judged of a post; None where it names no brand."""
        text = _LONE.sub("\ufffd", f"{post.title}\n{post.text}")
        if not may_name(self._matchers, text):
            return None
        words = token_words(text)
        window = self._relevant(post, words)
        if not window.places:
            return None
        lang, readable = self._language(post, window)
        named = frozenset(place.brand for place in window.places)
        reads = readable or self._judges.encoder is not None
        return _Found(
            post, self._window(post, window, READ_BY_RULES if readable else lang), lang, " ".join(words), named, reads
        )

    def _said(self, found: _Found, doc: Doc | None, say: Callable[[Mention, Doc | None], Said]) -> list[Said]:
        brands = (brand for id_, brand in self._brands.items() if id_ in found.named)
        return [say(self._mention(found.post, brand, found.words, found.lang, doc), doc) for brand in brands]

    def _language(self, post: Post, window: Window) -> tuple[str, bool]:
        """Return the language of what the author wrote, names aside, and whether it is judged: English, or signs."""
        unnamed = without(window.text, [(place.start, place.end) for place in window.places])
        body = without(window.text, [(0, window.title_end), *((place.start, place.end) for place in window.places)])
        said = body if len(body.split()) >= _FEWEST_WORDS else unnamed
        words = token_words(said)
        lang = self._languages.of(said, words, said=post.lang)
        return lang, lang == "en" or not any(word.isalpha() for word in words)

    def _relevant(self, post: Post, words: Words) -> Window:
        """Return the whole text with the places that name a brand and mean it."""
        places = tuple(find_brands(self._matchers, words))
        window = Window(text=words.text, title_end=len(post.title), places=places)
        if not window.places:
            return window
        chances = zip(window.places, self._judges.relevance.judge(window, words.tokens), strict=True)
        means = [place for place, p in chances if p >= LEAST]
        return replace(window, places=tuple(with_signs(place, words.text, self._names[place.brand]) for place in means))

    def _window(self, post: Post, whole: Window, lang: str) -> Window:
        """Return what is judged of the text, with what is known of the post."""
        window, genre = passage(whole), genre_of(post)
        return replace(
            window,
            own_title=_wrote_title(post),
            # What a report quotes is what it tells; what an owner quotes somebody else said.
            quoted=quotations(window.text, window.title_end) if genre == "owner" else (),
            genre=genre,
            rating=post.rating,
            rated=window.places[0].brand if window.places else "",
            reach=REACH_PERSONAL if post.kind in _PERSONAL else REACH_ARTICLE,
            subject=title_topics(self._nlp, self._judges, post.title, lang),
            lang=lang,
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
            private=post.private,
            model=self.model,
            sentiment=_NO_JUDGEMENT,
        )
        return plain if doc is None else judged_mention(plain, doc, self._taxonomy)

    def pseudonym(self, url: str, author: str) -> str:
        """Return what is kept of an author's name on the site of ``url``; empty where there is none."""
        return "" if author in NOBODY else pseudonym(self._key, site(url), author)


def _wrote_title(post: Post) -> bool:
    """Return whether the author of the text wrote its title: the reply in a thread did not, whoever began it did."""
    begins = post.kind in _TITLED or (post.kind == "post" and post.thread in ("", post.url))
    return begins or len(post.text.split()) < _FEWEST_WORDS


def _taught(judges: Judges, layer: Layer) -> Judges:
    """Return the judges after what people's answers have taught; imported where there is such a layer."""
    from analysis.enrich.learnt.judges import adjusted

    return adjusted(judges, layer)


@cache
def _code_mark() -> str:
    """Return a short hash of the files that judge: ``candor rejudge`` must see that a pattern changed."""
    folder = Path(__file__).parent
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".yaml", ".txt"))
    content = hashlib.sha256()
    for path in files:
        content.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        content.update(path.read_bytes())
    return content.hexdigest()[:8]


def version(judges: Judges, taxonomy: Taxonomy) -> str:
    """Return the version of everything that judges: a short hash of code and word lists, each judge's, the taxonomy's.

    With the same version the same words are judged alike; weights are named by their judge's.
    Sentiment and intents are always named, the others where they are not the rules of the first version.
    """
    content = "\n".join(map(repr, (*taxonomy.topics.values(), *taxonomy.abroad.items())))
    mark = hashlib.sha256(content.encode()).hexdigest()[:8]
    others = {task: getattr(judges, task).version for task in TASKS if task not in ("sentiment", "intents")}
    others = {task: name for task, name in others.items() if name != "rules-1"}
    named = [judges.sentiment.version, judges.intents.version, *(f"{task}:{name}" for task, name in others.items())]
    return f"enrich-{_code_mark()}/{'+'.join(named)}/taxonomy-{taxonomy.version}-{mark}"


def judged_mention(mention: Mention, doc: Doc, taxonomy: Taxonomy) -> Mention:
    """Return ``mention`` with every judgement that ``doc``'s reading holds of its brand, and what each rests on."""
    reading, target = reading_of(doc), mention.brand.id
    if target not in reading.polarity:
        return mention
    sentiment = sentiment_of(reading.polarity[target])
    made = claims(doc, target)
    severity, switching = reading.severity.get(target), reading.switching.get(target)
    standing = reading.standing[target]
    judged = replace(
        mention,
        sentiment=sentiment,
        intents=tuple(name for name in INTENTS if any(claim.kind == name for claim in made)),
        severity=severity.value if severity else Severity(),
        switching=switching.value if switching else Switching(),
        moves=tuple(move.value for move in reading.moves[target]),
        quote=best_quote(doc, target, sentiment.label),
        genre=reading.window.genre,
        relevance=Relevance(level=standing.value, through=through(reading, target), reason=standing.reason),
        adjusted=tuple(f"{task}:{said}" for task, said in sorted(reading.shipped.get(target, {}).items())),
    )
    return _counted(judged, made, taxonomy)


def _counted(mention: Mention, made: tuple[Claim, ...], taxonomy: Taxonomy) -> Mention:
    """Return ``mention`` with these claims and with what is counted from their topics."""
    if made == mention.claims:
        return mention
    topics = _unique([claim.topic for claim in made if claim.kind != "switching"])
    return replace(
        mention,
        topics=topics,
        complaint_topics=_of(made, "complaint"),
        praise_topics=_of(made, "praise"),
        wish_topics=_of(made, "wish"),
        complaint_phrases=_phrases(made, "complaint"),
        wish_phrases=_phrases(made, "wish"),
        dimensions=taxonomy.dimensions(topics),
        journey=taxonomy.journey(topics),
        claims=made,
    )


def through(reading: TextReading, target: str) -> str:
    """Return what names a target: the author's own ``text``, or only the ``thread`` (its title, what is quoted)."""
    own = (not reading.is_context(first, last) for first, last in reading.targets[target])
    return "text" if any(own) else "thread"


def _of(made: Sequence[Claim], kind: str) -> tuple[str, ...]:
    return _unique([claim.topic for claim in made if claim.kind == kind])


def _phrases(made: Sequence[Claim], kind: str) -> tuple[str, ...]:
    return tuple(f"{claim.topic or GENERAL}/{claim.value}" for claim in made if claim.kind == kind and claim.value)


def _unique(topics: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, topics)))
