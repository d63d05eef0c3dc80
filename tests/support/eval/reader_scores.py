"""The measures by which readers are scored on saved pages, each set by the metric of its own source."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from analysis.model import Post
from crawler.readers.page import Page, PageReading
from crawler.readers.reading import read
from tests.support.shared import WEB, lines, page

NOW = datetime(2026, 12, 31, tzinfo=UTC)
Gold = dict[str, Any]
_TOKEN = re.compile(r"\w+")


@dataclass(slots=True)
class Tally:
    """Hits of tries, by name."""

    hits: Counter[str] = field(default_factory=Counter)
    tries: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, hit: float) -> None:
        """Count one try of ``name`` that went as well as ``hit`` says (0 to 1)."""
        self.hits[name] += hit  # type: ignore[assignment]
        self.tries[name] += 1

    def shares(self) -> dict[str, float]:
        """Return the mean of each name."""
        return {name: self.hits[name] / count for name, count in self.tries.items()}


def gold_rows(name: str) -> list[Gold]:
    """Return the answers of the set ``name``."""
    plain = WEB / name / "gold.jsonl"
    return list(lines(plain if plain.exists() else plain.with_suffix(".jsonl.gz")))


def saved(name: str, row: Gold, *, url: str = "") -> Page:
    """Return the saved page of a gold row."""
    return Page(page((WEB / name / row["file"]).resolve()), url or row.get("url") or "", NOW)


def first_post(kind: str, one: Page) -> Post | None:
    """Return the first post that the reader of ``kind`` finds."""
    posts: PageReading = read(kind, one)
    return posts.posts[0] if posts.posts else None


def word_f1(gold: str, found: str) -> float:
    """Return the F1 of the two bags of words (the measure of the web content extraction benchmark)."""
    one, other = Counter(_TOKEN.findall(gold.lower())), Counter(_TOKEN.findall(found.lower()))
    common = (one & other).total()
    return 2 * common / (one.total() + other.total()) if common else 0.0


def recall(gold: str, found: str) -> float:
    """Return the share of the gold's words, each as often as it stands there, that ``found`` has."""
    one, other = Counter(_TOKEN.findall(gold.lower())), Counter(_TOKEN.findall(found.lower()))
    return (one & other).total() / one.total()


def shingle_f1(pairs: Iterable[tuple[str, str]]) -> float:
    """Return F1 of mean precision and mean recall over 4-grams of words (as article-extraction-benchmark measures)."""
    precisions, recalls = [], []
    for gold, found in pairs:
        one, other = _shingles(gold), _shingles(found)
        common = (one & other).total()
        precisions.append(common / other.total() if other else 0.0)
        recalls.append(common / one.total() if one else 0.0)
    precision, recall = statistics.mean(precisions), statistics.mean(recalls)
    return 2 * precision * recall / (precision + recall)


def _shingles(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    words = _TOKEN.findall(text)
    return Counter(part for at in range(max(1, len(words) - size + 1)) if (part := tuple(words[at : at + size])))


def snippet_f1(rows: Iterable[tuple[Gold, str]]) -> float:
    """Return F1 over texts that must be in the body and texts that must not (the measure of trafilatura's own set)."""
    hits = wrong = missed = 0
    for gold, found in rows:
        text = " ".join(found.split())
        wanted = [" ".join(part.split()) in text for part in gold.get("with", ())]
        hits, missed = hits + sum(wanted), missed + len(wanted) - sum(wanted)
        wrong += sum(" ".join(part.split()) in text for part in gold.get("without", ()))
    return 2 * hits / (2 * hits + wrong + missed)


def plain(text: str) -> str:
    """Return the letters and digits of ``text`` in lower case, words joined by one space."""
    return " ".join(_TOKEN.findall(text.lower()))


def score_facts(tally: Tally, gold: Gold, post: Post | None) -> None:
    """Add whether title, authors (the exact set) and day (in UTC or as written) are the gold's."""
    if gold.get("title"):
        tally.add("title", post is not None and plain(post.title) == plain(gold["title"]))
    names = {plain(part) for name in gold.get("authors") or () for part in name.split(", ") if part}
    if names:
        tally.add("author", post is not None and {plain(name) for name in post.author.split(", ")} == names)
    if gold.get("date"):
        tally.add(
            "date", post is not None and post.published_at is not None and _same_day(gold["date"], post.published_at)
        )


def _same_day(said: str, at: datetime) -> bool:
    gold = datetime.fromisoformat(said)
    days = {gold.date(), gold.astimezone(UTC).date() if gold.tzinfo else gold.date()}
    return at.date() in days or at.astimezone(UTC).date() in days


def table(rows: dict[str, dict[str, float]]) -> Iterator[str]:
    """Yield the lines of a table of scores, a row per set."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    yield f"{'':30}" + "".join(f"{name:>12}" for name in names)
    for label, row in rows.items():
        yield f"{label:30}" + "".join(f"{row[name]:12.3f}" if name in row else " " * 12 for name in names)
