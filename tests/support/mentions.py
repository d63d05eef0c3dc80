"""Mentions for tests and benches: seeded, varied in every field, some 40,000 a second on one core."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from analysis.model import (
    BrandRef,
    Claim,
    Engagement,
    Mention,
    Relevance,
    Sentiment,
    SentimentLabel,
    Severity,
    SourceRef,
    Switching,
    mention_id,
    post_id,
)
from analysis.model.text import token_words

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BRANDS = ("tessaro", "northkettle", "brewvia", "aquaferro", "steamly")
TOPICS = (
    *("battery", "price", "shipping", "returns", "support", "noise", "leak", "app", "warranty", "design", "speed"),
    *("heating", "lid", "manual", "spare_parts", "cleaning", "safety", "smell", "updates", "cable", "display", "taste"),
    *("availability", "recycling"),
)
LABELS: tuple[SentimentLabel, ...] = ("negative", "neutral", "positive", "unsure")
LANGS = ("en", "en", "en", "en", "de", "fr", "und")
KINDS = ("article", "post", "comment", "review", "question")
_THINGS = (
    *("kettle", "lid", "handle", "base", "cable", "display", "filter", "spout"),
    *("switch", "thermostat", "app", "timer", "sensor", "gasket", "manual"),
)
_MANNERS = (
    *("badly", "slowly", "twice", "again", "yesterday", "quietly"),
    *("loudly", "suddenly", "rarely", "constantly", "well", "perfectly"),
)
_VERBS = (
    *("leaks", "boils", "rattles", "clicks", "stops", "smells", "breaks", "beeps"),
    *("heats", "drips", "pours", "sticks", "rusts", "wobbles", "works"),
)
_FRAMES = (
    "The {thing} of my {brand} {verb} {manner}.",
    "After {n} weeks the {thing} {verb} and nobody at {brand} answers.",
    "I compared {brand} with the others: its {thing} {verb} {manner}, for {n} euros.",
    "Does anyone know why a {brand} {thing} {verb} {manner} since update {n}.{m}?",
    "Honestly the {brand} {thing} is the best I had in {n} years.",
    "Support sent a new {thing}, yet it {verb} {manner} - order #{n}{m}.",
    "Wish the {thing} had a setting for {n} degrees, Größe M, naïve as that sounds.",
)


def make_mention(n: int, *, brand: str = BRANDS[0], **changes: Any) -> Mention:
    """Return mention number ``n``: plain, dated one minute apart, with ``changes`` over its fields."""
    url = changes.pop("url", f"https://forum.example/t/{n}")
    title, text = changes.pop("title", ""), changes.pop("text", f"{brand} kettle number {n}")
    words = " ".join(token_words(f"{title}\n{text}"))
    values: dict[str, Any] = {
        "id": mention_id(url, brand),
        "post_id": post_id(url),
        "url": url,
        "domain": "forum.example",
        "title": title,
        "text": text,
        "tokens": words,
        "published_at": NOW - timedelta(minutes=n),
        "first_seen_at": NOW,
        "last_seen_at": NOW,
        "brand": BrandRef(id=brand),
        "source": SourceRef(id="forum", kind="pages"),
    }
    return Mention(**(values | changes))


def generate(count: int, *, seed: int = 1, days: int = 120, first: int = 0) -> Iterator[Mention]:
    """Yield ``count`` realistic mentions, those of numbers ``first`` and up; the same for the same seed."""
    rnd = random.Random(f"{seed} {first}")
    sentences = [_sentence(rnd) for _ in range(4_000)]
    phrases = [f"{topic}/{_THINGS[a]} {_VERBS[b]}" for topic in TOPICS for a in range(15) for b in range(15)]
    authors = [hashlib.sha256(f"author {n}".encode()).hexdigest()[:32] for n in range(50_000)]
    for n in range(first, first + count):
        yield _random_mention(n, rnd, sentences, phrases, authors, days)


def _sentence(rnd: random.Random) -> tuple[str, str]:
    text = rnd.choice(_FRAMES).format(
        thing=rnd.choice(_THINGS),
        brand=rnd.choice(BRANDS).title(),
        verb=rnd.choice(_VERBS),
        manner=rnd.choice(_MANNERS),
        n=rnd.randint(2, 90),
        m=rnd.randint(0, 9),
    )
    return text, " ".join(token_words(text))


def _random_mention(
    n: int,
    rnd: random.Random,
    sentences: list[tuple[str, str]],
    phrases: list[str],
    authors: list[str],
    days: int,
) -> Mention:
    roll = rnd.random
    brand = BRANDS[int(roll() * roll() * len(BRANDS))]
    source = int(roll() * roll() * 60)
    domain = f"site{source}.example"
    url = f"https://{domain}/t/{n:08d}"
    parts = [sentences[int(roll() * len(sentences))] for _ in range(2 + int(roll() * 8))]
    published = NOW - timedelta(seconds=int(roll() * days * 86_400), milliseconds=n % 1000)
    score = round(roll() * 2 - 1, 4)
    label = LABELS[0 if score < -0.25 else 2 if score > 0.25 else 1 if roll() < 0.7 else 3]
    topics = tuple(sorted({TOPICS[int(roll() * roll() * len(TOPICS))] for _ in range(int(roll() * 4))}))
    complains = label == "negative" and bool(topics)
    post = post_id(url)
    return Mention(
        id=mention_id(url, brand),
        post_id=post,
        url=url,
        domain=domain,
        title=parts[0][0],
        text=" ".join(part[0] for part in parts[1:]),
        tokens=" ".join(part[1] for part in parts),
        lang=LANGS[int(roll() * len(LANGS))],
        author=authors[int(roll() * roll() * len(authors))],
        published_at=published,
        published_at_source="jsonld",
        first_seen_at=published + timedelta(hours=2),
        last_seen_at=published + timedelta(hours=2 + int(roll() * 48)),
        brand=BrandRef(id=brand, role="own" if brand == BRANDS[0] else "competitor"),
        source=SourceRef(id=f"source-{source}", kind=("feed", "pages", "sitemap")[source % 3]),
        kind=KINDS[int(roll() * len(KINDS))],
        thread=f"https://{domain}/t/{n // 5:08d}",
        story=post if roll() < 0.9 else post_id(f"story {n % 5_000}"),
        bands=tuple(f"{rnd.getrandbits(64):016x}" for _ in range(8)),
        content_hash=hashlib.sha256(parts[0][1].encode()).hexdigest(),
        rating=float(1 + int(roll() * 5)) if roll() < 0.3 else None,
        engagement=Engagement(likes=int(roll() * 40), replies=int(roll() * 9), views=int(roll() * 900)),
        product_version=f"{int(roll() * 4)}.{int(roll() * 6)}",
        tags=("kettles",),
        sentiment=Sentiment(label=label, score=score, confidence=round(0.5 + abs(score) / 2, 4)),
        intents=("complaint",) if complains else ("praise",) if label == "positive" else (),
        topics=topics,
        complaint_topics=topics[:1] if complains else (),
        praise_topics=topics[:1] if label == "positive" else (),
        complaint_phrases=(phrases[int(roll() * roll() * len(phrases))],) if complains else (),
        dimensions=("product",) if topics else (),
        journey=("use",),
        severity=Severity(level="annoyance", weight=0.2) if complains else Severity(),
        switching=Switching(origin=brand, target="other", status="done") if roll() < 0.02 else Switching(),
        quote=parts[1][0] if complains else "",
        genre="owner" if n % 5 else "news",
        relevance=Relevance(level="about" if n % 10 else "list", through="text"),
        claims=(Claim(kind="complaint", sentence=parts[1][0], end=4, score=0.75, topic=topics[0]),)
        if complains
        else (),
        run=f"run-{n // 50_000}",
        model="cues-1",
    )
