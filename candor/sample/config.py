"""The ``candor.toml`` that goes with the sample web."""

from __future__ import annotations

from pathlib import Path

from candor.sample.answers import FIRST_PORT, base_urls

TEMPLATE = Path(__file__).parent / "candor.toml"


def config_text(*, port: int = FIRST_PORT, store: str = "") -> str:
    """Return the configuration for the sample web whose first port is ``port``; ``store`` as in ``candor.toml``."""
    text = TEMPLATE.read_text(encoding="utf-8")
    fixed = base_urls()
    # From the last port down: a shifted range may overlap the fixed one, and no address may be replaced twice.
    names = list(fixed) if port < FIRST_PORT else list(fixed)[::-1]
    for name in names:
        text = text.replace(fixed[name], base_urls(port)[name])
    return (f'store = "{store}"\n' if store else "") + text
