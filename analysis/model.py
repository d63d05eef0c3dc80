"""The nouns that flow: a ``Post`` is what a spider read, a ``Mention`` is a post seen from one brand.

Every field's meaning, unit and range stand here, in ``about(...)``, and nowhere else: the reference page, the search
schema of the embedded store and the Elasticsearch mapping are checked against these words.
All times are timezone-aware UTC.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_type_hints

FieldKind = Literal["keyword", "text", "date", "float", "integer", "boolean"]
Role = Literal["own", "competitor"]
SentimentLabel = Literal["negative", "neutral", "positive", "unsure"]
DateSource = Literal["", "jsonld", "meta", "html", "url", "feed", "sitemap", "api", "import", "collected"]
Intent = Literal["complaint", "wish", "praise", "question"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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


def about(meaning: str, kind: FieldKind, *, unit: str = "", values: str = "", default: Any = "") -> Any:
    """Return a dataclass field with its meaning, index kind, unit and range attached."""
    return field(default=default, metadata={"about": meaning, "kind": kind, "unit": unit, "values": values})


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A brand that is tracked: ours or a competitor's. ``query`` is Lucene syntax; see ``analysis.query``."""

    id: str
    name: str
    role: Role
    query: str = ""
    aliases: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something to read: its kind, its address and what it promises."""

    id: str
    kind: str
    url: str
    every_s: int = 3600
    promise_posts: int = 0
    promise_dated: float = 0.0
    promise_author: float = 0.0
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """How much attention a post drew, as its platform counts it when fetched."""

    likes: int = about("likes, points or up-votes", "integer", unit="count", values=">= 0, 0 if not told", default=0)
    replies: int = about("replies or comments", "integer", unit="count", values=">= 0, 0 if not told", default=0)
    shares: int = about("shares, boosts or re-posts", "integer", unit="count", values=">= 0", default=0)
    views: int = about("views", "integer", unit="count", values=">= 0, 0 if not told", default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What a spider or an import read, before anything is known of brands. ``author`` is as published, never stored."""

    url: str
    text: str
    fetched_at: datetime
    title: str = ""
    author: str = ""
    published_at: datetime | None = None
    published_at_source: DateSource = ""
    source: str = ""
    source_kind: str = ""
    kind: str = "article"
    lang: str = ""
    rating: float | None = None
    engagement: Engagement = Engagement()
    thread: str = ""
    product_version: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandRef:
    """The brand that a mention looks from."""

    id: str = about("id of the brand", "keyword", values="a slug")
    role: Role = about("whose brand it is", "keyword", values="own, competitor", default="own")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """Where a mention was collected."""

    id: str = about("id of the source in the configuration", "keyword")
    kind: str = about("kind of the source", "keyword", values="feed, sitemap, pages, import, ...")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentiment:
    """The judgement of what the post says about this brand, not about the whole text."""

    label: SentimentLabel = about(
        "sentiment towards the brand", "keyword", values="negative, neutral, positive, unsure", default="unsure"
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
class Mention:
    """A post seen from one brand that it names. One document each; the id makes a second run add nothing."""

    id: str = about("sha256 of the canonical address, a line feed and the brand id", "keyword", values="64 hex digits")
    post_id: str = about("sha256 of the canonical address", "keyword", values="64 hex digits")
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
    run: str = about("id of the run that wrote it", "keyword")
    model: str = about("version of the enrichers that judged it", "keyword")


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One leaf of a mention's document."""

    path: str
    kind: FieldKind
    many: bool
    meaning: str
    unit: str
    values: str


def mention_fields() -> tuple[FieldInfo, ...]:
    """Return every leaf field of a mention's document, in order, nested ones with dotted paths."""
    return tuple(_leaves(Mention, ""))


def _leaves(cls: type, prefix: str) -> list[FieldInfo]:
    hints = get_type_hints(cls)
    found: list[FieldInfo] = []
    for item in fields(cls):
        if is_dataclass(hints[item.name]):
            found += _leaves(hints[item.name], f"{prefix}{item.name}.")
            continue
        meta = item.metadata
        many = str(hints[item.name]).startswith("tuple")
        path = prefix + item.name
        found.append(FieldInfo(path, meta["kind"], many, meta["about"], meta["unit"], meta["values"]))
    return found


def document(mention: Mention) -> dict[str, Any]:
    """Return the mention as a JSON-ready object, nested as in the model; times as RFC 3339 in UTC."""
    result = _to_json(mention)
    assert isinstance(result, dict)
    return result


def _to_json(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: _to_json(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return list(value) if isinstance(value, tuple) else value


def mention_from(doc: dict[str, Any]) -> Mention:
    """Return the mention that ``document`` wrote; unknown keys are ignored, missing ones take their default."""
    mention = _from_json(Mention, doc)
    assert isinstance(mention, Mention)
    return mention


def _from_json(cls: type, doc: dict[str, Any]) -> Any:
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    for item in fields(cls):
        if item.name not in doc:
            continue
        raw, hint = doc[item.name], hints[item.name]
        if is_dataclass(hint) and isinstance(hint, type):
            values[item.name] = _from_json(hint, raw)
        elif hint is datetime:
            values[item.name] = datetime.fromisoformat(raw)
        else:
            values[item.name] = tuple(raw) if isinstance(raw, list) else raw
    return cls(**values)


def post_id(url: str) -> str:
    """Return the id of the post at the canonical address ``url``."""
    return hashlib.sha256(url.encode()).hexdigest()


def mention_id(url: str, brand_id: str) -> str:
    """Return the id of the mention of ``brand_id`` in the post at the canonical address ``url``."""
    return hashlib.sha256(f"{url}\n{brand_id}".encode()).hexdigest()
