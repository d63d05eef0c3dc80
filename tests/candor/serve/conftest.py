"""The page over each engine that a test asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.store.base import Store
from analysis.store.embedded.store import EmbeddedStore
from tests.support import seeded
from tests.support.elastic.servers import TESTED, empty_store
from tests.support.serving import Serving, serving

STORES = ("embedded", f"elastic {TESTED[-1]}")


@contextmanager
def empty(engine: str, folder: Path, name: str) -> Iterator[Store]:
    """Give an empty store of an engine."""
    if engine == "embedded":
        with EmbeddedStore(folder / "store", write=True) as store:
            yield store
        return
    with empty_store(engine.partition(" ")[2], folder, name=name) as store:
        yield store


@pytest.fixture(scope="module", params=STORES)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The page over the seeded store, for tests that only look."""
    folder = tmp_path_factory.mktemp("page")
    with empty(request.param, folder, "page") as store:
        seeded.fill(store, with_fixes=True)
        store.refresh()
        with serving(store, folder) as served:
            yield served


@pytest.fixture(params=STORES)
def acting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Serving]:
    """The page over a seeded store of its own, for tests that change something."""
    with empty(request.param, tmp_path, "acts") as store:
        seeded.fill(store, with_fixes=True)
        store.refresh()
        with serving(store, tmp_path) as served:
            yield served
