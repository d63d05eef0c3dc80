"""A seeded store like the real thing: 120 days, four brands, planted stories, one source that falls silent."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.model import (
    Brand,
    BrandRef,
    Claim,
    Engagement,
    Mention,
    Relevance,
    Sentiment,
    Severity,
    Source,
    SourceRef,
    Switching,
    mention_id,
    post_id,
)
from analysis.model.records.ledger import FIXES
from analysis.model.records.run import RUNS, Run
from analysis.model.text import token_words
from analysis.store.base import Store
from analysis.store.embedded.store import EmbeddedStore
from tests.support import entries

END = datetime(2026, 11, 1, tzinfo=UTC)
SINCE = datetime(2026, 10, 2, tzinfo=UTC)
START = date(2026, 7, 4)
SILENT = (date(2026, 10, 12), date(2026, 10, 13), date(2026, 10, 14))

BRANDS = (
    Brand(id="tessaro", name="Tessaro", role="own", query="tessaro"),
    Brand(id="northkettle", name="Northkettle", role="competitor", query="northkettle"),
    Brand(id="brewvia", name="Brewvia", role="competitor", query="brewvia"),
    Brand(id="steamly", name="Steamly", role="competitor", query="steamly"),
)
SOURCES = tuple(
    Source(id=name, kind=kind, url=f"https://{name}.example/", every_s=3600)
    for name, kind in (
        ("kettle-forum", "pages"),
        ("daily-news", "feed"),
        ("shop-reviews", "sitemap"),
        ("tea-blog", "feed"),
    )
)
NAMES = {"battery": "Battery life", "app": "App and connection", "support": "Customer support"}

LEDGER = (
    entries.fix("00001", theme="app", brand="tessaro", shipped=date(2026, 9, 15), version="2.3", note="new log-in"),
    entries.fix("00002", theme="delivery", brand="tessaro", status="declined", reason="the carrier's fault"),
)

# topic: (weight at us, weight at others, dimension, journey, severity, what people write)
COMPLAINTS: dict[str, tuple[float, float, str, str, str, tuple[str, ...]]] = {
    "battery": (
        2.0,
        1.0,
        "time",
        "use",
        "cannot_use",
        (
            "Since the update the base dies before the second pot, I charge it twice a day now",
            "It went from four days on one charge to barely one",
            "Woke up to a dead kettle again; the battery just does not hold any more",
            "Ninety minutes off the dock and the thing shuts itself down mid-boil",
            "I carry the charger from room to room like it is 2009",
        ),
    ),
    "app": (
        1.2,
        1.0,
        "effort",
        "use",
        "annoyance",
        (
            "The app logs me out every single morning",
            "Pairing took eleven attempts and then forgot the kettle overnight",
            "Why does boiling water need an account and my location?",
            "Half the schedule vanished when I changed phones",
        ),
    ),
    "support": (
        0.9,
        0.6,
        "time",
        "after",
        "annoyance",
        (
            "Three weeks, four e-mails, and the same canned answer each time",
            "They closed my ticket while the replacement was still lost in the post",
            "The person on the phone was kind but could not do anything at all",
        ),
    ),
    "price": (
        0.7,
        1.1,
        "money",
        "buying",
        "money",
        (
            "Forty more than last year for the same plastic lid",
            "Filters cost half the price of the machine by now",
            "Paid full price on Monday, saw it a third off on Wednesday",
        ),
    ),
    "delivery": (
        0.5,
        0.6,
        "worry",
        "delivery",
        "annoyance",
        (
            "The box arrived open and the cord was missing",
            "Tracking said delivered, the neighbours and I disagree",
        ),
    ),
    "lid": (
        0.5,
        0.4,
        "worry",
        "use",
        "safety",
        (
            "The lid pops open while pouring and I burned my wrist",
            "Steam comes straight out of the hinge onto your hand",
        ),
    ),
}
PRAISE = {
    "design": ("It still looks lovely on the counter after two years", "Best looking kettle I have owned"),
    "speed": ("Boils a litre before I have found the mugs", "Fast and almost silent"),
    "battery": ("Five days on one charge, no complaints", "The battery outlasts my camping trips"),
    "support": ("A new part was here within two days, no questions", "Support answered on a Sunday!"),
}
WISHES = {
    "app": ("I would love a local mode without the cloud", "Please add a widget for the keep-warm timer"),
    "battery": ("A swappable battery would make this perfect", "Wish it charged over USB-C"),
}
FLAT = (
    "Is this one compatible with the older dock?",
    "Saw it at the fair, nothing new to report",
    "Ours is the 1.2 litre one",
)


def mentions(seed: int = 7) -> list[Mention]:
    """Return some 900 mentions, oldest first, always the same for a seed."""
    rng = random.Random(seed)
    found: list[Mention] = []
    for offset in range(120):
        day = START + timedelta(days=offset)
        for brand, rate in zip(BRANDS, (5.2, 3.4, 2.6, 0.8), strict=True):
            for _ in range(int(rng.expovariate(1 / rate))):
                made = _one(rng, len(found), day, brand)
                if made is not None:
                    found.append(made)
    found += _planted(len(found))
    return found + _firmware(rng, len(found))


def _firmware(rng: random.Random, n: int) -> list[Mention]:
    """The battery complaint that starts with version 2.3, ten days before the end."""
    words = (
        "Since 2.3 the battery drains overnight",
        "Version 2.3 and my battery drains overnight, every night",
        "Overnight battery drain is back with 2.3, thanks a lot",
        "Was fine on 2.2; on 2.3 it drains overnight with the lid closed",
    )
    return [
        make(
            n + place,
            text=f"Tessaro: {words[place % 4]} ({place})",
            quote=words[place % 4],
            brand=BRANDS[0],
            at=datetime(2026, 10, 20 + place % 11, rng.randrange(24), tzinfo=UTC),
            source=SOURCES[place % 3],
            author=f"b{place:031x}",
            label="negative",
            version="2.3",
            intents=("complaint",),
            topics=("battery",),
            complaint_topics=("battery",),
            complaint_phrases=("battery/drains overnight",),
            dimensions=("time",),
            journey=("use",),
            severity=Severity(level="cannot_use", weight=0.6),
        )
        for place in range(26)
    ]


def _one(rng: random.Random, n: int, day: date, brand: Brand) -> Mention | None:
    source = rng.choices(SOURCES, weights=(5, 2, 4, 1))[0]
    if source.id == "kettle-forum" and day in SILENT:
        return None
    at = datetime(day.year, day.month, day.day, rng.randrange(24), rng.randrange(60), tzinfo=UTC)
    own, recent = brand.role == "own", day >= date(2026, 9, 20)
    kind = rng.choices(("complaint", "praise", "wish", "flat"), weights=(5 if own else 3, 3 if own else 4, 1, 3))[0]
    common: dict[str, Any] = {"brand": brand, "at": at, "source": source, "author": f"a{rng.randrange(400):031x}"}
    version = rng.choices(("", "2.1", "2.2", "2.3"), weights=(5, 2, 3, 4 if recent else 0))[0] if own else ""
    if kind == "complaint":
        weights = [row[0] if own else row[1] for row in COMPLAINTS.values()]
        if own and recent:
            weights[0] *= 3.5 if version == "2.3" else 1.6
        topic = rng.choices(list(COMPLAINTS), weights=weights)[0]
        _, _, dimension, journey, severity, texts = COMPLAINTS[topic]
        switching = Switching()
        if rng.random() < (0.14 if own else 0.06):
            target = rng.choice([other.id for other in BRANDS if other != brand])
            switching = Switching(
                origin=brand.id, target=target, status=rng.choice(("done", "considered")), reason=topic
            )
        words = rng.choice(texts)
        return make(
            n,
            text=f"{brand.name}: {words}. {rng.choice(FLAT)}",
            quote=words,
            label="negative",
            version=version,
            intents=("complaint",),
            topics=(topic,),
            complaint_topics=(topic,),
            complaint_phrases=(f"{topic}/{' '.join(token_words(words)[:3])}",),
            dimensions=(dimension,),
            journey=(journey,),
            severity=Severity(
                level=severity, weight={"safety": 1.0, "money": 0.5, "cannot_use": 0.6}.get(severity, 0.2)
            ),
            switching=switching,
            **common,
        )
    if kind in ("praise", "wish"):
        topic, texts = rng.choice(list((PRAISE if kind == "praise" else WISHES).items()))
        words = rng.choice(texts)
        return make(
            n,
            text=f"{brand.name}: {words}.",
            quote=words,
            label="positive" if kind == "praise" else "neutral",
            version=version,
            intents=(kind,),
            topics=(topic,),
            praise_topics=(topic,) if kind == "praise" else (),
            wish_topics=(topic,) if kind == "wish" else (),
            **common,
        )
    label = rng.choice(("neutral", "neutral", "unsure"))
    lang = rng.choice(("en", "en", "en", "de"))
    return make(n, text=f"{brand.name}: {rng.choice(FLAT)}", label=label, version=version, lang=lang, **common)


def _planted(n: int) -> list[Mention]:
    """A price rise at a competitor, the same article on eight sites, and a post that attacks whoever shows it."""
    rise = [
        make(
            n + place,
            text="Northkettle raises prices by a fifth from November, says retail sheet",
            quote="Northkettle raises prices by a fifth from November",
            brand=BRANDS[1],
            at=datetime(2026, 10, 16 + place % 3, 9, place, tzinfo=UTC),
            source=SOURCES[1],
            author="",
            label="negative",
            intents=("complaint",),
            complaint_topics=("price",),
            moves=("price",),
            genre="news",
            story="rise",
            domain=f"paper{place}.example",
        )
        for place in range(8)
    ]
    hostile = make(
        n + 8,
        url="javascript:alert(1)",
        text="Tessaro <script>alert(1)</script> battery \u202egnp.exe\u202c \x1b[31m=cmd",
        quote="<script>alert('x')</script> my battery \u202eis fine\u202c \x1b[31mreally",
        brand=BRANDS[0],
        at=datetime(2026, 10, 31, 23, 59, tzinfo=UTC),
        source=SOURCES[0],
        author="f" * 32,
        label="negative",
        intents=("complaint",),
        topics=("battery",),
        complaint_topics=("battery",),
        severity=Severity(level="safety", weight=1.0),
    )
    return [*rise, hostile]


def make(
    n: int, *, brand: Brand, at: datetime, source: Source, author: str, text: str, label: Any, **more: Any
) -> Mention:
    """Return mention number ``n`` with everything that the store wants."""
    url = more.pop("url", f"https://{source.id}.example/p/{n}")
    score = {"negative": -0.8, "positive": 0.8}.get(label, 0.0)
    values: dict[str, Any] = {
        "id": mention_id(url, brand.id),
        "post_id": post_id(url),
        "url": url,
        "domain": f"{source.id}.example",
        "text": text,
        "tokens": " ".join(token_words(text)),
        "lang": "en",
        "author": author,
        "published_at": at,
        "published_at_source": "feed",
        "first_seen_at": at + timedelta(minutes=20),
        "last_seen_at": at + timedelta(minutes=20),
        "brand": BrandRef(id=brand.id, role=brand.role),
        "source": SourceRef(id=source.id, kind=source.kind),
        "kind": "post",
        "story": post_id(url),
        "engagement": Engagement(likes=n % 17, replies=n % 5),
        "sentiment": Sentiment(label=label, score=score, confidence=0.0 if label == "unsure" else 0.8),
        "product_version": more.pop("version", ""),
    }
    return Mention(**{**values, **more})


def runs() -> list[Run]:
    """Return source runs, four a day and source from 1 September on; the forum fails for three days."""
    return [
        _run(source, datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=6 * offset + 1))
        for offset in range(61 * 4)
        for source in SOURCES
    ]


def _run(source: Source, at: datetime) -> Run:
    failed = source.id == "kettle-forum" and at.date() in SILENT
    return Run(
        source=source.id,
        kind=source.kind,
        url=source.url,
        started_at=at,
        ended_at=at,
        state="failing" if failed else "ok",
        cause="refused us: 403" if failed else "",
        posts=12,
        mentions_new=3,
    )


def seeded_store(folder: Path, *, with_runs: bool = True, with_fixes: bool = False) -> EmbeddedStore:
    """Return an open store that holds the mentions and the runs."""
    store = EmbeddedStore(folder, write=True)
    fill(store, with_runs=with_runs, with_fixes=with_fixes)
    return store


def fill(store: Store, *, with_runs: bool = True, with_fixes: bool = False) -> None:
    """Write the mentions and the runs into an empty store."""
    written = store.write(mentions())
    assert not written.refused
    store.refresh()
    if with_runs:
        RUNS.put_many(store.records, runs())
    if with_fixes:
        FIXES.put_many(store.records, LEDGER)


def unsure(count: int) -> list[Mention]:
    """Return so many mentions as the machine judges them that is hardly surer of what it says than of the contrary."""
    some = [one for one in mentions() if one.intents and one.quote][-count:]
    claims = [(Claim(kind=one.intents[0], sentence=one.text, start=0, end=4, score=0.55), one) for one in some]
    later = END + timedelta(days=1)
    about = Relevance(level="about", through="text")
    return [replace(one, claims=(claim,), relevance=about, last_seen_at=later) for claim, one in claims]
