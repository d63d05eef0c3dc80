"""``candor views``: saved by name, made alerts, listed by ``candor rules``, replayed before they are switched on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from analysis.model.errors import UsageError
from analysis.store.embedded.store import EmbeddedStore
from candor.cli import app
from tests.candor.paper.test_printing import CONFIG
from tests.support import seeded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a configuration, and a store of four mentions of ours, a day apart."""
    (tmp_path / "candor.toml").write_text(f'store = "{tmp_path / "store"}"\n{CONFIG}')
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        store.write(
            [
                seeded.make(
                    n,
                    brand=seeded.BRANDS[0],
                    at=datetime.now(UTC) - timedelta(days=n + 1),
                    source=seeded.SOURCES[0],
                    author="a",
                    text=f"Tessaro battery {n}",
                    label="negative",
                )
                for n in range(4)
            ]
        )
    return tmp_path


def ran(folder: Path, *words: str) -> list[dict[str, Any]]:
    done = CliRunner().invoke(app, [*words, "--json", "--config", str(folder / "candor.toml")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_view_is_saved_replayed_and_made_an_alert(folder: Path) -> None:
    (made,) = ran(folder, "views", "add", "Battery", "/mentions?brand.id=tessaro&q=battery", "--by", "ann")
    assert (made["name"], made["by"], made["alert"]) == ("Battery", "ann", None)
    assert "feed" not in made
    told = ran(folder, "rules", "replay", "--rule", "saved_view", "--view", "Battery", "--since", "10d")
    assert len(told) == 4
    assert {len(row["evidence"]["ids"]) for row in told} == {1}
    assert [row["view"] for row in ran(folder, "rules") if "view" in row] == []
    ran(folder, "views", "alert", "Battery", "--every", "weekly", "--severity", "urgent", "--by", "bob")
    (view,) = (row["view"] for row in ran(folder, "rules") if "view" in row)
    assert (view["alert"]["every"], view["alert"]["severity"], view["alert"]["by"]) == ("weekly", "urgent", "bob")
    shown = CliRunner().invoke(app, ["rules", "--config", str(folder / "candor.toml")]).stdout
    assert "Battery: alert, urgent, weekly" in " ".join(shown.split())
    (quiet,) = ran(folder, "views", "quiet", made["key"])
    assert quiet["alert"] is None
    assert ran(folder, "views") == [quiet]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("views", "add", "x", "nofield=1"), "is no field of mentions"),
        (("views", "add", "", "q=x"), "1 to 100 signs"),
        (("views", "alert", "none"), "there is no saved view 'none'"),
        (("views", "alert", "none", "--every", "hourly"), "is not known"),
        (("rules", "replay", "--rule", "volume_spike", "--view", "none"), "is of the rule saved_view alone"),
        (("rules", "replay", "--rule", "saved_view", "--view", "none"), "there is no saved view 'none'"),
    ],
)
def test_what_means_nothing_is_refused(folder: Path, words: tuple[str, ...], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        ran(folder, *words)
