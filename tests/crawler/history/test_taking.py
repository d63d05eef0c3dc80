"""Ten WARC files into the store, by real workers: whoever is killed meanwhile, every record is there once."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from analysis.model.errors import StoreError
from analysis.model.records.past import PAST_FILES, PastFile
from analysis.settings.file import Config
from analysis.store.base import Filter, Store
from analysis.store.open import open_store
from crawler.configuration import from_text
from crawler.history import archives
from crawler.history.taking import take_past
from tests.support.crawl.warc_files import Archived, story, warc
from tests.support.ray_cluster import children

CONFIG = '[[brands]]\nname = "Tessaro"\nrole = "own"\n[crawl]\nworkers = 2\n'
FILES, PAGES = 10, 24
NAMING = 4
"""Of so many pages one names the brand."""


def url(file: int, page: int) -> str:
    return f"https://news.example/story/{file * 1000 + page}"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Ten files of news, in each some that name the brand."""
    folder = tmp_path_factory.mktemp("archive")
    made = []
    for file in range(FILES):
        pages = [story(file * 1000 + n, name="kettle" if n % NAMING else "Tessaro") for n in range(PAGES)]
        made.append(folder / f"{file}.warc.gz")
        made[-1].write_bytes(warc(pages))
    return made


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return from_text(CONFIG, path=tmp_path / "candor.toml", environ={})


def taken(config: Config, store: Store, paths: Sequence[Path], told: object = None) -> list[PastFile]:
    """Take the files, and return how far each is; nobody may have stopped it."""
    hear = told if callable(told) else lambda file: None
    files, stopped = take_past(
        config, store, "warc", paths, run="history-1", source="old-news", rows_of=lambda path: iter(()), told=hear
    )
    assert not stopped
    return files


@pytest.mark.slow
def test_every_record_is_there_once_though_a_worker_is_killed(
    config: Config, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST", 7)
    killed: list[int] = []

    def kill(file: PastFile) -> None:
        if not killed and file.records:
            # A worker: what it forked from has its own child processes.
            killed.extend([pid for child in children(os.getpid()) for pid in children(child)][:1])
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    with open_store(config.store, write=True) as store:
        done = taken(config, store, files, kill)
        assert killed
        assert all(file.is_done for file in done)
        assert {(file.records, file.posts, file.mentions, file.new, file.errors) for file in done} == {
            (PAGES, PAGES, PAGES // NAMING, PAGES // NAMING, 0)
        }
        found = Counter(mention.url for mention in store.scan(Filter()))
        assert found == Counter(url(file, page) for file in range(FILES) for page in range(0, PAGES, NAMING))
        assert {(mention.source.id, mention.source.kind) for mention in store.scan(Filter())} == {
            ("old-news", "commoncrawl")
        }
        heard: list[PastFile] = []
        assert taken(config, store, files, heard.append) == done
        assert heard == done


def test_it_goes_on_where_it_was_cut_off(config: Config, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST", 5)
    path = files[0]
    moved: list[int] = []

    def fail(file: PastFile) -> None:
        moved.append(file.records)
        if file.records >= 10:
            raise StoreError("the disk is full")

    with open_store(config.store, write=True) as store:
        with pytest.raises(StoreError):
            taken(config, store, [path], fail)
        (cut,) = PAST_FILES.values(store.records)
        assert (cut.records, cut.is_done) == (10, False)
        (done,) = taken(config, store, [path], lambda file: moved.append(file.records))
        assert moved == [0, 5, 10, 10, 15, 20, 24, 24][: len(moved)]
        assert (done.records, done.mentions, done.new, done.is_done) == (PAGES, 6, 6, True)
        assert store.count(Filter()) == 6


def test_a_page_that_no_worker_survives_is_lost_alone(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST", 4)
    monkeypatch.setattr(archives, "read_stretch", _deadly)
    path = tmp_path / "deadly.warc.gz"
    path.write_bytes(warc(story(n, name="Tessaro") for n in range(6)))
    with open_store(config.store, write=True) as store:
        (done,) = taken(config, store, [path])
        assert (done.records, done.new, done.errors, done.is_done) == (6, 5, 1, True)
        assert done.dropped == {"killed its reader": 1}
        assert {mention.url[-1] for mention in store.scan(Filter())} == set("01245")


def test_what_is_no_warc_file_is_told_and_tried_again(config: Config, tmp_path: Path) -> None:
    wrong, cut, gone = tmp_path / "wrong.warc.gz", tmp_path / "cut.warc", tmp_path / "gone.warc"
    wrong.write_text("<html>")
    whole = warc([story(1, name="Tessaro"), story(2, name="Tessaro")], packed=False)
    cut.write_bytes(whole[:-50])
    with open_store(config.store, write=True) as store:
        done = taken(config, store, [wrong, cut, gone])
        assert ["no WARC file" in done[0].error, done[1].error, "cannot be read" in done[2].error] == [True, "", True]
        assert (done[1].new, done[1].errors) == (1, 1)
        cut.write_bytes(whole)
        (_, again, _) = taken(config, store, [wrong, cut, gone])
        assert (again.records, again.mentions, again.new) == (2, 2, 1)


def _deadly(path: Path, *given: object) -> object:
    """Read a stretch as ever; die at its fourth page."""
    from crawler.history import stretch

    original = stretch._posts

    def posts(page: Archived, *more: object) -> object:
        if page.url.endswith("/3"):
            # What came before it in this stretch goes with it.
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGKILL)
        return original(page, *more)  # type: ignore[arg-type]

    stretch._posts = posts  # type: ignore[assignment]
    try:
        return stretch.read_stretch(path, *given)  # type: ignore[arg-type]
    finally:
        stretch._posts = original
