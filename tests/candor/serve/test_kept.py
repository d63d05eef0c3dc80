"""Figures that outlive a restart: there at once, without anybody's words, and measured anew behind the page."""

from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from analysis.track.parts import Quote
from analysis.track.results import Measures
from candor.report_output import build_report
from candor.serve.desk import AskedDays
from candor.serve.door.visitors import Visitor
from candor.serve.kept import FOLDER, OLDEST, KeptReports
from tests.support import seeded
from tests.support.serving import serving

ANN = Visitor(name="ann", role="admin")


def quotes(value: object) -> int:
    """Return how many quotes a result holds."""
    if isinstance(value, Quote):
        return 1
    if isinstance(value, tuple):
        return sum(map(quotes, value))
    if dataclasses.is_dataclass(value):
        return sum(quotes(getattr(value, item.name)) for item in dataclasses.fields(value))
    return 0


def test_the_first_page_after_a_restart_waits_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with seeded.seeded_store(tmp_path / "store") as store:
        with serving(store, tmp_path) as served:
            first = served.desk.report(ANN, AskedDays())
        assert quotes(first) > 0
        (kept,) = (tmp_path / "state" / FOLDER).glob("*.figures")
        assert kept.stat().st_mode & 0o077 == 0
        assert not any(quote.text.encode() in kept.read_bytes() for theme in first.themes for quote in theme.quotes)
        go = threading.Event()

        def slow(*given: object, **named: object) -> Measures:
            assert go.wait(60)
            made: Measures = build_report(*given, **named)  # type: ignore[arg-type]
            return made

        monkeypatch.setattr("candor.serve.desk.build_report", slow)
        with serving(store, tmp_path) as served:
            shown = served.desk.report(ANN, AskedDays())
            assert quotes(shown) == 0
            assert [theme.count for theme in shown.themes] == [theme.count for theme in first.themes]
            assert served.desk.report(ANN, AskedDays()) is shown
            go.set()
            served.desk.forget_measures()
            assert quotes(served.desk.report(ANN, AskedDays())) > 0


def test_what_is_old_damaged_or_of_something_else_is_not_shown(tmp_path: Path) -> None:
    with seeded.seeded_store(tmp_path / "store") as store, serving(store, tmp_path) as served:
        made = served.desk.report(ANN, AskedDays())
    kept = KeptReports(tmp_path, "a")
    kept.put("key", made)
    assert kept.get("key", made.made_at + OLDEST) is not None
    assert kept.get("key", made.made_at + OLDEST + timedelta(seconds=1)) is None
    assert kept.get("other", made.made_at) is None
    assert KeptReports(tmp_path, "b").get("key", made.made_at) is None
    for path in (tmp_path / FOLDER).glob("*.figures"):
        path.write_bytes(b"nothing")
    assert kept.get("key", made.made_at) is None
    blocked = tmp_path / "blocked"
    blocked.write_text("", encoding="utf-8")
    KeptReports(blocked).put("key", made)
