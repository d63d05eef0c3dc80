"""A second run adds nothing, and the report is the same whichever engine keeps the mentions: byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.model import Mention
from analysis.model.records.ledger import FIXES
from analysis.store.base import Store
from analysis.store.open import open_store
from candor.sample.config import config_text
from tests.candor.commands.test_commands import candor
from tests.support.elastic.sample import PORT, Sample, crawled
from tests.support.elastic.servers import TESTED, empty_store, environment
from tests.support.entries import fix
from tests.support.mentions import BRANDS, NOW, generate

INVENTED = "".join(
    f'[[brands]]\nname = "{brand}"\nrole = "{"competitor" if place else "own"}"\nquery = "{brand}"\n'
    for place, brand in enumerate(BRANDS)
)


@pytest.fixture(scope="module", params=TESTED[:1])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return crawled(request.param, tmp_path_factory)


def test_a_second_run_over_the_sample_adds_nothing(sample: Sample) -> None:
    assert sample.counts[0] > 500
    assert sample.counts[1] == sample.counts[0] == len(sample.mentions)
    half = len(sample.runs) // 2
    first, second = sample.runs[:half], sample.runs[half:]
    assert sorted(run["source"] for run in first) == sorted(run["source"] for run in second)
    assert sum(run["mentions_new"] for run in first) == sample.counts[0]
    assert [(run["mentions_new"], run["mentions_updated"]) for run in second] == [(0, 0)] * half


@dataclass(frozen=True, slots=True)
class Both:
    """The addresses of two stores that hold the same, and the folder with their configuration."""

    folder: Path
    embedded: str
    elastic: str


@contextmanager
def filled(
    line: str, folder: Path, mentions: Sequence[Mention], records: Mapping[str, Mapping[str, Any]]
) -> Iterator[Both]:
    """Give two stores with the same mentions and records."""

    def fill(store: Store) -> None:
        store.write(mentions)
        for kind, bodies in records.items():
            store.records.put_many(kind, bodies)
        store.refresh()

    with open_store(str(folder / "embedded"), write=True) as embedded:
        fill(embedded)
    with empty_store(line, folder, name="report") as elastic:
        fill(elastic)
        yield Both(folder, str(folder / "embedded"), elastic.address)


@pytest.fixture(autouse=True)
def _who_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)


def report(folder: Path, store: str, *words: str, page: bool = False) -> tuple[dict[str, Any], str]:
    """Return the report as JSON, and as a page where wanted, without the engine's name."""
    path = folder / "report.html"
    path.write_text("")
    done = candor(folder, "report", "--json", *(["--html", str(path)] if page else []), "--store", store, *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    engine = told.pop("engine")
    assert engine == ("elasticsearch" if store.startswith("http") else "embedded")
    return told, re.sub(rf"\b{engine}\b", "ENGINE", path.read_text("utf-8"), flags=re.IGNORECASE)


_STORE = re.compile(r"""--store [^\s<"]+""")
"""The store in a printed command, in a page or in JSON."""


def nameless(text: str) -> str:
    """Return a report without its store's name."""
    return _STORE.sub("--store here", text)


def compare(both: Both, now: datetime, *words: str, page: bool = False) -> int:
    """Compare the two reports byte for byte but for the store's name, and return how many mentions they are of."""
    one, other = (
        report(both.folder, store, "--now", now.isoformat(), *words, page=page)
        for store in (both.embedded, both.elastic)
    )
    told, also = (nameless(json.dumps({**each[0], "call": []})) for each in (one, other))
    assert told == also
    pages = zip(*(nameless(text).splitlines() for text in (one[1], other[1])), strict=True)
    assert [pair for pair in pages if pair[0] != pair[1]] == []
    assert bool(one[1]) == page
    return int(one[0]["mentions"])


@pytest.mark.parametrize("line", TESTED[:1])
def test_the_sample_gives_the_same_report(line: str, sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "candor.toml").write_text(config_text(port=PORT))
    with filled(line, tmp_path, sample.mentions, sample.records) as both:
        now = datetime.now(UTC)
        assert compare(both, now, page=True) > 50
        assert compare(both, now, "--since", "60d", "--compare", "year", "--query", "battery OR price") > 50


@pytest.mark.parametrize("line", TESTED[-1:])
def test_thousands_of_invented_mentions_give_the_same_report(line: str, tmp_path: Path) -> None:
    # In few sources and topics, and dated to the hour: many counts and many newest mentions tie.
    mentions = [
        replace(mention, published_at=mention.published_at.replace(minute=0, second=0, microsecond=0))
        for mention in generate(4_000, seed=31, days=60)
    ]
    made = fix(brand=BRANDS[0], shipped=(NOW - timedelta(days=20)).date(), version="2.3")
    fixes = {FIXES.name: {made.key: FIXES.to_body(made)}}
    (tmp_path / "candor.toml").write_text(INVENTED)
    with filled(line, tmp_path, mentions, fixes) as both:
        about = sum(mention.relevance.level == "about" for mention in mentions)
        assert compare(both, NOW, "--since", "60d", "--compare", "none", page=True) == about
        # Of years that are nearly all empty only the days with mentions are asked about.
        assert compare(both, NOW, "--since", "2019-01-01", "--compare", "year") == about
