"""What is measured for all pages: by one at a time, once for all who wait, and shown while it is made anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from analysis.model.errors import EmptyStoreError
from candor.report_output import build_report
from candor.serve.desk import AskedDays
from candor.serve.door.visitors import Visitor
from candor.serve.measured import MEASURED_S, OLDEST_S, RESTS, STALE_S, Measured
from tests.candor.serve.test_kept import quotes
from tests.support import seeded
from tests.support.serving import serving

ANN = Visitor(name="ann", role="admin")
READERS = 8


@pytest.fixture
def clock() -> list[float]:
    """The seconds of the clock of ``measured``."""
    return [0.0]


@pytest.fixture
def measured(clock: list[float]) -> Iterator[Measured]:
    found = Measured(lambda: clock[0])
    yield found
    found.close()


def test_however_many_ask_it_is_made_once(measured: Measured) -> None:
    begun, go = threading.Event(), threading.Event()
    made: list[int] = []

    def make() -> str:
        made.append(1)
        begun.set()
        assert go.wait(60)
        return "figures"

    with ThreadPoolExecutor(READERS) as readers:
        answers = [readers.submit(measured.get, "today", make) for _ in range(READERS)]
        assert begun.wait(60)
        assert measured.get("another", lambda: "at once") == "at once"
        go.set()
        assert {answer.result(60) for answer in answers} == {"figures"}
    assert len(made) == 1


def test_a_brief_value_is_shown_for_as_long_as_its_making_is_worth(measured: Measured, clock: list[float]) -> None:
    count = iter(range(100))

    def ask(seconds: float) -> object:
        def make() -> int:
            clock[0] += seconds
            return next(count)

        return measured.brief("who", make)

    assert ask(2.0) == 0
    clock[0] += 2 * RESTS - 0.1
    assert ask(2.0) == 0
    clock[0] += 0.2
    assert ask(0.0) == 1, "older ones are never shown meanwhile"
    clock[0] += 0.1
    assert ask(2.0) == 2, "what costs nothing is asked for each time"
    measured.forget()
    assert ask(2.0) == 3, "somebody entered something"


def test_an_old_value_is_shown_only_as_it_may_be(measured: Measured, clock: list[float]) -> None:
    count = iter(range(100))

    def ask() -> object:
        return measured.get("today", lambda: next(count), older=lambda value: f"figures of {value}")

    assert ask() == 0
    clock[0] = STALE_S
    assert ask() == "figures of 0"
    measured.close()  # which waits for what is made behind
    assert ask() == 1
    clock[0] += OLDEST_S
    assert ask() == 2
    assert measured.get("plain", lambda: next(count)) == 3
    clock[0] += STALE_S
    assert measured.get("plain", lambda: next(count)) == 4


def test_what_takes_long_is_made_more_rarely(measured: Measured, clock: list[float]) -> None:
    made: list[float] = []

    def make() -> float:
        clock[0] += 10.0
        made.append(clock[0])
        return clock[0]

    assert measured.get("today", make) == 10.0
    for clock[0] in (10.0 + MEASURED_S, 9.0 + RESTS * 10.0):
        assert measured.get("today", make) == 10.0
    assert measured.untouched
    assert made == [10.0]
    clock[0] = 10.0 + RESTS * 10.0
    assert measured.get("today", make) == 10.0
    measured.close()  # which waits for what is made behind
    assert made == [10.0, 20.0 + RESTS * 10.0]


def test_what_was_offered_is_shown_until_it_is_made(measured: Measured, clock: list[float]) -> None:
    measured.offer("today", "of before")
    assert measured.untouched
    assert measured.get("today", lambda: "anew") == "of before"
    measured.close()
    clock[0] = MEASURED_S / 2
    assert measured.get("today", lambda: "later") == "anew"
    measured.offer("today", "of before")
    assert measured.get("today", lambda: "later") == "anew"


def test_what_cannot_be_made_is_told_to_whoever_asks_next(measured: Measured, clock: list[float]) -> None:
    assert measured.get("today", lambda: "figures") == "figures"

    def make() -> str:
        raise EmptyStoreError("nothing is stored")

    clock[0] = MEASURED_S
    assert measured.get("today", make) == "figures"
    measured.close()
    with pytest.raises(EmptyStoreError):
        measured.get("today", make)


def test_where_much_is_stored_nobody_waits_after_something_was_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    go.set()

    def slow(*given: object, **named: object) -> object:
        assert go.wait(60)
        return build_report(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("candor.serve.desk.build_report", slow)
    with seeded.seeded_store(tmp_path / "store") as store, serving(store, tmp_path) as served:
        desk, ann = served.desk, served.visitor()
        first = desk.report(ANN, AskedDays())
        assert quotes(first) > 0
        desk.forget_measures()
        assert desk.report(ANN, AskedDays()) is not first
        monkeypatch.setattr("candor.serve.desk.MANY", first.mentions_ever)
        go.clear()
        desk.forget_measures()
        shown = desk.report(ANN, AskedDays())
        assert quotes(shown) == 0
        assert shown.mentions == first.mentions
        for path in ("/", "/triage", *(f"/report/{name}" for name in ("themes", "moves", "voice", "wishes"))):
            answer = ann.get(path)
            assert answer.status == 200, path
            assert path == "/triage" or "Measured 1 Nov 2026" in answer.text, path
        go.set()
