"""A ``Mention`` is a post seen from one brand, with what was judged of it. All times are timezone-aware UTC."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, get_args

from analysis.model.addresses import identity
from analysis.model.brand import BrandRef
from analysis.model.fields import about
from analysis.model.post import DateSource, Engagement
from analysis.model.source import SourceRef

SentimentLabel = Literal["negative", "neutral", "positive", "mixed", "unsure"]
Intent = Literal["complaint", "wish", "praise", "question"]

NO_VALUE = "(none)"
"""Asked for as a value of a keyword field: mentions that have none of it."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLAIM_KINDS = ("complaint", "praise", "wish", "question", "topic", "move", "switching", "severity")
GENRES = ("owner", "news", "patch_notes")
RELEVANCES = ("about", "passing", "list", "not")
INTENTS: tuple[str, ...] = get_args(Intent)
SENTIMENTS: tuple[str, ...] = get_args(SentimentLabel)
VALUE_DIMENSIONS = ("product", "service", "people", "image")
COST_DIMENSIONS = ("money", "time", "effort", "worry")
JOURNEY_STAGES = ("before", "buying", "delivery", "use", "after")
SEVERITIES = ("safety", "data_loss", "money", "cannot_use", "annoyance")
MOVES = (
    "launch",
    "price",
    "outage",
    "recall",
    "incident",
    "acquisition",
    "layoffs",
    "partnership",
    "end_of_product",
    "terms",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentiment:
    """The judgement of what the post says about this brand, not about the whole text."""

    label: SentimentLabel = about(
        "sentiment towards the brand", "keyword", values="negative, neutral, positive, mixed, unsure", default="unsure"
    )
    score: float = about(
        "probability of positive minus probability of negative", "float", values="-1 to 1", default=0.0
    )
    confidence: float = about("probability of the label chosen", "float", values="0 to 1", default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """The worst harm that a complaint tells of."""

    level: str = about(
        "worst harm told of", "keyword", values="safety, data_loss, money, cannot_use, annoyance, or empty"
    )
    weight: float = about("weight of that harm in the ranking", "float", values="0 to 1", default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switching:
    """A customer who leaves one brand for another, as the post tells it."""

    origin: str = about("id of the brand left", "keyword", values="a brand id, other, or empty")
    target: str = about("id of the brand chosen instead", "keyword", values="a brand id, other, or empty")
    status: str = about("how far the switch has gone", "keyword", values="done, considered, or empty")
    reason: str = about("topic named as the reason", "keyword", values="a topic id, or empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """How much a post is about the brand. Empty where nobody judged it."""

    level: str = about(
        "how much the post is about the brand", "keyword", values="about, passing, list, not, or empty where unjudged"
    )
    through: str = about(
        "what names the brand: the author's own words, or only the title and what is quoted",
        "keyword",
        values="text, thread, or empty",
    )
    reason: str = about("why it is held for that", "keyword", values="a few fixed words, or empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that a post says of the brand, with the author's own sentence that it rests on.

    ``start`` and ``end`` are characters of ``sentence``. ``topic`` is what a complaint, praise or wish is about, or why
    somebody switched. ``value`` is the key phrase, the move, the harm, or ``origin>target:status`` of a switch.
    """

    kind: str
    sentence: str
    start: int = 0
    end: int = 0
    score: float = 0.0
    value: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Where the sentences of its claims point, names of brands aside: what a mention is found by, by meaning."""

    maker: str = about("name of what made the vectors", "keyword", values="a name, or empty where nothing made any")
    vectors: tuple[str, ...] = about(
        "the directions of its claims' sentences", "vector", values="256 signed bytes each, in base64", default=()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A post seen from one brand that it names. One document each; the id makes a second run add nothing."""

    id: str = about(
        "sha256 of the address's identity (https, without www, m and final slash), a line feed and the brand id",
        "keyword",
        values="64 hex digits",
    )
    post_id: str = about("sha256 of the address's identity", "keyword", values="64 hex digits")
    url: str = about("canonical address of the post", "keyword")
    domain: str = about("registered domain of the address", "keyword")
    title: str = about("title as published", "text")
    text: str = about("text as published, without markup", "text")
    tokens: str = about("title and text as the tokens that queries match, joined by spaces", "text")
    lang: str = about("language of the text", "keyword", values="ISO 639-1, or und")
    author: str = about("pseudonym of the author: HMAC-SHA256 of platform and name", "keyword", values="32 hex digits")
    published_at: datetime = about(
        "when it was published; the time of collection where no date is known", "date", default=EPOCH
    )
    published_at_source: DateSource = about(
        "how the date is known", "keyword", values="jsonld, meta, html, url, feed, sitemap, api, import, collected"
    )
    first_seen_at: datetime = about("when Candor first collected it", "date", default=EPOCH)
    last_seen_at: datetime = about("when Candor last collected it", "date", default=EPOCH)
    brand: BrandRef = field(default_factory=BrandRef)
    source: SourceRef = field(default_factory=SourceRef)
    kind: str = about("what sort of text", "keyword", values="article, post, comment, review, question, ...")
    thread: str = about("address or id of the discussion it belongs to", "keyword")
    story: str = about("id shared by near-identical copies of one text", "keyword", values="post_id of the first copy")
    bands: tuple[str, ...] = about(
        "MinHash bands that near copies share", "keyword", values="16 hex digits", default=()
    )
    content_hash: str = about("sha256 of the normalised tokens", "keyword", values="64 hex digits")
    rating: float | None = about("stars, scaled to 5", "float", unit="stars", values="0 to 5", default=None)
    engagement: Engagement = field(default_factory=Engagement)
    product_version: str = about("version of the product, where the source tells it", "keyword")
    tags: tuple[str, ...] = about("tags or sections given by the source", "keyword", default=())
    private: bool = about(
        "whether it was written to the team alone: judged and counted, never quoted in chat",
        "boolean",
        values="true, false",
        default=False,
    )
    sentiment: Sentiment = field(default_factory=Sentiment)
    intents: tuple[str, ...] = about(
        "what the author does towards the brand", "keyword", values="complaint, wish, praise, question", default=()
    )
    topics: tuple[str, ...] = about("topics of the taxonomy near the brand", "keyword", default=())
    complaint_topics: tuple[str, ...] = about("topics that are complained about", "keyword", default=())
    praise_topics: tuple[str, ...] = about("topics that are praised", "keyword", default=())
    wish_topics: tuple[str, ...] = about("topics that are wished for", "keyword", default=())
    complaint_phrases: tuple[str, ...] = about(
        "key phrases of the complaint, each behind its topic", "keyword", values="topic/phrase", default=()
    )
    wish_phrases: tuple[str, ...] = about(
        "key phrases of the wish, each behind its topic", "keyword", values="topic/phrase", default=()
    )
    dimensions: tuple[str, ...] = about(
        "customer value or cost touched (Kotler)",
        "keyword",
        values="product, service, people, image, money, time, effort, worry",
        default=(),
    )
    journey: tuple[str, ...] = about(
        "stage of the customer's journey", "keyword", values="before, buying, delivery, use, after", default=()
    )
    severity: Severity = field(default_factory=Severity)
    switching: Switching = field(default_factory=Switching)
    moves: tuple[str, ...] = about(
        "what the brand did, as the text reports it", "keyword", values=", ".join(MOVES), default=()
    )
    quote: str = about("the clause that the judgement rests on", "text")
    genre: str = about(
        "who speaks: somebody for themselves, a news report, or a maker's notes on a release",
        "keyword",
        values="owner, news, patch_notes, or empty where unjudged",
    )
    relevance: Relevance = field(default_factory=Relevance)
    claims: tuple[Claim, ...] = about(
        "what is claimed of the brand, each with its own evidence: the sentence, its characters and the probability",
        "object",
        values="kind, sentence, start, end, score, value, topic",
        default=(),
    )
    adjusted: tuple[str, ...] = about(
        "what the shipped judges say where a layer learnt from people's answers says otherwise",
        "keyword",
        values="task:answer, such as sentiment:neutral",
        default=(),
    )
    meaning: Meaning = field(default_factory=Meaning)
    run: str = about("id of the run that wrote it", "keyword")
    model: str = about("version of the enrichers that judged it", "keyword")


def claims_of(mention: Mention, kind: str) -> tuple[Claim, ...]:
    """Return the claims of one kind, the surest first, else in order."""
    return tuple(sorted((claim for claim in mention.claims if claim.kind == kind), key=lambda claim: -claim.score))


def mention_id(url: str, brand_id: str) -> str:
    """Return the id of the mention of ``brand_id`` in the post at ``url``: one for all forms of its address."""
    return hashlib.sha256(f"{identity(url)}\n{brand_id}".encode(errors="surrogatepass")).hexdigest()
