"""What the sample says to do next: the team's page on the port that was asked for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from candor.commands.start.sample import _next

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("port", "command"),
    [(8765, "candor serve -c s/candor.toml  "), (9000, "candor serve -c s/candor.toml --port 9000 ")],
)
def test_the_page_is_named_on_its_port(port: int, command: str) -> None:
    assert f"\n  {command}" in _next(Path("s/candor.toml"), port)


@pytest.mark.parametrize(("given", "passed"), [(["PORT=9000"], True), ([], False)])
def test_make_passes_on_a_port_that_was_given_to_it_and_none_of_the_environment(given: list[str], passed: bool) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | {"PORT": "9000"}
    done = subprocess.run(
        ["make", "--dry-run", "run", *given], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    assert ("candor sample --html report.html --page-port 9000" in done.stdout) is passed
